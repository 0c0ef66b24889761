import type { Pool } from 'pg';
import type { JournalMessage } from '../message/message.js';
import type { TranslationRequest } from '../message/translation.js';
import { withContent } from './content.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** Bytes of messages that one claim takes: it goes on to the message that reaches them, so it always takes one. */
const CLAIM_BYTES = 32 * 1024 * 1024;
/** Deaths of a process after which a message is left out of batches, and is tried alone. */
const SUSPECT_DEATHS = 2;
/** So many whole gateways that died, or stores that went away, while a message was tried alone tell as much of it as one process that died. */
const GATEWAYS_AS_A_DEATH = 5;

/**
 * The messages asked for, and of those that wait the oldest that no other transaction holds, so that a busy stage takes many at once whatever
 * its jobs say. `$3` bounds their bytes: how many are looked for is reckoned from the oldest that wait, and what was locked beyond is left
 * to the next claim.
 */
const LOCK: Statement = [
  'translation-lock',
  `
  WITH named AS MATERIALIZED (
    SELECT message_id, size FROM waiting WHERE message_id = ANY ($1::bigint[]) ORDER BY message_id
    LIMIT (
      SELECT count(*) FROM (
        SELECT sum(size::bigint) OVER (ORDER BY message_id) - size AS before FROM waiting WHERE message_id = ANY ($1::bigint[])
      ) AS head WHERE before < $3)
    FOR UPDATE SKIP LOCKED
  ), oldest AS MATERIALIZED (
    SELECT message_id, size FROM waiting ORDER BY message_id
    LIMIT (
      SELECT count(*) FROM (
        SELECT sum(size::bigint) OVER (ORDER BY message_id) - size AS before
        FROM (SELECT message_id, size FROM waiting ORDER BY message_id LIMIT $2) AS head
      ) AS head WHERE before < $3)
    FOR UPDATE SKIP LOCKED
  ), locked AS (
    SELECT message_id, size, sum(size::bigint) OVER (ORDER BY message_id) - size AS before
    FROM (SELECT message_id, size FROM named UNION SELECT message_id, size FROM oldest) AS taken
  )
  SELECT message_id AS id, before + size >= $3 AS full FROM locked WHERE before < $3 ORDER BY message_id`,
];

/**
 * Notes a batch, and reads how often each of its messages was in one whose process died: nobody but who notes this one holds them, so the
 * notes that stand are of the dead, or of who lost PostgreSQL. A crash of PostgreSQL may lose a note: the statement does not wait for the disk.
 */
const NOTE: Statement = [
  'translation-note',
  `
  WITH note AS (INSERT INTO translation_claim (messages, alone, worker) VALUES ($1::bigint[], $2, $3) RETURNING id)
  SELECT note.id, set_config('synchronous_commit', 'off', true),
    (SELECT coalesce(json_agg(json_build_object('id', message::text, 'deaths', deaths, 'alone', alone, 'unseen', unseen)), '[]') FROM (
      SELECT message, count(*) AS deaths, count(*) FILTER (WHERE alone AND died) AS alone,
        count(*) FILTER (WHERE alone AND NOT died) AS unseen
      FROM translation_claim, unnest(messages) AS message
      WHERE messages && $1::bigint[] AND message = ANY ($1::bigint[]) GROUP BY message) AS died) AS died
  FROM note`,
];

const FORGET: Statement = ['translation-forget', `DELETE FROM translation_claim WHERE id = ANY ($1::bigint[])`];

const DIED = `UPDATE translation_claim SET died = true WHERE worker = $1`;

/** No batch is under translation for so long. */
const FORGET_DONE = `
  DELETE FROM translation_claim
  WHERE claimed_at < now() - interval '1 hour' AND NOT EXISTS (SELECT FROM waiting WHERE message_id = ANY (messages))`;

const READ: Statement = [
  'translation-read',
  `
  SELECT id, source, control_id AS "controlId", sender, type, format, received_at AS "receivedAt", charset, bytes, length,
    'received' AS state
  FROM journal WHERE id = ANY ($1::bigint[]) ORDER BY id`,
];

/** A batch that is this transaction's until it ends. */
export interface Claimed {
  /** Its note, to be deleted with the translation. */
  note: string | undefined;
  messages: JournalMessage[];
  /** Left out, to be tried alone. */
  suspects: string[];
  /** How often a process died while the message was tried alone. */
  deaths: number;
  /** It took as many as it may, so others may wait. */
  more: boolean;
}

const NOTHING: Claimed = { note: undefined, messages: [], suspects: [], deaths: 0, more: false };

interface Deaths {
  id: string;
  deaths: number;
  /** Those of them while it was tried alone, of a process whose gateway lived on. */
  alone: number;
  /** While it was tried alone, with its gateway, or not at all. */
  unseen: number;
}

interface Locked {
  id: string;
  /** With it the claim has all the bytes that it may take. */
  full: boolean;
}

/** The claims of one process, the only one of its worker. */
export class TranslationClaims {
  /** Notes of batches that ended while the store was away: they tell of no death. */
  private readonly ended = new Set<string>();

  constructor(
    private readonly pool: Pool,
    private readonly worker: string,
  ) {}

  /** What notes of this worker stand as its process starts are of the process before it, which died. */
  async open(): Promise<void> {
    await this.pool.query(DIED, [this.worker]);
  }

  /** Claims messages in the transaction of `client`; the note of it is written beside that transaction, and outlives it. */
  async take(client: Queryable, { ids, limit, alone = false }: TranslationRequest): Promise<Claimed> {
    const { rows } = await prepared<Locked>(client, LOCK, [ids, limit, CLAIM_BYTES]);
    if (rows.length === 0) return NOTHING;
    const locked = rows.map(({ id }) => id);
    const more = limit > 0 && (rows.length >= limit || rows.some(({ full }) => full));
    await this.forgetEnded();
    const { note, died } = await this.note(locked, alone);
    const deadly = new Set(died.filter(({ deaths }) => deaths >= SUSPECT_DEATHS).map(({ id }) => id));
    const suspects = alone ? [] : locked.filter((id) => deadly.has(id));
    if (suspects.length > 0) return { ...(await this.without(client, suspects, { locked, note })), more };
    const deaths = alone ? deathsAlone(died[0]) : 0;
    return { note, messages: await messagesOf(client, locked), suspects, deaths, more };
  }

  /** The batch of that note was given up by a process that lives. */
  async forget(note: string): Promise<void> {
    this.ended.add(note);
    await this.forgetEnded();
  }

  /** The same batch, noted anew without those that are to be tried alone. */
  private async without(
    client: Queryable,
    suspects: string[],
    { locked, note }: { locked: string[]; note: string },
  ): Promise<Claimed> {
    await this.forget(note);
    const innocent = locked.filter((id) => !suspects.includes(id));
    if (innocent.length === 0) return { ...NOTHING, suspects };
    const again = await this.note(innocent, false);
    return { ...NOTHING, note: again.note, messages: await messagesOf(client, innocent), suspects };
  }

  private async note(ids: readonly string[], alone: boolean): Promise<{ note: string; died: Deaths[] }> {
    const { rows } = await prepared<{ id: string; died: Deaths[] }>(this.pool, NOTE, [ids, alone, this.worker]);
    return { note: rows[0]?.id ?? '', died: rows[0]?.died ?? [] };
  }

  private async forgetEnded(): Promise<void> {
    if (this.ended.size === 0) return;
    const notes = [...this.ended];
    await prepared(this.pool, FORGET, [notes]);
    for (const note of notes) this.ended.delete(note);
  }
}

function deathsAlone({ alone, unseen }: Pick<Deaths, 'alone' | 'unseen'> = { alone: 0, unseen: 0 }): number {
  return alone + Math.floor(unseen / GATEWAYS_AS_A_DEATH);
}

/** A translation that is to be saved forgets its note with it. */
export async function forgetNote(client: Queryable, note: string): Promise<void> {
  await prepared(client, FORGET, [[note]]);
}

/** Forgets what is left of processes that died, where all of its messages are done. */
export async function forgetDoneNotes(client: Queryable): Promise<void> {
  await client.query(FORGET_DONE);
}

async function messagesOf(client: Queryable, ids: readonly string[]): Promise<JournalMessage[]> {
  const { rows } = await prepared<JournalMessage & { length: number }>(client, READ, [ids]);
  return withContent(client, rows);
}
