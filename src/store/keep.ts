import pg, { type Pool } from 'pg';
import type { IncomingMessage, KeptMessage } from '../message/message.js';
import { compareText } from '../message/order.js';
import { inOnePiece, inTransaction, plainArray, prepared, storeError, type Queryable, type Statement } from './pool.js';
import { openWorkItems } from './work-items.js';

const NAMES =
  'id, source, door, received_at, sender, control_id, type, charset, sha256, bytes, answer_code, answer, issues, state';

/**
 * The messages of a batch as rows. What is binary comes in one piece, each message's answer from `start` on and then its bytes; an array of
 * bytea would travel as hexadecimal text.
 */
const INPUT = `
    input AS (
      SELECT id, source, door, received_at, sender, control_id, type, charset, answer_code, issues::jsonb, state,
        substring($14::bytea FROM start FOR answer_length) AS answer,
        substring($14::bytea FROM start + answer_length FOR bytes_length) AS bytes,
        sha256(substring($14::bytea FROM start + answer_length FOR bytes_length)) AS sha256
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::timestamptz[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $12::int[], $13::int[], $15::int[])
        AS input (id, source, door, received_at, sender, control_id, type, charset, answer_code, issues, state, start, answer_length,
          bytes_length)
    )`;

/** One round trip for a batch whose control ids are all new; where one is not, nothing is kept and SQLSTATE 23505 says so. */
const KEEP_NEW: Statement = [
  'keep-new',
  `
    WITH ${INPUT}, claimed AS (
      INSERT INTO control_id (source, sender, control_id, message_id, sha256)
      SELECT source, sender, control_id, id, sha256 FROM input
    )
    INSERT INTO journal (${NAMES})
    SELECT ${NAMES} FROM input`,
];

/** The same where some may have come before: each control id is claimed, and only the messages that claimed theirs enter the journal. */
const KEEP: Statement = [
  'keep',
  `
    WITH ${INPUT}, claimed AS (
      INSERT INTO control_id (source, sender, control_id, message_id, sha256)
      SELECT source, sender, control_id, id, sha256 FROM input
      ON CONFLICT DO NOTHING
      RETURNING message_id
    )
    INSERT INTO journal (${NAMES})
    SELECT ${NAMES} FROM input WHERE id IN (SELECT message_id FROM claimed)
    RETURNING id`,
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
      WHERE earlier.state = 'refused' AND earlier.source = input.source AND earlier.sender = input.sender
        AND earlier.control_id = input.control_id AND earlier.sha256 = input.sha256)
    ORDER BY source, sender, control_id, sha256, id
    RETURNING id`,
];

const EARLIER: Statement = [
  'keep-earlier',
  `
    WITH asked AS (
      SELECT id, source, sender, control_id, state, sha256(substring($6::bytea FROM start FOR length)) AS sha256
      FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $7::int[], $8::int[])
        AS asked (id, source, sender, control_id, state, start, length)
    )
    SELECT asked.id, taken.message_id AS taken_by, coalesce(taken.sha256 = asked.sha256, true) AS same, journal.answer
    FROM asked
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
];

/** How long batches look before they write, once a sender was found to repeat himself: he rarely does so once. */
const CAREFUL_MS = 60_000;

/** Keeps batches of messages in the journal. */
export class Journal {
  private carefulUntil = 0;

  constructor(
    private readonly pool: Pool,
    private readonly now: () => number,
  ) {}

  /**
   * Commits a batch of messages to the journal, their work items with them. What each became is told in the same order.
   * @throws GatewayError store-unavailable; then nothing was kept
   */
  async keep(batch: IncomingMessage[]): Promise<KeptMessage[]> {
    const bare = batch.every(({ state, workItems }) => state !== 'refused' && workItems.length === 0);
    try {
      if (bare && this.now() >= this.carefulUntil && (await this.keepNew(batch)))
        return batch.map(({ id }) => ({ kind: 'kept', id }));
      return bare
        ? await keepAll(this.pool, batch)
        : await inTransaction(this.pool, (client) => keepAll(client, batch));
    } catch (cause) {
      throw storeError(cause);
    }
  }

  /** A plain insert costs a fifth less than one that looks first. @returns false where a control id was not new: nothing was kept */
  private async keepNew(batch: IncomingMessage[]): Promise<boolean> {
    try {
      await prepared(this.pool, KEEP_NEW, columnsOf(inClaimOrder(batch)));
      return true;
    } catch (cause) {
      if (!isRepeated(cause)) throw cause;
      this.carefulUntil = this.now() + CAREFUL_MS;
      return false;
    }
  }
}

function isRepeated(cause: unknown): boolean {
  return cause instanceof pg.DatabaseError && cause.code === '23505';
}

async function keepAll(client: Queryable, batch: IncomingMessage[]): Promise<KeptMessage[]> {
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
    plainArray(column((message) => message.id)),
    column((message) => message.source),
    column((message) => message.door),
    plainArray(column((message) => message.receivedAt.toISOString())),
    column((message) => message.sender),
    column((message) => message.controlId),
    column((message) => message.type),
    column((message) => message.charset),
    column((message) => message.answerCode),
    column((message) => (message.issues.length === 0 ? '[]' : JSON.stringify(message.issues))),
    column((message) => message.state),
    plainArray(starts.filter((_, index) => index % 2 === 0)),
    plainArray(column((message) => message.answer.length)),
    piece,
    plainArray(column((message) => message.bytes.length)),
  ];
}

async function earlierAnswers(client: Queryable, repeats: IncomingMessage[]): Promise<Map<string, KeptMessage>> {
  const { rows } = await prepared<{ id: string; same: boolean; answer: Buffer | null }>(client, EARLIER, [
    repeats.map(({ id }) => id),
    repeats.map(({ source }) => source),
    repeats.map(({ sender }) => sender),
    repeats.map(({ controlId }) => controlId),
    repeats.map(({ state }) => state),
    ...inOnePiece(repeats.map(({ bytes }) => bytes)),
  ]);
  return new Map(
    rows.map(({ id, same, answer }) => [
      id,
      same && answer !== null ? { kind: 'repeat', id, answer } : { kind: 'reused', id },
    ]),
  );
}
