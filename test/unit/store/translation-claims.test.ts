import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import type { TranslationRequest, TranslationTx } from '../../../src/message/translation.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { incoming, openConnectedStore, step } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
let client: pg.Client;
let url: string;

beforeAll(async () => {
  ({ store, client, close, url } = await openConnectedStore());
});
afterAll(() => close());
beforeEach(() => client.query('TRUNCATE journal, journal_chunk, control_id, waiting, parked, translation_claim'));

let made = 0;

async function keepOf(sizes: readonly number[]): Promise<string[]> {
  const batch = sizes.map((size) => incoming(`claim ${made++}`, { bytes: Buffer.alloc(size, 65) }));
  await store.keep(batch);
  return batch.map(({ id }) => id);
}

/** What a claim takes, translated at once or left as it was. */
async function take(
  request: TranslationRequest,
  { translate = false } = {},
): Promise<Omit<TranslationTx, 'messages'> & { ids: string[] }> {
  return store.inTranslation(request, async ({ messages, ...tx }) => {
    const ids = messages.map(({ id }) => id);
    if (translate) await tx.save(ids.map((id) => step(id)));
    return { ...tx, ids };
  });
}

/** What a process leaves that died with these messages: the note of its batch. */
const die = (ids: readonly string[], { alone = false, seen = true, worker = randomUUID() } = {}) =>
  client.query('INSERT INTO translation_claim (messages, alone, worker, died) VALUES ($1::bigint[], $2, $3, $4)', [
    ids,
    alone,
    worker,
    seen,
  ]);

const notes = async () => (await client.query('SELECT id FROM translation_claim')).rowCount;

const MIB = 1024 * 1024;

describe('a claim', () => {
  it.each<[string, number[], number]>([
    ['small ones up to its limit', Array<number>(60).fill(1000), 50],
    ['large ones up to its bytes', [20, 20, 20].map((size) => size * MIB), 2],
    ['one that is larger than all it may take', [40 * MIB, 1000], 1],
    ['small ones before a large one', [1000, 1000, 40 * MIB, 1000], 3],
  ])('takes %s, and says that more wait', async (_, sizes, count) => {
    const ids = await keepOf(sizes);
    for (const named of [[], ids]) {
      const { ids: taken, more } = await take({ ids: named, limit: 50 });
      const expected = named.length > 0 && count === 50 ? sizes.length : count;
      expect([taken, more]).toEqual([ids.slice(0, expected), true]);
    }
  });

  it('takes everything in as many rounds as its bytes need, and then says that nothing waits', async () => {
    const ids = await keepOf([20 * MIB, 20 * MIB, 20 * MIB, 100]);
    const rounds: string[][] = [];
    for (let more = true; more;) {
      const claimed = await take({ ids, limit: 50 }, { translate: true });
      rounds.push(claimed.ids);
      more = claimed.more;
    }
    expect(rounds.flat()).toEqual(ids);
    expect((await store.counts()).untranslated).toBe(0);
  });

  it('takes what another has not locked, although the oldest are the other’s', async () => {
    const ids = await keepOf([1000, 1000, 1000, 1000]);
    await store.inTranslation({ ids: [], limit: 2 }, async (tx) => {
      expect(tx.messages.map(({ id }) => id)).toEqual(ids.slice(0, 2));
      expect((await take({ ids: [], limit: 2 })).ids).toEqual(ids.slice(2));
    });
  });

  it('leaves no note behind, whether it is translated, left, or fails', async () => {
    const ids = await keepOf([10, 10]);
    await take({ ids, limit: 0 });
    expect(await notes()).toBe(0);
    await expect(
      store.inTranslation({ ids, limit: 0 }, async () => {
        expect(await notes()).toBe(1);
        throw new Error('not today');
      }),
    ).rejects.toThrow();
    expect(await notes()).toBe(0);
    await take({ ids, limit: 0 }, { translate: true });
    expect(await notes()).toBe(0);
  });
});

describe('a message of whose batch a process died', () => {
  it.each([
    ['once', 1, false],
    ['twice', 2, true],
    ['three times', 3, true],
  ])('%s is left out of batches after two deaths', async (_, deaths, left) => {
    const [poison = '', well = ''] = await keepOf([10, 10]);
    for (let death = 0; death < deaths; death++) await die([poison]);
    const { ids, suspects } = await take({ ids: [], limit: 50 });
    expect([ids, suspects]).toEqual(left ? [[well], [poison]] : [[poison, well], []]);
  });

  it('is tried alone, and its deaths count while it was so', async () => {
    const [poison = '', neighbour = ''] = await keepOf([10, 10]);
    for (let death = 0; death < 3; death++) await die([poison, neighbour]);
    expect(await take({ ids: [], limit: 50 })).toMatchObject({ ids: [], suspects: [poison, neighbour] });
    expect(await take({ ids: [poison], limit: 0, alone: true })).toMatchObject({ ids: [poison], deaths: 0 });
    // A batch of one message has others beside it.
    await die([poison]);
    expect(await take({ ids: [poison], limit: 0, alone: true })).toMatchObject({ ids: [poison], deaths: 0 });
    for (let death = 0; death < 2; death++) await die([poison], { alone: true });
    expect(await take({ ids: [poison], limit: 0, alone: true })).toMatchObject({ ids: [poison], deaths: 2 });
    expect(await take({ ids: [neighbour], limit: 0, alone: true })).toMatchObject({ ids: [neighbour], deaths: 0 });
  });

  it('is told of by its worker, started again, and hardly by a gateway that died as a whole', async () => {
    const [poison = ''] = await keepOf([10]);
    const alone: TranslationRequest = { ids: [poison], limit: 0, alone: true };
    const worker = randomUUID();
    for (let death = 0; death < 2; death++) await die([poison], { alone: true, seen: false, worker });
    expect(await take(alone)).toMatchObject({ ids: [poison], deaths: 0 });
    const again = await openStore({ databaseUrl: url, log: () => undefined, worker });
    await again.close();
    expect(await take(alone)).toMatchObject({ ids: [poison], deaths: 2 });
    for (let death = 0; death < 5; death++) await die([poison], { alone: true, seen: false });
    expect(await take(alone)).toMatchObject({ ids: [poison], deaths: 3 });
  });

  it('is remembered while one of its batch waits, and not for ever after', async () => {
    const [done = '', open = ''] = await keepOf([10, 10]);
    await die([done]);
    await die([done, open]);
    await client.query(`UPDATE translation_claim SET claimed_at = now() - interval '2 hours'`);
    await die([done]);
    await take({ ids: [done], limit: 0, alone: true }, { translate: true });
    await store.makePartitions(Date.UTC(2026, 5, 1), 1);
    const { rows } = await client.query<{ messages: string[] }>('SELECT messages FROM translation_claim ORDER BY id');
    expect(rows.map(({ messages }) => messages)).toEqual([[done, open], [done]]);
  });

  it('is no suspect any more once it is to be translated again', async () => {
    const [poison = ''] = await keepOf([10]);
    for (let death = 0; death < 3; death++) await die([poison]);
    await store.inTranslation({ ids: [poison], limit: 0, alone: true }, (tx) =>
      tx.save([step(poison, { state: 'parked' })]),
    );
    expect((await store.journalMessage(poison))?.state).toBe('parked');
    expect(await store.setMessageState(poison, 'received')).toBe(true);
    expect(await take({ ids: [], limit: 50 })).toMatchObject({ ids: [poison], suspects: [] });
  });
});
