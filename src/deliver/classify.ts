import { FAILURES, type FailureCode } from '../message/failure.js';

/** How an attempt ended for which there was a connection: an HTTP status, or the code of a network error. */
export type Ending = { status: number } | { network: string };

const BUSY = new Set([408, 425, 429, 502, 503, 504]);
/** Another transaction held the same records, or changed them meanwhile; or a condition matched several. */
const CONFLICT = new Set([409, 412, 423]);
/** No FHIR server takes transactions at this address: a route that is lost, or an address that is wrong. */
const MISCONFIGURED = new Set([404, 405, 410]);

/**
 * Turns any answer into a failure code; undefined is success. What may have been carried out although no answer came (a time-out, a
 * reset) is ambiguous, and safe to repeat because every delivery is conditional.
 */
export function classify(ending: Ending): FailureCode | undefined {
  if ('network' in ending) return ending.network === 'ETIMEDOUT' ? 'endpoint-timeout' : 'endpoint-reset';
  const { status } = ending;
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return 'endpoint-unauthorized';
  if (BUSY.has(status)) return 'endpoint-busy';
  if (CONFLICT.has(status)) return 'endpoint-conflict';
  if (MISCONFIGURED.has(status) || (status >= 300 && status < 400)) return 'endpoint-misconfigured';
  return status >= 400 && status < 500 ? 'endpoint-refused' : 'endpoint-error';
}

/** What a gateway before the server answers of a request that it may have passed on. */
const PASSED_ON = new Set([408, 502, 504]);

/**
 * Was a failed transaction perhaps carried out? No answer came, one came from half way, or a 2xx that does not say how it went. Any other
 * status of 300 and more says that nothing was changed (R4 §3.1.0.11).
 */
export function isUnclear(code: FailureCode, status: number | null): boolean {
  return FAILURES[code] === 'ambiguous' || (status !== null && (status < 300 || PASSED_ON.has(status)));
}
