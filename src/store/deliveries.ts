import type { Pool } from 'pg';
import type { Claim, ClaimRequest, DueDelivery, SupersededReason } from '../message/delivery.js';
import { deliveryContents } from './delivery-content.js';
import { inTransaction, prepared, type Queryable, type Statement } from './pool.js';
import { supersede } from './superseded.js';

/**
 * The head of a lane of that endpoint, which is due and not leased. Each lane is asked for its first: an anti join, planned while hardly
 * anything was due, reads all that is due for each row.
 */
const isHead = (due: string) => `
      head.endpoint = $1 AND ${due} AND head.due_at <= now()
      AND (head.leased_until IS NULL OR head.leased_until < now())
      AND head.number = (
        SELECT first.number FROM delivery AS first
        WHERE first.lane = head.lane AND first.state = 'due'
        ORDER BY first.number
        LIMIT 1)`;

const HEADS_DUE = `
    SELECT id, lane, number, responds_to, receipt_id
    FROM delivery AS head
    WHERE ${isHead(`head.state = 'due'`)}
    ORDER BY head.due_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED`;

/** Each is found by its id: the expression keeps the plan from the index of all that are due. */
const HEADS_NAMED = `
    SELECT head.*
    FROM unnest($4::uuid[]) AS named (id)
    CROSS JOIN LATERAL (
      SELECT id, lane, number, responds_to, receipt_id
      FROM delivery AS head
      WHERE head.id = named.id AND ${isHead(`head.state || '' = 'due'`)}
      FOR UPDATE SKIP LOCKED) AS head
    LIMIT $2`;

/**
 * Takes due deliveries of one endpoint, only the head of each lane, and leases them: what a killed gateway had taken comes back
 * when its lease ends. What is not to be sent any more is leased too, but is no claim.
 */
const claimOf = (heads: string) => `
  WITH head AS MATERIALIZED (${heads}
  ), judged AS MATERIALIZED (
    SELECT head.id, member, thread, effective_text,
      CASE
        WHEN (
          SELECT true FROM delivery AS later
          WHERE later.lane = head.lane AND later.reached AND later.number > head.number LIMIT 1) THEN 'passed'
        WHEN (
          SELECT NOT original.reached AND original.claims = original.attempts FROM delivery AS original
          WHERE original.id = head.responds_to) THEN 'not-delivered'
      END AS reason
    FROM head
    CROSS JOIN LATERAL (SELECT member, thread, effective_text FROM receipt WHERE receipt.id = head.receipt_id OFFSET 0) AS receipt)
  UPDATE delivery
  SET leased_until = now() + $3 * interval '1 millisecond', claims = claims + CASE WHEN judged.reason IS NULL THEN 1 ELSE 0 END
  FROM judged
  WHERE delivery.id = judged.id
  RETURNING delivery.id, delivery.claims AS claim, judged.reason, endpoint, lane, kind, coalesce(notification, delivery.id) AS notification,
    (SELECT coalesce(notification, id) FROM delivery AS original WHERE original.id = delivery.responds_to) AS "respondsTo",
    delivery.responds_to AS original, event_number AS "eventNumber", receipt_id AS "receiptId", message_id AS "messageId", attempts,
    coalesce(revived_at, created_at) AS "createdAt", pinned,
    (SELECT count(*)::int FROM attempt WHERE delivery_id = delivery.id AND code = 'endpoint-conflict') AS conflicts, member, thread,
    effective_text AS "effectiveAt"`;

const CLAIM: Statement = ['deliveries-claim', claimOf(HEADS_DUE)];
const CLAIM_NAMED: Statement = ['deliveries-claim-named', claimOf(HEADS_NAMED)];

const HEADS: Statement = [
  'deliveries-heads',
  `SELECT id FROM delivery AS head WHERE ${isHead(`head.state = 'due'`)} ORDER BY head.due_at LIMIT $2`,
];

const RELEASE: Statement = [
  'deliveries-release',
  `
  UPDATE delivery SET leased_until = NULL, claims = claims - 1
  FROM unnest($1::uuid[], $2::int[]) AS input (id, claim)
  WHERE delivery.id = input.id AND claims = input.claim AND leased_until IS NOT NULL AND state = 'due'`,
];

type Claimed = Omit<DueDelivery, 'resources'> & {
  pinned: string[];
  /** Why it is not to be sent. */
  reason: SupersededReason | null;
  /** The delivery that it cancels or corrects. */
  original: string | null;
};

/**
 * Claims and completes. What others of its lane have passed, and what corrects something that nobody was told, is superseded instead.
 */
export async function claimDeliveries(pool: Pool, request: ClaimRequest): Promise<DueDelivery[]> {
  const values = [request.endpoint, request.limit, request.leaseMs];
  const { rows } = await (request.ids === undefined
    ? prepared<Claimed>(pool, CLAIM, values)
    : prepared<Claimed>(pool, CLAIM_NAMED, [...values, request.ids]));
  const ended = rows.flatMap(endedBy);
  if (ended.length > 0) await inTransaction(pool, (client) => supersede(client, ended));
  const claimed = rows.filter(({ reason }) => reason === null);
  const contents = claimed.length === 0 ? [] : await deliveryContents(pool, request.endpoint, claimed);
  const due = claimed.map(({ pinned: _pinned, reason: _none, original: _original, ...delivery }, index) => ({
    ...delivery,
    resources: contents[index] ?? [],
  }));
  // What goes in their place, or comes after them in their lanes, is due now.
  const more =
    ended.length === 0 || request.ids !== undefined
      ? []
      : await claimDeliveries(pool, { ...request, limit: ended.length });
  return [...due, ...more];
}

/** Ids of the lane heads of an endpoint that are due, those that have waited longest first. */
export async function laneHeads(client: Queryable, endpoint: string, limit: number): Promise<string[]> {
  return (await prepared<{ id: string }>(client, HEADS, [endpoint, limit])).rows.map(({ id }) => id);
}

/** What ends with a delivery that is not to be sent any more: of a cancellation also what it cancels, which is dead. */
function endedBy({ id, reason, kind, original }: Claimed): { id: string; reason: SupersededReason }[] {
  if (reason === null) return [];
  const cancelled = reason === 'not-delivered' && original !== null && kind.endsWith('-cancelled');
  return [{ id, reason }, ...(cancelled ? [{ id: original, reason: 'cancelled' as const }] : [])];
}

/** Gives back what was claimed and not tried. */
export async function releaseDeliveries(client: Queryable, claims: readonly Claim[]): Promise<void> {
  await prepared(client, RELEASE, [claims.map(({ id }) => id), claims.map(({ claim }) => claim)]);
}
