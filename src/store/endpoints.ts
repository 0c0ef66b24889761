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

const LOADS = `
  SELECT endpoint AS id, (count(*) FILTER (WHERE state = 'due'))::int AS due, (count(*) FILTER (WHERE state = 'dead'))::int AS dead,
    min(created_at) FILTER (WHERE state = 'due') AS "oldestDueAt",
    round(extract(epoch FROM now() - min(created_at) FILTER (WHERE state = 'due')))::int AS "oldestDueSeconds"
  FROM (
    SELECT endpoint, state, created_at FROM delivery WHERE state = 'due'
    UNION ALL
    SELECT endpoint, state, created_at FROM delivery WHERE state = 'dead') AS waiting
  GROUP BY endpoint
  ORDER BY endpoint`;

/** What waits at an endpoint. */
export interface EndpointLoad {
  id: string;
  due: number;
  dead: number;
  /** When the oldest of what is due was decided, and how long ago that is; null where nothing is due. */
  oldestDueAt: Date | null;
  oldestDueSeconds: number | null;
}

/** Every endpoint for which a delivery is due or dead. */
export async function endpointLoads(client: Queryable): Promise<EndpointLoad[]> {
  return (await client.query<EndpointLoad>(LOADS)).rows;
}

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
    await openWorkItems(client, [{ reason: code, text, key, messageId: null, controlId: null, source: null }]);
  });
}
