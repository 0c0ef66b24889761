import pg from 'pg';
import { GatewayError } from '../message/failure.js';
import type { Log } from '../message/log.js';

/** Anything that answers a query: the pool, or one connection of it inside a transaction. */
export type Queryable = Pick<pg.PoolClient, 'query'>;

// Bigints are ids here, never sums: they stay decimal strings.
const types = { getTypeParser: pg.types.getTypeParser };

/** A peer that vanished is noticed within a minute: what it held of locks is free again. */
const OPTIONS = '-c timezone=UTC -c tcp_keepalives_idle=15 -c tcp_keepalives_interval=15 -c tcp_keepalives_count=3';

/** What the connections of a pool are for: each has its own, so that none waits for another's. */
export type StoreUse = 'receive' | 'work' | 'serve';

interface Limits {
  connections: number;
  /** A statement that takes longer is broken off by PostgreSQL, and given up by us five seconds later where PostgreSQL does not answer. */
  statementSeconds: number;
  /** A statement that waits longer for a lock is broken off. */
  lockSeconds: number;
}

const LIMITS: Readonly<Record<StoreUse, Limits>> = {
  receive: { connections: 6, statementSeconds: 15, lockSeconds: 5 },
  work: { connections: 12, statementSeconds: 60, lockSeconds: 20 },
  serve: { connections: 8, statementSeconds: 15, lockSeconds: 5 },
};

/** A transaction in which nothing happens for so long belongs to a process that hangs or is gone. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** What PostgreSQL is given beyond its own limit before it is taken for one that does not answer. */
const SILENCE_MS = 5000;

/** Connections for one use of the store, each with its limits. One that PostgreSQL ends is replaced, whether or not it was in use. */
export function openPool(
  databaseUrl: string,
  log: Log,
  use: StoreUse,
  { connections } = { connections: LIMITS[use].connections },
): pg.Pool {
  const { statementSeconds, lockSeconds } = LIMITS[use];
  return guarded(log, {
    connectionString: databaseUrl,
    max: connections,
    application_name: `trait-d-union ${use}`,
    statement_timeout: statementSeconds * 1000,
    lock_timeout: lockSeconds * 1000,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_MS,
    query_timeout: statementSeconds * 1000 + SILENCE_MS,
    options: OPTIONS,
  });
}

/** One connection without limits: a migration takes what it takes, and waits for the one that another gateway is making. */
export function openMigrationPool(databaseUrl: string, log: Log): pg.Pool {
  return guarded(log, { connectionString: databaseUrl, max: 1, application_name: 'trait-d-union migrate' });
}

function guarded(log: Log, options: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...options, connectionTimeoutMillis: 5000, keepAlive: true, types });
  const lost = (error: Error) => {
    // A pool that is ending hangs up before PostgreSQL has said goodbye.
    if (!pool.ending) log('warn', 'store.connection-lost', { code: codeOf(error) });
  };
  // The pool listens to a connection only while nobody uses it, and an error that nobody hears ends the process.
  pool.on('connect', (client) => {
    client.on('error', lost);
  });
  // Heard by the connection's own listener.
  pool.on('error', () => undefined);
  return pool;
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}

function messageOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : '';
}

/**
 * SQLSTATE classes 08 (connection), 53 (resources), 57P (shutdown), 58 (the system below PostgreSQL); 57014 and 55P03, time limits of a
 * statement and of a lock; 25P03, that of an idle transaction; 25006, a server that has become a read-only standby; and what Node says of a
 * lost socket or of one that is not there. 08P01 is a statement that was not bound as it was parsed: the connection is well, and trying
 * again would not help.
 */
const AWAY =
  /^(08(?!P01)|53|57P|57014|58|55P03|25P03|25006|ECONN|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOST|ENET)/;
/** Serialization failure, deadlock, and two first versions of one resource at once: the transaction may simply be tried again. */
const CONFLICT = new Set(['40001', '40P01', '23505']);

/** Any database error as one of ours, with its SQLSTATE and never its text, which may quote content. */
export function storeError(cause: unknown): GatewayError {
  if (cause instanceof GatewayError) return cause;
  const code = codeOf(cause);
  if (CONFLICT.has(code))
    return new GatewayError('store-conflict', `the store was busy with the same rows (${code})`, { cause });
  const lost = /terminated|timeout|closed|ended|not queryable/i.test(messageOf(cause));
  if (AWAY.test(code) || lost)
    return new GatewayError('store-unavailable', `PostgreSQL is away or too slow (${code})`, {
      remedy: 'see that it is up, and reached at DATABASE_URL where that is set',
      cause,
    });
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
  return client.query<Row>({ name, text, values });
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

/**
 * Name and text of a statement to be prepared; the name stands for the text on every connection. Where it finds rows for each of many things
 * asked for, it joins them `LATERAL (… OFFSET 0)`: then PostgreSQL looks each up in the index, also by a plan that it made while the table
 * was empty; a plain join would read the table whole for as long as it keeps that plan.
 */
export type Statement = readonly [name: string, text: string];

/** Runs in one transaction; a conflict is tried again a few times, and told so. */
export function inTransaction<T>(
  pool: pg.Pool,
  run: (client: pg.PoolClient, again: boolean) => Promise<T>,
): Promise<T> {
  return retried((again) => transaction(pool, (client) => run(client, again)));
}

/** Runs what is one transaction or one statement; a conflict is tried again a few times, and told so. */
export async function retried<T>(run: (again: boolean) => Promise<T>, tries = 4, again = false): Promise<T> {
  try {
    return await run(again);
  } catch (cause) {
    const error = storeError(cause);
    if (error.code === 'store-conflict' && tries > 1) return retried(run, tries - 1, true);
    throw error;
  }
}

async function transaction<T>(pool: pg.Pool, run: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect().catch((cause: unknown) => {
    throw storeError(cause);
  });
  try {
    await client.query('BEGIN');
    const result = await run(client);
    await client.query('COMMIT');
    client.release();
    return result;
  } catch (cause) {
    client.release(!(await rolledBack(client, cause)));
    throw cause;
  }
}

/** Where PostgreSQL did not answer a statement it answers no ROLLBACK either: its connection is closed, which rolls back too. */
async function rolledBack(client: pg.PoolClient, cause: unknown): Promise<boolean> {
  if (messageOf(cause) === 'Query read timeout') return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

/** Reads what stood at one moment, whatever is written meanwhile. */
export function inSnapshot<T>(pool: pg.Pool, run: (client: Queryable) => Promise<T>): Promise<T> {
  return inTransaction(pool, async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
    return run(client);
  });
}
