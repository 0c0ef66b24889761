import { FAILURES, type FailureCode } from '../message/failure.js';
import type { AttemptOutcome } from '../message/delivery.js';

const FIRST_MS = 5000;
const LONGEST_MS = 30 * 60_000;

/**
 * What follows a failed attempt: permanent → dead; older than the endpoint allows → dead; else due again after a backoff that doubles from
 * five seconds to half an hour, spread by `chance` so that many do not come back at once.
 * @param attempts attempts made, this one included
 * @param chance a number from 0 to 1
 */
export function nextState(
  code: FailureCode,
  {
    attempts,
    createdAt,
    expireHours,
    now,
    chance,
  }: { attempts: number; createdAt: Date; expireHours: number; now: number; chance: number },
): AttemptOutcome['next'] & { code: FailureCode } {
  if (FAILURES[code] === 'permanent') return { state: 'dead', code };
  if (now - createdAt.getTime() > expireHours * 3_600_000) return { state: 'dead', code: 'delivery-expired' };
  const delay = Math.min(FIRST_MS * 2 ** Math.min(attempts - 1, 12), LONGEST_MS);
  return { state: 'due', at: new Date(now + delay * (0.75 + chance / 2)), code };
}
