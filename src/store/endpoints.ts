import type { Pool } from 'pg';
import type { FailureCode } from '../message/failure.js';
import { inTransaction, prepared, type Queryable, type Statement } from './pool.js';
import { openWorkItems, settleWorkItems } from './work-items.js';

const DUE: Statement = [
  'endpoints-due',
  `
  SELECT DISTINCT endpoint FROM delivery
  WHERE state = 'due' AND due_at <= now() AND (leased_until IS NULL OR leased_until < now())`,
];

/** What waits for its next attempt need wait no longer. */
const HASTEN: Statement = [
  'endpoints-hasten',
  `UPDATE delivery SET due_at = now() WHERE endpoint = $1 AND state = 'due' AND due_at > now()`,
];

/** Endpoints that have something due now and not leased. */
export async function endpointsDue(client: Queryable): Promise<string[]> {
  return (await prepared<{ endpoint: string }>(client, DUE)).rows.map((row) => row.endpoint);
}

/**
 * Opens the one work item of an endpoint that refuses whatever it is sent; closes it once the endpoint delivers again, and what waits for it
 * is due at once.
 * @param code that of the refusals; null where it delivers
 */
export async function reportEndpoint(pool: Pool, endpoint: string, code: FailureCode | null): Promise<void> {
  const key = `endpoint-refuses|${endpoint}`;
  await inTransaction(pool, async (client) => {
    if (code === null) {
      await settleWorkItems(client, [key]);
      await prepared(client, HASTEN, [endpoint]);
      return;
    }
    const text = `the endpoint ${endpoint} refuses whatever it is sent: mend it, then revive what is dead`;
    await openWorkItems(client, [{ reason: code, text, key, messageId: null, controlId: null }]);
  });
}
