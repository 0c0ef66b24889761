import type { MessageFormat, MessageState } from '../message/message.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** Bytes of a message that its row in the journal holds; longer ones stand in chunks of so many. */
export const CHUNK_BYTES = 1024 * 1024;

const WRITE: Statement = ['content-write', 'INSERT INTO journal_chunk (message_id, number, bytes) VALUES ($1, $2, $3)'];

const READ: Statement = ['content-read', 'SELECT bytes FROM journal_chunk WHERE message_id = $1 AND number = $2'];

/** Writes the bytes of a message as its chunks, one after the other. */
export async function writeChunks(client: Queryable, id: string, bytes: Buffer): Promise<void> {
  for (let start = 0, number = 0; start < bytes.length; start += CHUNK_BYTES, number++)
    await prepared(client, WRITE, [id, number, bytes.subarray(start, start + CHUNK_BYTES)]);
}

/** The chunks of a message in their order, each read when it is asked for; none of a message that its row holds. */
export async function* readChunks(client: Queryable, id: string): AsyncGenerator<Buffer, void> {
  for (let number = 0; ; number++) {
    const { rows } = await prepared<{ bytes: Buffer }>(client, READ, [id, number]);
    if (rows[0] === undefined) return;
    yield rows[0].bytes;
  }
}

/** What a row of the journal says of its message's bytes. */
interface StoredContent {
  id: string;
  length: number;
  bytes: Buffer;
}

/** Those rows with all the bytes that are kept: of one whose bytes stand elsewhere they are read, one message after the other. */
export async function withContent<Row extends StoredContent>(client: Queryable, rows: Row[]): Promise<Row[]> {
  const whole: Row[] = [];
  for (const row of rows) whole.push(isChunked(row) ? { ...row, bytes: await contentOf(client, row) } : row);
  return whole;
}

function isChunked({ length, bytes }: StoredContent): boolean {
  return bytes.length === 0 && length > 0;
}

async function contentOf(client: Queryable, { id, length }: StoredContent): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let end = 0;
  for await (const chunk of readChunks(client, id)) end += chunk.copy(bytes, end);
  return bytes.subarray(0, end);
}

/** A message's bytes, to be read piece by piece, and what they are. */
export interface MessageContent {
  source: string;
  format: MessageFormat;
  state: MessageState;
  length: number;
  bytes: AsyncIterable<Buffer>;
}

const OPEN: Statement = ['content-open', 'SELECT id, source, format, state, length, bytes FROM message WHERE id = $1'];

/** Undefined where there is no such message. */
export async function openContent(client: Queryable, id: string): Promise<MessageContent | undefined> {
  const { rows } = await prepared<StoredContent & Omit<MessageContent, 'bytes'>>(client, OPEN, [id]);
  const [row] = rows;
  return row && { ...row, bytes: isChunked(row) ? readChunks(client, id) : wholly(row.bytes) };
}

async function* wholly(bytes: Buffer): AsyncGenerator<Buffer, void> {
  yield bytes;
}
