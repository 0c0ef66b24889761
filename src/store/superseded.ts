import type { Pool } from 'pg';
import { DELIVERY_CHANGES, statesBefore } from '../journey.js';
import type { SupersededReason } from '../message/delivery.js';
import { GatewayError } from '../message/failure.js';
import type { Withdrawal } from '../message/translation.js';
import { uuid5 } from '../message/uuid.js';
import { inTransaction, prepared, type Queryable, type Statement } from './pool.js';
import { presentVersions } from './present-versions.js';
import { PINNED_PATIENT } from './routing.js';

const END: Statement = [
  'superseded-end',
  `
  UPDATE delivery SET state = 'superseded', reason = input.reason, leased_until = NULL, ended_at = now()
  FROM unnest($1::uuid[], $2::text[]) AS input (id, reason)
  WHERE delivery.id = input.id AND state = ANY ($3::text[])
  RETURNING delivery.id, number::int AS number, delivery.reason, pinned`,
];

/** The lane in which a delivery would stand today: its patient may have joined others since. */
const PRESENT_LANE = `coalesce(
  delivery.endpoint || '|' || (SELECT cluster FROM identifier WHERE key = receipt.patient), delivery.lane)`;

/** To the same person, with the same Communication, of the state that the patient's last event left. */
const SUCCESSORS: Statement = [
  'superseded-successors',
  `
  INSERT INTO delivery (id, receipt_id, message_id, endpoint, lane, kind, event_number, supersedes, notification, responds_to, pinned,
    sent_at, patient)
  SELECT input.id, receipt_id, delivery.message_id, endpoint, ${PRESENT_LANE}, kind,
    greatest(event_number, (SELECT max(number) FROM event WHERE event.patient = receipt.patient)),
    delivery.id, coalesce(notification, delivery.id), responds_to, string_to_array(input.pinned, ' '),
    sent_at, ${PINNED_PATIENT}
  FROM unnest($1::uuid[], $2::uuid[], $3::text[]) WITH ORDINALITY AS input (id, earlier, pinned, position)
  JOIN delivery ON delivery.id = input.earlier
  JOIN receipt ON receipt.id = delivery.receipt_id
  ORDER BY position`,
];

/** A delivery that is not to be sent, and why. */
interface Superseded {
  id: string;
  reason: SupersededReason;
  /** `Type/id` that the one in its place carries besides: of a document a version that came since. */
  resources?: readonly string[] | undefined;
}

interface Ended {
  id: string;
  number: number;
  reason: SupersededReason;
  pinned: string[];
}

/**
 * Ends deliveries that are due or dead; where the person is still to be told, one of the present state goes in the place of each, last in
 * its lane.
 */
export async function supersede(client: Queryable, deliveries: readonly Superseded[]): Promise<void> {
  if (deliveries.length === 0) return;
  const { rows } = await prepared<Ended>(client, END, [
    deliveries.map(({ id }) => id),
    deliveries.map(({ reason }) => reason),
    statesBefore(DELIVERY_CHANGES, 'superseded'),
  ]);
  const instead = new Map(deliveries.map(({ id, resources }) => [id, resources]));
  const followed = rows
    .filter(({ reason }) => reason === 'passed' || reason === 'corrected')
    .map((ended) => ({ ...ended, references: [...referencesIn(ended.pinned), ...(instead.get(ended.id) ?? [])] }))
    .sort((a, b) => a.number - b.number);
  if (followed.length === 0) return;
  const pinned = await presentVersions(client, followed);
  await prepared(client, SUCCESSORS, [
    followed.map(({ id }) => uuid5(`delivery|after|${id}`)),
    followed.map(({ id }) => id),
    pinned.map((keys) => keys.join(' ')),
  ]);
}

/** `Type/id` of what a delivery pins. */
function referencesIn(pinned: readonly string[]): string[] {
  return pinned.map((key) => key.replace(/\/_history\/.*$/, ''));
}

/** The deliveries of receipts that have not ended well, and what is due behind them in their lanes. Locked. */
const WITHDRAWN: Statement = [
  'superseded-withdrawn',
  `
  SELECT id, receipt_id AS "receiptId", state, reached OR claims > attempts AS reached
  FROM delivery
  WHERE id = ANY (ARRAY (
    SELECT delivery.id FROM delivery WHERE receipt_id = ANY ($1::uuid[])
    UNION
    SELECT later.id
    FROM delivery
    JOIN receipt ON receipt.id = delivery.receipt_id
    CROSS JOIN LATERAL (
      SELECT id FROM delivery AS behind
      WHERE behind.lane = ${PRESENT_LANE} AND behind.state = 'due' AND behind.number > delivery.number OFFSET 0) AS later
    WHERE delivery.receipt_id = ANY ($2::uuid[]) AND delivery.state IN ('due', 'dead')))
  FOR UPDATE`,
];

/**
 * Ends what was undone before it reached anybody. What was cancelled is told to nobody, and what is due behind it, which shows it still, goes
 * in the present state; what was corrected and is due goes in the present state, what is dead waits for an operator.
 * @throws GatewayError store-conflict where one of them was claimed or delivered meanwhile: then the correction must follow it
 */
export async function withdraw(client: Queryable, withdrawals: readonly Withdrawal[]): Promise<void> {
  if (withdrawals.length === 0) return;
  const cancelled = new Set(withdrawals.flatMap(({ receiptId, by }) => (by.endsWith('-cancelled') ? [receiptId] : [])));
  const withdrawn = new Set(withdrawals.map(({ receiptId }) => receiptId));
  const { rows } = await prepared<{ id: string; receiptId: string; state: string; reached: boolean }>(
    client,
    WITHDRAWN,
    [[...withdrawn], [...cancelled]],
  );
  if (rows.some(({ reached }) => reached))
    throw new GatewayError('store-conflict', 'a delivery that is to be withdrawn has left meanwhile');
  const instead = new Map(withdrawals.map(({ receiptId, resources }) => [receiptId, resources]));
  await supersede(
    client,
    rows.flatMap(({ id, receiptId, state }): Superseded[] => {
      if (cancelled.has(receiptId)) return [{ id, reason: 'cancelled' }];
      return state === 'due' ? [{ id, reason: 'corrected', resources: instead.get(receiptId) }] : [];
    }),
  );
  const dead = rows.filter(({ state, receiptId }) => state === 'dead' && !cancelled.has(receiptId));
  await carryBesides(
    client,
    dead.flatMap(({ id, receiptId }) => (instead.get(receiptId) ?? []).map((reference) => ({ id, reference }))),
  );
}

/** Of the version that stands: an operator who revives the delivery sends the state of then. */
const CARRY: Statement = [
  'superseded-carry',
  `
  UPDATE delivery SET pinned = delivery.pinned || more.pinned
  FROM (
    SELECT input.id, array_agg(input.reference || '/_history/' || resource.version) AS pinned
    FROM unnest($1::uuid[], $2::text[]) AS input (id, reference)
    JOIN resource ON resource.type = split_part(input.reference, '/', 1) AND resource.id = split_part(input.reference, '/', 2)
    JOIN delivery AS dead ON dead.id = input.id
    WHERE NOT EXISTS (SELECT FROM unnest(dead.pinned) AS pin WHERE starts_with(pin, input.reference || '/'))
    GROUP BY input.id
  ) AS more
  WHERE delivery.id = more.id`,
];

/** What a dead delivery is to tell of has other resources by now. */
async function carryBesides(client: Queryable, more: readonly { id: string; reference: string }[]): Promise<void> {
  if (more.length === 0) return;
  await prepared(client, CARRY, [more.map(({ id }) => id), more.map(({ reference }) => reference)]);
}

const DEAD: Statement = [
  'superseded-dead',
  `
  SELECT delivery.id, ${PRESENT_LANE} AS lane,
    EXISTS (SELECT FROM event WHERE event.patient = receipt.patient AND event.number > event_number) AS passed
  FROM delivery
  JOIN receipt ON receipt.id = delivery.receipt_id
  WHERE delivery.id = ANY ($1::uuid[]) AND state = ANY ($2::text[])
  ORDER BY delivery.number
  FOR UPDATE OF delivery`,
];

const REVIVE: Statement = [
  'superseded-revive',
  `
  UPDATE delivery SET state = 'due', lane = input.lane, due_at = now(), ended_at = NULL, revived_at = now()
  FROM unnest($1::uuid[], $2::text[]) AS input (id, lane)
  WHERE delivery.id = input.id`,
];

/**
 * Dead deliveries become due again, by an operator's decision; where something happened to their patient since, one of the present state
 * goes in the place of each.
 * @returns how many were dead
 */
export function reviveDeliveries(pool: Pool, ids: readonly string[]): Promise<number> {
  return inTransaction(pool, async (client) => {
    const { rows } = await prepared<{ id: string; lane: string; passed: boolean }>(client, DEAD, [
      ids,
      statesBefore(DELIVERY_CHANGES, 'due'),
    ]);
    await supersede(
      client,
      rows.flatMap(({ id, passed }) => (passed ? [{ id, reason: 'passed' }] : [])),
    );
    const revived = rows.filter(({ passed }) => !passed);
    if (revived.length > 0)
      await prepared(client, REVIVE, [revived.map(({ id }) => id), revived.map(({ lane }) => lane)]);
    return rows.length;
  });
}

/** Dead deliveries that one transaction revives. */
const BATCH = 100;

const DEAD_AFTER: Statement = [
  'superseded-dead-after',
  `
  SELECT id, number FROM delivery
  WHERE state = 'dead' AND number > $1 AND ($2::text IS NULL OR endpoint = $2)
  ORDER BY number LIMIT ${BATCH}`,
];

/** Revives every dead delivery of an endpoint, or of all, some at a time. @returns how many there were */
export async function reviveAll(pool: Pool, endpoint: string | undefined): Promise<number> {
  let count = 0;
  for (let after = '0'; ;) {
    const { rows } = await prepared<{ id: string; number: string }>(pool, DEAD_AFTER, [after, endpoint ?? null]);
    const last = rows.at(-1);
    if (last === undefined) return count;
    count += await reviveDeliveries(
      pool,
      rows.map(({ id }) => id),
    );
    after = last.number;
  }
}
