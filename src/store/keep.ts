import type { Pool } from 'pg';
import type { IncomingMessage, KeptMessage } from '../message/message.js';
import { compareText } from '../message/order.js';
import { inOnePiece, inTransaction, storeError, type Queryable } from './pool.js';
import { openWorkItems } from './work-items.js';

const NAMES =
  'id, source, door, received_at, sender, control_id, type, charset, sha256, bytes, answer_code, answer, issues, state';

/**
 * One round trip for a batch: each control id is claimed, and only the messages that claimed theirs enter the journal. A refused message
 * claims none, and is kept once for the same bytes. What is binary comes in one piece, each message's part from `start` on: sha-256,
 * answer, bytes; an array of bytea would travel as hexadecimal text.
 */
const KEEP = {
  name: 'keep',
  text: `
    WITH input AS (
      SELECT id, source, door, received_at, sender, control_id, type, charset, answer_code, issues, state,
        substring($14::bytea FROM start FOR 32) AS sha256,
        substring($14::bytea FROM start + 32 FOR answer_length) AS answer,
        substring($14::bytea FROM start + 32 + answer_length FOR bytes_length) AS bytes
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::int[], $13::int[], $15::int[])
        AS input (id, source, door, received_at, sender, control_id, type, charset, answer_code, issues, state, start, answer_length,
          bytes_length)
    ), claimed AS (
      INSERT INTO control_id (source, sender, control_id, message_id, sha256)
      SELECT source, sender, control_id, id, sha256 FROM input WHERE state <> 'refused'
      ON CONFLICT DO NOTHING
      RETURNING message_id
    )
    INSERT INTO journal (${NAMES})
    SELECT id, source, door, received_at, sender, control_id, type, charset, sha256, bytes, answer_code, answer, issues::jsonb, state
    FROM input
    WHERE id IN (SELECT message_id FROM claimed)
      OR state = 'refused' AND NOT EXISTS (
        SELECT FROM journal AS earlier
        WHERE earlier.state = 'refused' AND earlier.source = input.source AND earlier.sender = input.sender
          AND earlier.control_id = input.control_id AND earlier.sha256 = input.sha256)
    RETURNING id`,
};

const EARLIER = {
  name: 'keep-earlier',
  text: `
    SELECT asked.id, taken.message_id AS taken_by, coalesce(taken.sha256 = asked.sha256, true) AS same, journal.answer
    FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::text[])
      AS asked (id, source, sender, control_id, sha256, state)
    LEFT JOIN control_id AS taken ON asked.state <> 'refused'
      AND taken.source = asked.source AND taken.sender = asked.sender AND taken.control_id = asked.control_id
    LEFT JOIN LATERAL (
      SELECT id, answer FROM journal WHERE id = taken.message_id
      UNION ALL
      SELECT id, answer FROM journal AS refused
      WHERE asked.state = 'refused' AND refused.state = 'refused' AND refused.source = asked.source
        AND refused.sender = asked.sender AND refused.control_id = asked.control_id AND refused.sha256 = asked.sha256
      LIMIT 1
    ) AS journal ON true`,
};

/**
 * Commits a batch of messages to the journal, their work items with them. What each became is told in the same order.
 * @throws GatewayError store-unavailable; then nothing was kept
 */
export async function keep(pool: Pool, batch: IncomingMessage[]): Promise<KeptMessage[]> {
  try {
    return batch.some((message) => message.workItems.length > 0)
      ? await inTransaction(pool, (client) => keepAll(client, batch))
      : await keepAll(pool, batch);
  } catch (cause) {
    throw storeError(cause);
  }
}

async function keepAll(client: Queryable, batch: IncomingMessage[]): Promise<KeptMessage[]> {
  const { rows } = await client.query<{ id: string }>({ ...KEEP, values: columnsOf(inClaimOrder(batch)) });
  const kept = new Set(rows.map((row) => row.id));
  const items = batch.filter((message) => kept.has(message.id));
  await openWorkItems(
    client,
    items.flatMap(({ id, controlId, workItems }) => workItems.map((item) => ({ ...item, messageId: id, controlId }))),
  );
  if (kept.size === batch.length) return batch.map(({ id }) => ({ kind: 'kept', id }));
  const earlier = await earlierAnswers(
    client,
    batch.filter((message) => !kept.has(message.id)),
  );
  return batch.map(({ id }) => earlier.get(id) ?? { kind: 'kept', id });
}

/** Claims in one order in every batch, so that two batches with the same control ids never wait for each other in a ring. */
function inClaimOrder(batch: IncomingMessage[]): IncomingMessage[] {
  return [...batch].sort((a, b) => compareText(a.sender, b.sender) || compareText(a.controlId, b.controlId));
}

function columnsOf(batch: IncomingMessage[]): unknown[] {
  const column = <T>(of: (message: IncomingMessage) => T) => batch.map(of);
  const [piece, starts] = inOnePiece(batch.map(({ sha256, answer, bytes }) => Buffer.concat([sha256, answer, bytes])));
  return [
    column((message) => message.id),
    column((message) => message.source),
    column((message) => message.door),
    column((message) => message.receivedAt.toISOString()),
    column((message) => message.sender),
    column((message) => message.controlId),
    column((message) => message.type),
    column((message) => message.charset),
    column((message) => message.answerCode),
    column((message) => (message.issues.length === 0 ? '[]' : JSON.stringify(message.issues))),
    column((message) => message.state),
    starts,
    column((message) => message.answer.length),
    piece,
    column((message) => message.bytes.length),
  ];
}

async function earlierAnswers(client: Queryable, repeats: IncomingMessage[]): Promise<Map<string, KeptMessage>> {
  const { rows } = await client.query<{ id: string; same: boolean; answer: Buffer | null }>({
    ...EARLIER,
    values: [
      repeats.map(({ id }) => id),
      repeats.map(({ source }) => source),
      repeats.map(({ sender }) => sender),
      repeats.map(({ controlId }) => controlId),
      repeats.map(({ sha256 }) => sha256),
      repeats.map(({ state }) => state),
    ],
  });
  return new Map(
    rows.map(({ id, same, answer }) => [
      id,
      same && answer !== null ? { kind: 'repeat', id, answer } : { kind: 'reused', id },
    ]),
  );
}
