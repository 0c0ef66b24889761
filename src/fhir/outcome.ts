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

/** Failures whose field is a header or a parameter of the request. */
const OF_REQUEST: ReadonlySet<FailureCode> = new Set(['request-invalid', 'not-acceptable']);

/** Where it hurts: R4 writes a part of the request `http.name`, as a location. */
function placeOf(failure: GatewayError | undefined): Partial<OperationOutcomeIssue> {
  if (failure?.field === undefined) return {};
  return OF_REQUEST.has(failure.code) ? { location: [`http.${failure.field}`] } : { expression: [failure.field] };
}

/** Says which parameters were left out of what was asked, as the caller allowed. */
export function ignoredOutcome(names: readonly string[]): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: names.map((name) => ({
      severity: 'warning',
      code: 'not-supported',
      details: { coding: [{ system: OWN.failure, code: 'request-invalid' }] },
      diagnostics: `${name.slice(0, 64)}: not served, and left out`,
      location: [`http.${name.slice(0, 64)}`],
    })),
  };
}

/** Says of a search that finds nothing by what it is. */
export function unsearchedOutcome(diagnostics: string): OperationOutcome {
  const details = { coding: [{ system: OWN.failure, code: 'not-supported' }] };
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'warning', code: 'not-supported', details, diagnostics }],
  };
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
        ...placeOf(failure),
      },
    ],
  };
}
