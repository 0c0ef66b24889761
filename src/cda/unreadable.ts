import { GatewayError } from '../message/failure.js';

/**
 * A document that cannot be read safely, or at all.
 * @param reason a sentence free of content
 * @param field place at fault: a path, a file of the package
 */
export function unreadable(reason: string, field?: string, cause?: unknown): GatewayError {
  return failure('document-unreadable', reason, field, cause);
}

/** A document that contradicts what travels with it. */
export function inconsistent(reason: string, field?: string): GatewayError {
  return failure('document-inconsistent', reason, field);
}

/** A document, or package, of which it cannot be told whose it is. */
export function ofNobody(reason: string, field?: string): GatewayError {
  return failure('document-identity', reason, field);
}

function failure(
  code: 'document-unreadable' | 'document-inconsistent' | 'document-identity',
  reason: string,
  field: string | undefined,
  cause?: unknown,
): GatewayError {
  return new GatewayError(code, reason, {
    ...(field === undefined ? {} : { field }),
    ...(cause === undefined ? {} : { cause }),
  });
}
