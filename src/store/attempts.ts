import type { Pool } from 'pg';
import { DELIVERY_CHANGES, statesBefore } from '../journey.js';
import type { AttemptOutcome } from '../message/delivery.js';
import { prepared, retried, type Statement } from './pool.js';

/**
 * Attempts, and what follows from them. What an earlier claim than the one that holds the delivery brings in stays an attempt and changes
 * nothing. What was taken is held from now on: written in the order of the key, so that two that record at once never wait for each other.
 */
const RECORD: Statement = [
  'attempts-record',
  `
  WITH input AS (
    SELECT *
    FROM unnest($1::uuid[], $2::int[], $3::timestamptz[], $4::int[], $5::boolean[], $6::int[], $7::text[], $8::text[], $9::bytea[],
      $10::text[], $11::text[], $12::timestamptz[], $13::boolean[])
      AS input (id, claim, started_at, duration_ms, ok, status, code, detail, sha256, sent, state, due_at, reached)
  ), made AS (
    INSERT INTO attempt (delivery_id, number, started_at, duration_ms, ok, status, code, detail, sha256, sent)
    SELECT id, claim, started_at, duration_ms, ok, status, input.code, detail, sha256, string_to_array(sent, ' ')
    FROM input
    JOIN delivery USING (id)
    ON CONFLICT DO NOTHING
  ), counted AS (
    UPDATE delivery SET state = input.state, attempts = delivery.attempts + 1, due_at = coalesce(input.due_at, delivery.due_at),
      leased_until = NULL, code = input.code, reached = delivery.reached OR input.reached,
      ended_at = CASE WHEN input.state = 'due' THEN NULL ELSE now() END
    FROM input
    WHERE delivery.id = input.id AND delivery.claims = input.claim AND delivery.leased_until IS NOT NULL AND delivery.state = ANY ($14::text[])
    RETURNING endpoint, ok, sent
  )
  INSERT INTO holding (endpoint, type, id, version)
  SELECT DISTINCT ON (endpoint, type, id) endpoint, type, id, version
  FROM counted
  CROSS JOIN LATERAL unnest(string_to_array(sent, ' ')) AS key
  CROSS JOIN LATERAL (
    SELECT split_part(key, '/', 1) AS type, split_part(key, '/', 2) AS id, split_part(key, '/', 4)::int AS version) AS taken
  WHERE ok
  ORDER BY endpoint, type, id, version DESC
  ON CONFLICT (endpoint, type, id) DO UPDATE SET version = excluded.version WHERE holding.version <> excluded.version`,
];

/** Writes attempts and all that follows from them, in one statement: it is written whole or not at all. */
export async function recordAttempts(pool: Pool, outcomes: readonly AttemptOutcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  const values = [
    outcomes.map(({ deliveryId }) => deliveryId),
    outcomes.map(({ claim }) => claim),
    outcomes.map(({ startedAt }) => startedAt.toISOString()),
    outcomes.map(({ durationMs }) => Math.round(durationMs)),
    outcomes.map(({ ok }) => ok),
    outcomes.map(({ status }) => status),
    outcomes.map(({ code }) => code),
    outcomes.map(({ detail }) => detail),
    outcomes.map(({ sha256 }) => sha256),
    outcomes.map(({ sent }) => sent.join(' ')),
    outcomes.map(({ next }) => next.state),
    outcomes.map(({ next }) => next.at?.toISOString() ?? null),
    outcomes.map(({ reached }) => reached),
    statesBefore(DELIVERY_CHANGES, 'delivered'),
  ];
  await retried(() => prepared(pool, RECORD, values));
}
