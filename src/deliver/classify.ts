import type { FailureCode } from '../message/failure.js';

/** What an attempt met: an HTTP status, or the code of a network error. */
export type Met = { status: number } | { network: string };

const REFUSED = new Set([400, 404, 405, 406, 409, 410, 412, 413, 415, 422]);
const BUSY = new Set([408, 425, 429, 502, 503, 504]);
const UNREACHABLE = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN']);

/**
 * Turns any answer into a failure code; undefined is success. What may have been carried out although no answer came (a time-out, a
 * reset) is ambiguous, and safe to repeat because every delivery is conditional.
 */
export function classify(met: Met): FailureCode | undefined {
  if ('network' in met) {
    if (UNREACHABLE.has(met.network)) return 'endpoint-unreachable';
    return met.network === 'ETIMEDOUT' ? 'endpoint-timeout' : 'endpoint-reset';
  }
  const { status } = met;
  if (status >= 200 && status < 300) return undefined;
  if (status === 401 || status === 403) return 'endpoint-unauthorized';
  if (BUSY.has(status)) return 'endpoint-busy';
  if (REFUSED.has(status) || (status >= 400 && status < 500)) return 'endpoint-refused';
  return 'endpoint-error';
}
