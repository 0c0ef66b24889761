import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { openStore, type Store } from '../../../src/store/store.js';
import { freshDatabase, type TestDatabase } from '../../support/database.js';
import { incoming } from '../../support/stored.js';

let database: TestDatabase;
let store: Store;

beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  store = await openStore({ databaseUrl: database.url, log: () => undefined });
});
afterEach(() => store.close());

let run = '';
const message = (controlId: string, text: string, state: 'received' | 'refused' = 'received') =>
  incoming(`${run}${controlId}`, { bytes: Buffer.from(text), answer: Buffer.from(`answer to ${text}`), state });

describe.each([
  ['of a feed without repeats', false],
  ['after a repeat', true],
])('keeping messages %s', (name, repeated) => {
  beforeEach(async () => {
    run = `${name} `;
    if (repeated) for (const text of ['same', 'same']) await store.keep([message('before', text)]);
  });

  it('keeps a batch and finds each message again', async () => {
    const batch = [message('1', 'one'), message('2', 'two')];
    expect(await store.keep(batch)).toEqual(batch.map(({ id }) => ({ kind: 'kept', id })));
    const found = await store.journalMessage(batch[1]?.id ?? '');
    expect(found?.bytes.toString()).toBe('two');
    expect(await store.listMessages({ controlId: `${run}2` })).toMatchObject({
      total: 1,
      items: [{ controlId: `${run}2`, state: 'received' }],
    });
  });

  it('gives the first answer again for the same control id and bytes', async () => {
    await store.keep([message('r', 'same')]);
    const [again] = await store.keep([message('r', 'same')]);
    expect(again).toMatchObject({ kind: 'repeat', answer: Buffer.from('answer to same') });
    expect((await store.listMessages({ controlId: `${run}r` })).total).toBe(1);
  });

  it('tells when a control id comes with other bytes', async () => {
    await store.keep([message('o', 'first')]);
    const [other] = await store.keep([message('o', 'second')]);
    expect(other?.kind).toBe('reused');
  });

  it('sees a repeat within one batch', async () => {
    const [first, second] = await store.keep([message('b', 'both'), message('b', 'both')]);
    expect([first?.kind, second?.kind]).toEqual(['kept', 'repeat']);
  });

  it('keeps the others of a batch that holds a repeat', async () => {
    await store.keep([message('x', 'one')]);
    const kinds = (await store.keep([message('w', 'w'), message('x', 'one'), message('y', 'y')])).map(
      ({ kind }) => kind,
    );
    expect(kinds).toEqual(['kept', 'repeat', 'kept']);
    for (const controlId of ['w', 'x', 'y'])
      expect((await store.listMessages({ controlId: `${run}${controlId}` })).total).toBe(1);
  });

  it('keeps what several keep at once, each once', async () => {
    const other = await openStore({ databaseUrl: database.url, log: () => undefined });
    const ids = Array.from({ length: 40 }, (_, index) => `at once ${index}`);
    const batches = await Promise.all(
      [store, other, store, other].map((one, index) =>
        one.keep((index % 2 === 0 ? ids : [...ids].reverse()).map((id) => message(id, id))),
      ),
    );
    await other.close();
    const kinds = batches.flat().map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'kept')).toHaveLength(ids.length);
    expect(kinds.filter((kind) => kind === 'repeat')).toHaveLength(3 * ids.length);
  });

  it('keeps a refused message once, with its work item, and leaves its control id free', async () => {
    const [first] = await store.keep([message('f', 'bad', 'refused')]);
    const [again] = await store.keep([message('f', 'bad', 'refused')]);
    const [mended] = await store.keep([message('f', 'good')]);
    expect([first?.kind, again?.kind, mended?.kind]).toEqual(['kept', 'repeat', 'kept']);
    const items = await store.listWorkItems({ controlId: `${run}f`, state: 'open' });
    expect(items).toMatchObject({ total: 1, items: [{ field: 'ZBE-4', reason: 'field-missing' }] });
  });

  describe('refused messages of the same bytes', () => {
    const refused = (controlId: string, text = 'bad') => message(controlId, text, 'refused');
    const found = (controlId: string) => store.listMessages({ controlId: `${run}${controlId}` });
    const items = (controlId: string) => store.listWorkItems({ controlId: `${run}${controlId}`, state: 'open' });

    it.each([
      ['twice', 2, 0],
      ['five times', 5, 0],
      ['twice between sound ones', 2, 3],
    ])('%s in one batch are kept once, with one answer and one work item', async (times, copies, sound) => {
      const others = Array.from({ length: sound }, (_, index) => message(`${times} ${index}`, 'good'));
      const batch = [
        ...others.slice(0, 1),
        ...Array.from({ length: copies }, () => refused(times)),
        ...others.slice(1),
      ];
      const kept = await store.keep(batch);
      expect(kept.map(({ kind }) => kind).sort()).toEqual([
        ...Array.from({ length: sound + 1 }, () => 'kept'),
        ...Array.from({ length: copies - 1 }, () => 'repeat'),
      ]);
      for (const answer of kept) if (answer.kind === 'repeat') expect(answer.answer.toString()).toBe('answer to bad');
      expect([(await found(times)).total, (await items(times)).total]).toEqual([1, 1]);
    });

    it('in batches at once are kept once', async () => {
      const batches = await Promise.all(
        Array.from({ length: 6 }, () => store.keep([refused('once'), message(`m${Math.random()}`, 'good')])),
      );
      expect(batches.flatMap(([first]) => first?.kind ?? []).sort()).toEqual(['kept', ...Array(5).fill('repeat')]);
      expect([(await found('once')).total, (await items('once')).total]).toEqual([1, 1]);
    });

    it('but for one byte are kept each', async () => {
      const kept = await store.keep([refused('other', 'bad1'), refused('other', 'bad2'), refused('other', 'bad1')]);
      expect(kept.map(({ kind }) => kind)).toEqual(['kept', 'kept', 'repeat']);
      expect((await found('other')).total).toBe(2);
    });
  });
});
