import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inOnePiece, inTransaction, openPool, prepared, retried, storeError } from '../../../src/store/pool.js';
import { connected, type ConnectedDatabase, emptyDatabase } from '../../support/database.js';

let database: ConnectedDatabase;
beforeAll(async () => {
  database = await connected(emptyDatabase());
});
afterAll(() => database.drop());

/** What PostgreSQL can hold: any text but NUL and halves of surrogate pairs. */
const text = fc
  .oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constantFrom('', 'NULL', 'null', '{}', '"', '\\', ',', ' a '))
  .map((value) => Buffer.from(value.replaceAll('\0', '')).toString());

async function read(cast: string, values: unknown[]): Promise<unknown> {
  const { rows } = await prepared<{ read: unknown }>(
    database.client,
    [`read-${cast}`, `SELECT $1::${cast} AS read`],
    [values],
  );
  return rows[0]?.read;
}

describe('parameters', () => {
  it('that are lists of text arrive as they were, with what is null', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.option(text), { maxLength: 20 }), async (values) => {
        expect(await read('text[]', values)).toEqual(values);
      }),
    );
  });

  it('that are lists of numbers, truths, moments and bytes arrive too', async () => {
    expect(await read('int[]', [1, -2, null])).toEqual([1, -2, null]);
    expect(await read('boolean[]', [true, false, null])).toEqual([true, false, null]);
    expect(await read('bytea[]', [Buffer.from('a"\\'), null])).toEqual([Buffer.from('a"\\'), null]);
    const moment = new Date(Date.UTC(2026, 2, 2, 8));
    expect(await read('timestamptz[]', [moment])).toEqual([moment]);
  });

  it('that are large come in one piece, and are cut where each begins', () => {
    const values = ['one', '', 'three'];
    const bytes = values.map((value) => Buffer.from(value));
    const [piece, starts, lengths] = inOnePiece(bytes);
    expect(starts.map((start, index) => piece.subarray(start - 1, start - 1 + (lengths[index] ?? 0)))).toEqual(bytes);
    expect(inOnePiece(values)).toEqual([piece, starts, lengths]);
  });
});

describe('a failure of the store', () => {
  const failure = (code: string) => storeError(Object.assign(new Error('refused'), { code }));

  it('of a statement bound otherwise than it was parsed is a refusal, and no lost connection', async () => {
    const bound = prepared(database.client, ['two-asked', 'SELECT $1::text || $2::text'], ['one']);
    const error = await bound.then(undefined, storeError);
    expect(error).toMatchObject({ code: 'store-rejected', message: expect.stringContaining('08P01') as unknown });
  });

  it.each([
    ...['08000', '08003', '08006', '57P01', '57P02', '57P03', '53100', '53300', '58030', '58P01'],
    ...['57014', '55P03', '25P03', '25006', 'ECONNREFUSED', 'ENOENT', 'EHOSTUNREACH'],
  ])('%s is a store that is away', (code) => {
    expect(failure(code)).toMatchObject({ code: 'store-unavailable' });
  });
});

describe.each(['receive', 'work', 'serve'] as const)('connections that %s', (use) => {
  it('have time limits for statements, locks and idle transactions, on both sides, and notice a peer that vanished', async () => {
    const pool = openPool(database.url, () => undefined, use);
    const { rows } = await pool.query<Record<string, string>>(`
      SELECT name, setting FROM pg_settings WHERE source IN ('client', 'session')
        AND name IN ('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', 'tcp_keepalives_idle')`);
    const limits = new Map(rows.map(({ name, setting }) => [name, Number(setting)]));
    expect([...limits.keys()].sort()).toEqual([
      'idle_in_transaction_session_timeout',
      'lock_timeout',
      'statement_timeout',
      'tcp_keepalives_idle',
    ]);
    expect(Math.min(...limits.values())).toBeGreaterThanOrEqual(0);
    expect(limits.get('lock_timeout')).toBeLessThan(limits.get('statement_timeout') ?? 0);
    expect(pool.options.query_timeout).toBeGreaterThan(limits.get('statement_timeout') ?? Infinity);
    expect(pool.options.keepAlive).toBe(true);
    await pool.end();
  });

  it.each([
    ['before a statement', 'BEGIN', 'SELECT 1'],
    ['inside a statement', 'SELECT pg_sleep(0)', 'SELECT pg_sleep(600)'],
    ['after a change', 'CREATE TEMPORARY TABLE changed (id int)', 'INSERT INTO changed VALUES (1)'],
  ])('are ended by a server that restarts, %s, without ending the process', async (_, first, second) => {
    const logged: string[] = [];
    const pool = openPool(database.url, (_level, event) => logged.push(event), use);
    const run = inTransaction(pool, async (client) => {
      await client.query(first);
      const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
      const terminated = database.client.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
      if (second.includes('sleep')) await client.query(second);
      await terminated;
      await client.query(second);
    });
    await expect(run).rejects.toMatchObject({ code: 'store-unavailable', kind: 'transient' });
    expect((await pool.query('SELECT 1 AS works')).rows).toEqual([{ works: 1 }]);
    expect(new Set(logged)).toEqual(new Set(['store.connection-lost']));
    await pool.end();
  });

  it('give up a lock that somebody else holds, and can be used again', async () => {
    const pool = openPool(database.url, () => undefined, use);
    await database.client.query('SELECT pg_advisory_lock(77)');
    const run = inTransaction(pool, async (client) => {
      await client.query(`SET LOCAL lock_timeout = '20ms'`);
      await client.query('SELECT pg_advisory_xact_lock(77)');
    });
    await expect(run).rejects.toMatchObject({ code: 'store-unavailable', kind: 'transient' });
    await database.client.query('SELECT pg_advisory_unlock(77)');
    expect((await pool.query('SELECT 1 AS works')).rows).toEqual([{ works: 1 }]);
    await pool.end();
  });

  it('give up a server that does not answer, and do not ask it for a ROLLBACK', async () => {
    const pool = openPool(database.url, () => undefined, use);
    const hangs = { text: 'SELECT pg_sleep(600)', query_timeout: 20 };
    await expect(inTransaction(pool, (client) => client.query(hangs))).rejects.toMatchObject({
      code: 'store-unavailable',
    });
    expect(pool.totalCount).toBe(0);
    await pool.end();
  });
});

describe('what meets others at the same rows', () => {
  it.each(['40001', '40P01', '23505'])('is tried four times in all where it ends with %s', async (code) => {
    const tries: boolean[] = [];
    const run = retried((again) => {
      tries.push(again);
      return Promise.reject(Object.assign(new Error('busy'), { code }));
    });
    await expect(run).rejects.toMatchObject({ code: 'store-conflict', kind: 'transient' });
    expect(tries).toEqual([false, true, true, true]);
  });

  it('is tried once where PostgreSQL refuses it for good', async () => {
    let tries = 0;
    const run = retried(() => Promise.reject(Object.assign(new Error('refused'), { code: String(22000 + tries++) })));
    await expect(run).rejects.toMatchObject({ code: 'store-rejected' });
    expect(tries).toBe(1);
  });
});
