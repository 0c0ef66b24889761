import type { OperationOutcome, OperationOutcomeIssue } from 'fhir/r4.js';
import { GatewayError, type FailureCode } from '../message/failure.js';
import { OWN } from './systems.js';

const STATUS: Partial<Record<FailureCode, number>> = {
  'request-invalid': 400,
  'not-allowed': 403,
  'resource-unknown': 404,
  'message-unknown': 404,
  'not-supported': 405,
  'not-acceptable': 406,
  'messages-waiting': 409,
  'resource-gone': 410,
  'store-unavailable': 503,
  'queue-unavailable': 503,
  'store-conflict': 503,
};

const ISSUE: Partial<Record<FailureCode, OperationOutcomeIssue['code']>> = {
  'request-invalid': 'invalid',
  'not-allowed': 'forbidden',
  'resource-unknown': 'not-found',
  'message-unknown': 'not-found',
  'not-supported': 'not-supported',
  'not-acceptable': 'not-supported',
  'messages-waiting': 'conflict',
  'resource-gone': 'deleted',
  'store-unavailable': 'transient',
  'queue-unavailable': 'transient',
  'store-conflict': 'conflict',
};

/** HTTP status of a failure; what no caller can mend is 500. */
export function statusOf(error: unknown): number {
  return error instanceof GatewayError ? (STATUS[error.code] ?? 500) : 500;
}

/** The one place where a failure becomes an OperationOutcome. Unknown errors say nothing of themselves. */
export function outcomeOf(error: unknown): OperationOutcome {
  const failure = error instanceof GatewayError ? error : undefined;
  const text =
    failure === undefined
      ? 'the gateway failed; its log names the place'
      : [failure.message, failure.remedy].filter(Boolean).join('; ');
  return {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: (failure && ISSUE[failure.code]) ?? 'exception',
        details: { coding: [{ system: OWN.failure, code: failure?.code ?? 'internal' }] },
        diagnostics: text,
        ...(failure?.field === undefined ? {} : { expression: [failure.field] }),
      },
    ],
  };
}
