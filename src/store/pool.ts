import pg from 'pg';
import { GatewayError } from '../message/failure.js';
import type { Log } from '../message/log.js';

/** Anything that answers a query: the pool, or one connection of it inside a transaction. */
export type Queryable = Pick<pg.PoolClient, 'query'>;

// Bigints are ids here, never sums: they stay decimal strings.
const types = { getTypeParser: pg.types.getTypeParser };

/**
 * Every statement has its index. A plan made while a table was still empty would read it whole for as long as the connection keeps that plan.
 */
const OPTIONS = '-c enable_seqscan=off -c timezone=UTC';

export function openPool(databaseUrl: string, log: Log): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    max: 12,
    connectionTimeoutMillis: 5000,
    types,
    options: OPTIONS,
  });
  pool.on('error', (error) => {
    // A pool that is ending hangs up before PostgreSQL has said goodbye.
    if (!pool.ending) log('warn', 'store.connection-lost', { code: codeOf(error) });
  });
  return pool;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/**
 * SQLSTATE classes 08 (connection), 57P (shutdown), 53 (resources); and what Node says of a lost socket. 08P01 is a statement that was not
 * bound as it was parsed: the connection is well, and trying again would not help.
 */
const AWAY = /^(08(?!P01)|57P|53|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND)/;
/** Serialization failure, deadlock, and two first versions of one resource at once: the transaction may simply be tried again. */
const CONFLICT = new Set(['40001', '40P01', '23505']);

/** Any database error as one of ours, with its SQLSTATE and never its text, which may quote content. */
export function storeError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const code = codeOf(cause);
  if (CONFLICT.has(code))
    return new GatewayError('store-conflict', `the store was busy with the same rows (${code})`, { cause });
  const lost = cause instanceof Error && /terminated|timeout|closed|ended/i.test(cause.message);
  if (AWAY.test(code) || lost)
    return new GatewayError('store-unavailable', `the store cannot be reached (${code})`, { cause });
  return new GatewayError('store-rejected', `the store refused a statement (${code})`, { cause });
}

/**
 * Runs a statement that PostgreSQL parses and plans once for each connection. The hot statements go this way: planning one costs as much
 * as running it.
 */
export async function prepared<Row extends pg.QueryResultRow>(
  client: Queryable,
  [name, text]: Statement,
  values: unknown[] = [],
): Promise<pg.QueryResult<Row>> {
  return client.query<Row>({
    name,
    text,
    values: values.map((value) => (Array.isArray(value) ? arrayOf(value) : value)),
  });
}

/**
 * Large values as one bytea parameter, with the start (from 1) and length of each: an array of them would be escaped by the client and
 * unescaped by PostgreSQL, byte by byte.
 * @param values bytes, or text in ASCII as `canonicalJson` and `asciiJson` give it
 * @returns the bytea, the starts, the lengths
 */
export function inOnePiece(values: readonly (Buffer | string)[]): [Buffer, number[], number[]] {
  const lengths = values.map(({ length }) => length);
  const piece = Buffer.allocUnsafe(lengths.reduce((total, length) => total + length, 0));
  let end = 0;
  const starts = values.map((value) => {
    const start = end;
    end += typeof value === 'string' ? piece.write(value, start, 'latin1') : value.copy(piece, start);
    return start + 1;
  });
  return [piece, starts, lengths];
}

/** An array parameter as PostgreSQL reads it; pg's own way looks at each value three times. What is neither text nor number is left to pg. */
function arrayOf(values: readonly unknown[]): unknown {
  let text = '';
  for (const value of values) {
    if (text !== '') text += ',';
    if (value === null) text += 'NULL';
    else if (typeof value === 'number') text += String(value);
    else if (typeof value === 'string') text += quoted(value);
    else return values;
  }
  return `{${text}}`;
}

const ESCAPED = /["\\]/;

function quoted(value: string): string {
  return ESCAPED.test(value) ? `"${value.replaceAll(/["\\]/g, '\\$&')}"` : `"${value}"`;
}

/** An array parameter of values that hold no comma, quote or blank (numbers, ids, instants, words of ours): pg would look at each for what to escape. */
export function plainArray(values: readonly (string | number | boolean)[]): string {
  return `{${values.join()}}`;
}

/**
 * Name and text of a statement to be prepared; the name stands for the text on every connection. Where it finds rows for each of many things
 * asked for, it joins them `LATERAL (… OFFSET 0)`: then PostgreSQL looks each up in the index, also by a plan that it made while the table
 * was empty; a plain join would read the table whole for as long as it keeps that plan.
 */
export type Statement = readonly [name: string, text: string];

/** Runs in one transaction; a conflict is tried again a few times, and told so. */
export async function inTransaction<T>(
  pool: pg.Pool,
  run: (client: pg.PoolClient, again: boolean) => Promise<T>,
  tries = 4,
  again = false,
): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw storeError(cause);
  });
  try {
    await client.query('BEGIN');
    const result = await run(client, again);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (cause) {
    const error = storeError(cause);
    const rolledBack = await client.query('ROLLBACK').then(
      () => true,
      () => false,
    );
    client.release(!rolledBack);
    if (error.code === 'store-conflict' && tries > 1) return inTransaction(pool, run, tries - 1, true);
    throw error;
  }
}

/** Reads what stood at one moment, whatever is written meanwhile. */
export function inSnapshot<T>(pool: pg.Pool, run: (client: Queryable) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return run(client);
  });
}
