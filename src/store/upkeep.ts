import type { Pool } from 'pg';
import type { PatientWindow, TranslationTx } from '../message/translation.js';
import { inTransaction, prepared, type Queryable, type Statement } from './pool.js';
import { Transaction } from './translation.js';
import { loadWholeWindow } from './windows.js';

const DUE: Statement = [
  'upkeep-due',
  `
  SELECT anchor, min(at) AS at FROM (SELECT anchor, at FROM circle_due WHERE at <= $1 ORDER BY at LIMIT $2) AS due
  GROUP BY anchor ORDER BY min(at)`,
];

const TAKE: Statement = ['upkeep-take', `DELETE FROM circle_due WHERE anchor = $1 AND at <= $2`];

const IDENTIFIER: Statement = ['upkeep-identifier', `SELECT system, value, type FROM identifier WHERE key = $1`];

/** One transaction of upkeep: what the passing of time changes in one circle. Its steps are of no message. */
export interface UpkeepTx extends Pick<TranslationTx, 'loadWhole' | 'save'> {
  /** Facts of no stay that still matter, and the memberships of every stay in the circle's window. */
  window: PatientWindow;
}

/** A circle that changes by itself: an anchor of its patient, and when. */
export interface DueCircle {
  anchor: string;
  at: Date;
}

/** The circles that change by themselves until `now`, the longest due first. */
export async function dueCircles(client: Queryable, now: Date, limit: number): Promise<DueCircle[]> {
  return (await prepared<DueCircle>(client, DUE, [now, limit])).rows;
}

/**
 * Runs the upkeep of one patient's circle under the locks of his cluster. What was due of it until `now` is done with: the steps say when it
 * changes next.
 * @param endedSince what left the circle before is not loaded
 * @param zone IANA zone of dates without offset, as searches find them
 * @returns undefined where nobody knows the anchor
 */
export function inUpkeep<T>(
  pool: Pool,
  { anchor, now, endedSince, zone }: { anchor: string; now: Date; endedSince: string; zone: string },
  run: (tx: UpkeepTx) => Promise<T>,
): Promise<T | undefined> {
  return inTransaction(pool, async (client, again) => {
    const { rows } = await prepared<{ system: string; value: string; type: string }>(client, IDENTIFIER, [anchor]);
    const transaction = new Transaction(client, { messages: [], again, zone });
    const request = { messageId: '0', identifiers: rows, stays: [] };
    const [window] = rows.length === 0 ? [] : await transaction.load([request], { endedSince });
    if (window === undefined) return undefined;
    await prepared(client, TAKE, [anchor, now]);
    return run({
      window,
      loadWhole: (of) => loadWholeWindow(client, of),
      save: (steps) => transaction.save(steps),
    });
  });
}
