import { canonicalJson } from '../message/canonical-json.js';
import type { TranslationStep } from '../message/translation.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const EVENTS: Statement = [
  'routing-events',
  `
  INSERT INTO event (patient, number, kind, message_id, about_type, about_key, thread, effective_at, effective_text, attributes)
  SELECT patient,
    (SELECT coalesce(max(number), 0) FROM event WHERE event.patient = input.patient)
      + row_number() OVER (PARTITION BY patient ORDER BY position),
    kind, message_id, about_type, about_key, thread, effective_text::timestamptz, effective_text, attributes::json
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
    WITH ORDINALITY AS input (patient, kind, message_id, about_type, about_key, thread, effective_text, attributes, position)
  RETURNING number, patient, kind, message_id AS "messageId", about_key AS about, thread`,
];

/** An event as its row names it. */
interface NumberedEvent {
  number: number;
  patient: string;
  kind: string;
  messageId: string;
  about: string;
  thread: string;
}

function nameOf({ patient, kind, messageId, about, thread }: Omit<NumberedEvent, 'number'>): string {
  return JSON.stringify([patient, kind, messageId, about, thread]);
}

const RECEIPTS: Statement = [
  'routing-receipts',
  `
  INSERT INTO receipt (id, message_id, patient, about_type, about_key, thread, event_kind, effective_text, member, label, role, decision,
    reason, rule, member_from, member_to, carrier)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::uuid[])`,
];

/** Id of the first Patient among what a delivery carries, `Type/id/_history/version` parted by blanks. */
export const PINNED_PATIENT = `coalesce(substring(input.pinned FROM 'Patient/([A-Za-z0-9.-]+)/'), '')`;

const DELIVERIES: Statement = [
  'routing-deliveries',
  `
  INSERT INTO delivery (id, receipt_id, message_id, endpoint, lane, kind, pinned, event_number, responds_to, sent_at, patient)
  SELECT id, receipt_id, message_id, endpoint, lane, kind, string_to_array(pinned, ' '), event_number, responds_to, sent_at,
    ${PINNED_PATIENT}
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::int[], $9::uuid[], $10::timestamptz[])
    WITH ORDINALITY AS input (id, receipt_id, message_id, endpoint, lane, kind, pinned, event_number, responds_to, sent_at, position)
  ORDER BY position`,
];

/**
 * Only a message that was translated before can have some of its receipts already. To look for them takes a third of the time of writing
 * them, so it is done where a message was read otherwise before, and where the first try of a batch met one.
 */
const RECEIPTS_AGAIN = unlessThere(RECEIPTS);
const DELIVERIES_AGAIN = unlessThere(DELIVERIES);

function unlessThere([name, text]: Statement): Statement {
  return [`${name}-again`, `${text} ON CONFLICT (id) DO NOTHING`];
}

/**
 * Writes events, receipts and deliveries.
 * @param pinned of each delivery, in the order of the steps, what it carries: `Type/id/_history/version`, parted by blanks
 * @param again true where some of them may be there already
 */
export async function saveRouting(
  client: Queryable,
  steps: readonly TranslationStep[],
  pinned: readonly string[],
  again: boolean,
): Promise<void> {
  const numbers = await saveEvents(client, steps);
  await saveReceipts(client, steps, again);
  const deliveries = steps.flatMap((step) => {
    const events = new Map(step.receipts.map(({ id, event }) => [id, event]));
    return step.deliveries.map((delivery) => {
      const event = events.get(delivery.receiptId);
      const eventNumber = event === undefined ? undefined : numbers.get(nameOf({ ...event, about: event.about.key }));
      const messageId = step.messageId ?? event?.messageId ?? null;
      return { ...delivery, messageId, eventNumber: eventNumber ?? null, sentAt: event?.effectiveAt ?? null };
    });
  });
  if (deliveries.length === 0) return;
  await prepared(client, again ? DELIVERIES_AGAIN : DELIVERIES, [
    deliveries.map(({ id }) => id),
    deliveries.map(({ receiptId }) => receiptId),
    deliveries.map(({ messageId }) => messageId),
    deliveries.map(({ endpoint }) => endpoint),
    deliveries.map(({ lane }) => lane),
    deliveries.map(({ kind }) => kind),
    pinned,
    deliveries.map(({ eventNumber }) => eventNumber),
    deliveries.map(({ respondsTo }) => respondsTo ?? null),
    deliveries.map(({ sentAt }) => sentAt),
  ]);
}

/** @returns the number that each event has among those of its patient */
async function saveEvents(client: Queryable, steps: readonly TranslationStep[]): Promise<Map<string, number>> {
  const events = steps.flatMap((step) => step.events);
  if (events.length === 0) return new Map();
  const { rows } = await prepared<NumberedEvent>(client, EVENTS, [
    events.map(({ patient }) => patient),
    events.map(({ kind }) => kind),
    events.map(({ messageId }) => messageId),
    events.map(({ about }) => about.type),
    events.map(({ about }) => about.key),
    events.map(({ thread }) => thread),
    events.map(({ effectiveAt }) => effectiveAt),
    events.map(({ attributes }) => canonicalJson(attributes)),
  ]);
  return new Map(rows.map((row) => [nameOf(row), row.number]));
}

async function saveReceipts(client: Queryable, steps: readonly TranslationStep[], again: boolean): Promise<void> {
  const receipts = steps.flatMap((step) => step.receipts);
  if (receipts.length === 0) return;
  await prepared(client, again ? RECEIPTS_AGAIN : RECEIPTS, [
    receipts.map(({ id }) => id),
    receipts.map(({ event }) => event.messageId),
    receipts.map(({ event }) => event.patient),
    receipts.map(({ event }) => event.about.type),
    receipts.map(({ event }) => event.about.key),
    receipts.map(({ event }) => event.thread),
    receipts.map(({ event }) => event.kind),
    receipts.map(({ event }) => event.effectiveAt),
    receipts.map(({ member }) => member),
    receipts.map(({ label }) => label),
    receipts.map(({ role }) => role),
    receipts.map(({ decision }) => decision),
    receipts.map(({ reason }) => reason),
    receipts.map(({ rule }) => rule),
    receipts.map(({ memberFrom }) => memberFrom),
    receipts.map(({ memberTo }) => memberTo),
    receipts.map(({ carrier }) => carrier ?? null),
  ]);
}
