import { createHash } from 'node:crypto';
import type { Pool } from 'pg';
import { GatewayError } from '../message/failure.js';
import type { IncomingMessage, KeptMessage } from '../message/message.js';
import { compareText } from '../message/order.js';
import { CHUNK_BYTES, writeChunks } from './content.js';
import { saveDocuments } from './documents.js';
import { inOnePiece, inTransaction, prepared, storeError, type Queryable, type Statement } from './pool.js';
import { openWorkItems } from './work-items.js';

const NAMES = `id, source, door, format, parent, external_id, received_at, sender, control_id, type, charset, sha256, length, bytes,
      answer_code, answer, issues, refused`;

/**
 * The messages of a batch as rows. What is binary comes in one piece, each message's answer from `start` on and then its bytes; an array of
 * bytea would travel as hexadecimal text. Whoever sends less than the whole message, or none of it, sends its length and sha-256.
 */
const INPUT = `
    input AS (
      SELECT id, source, door, format, parent, external_id, received_at, sender, control_id, type, charset, answer_code, issues::jsonb,
        state, state = 'refused' AS refused, length,
        substring($18::bytea FROM start FOR answer_length) AS answer,
        substring($18::bytea FROM start + answer_length FOR bytes_length) AS bytes,
        coalesce(decode(sha256, 'hex'), sha256(substring($18::bytea FROM start + answer_length FOR bytes_length))) AS sha256
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[], $7::timestamptz[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::text[], $13::text[], $14::text[], $15::int[], $16::text[], $17::int[], $19::int[], $20::int[])
        AS input (id, source, door, format, parent, external_id, received_at, sender, control_id, type, charset, answer_code, issues, state,
          length, sha256, start, answer_length, bytes_length)
    )`;

/** Each control id is claimed, and only the messages that claimed theirs enter the journal. */
const KEEP: Statement = [
  'keep',
  `
    WITH ${INPUT}, claimed AS (
      INSERT INTO control_id (source, sender, control_id, message_id, sha256)
      SELECT source, sender, control_id, id, sha256 FROM input
      ON CONFLICT DO NOTHING
      RETURNING message_id
    ), kept AS (
      INSERT INTO journal (${NAMES})
      SELECT ${NAMES} FROM input WHERE id IN (SELECT message_id FROM claimed)
    ), queued AS (
      INSERT INTO waiting (message_id, size)
      SELECT id, length FROM input WHERE state = 'received' AND id IN (SELECT message_id FROM claimed)
    ), parked AS (
      INSERT INTO parked (message_id)
      SELECT id FROM input WHERE state = 'parked' AND id IN (SELECT message_id FROM claimed)
    )
    SELECT message_id AS id FROM claimed`,
];

/** Refused messages are kept by one batch at a time: no constraint holds two of the same bytes apart. */
const REFUSED_LOCK = 7_461_002;

/** A refused message claims no control id, and is kept once for the same bytes. */
const KEEP_REFUSED: Statement = [
  'keep-refused',
  `
    WITH ${INPUT}
    INSERT INTO journal (${NAMES})
    SELECT DISTINCT ON (source, sender, control_id, sha256) ${NAMES} FROM input
    WHERE NOT EXISTS (
      SELECT FROM journal AS earlier
      WHERE earlier.refused AND earlier.source = input.source AND earlier.sender = input.sender
        AND earlier.control_id = input.control_id AND earlier.sha256 = input.sha256)
    ORDER BY source, sender, control_id, sha256, id
    RETURNING id`,
];

const EARLIER: Statement = [
  'keep-earlier',
  `
    WITH asked AS (
      SELECT id, source, sender, control_id, state, decode(sha256, 'hex') AS sha256
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[])
        AS asked (id, source, sender, control_id, state, sha256)
    )
    SELECT asked.id, taken.message_id AS taken_by, coalesce(taken.sha256 = asked.sha256, true) AS same, journal.answer
    FROM asked
    LEFT JOIN control_id AS taken ON asked.state <> 'refused'
      AND taken.source = asked.source AND taken.sender = asked.sender AND taken.control_id = asked.control_id
    LEFT JOIN LATERAL (
      SELECT id, answer FROM journal WHERE id = taken.message_id
      UNION ALL
      SELECT id, answer FROM journal AS earlier
      WHERE asked.state = 'refused' AND earlier.refused AND earlier.source = asked.source
        AND earlier.sender = asked.sender AND earlier.control_id = asked.control_id AND earlier.sha256 = asked.sha256
      LIMIT 1
    ) AS journal ON true`,
];

/**
 * Commits a batch of messages to the journal, their work items with them. What each became is told in the same order. What is small and sound
 * is one statement; refused messages, work items, large messages and documents have transactions beside it, which it does not wait for.
 * @throws GatewayError store-unavailable; then some may have been kept, and are repeats when they are kept again
 */
export async function keepBatch(pool: Pool, batch: readonly IncomingMessage[]): Promise<KeptMessage[]> {
  const alone = batch.filter(isAlone);
  const small = batch.filter((message) => !isAlone(message));
  const bare = small.filter(isBare);
  const withItems = small.filter((message) => !isBare(message));
  try {
    const parts = await Promise.all([
      keepAll(pool, bare),
      withItems.length === 0 ? [] : inTransaction(pool, (client) => keepAll(client, withItems)),
      keepAlone(pool, alone),
    ]);
    const became = new Map(parts.flat().map((kept) => [kept.id, kept]));
    return batch.map(({ id }) => became.get(id) ?? { kind: 'kept', id });
  } catch (cause) {
    throw storeError(cause);
  }
}

function isAlone(message: IncomingMessage): boolean {
  return isLarge(message) || carriesDocuments(message);
}

function isLarge({ bytes }: IncomingMessage): boolean {
  return bytes.length > CHUNK_BYTES;
}

function carriesDocuments({ documents = [] }: IncomingMessage): boolean {
  return documents.length > 0;
}

function isBare({ state, workItems }: IncomingMessage): boolean {
  return state !== 'refused' && workItems.length === 0;
}

/** Each in a transaction of its own, one after the other: its row, and where that is new its chunks and its documents. */
async function keepAlone(pool: Pool, messages: readonly IncomingMessage[]): Promise<KeptMessage[]> {
  const kept: KeptMessage[] = [];
  for (const message of messages)
    try {
      kept.push(await inTransaction(pool, (client) => keepOne(client, message)));
    } catch (error) {
      if (!(error instanceof GatewayError) || error.code !== 'document-id-reused') throw error;
      kept.push({ kind: 'document-reused', id: message.id });
    }
  return kept;
}

async function keepOne(client: Queryable, message: IncomingMessage): Promise<KeptMessage> {
  const { id, bytes, documents = [] } = message;
  const whole = { length: bytes.length, sha256: sha256Of(bytes) };
  const row = isLarge(message) ? { ...message, bytes: Buffer.alloc(0), whole } : message;
  const [became = { kind: 'kept', id }] = await keepAll(client, [row]);
  if (became.kind !== 'kept') return became;
  if (isLarge(message)) await writeChunks(client, id, bytes);
  if (documents.length > 0) await saveDocuments(client, id, documents);
  return became;
}

async function keepAll(client: Queryable, batch: readonly IncomingMessage[]): Promise<KeptMessage[]> {
  const refused = batch.filter(({ state }) => state === 'refused');
  const kept = new Set([
    ...(await keepBy(KEEP, client, inClaimOrder(batch.filter(({ state }) => state !== 'refused')))),
    ...(await keepRefused(client, refused)),
  ]);
  const items = batch.filter((message) => kept.has(message.id));
  await openWorkItems(
    client,
    items.flatMap(({ id, controlId, source, workItems }) =>
      workItems.map((item) => ({ ...item, messageId: id, controlId, source })),
    ),
  );
  if (kept.size === batch.length) return batch.map(({ id }) => ({ kind: 'kept', id }));
  const earlier = await earlierAnswers(
    client,
    batch.filter((message) => !kept.has(message.id)),
  );
  return batch.map(({ id }) => earlier.get(id) ?? { kind: 'kept', id });
}

async function keepRefused(client: Queryable, refused: IncomingMessage[]): Promise<string[]> {
  if (refused.length === 0) return [];
  await client.query('SELECT pg_advisory_xact_lock($1)', [REFUSED_LOCK]);
  return keepBy(KEEP_REFUSED, client, refused);
}

async function keepBy(statement: Statement, client: Queryable, batch: IncomingMessage[]): Promise<string[]> {
  if (batch.length === 0) return [];
  const { rows } = await prepared<{ id: string }>(client, statement, columnsOf(batch));
  return rows.map(({ id }) => id);
}

/** Claims in one order in every batch, so that two batches with the same control ids never wait for each other in a ring. */
function inClaimOrder(batch: IncomingMessage[]): IncomingMessage[] {
  return [...batch].sort((a, b) => compareText(a.sender, b.sender) || compareText(a.controlId, b.controlId));
}

function columnsOf(batch: IncomingMessage[]): unknown[] {
  const column = <T>(of: (message: IncomingMessage) => T) => batch.map(of);
  const [piece, starts] = inOnePiece(batch.flatMap(({ answer, bytes }) => [answer, bytes]));
  return [
    column((message) => message.id),
    column((message) => message.source),
    column((message) => message.door),
    column((message) => message.format ?? 'hl7v2'),
    column((message) => message.parent ?? null),
    column((message) => message.externalId ?? null),
    column((message) => message.receivedAt.toISOString()),
    column((message) => message.sender),
    column((message) => message.controlId),
    column((message) => message.type),
    column((message) => message.charset),
    column((message) => message.answerCode),
    column((message) => (message.issues.length === 0 ? '[]' : JSON.stringify(message.issues))),
    column((message) => message.state),
    column(({ whole, bytes }) => whole?.length ?? bytes.length),
    column(({ whole }) => whole?.sha256.toString('hex') ?? null),
    starts.filter((_, index) => index % 2 === 0),
    piece,
    column((message) => message.answer.length),
    column((message) => message.bytes.length),
  ];
}

function sha256Of(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

async function earlierAnswers(client: Queryable, repeats: IncomingMessage[]): Promise<Map<string, KeptMessage>> {
  const { rows } = await prepared<{ id: string; same: boolean; answer: Buffer | null }>(client, EARLIER, [
    repeats.map(({ id }) => id),
    repeats.map(({ source }) => source),
    repeats.map(({ sender }) => sender),
    repeats.map(({ controlId }) => controlId),
    repeats.map(({ state }) => state),
    repeats.map(({ whole, bytes }) => (whole?.sha256 ?? sha256Of(bytes)).toString('hex')),
  ]);
  return new Map(
    rows.map(({ id, same, answer }) => [
      id,
      same && answer !== null ? { kind: 'repeat', id, answer } : { kind: 'reused', id },
    ]),
  );
}
