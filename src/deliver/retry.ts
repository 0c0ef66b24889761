import { FAILURES, type FailureCode } from '../message/failure.js';
import type { AttemptOutcome } from '../message/delivery.js';

const FIRST_MS = 5000;
const LONGEST_MS = 30 * 60_000;
/** Two transactions that met: the other one is over in a moment. */
const FIRST_CONFLICT_MS = 1000;
/** What conflicts so often is no meeting of two: a record that stands twice at the server, a lock that nobody opens. */
const CONFLICTS = 8;

export interface Tries {
  /** Attempts made, this one included. */
  attempts: number;
  /** Those of them that met a conflict, this one included. */
  conflicts: number;
  createdAt: Date;
  expireHours: number;
  now: number;
  /** A number from 0 to 1. */
  chance: number;
  /** How long the server asks to wait, in milliseconds; 0 where it does not. */
  askedMs: number;
}

/**
 * What follows a failed attempt: permanent, or a conflict too often → dead; older than the endpoint allows → dead; else due again after a
 * backoff that doubles from five seconds (a conflict: one) to half an hour, spread by `chance` so that many do not come back at once, and
 * not before the server asks for it.
 */
export function nextState(code: FailureCode, tries: Tries): AttemptOutcome['next'] & { code: FailureCode } {
  const { attempts, conflicts, createdAt, expireHours, now, chance, askedMs } = tries;
  const conflict = code === 'endpoint-conflict';
  if (FAILURES[code] === 'permanent' || (conflict && conflicts >= CONFLICTS)) return { state: 'dead', code };
  if (now - createdAt.getTime() > expireHours * 3_600_000) return { state: 'dead', code: 'delivery-expired' };
  const [first, times] = conflict ? [FIRST_CONFLICT_MS, conflicts] : [FIRST_MS, attempts];
  const delay = Math.min(first * 2 ** Math.min(times - 1, 12), LONGEST_MS);
  return { state: 'due', at: new Date(now + Math.max(askedMs, delay * (0.75 + chance / 2))), code };
}

/**
 * How long a `Retry-After` asks to wait (RFC 9110 §10.2.3): seconds, or a date.
 * @returns milliseconds, `mostMs` at most; 0 where it asks nothing that can be read
 */
export function retryAfterMs(header: string | undefined, now: number, mostMs: number): number {
  if (header === undefined) return 0;
  const text = header.trim();
  const ms = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, 0), mostMs);
}
