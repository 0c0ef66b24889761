import { GatewayError } from '../message/failure.js';

/**
 * A document that cannot be read safely, or at all.
 * @param reason a sentence free of content
 * @param field place at fault: a path, a file of the package
 */
export function unreadable(reason: string, field?: string): GatewayError {
  return new GatewayError('document-unreadable', reason, field === undefined ? {} : { field });
}

/** A document that contradicts what travels with it. */
export function inconsistent(reason: string, field?: string): GatewayError {
  return new GatewayError('document-inconsistent', reason, field === undefined ? {} : { field });
}
