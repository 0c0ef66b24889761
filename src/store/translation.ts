import type { Pool } from 'pg';
import { asciiJson } from '../message/id.js';
import type { JournalMessage } from '../message/message.js';
import type { TranslationStep, TranslationTx } from '../message/translation.js';
import { loadPatients } from './patients.js';
import { inOnePiece, inTransaction, plainArray, prepared, type Queryable, type Statement } from './pool.js';
import { ResourceWriter } from './resources.js';
import { closeReleased, openWorkItems } from './work-items.js';

/**
 * The messages asked for, and of those that wait the oldest that no other transaction has taken, so that a busy stage takes many at once
 * whatever its jobs say.
 */
const CLAIM: Statement = [
  'translation-claim',
  `
  WITH waiting AS MATERIALIZED (
    SELECT id FROM journal WHERE state = 'received' ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  SELECT id, source, control_id AS "controlId", sender, type, received_at AS "receivedAt", charset, bytes, state
  FROM journal
  WHERE state = 'received' AND (id = ANY ($1::bigint[]) OR id = ANY (ARRAY (SELECT id FROM waiting)))
  ORDER BY id
  FOR UPDATE SKIP LOCKED`,
];

const FACTS: Statement = [
  'translation-facts',
  `
  INSERT INTO fact (message_id, position, patient, stay, kind, body, effective_at, recorded_at, effective_text, recorded_text, mapping)
  SELECT message_id, position, patient, stay, kind, convert_from(substring($9::bytea FROM start FOR length), 'UTF8'),
    effective_text::timestamptz, recorded_text::timestamptz, effective_text, recorded_text, mapping
  FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $10::int[], $11::int[])
    AS input (message_id, position, patient, stay, kind, effective_text, recorded_text, mapping, start, length)`,
];

const SUPERSEDE: Statement = [
  'translation-supersede',
  `UPDATE fact SET superseded_at = now() WHERE message_id = ANY ($1::bigint[]) AND superseded_at IS NULL`,
];

const EVENTS: Statement = [
  'translation-events',
  `
  INSERT INTO event (patient, number, kind, message_id, stay, movement, effective_at, effective_text)
  SELECT patient,
    (SELECT coalesce(max(number), 0) FROM event WHERE event.patient = input.patient)
      + row_number() OVER (PARTITION BY patient ORDER BY position),
    kind, message_id, stay, movement, effective_text::timestamptz, effective_text
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])
    WITH ORDINALITY AS input (patient, kind, message_id, stay, movement, effective_text, position)`,
];

const RECEIPTS: Statement = [
  'translation-receipts',
  `
  INSERT INTO receipt (id, message_id, patient, stay, movement, event_kind, effective_text, member, label, role, decision, reason, rule,
    member_from, member_to)
  SELECT * FROM unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::text[])`,
];

const DELIVERIES: Statement = [
  'translation-deliveries',
  `
  INSERT INTO delivery (id, receipt_id, message_id, endpoint, lane, kind, pinned)
  SELECT id, receipt_id, message_id, endpoint, lane, kind, string_to_array(pinned, ' ')
  FROM unnest($1::uuid[], $2::uuid[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[])
    WITH ORDINALITY AS input (id, receipt_id, message_id, endpoint, lane, kind, pinned, position)
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

const STATES: Statement = [
  'translation-states',
  `
  UPDATE journal SET state = input.state
  FROM unnest($1::bigint[], $2::text[]) AS input (id, state)
  WHERE journal.id = input.id`,
];

/**
 * Runs the translate stage in one transaction for the messages named and up to `others` that wait; see `TranslationTx`. A conflict is
 * tried again from the start.
 */
export function inTranslation<T>(
  pool: Pool,
  { ids, others }: { ids: string[]; others: number },
  run: (tx: TranslationTx) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client, again) => {
    const { rows: messages } = await prepared<JournalMessage>(client, CLAIM, [ids, others]);
    return run({
      messages,
      load: (request) => loadPatients(client, request),
      save: (steps) => save(client, steps, messages, again),
    });
  });
}

async function save(
  client: Queryable,
  steps: TranslationStep[],
  messages: JournalMessage[],
  again: boolean,
): Promise<{ endpoints: string[] }> {
  const writer = new ResourceWriter(client);
  await writer.open(steps);
  const pinned: string[] = [];
  for (const step of steps) {
    writer.apply(step);
    // Pinned at once: a later message of the batch may change the same resource.
    for (const { resources } of step.deliveries)
      pinned.push(resources.flatMap((one) => writer.pinned(one) ?? []).join(' '));
  }
  await writer.flush();
  await saveFacts(client, steps);
  await saveRouting(client, steps, pinned, again || steps.some(({ supersedes }) => supersedes));
  const controlId = new Map(messages.map((message) => [message.id, message.controlId]));
  const items = steps.flatMap(({ messageId, workItems }) =>
    workItems.map((item) => ({ ...item, messageId, controlId: controlId.get(messageId) ?? '' })),
  );
  await openWorkItems(client, items);
  const translated = steps.flatMap(({ messageId, state }) => (state === 'translated' ? [messageId] : []));
  await closeReleased(
    client,
    translated,
    items.flatMap(({ key }) => key ?? []),
  );
  await prepared(client, STATES, [
    plainArray(steps.map(({ messageId }) => messageId)),
    plainArray(steps.map(({ state }) => state)),
  ]);
  return { endpoints: [...new Set(steps.flatMap((step) => step.deliveries.map(({ endpoint }) => endpoint)))] };
}

async function saveFacts(client: Queryable, steps: TranslationStep[]): Promise<void> {
  const reread = steps.flatMap((step) => (step.supersedes ? [step.messageId] : []));
  if (reread.length > 0) await prepared(client, SUPERSEDE, [reread]);
  const facts = steps.flatMap((step) => step.facts);
  if (facts.length === 0) return;
  await prepared(client, FACTS, [
    plainArray(facts.map(({ messageId }) => messageId)),
    plainArray(facts.map(({ id }) => Number(id.slice(id.lastIndexOf('.') + 1)))),
    facts.map(({ patient }) => patient),
    facts.map(({ stay }) => stay ?? null),
    plainArray(facts.map(({ kind }) => kind)),
    plainArray(facts.map(({ effectiveAt }) => effectiveAt)),
    plainArray(facts.map(({ recordedAt }) => recordedAt)),
    facts.map(({ mapping }) => mapping),
    ...inOnePiece(facts.map(({ body }) => asciiJson(JSON.stringify(body)))),
  ]);
}

async function saveRouting(
  client: Queryable,
  steps: TranslationStep[],
  pinned: string[],
  look: boolean,
): Promise<void> {
  const events = steps.flatMap((step) => step.events);
  if (events.length > 0)
    await prepared(client, EVENTS, [
      events.map(({ patient }) => patient),
      plainArray(events.map(({ kind }) => kind)),
      plainArray(events.map(({ messageId }) => messageId)),
      events.map(({ stay }) => stay),
      events.map(({ movement }) => movement),
      plainArray(events.map(({ effectiveAt }) => effectiveAt)),
    ]);
  await saveReceipts(client, steps, look);
  const deliveries = steps.flatMap((step) =>
    step.deliveries.map((delivery) => ({ ...delivery, messageId: step.messageId })),
  );
  if (deliveries.length > 0)
    await prepared(client, look ? DELIVERIES_AGAIN : DELIVERIES, [
      plainArray(deliveries.map(({ id }) => id)),
      plainArray(deliveries.map(({ receiptId }) => receiptId)),
      plainArray(deliveries.map(({ messageId }) => messageId)),
      deliveries.map(({ endpoint }) => endpoint),
      deliveries.map(({ lane }) => lane),
      plainArray(deliveries.map(({ kind }) => kind)),
      pinned,
    ]);
}

async function saveReceipts(client: Queryable, steps: TranslationStep[], look: boolean): Promise<void> {
  const receipts = steps.flatMap((step) => step.receipts);
  if (receipts.length === 0) return;
  await prepared(client, look ? RECEIPTS_AGAIN : RECEIPTS, [
    plainArray(receipts.map(({ id }) => id)),
    plainArray(receipts.map(({ event }) => event.messageId)),
    receipts.map(({ event }) => event.patient),
    receipts.map(({ event }) => event.stay),
    receipts.map(({ event }) => event.movement),
    plainArray(receipts.map(({ event }) => event.kind)),
    plainArray(receipts.map(({ event }) => event.effectiveAt)),
    receipts.map(({ member }) => member),
    receipts.map(({ label }) => label),
    receipts.map(({ role }) => role),
    plainArray(receipts.map(({ decision }) => decision)),
    plainArray(receipts.map(({ reason }) => reason)),
    receipts.map(({ rule }) => rule),
    receipts.map(({ memberFrom }) => memberFrom),
    receipts.map(({ memberTo }) => memberTo),
  ]);
}
