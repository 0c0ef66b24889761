import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { inOnePiece, prepared, storeError } from '../../../src/store/pool.js';
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

  it.each(['08000', '08003', '08006', '57P01', '53300', 'ECONNREFUSED'])('%s is a store that is away', (code) => {
    expect(failure(code)).toMatchObject({ code: 'store-unavailable' });
  });
});
