import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Store } from '../../../src/store/store.js';
import { incoming, openTestStore } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;

beforeAll(async () => {
  ({ store, close } = await openTestStore());
});
afterAll(() => close());

const message = (controlId: string, text: string, state: 'received' | 'refused' = 'received') =>
  incoming(controlId, { bytes: Buffer.from(text), answer: Buffer.from(`answer to ${text}`), state });

describe('keeping messages', () => {
  it('keeps a batch and finds each message again', async () => {
    const batch = [message('1', 'one'), message('2', 'two')];
    expect(await store.keep(batch)).toEqual(batch.map(({ id }) => ({ kind: 'kept', id })));
    const found = await store.journalMessage(batch[1]?.id ?? '');
    expect(found?.bytes.toString()).toBe('two');
    expect(await store.listMessages({ controlId: '2' })).toMatchObject({
      total: 1,
      items: [{ controlId: '2', state: 'received' }],
    });
  });

  it('gives the first answer again for the same control id and bytes', async () => {
    await store.keep([message('r', 'same')]);
    const [again] = await store.keep([message('r', 'same')]);
    expect(again).toMatchObject({ kind: 'repeat', answer: Buffer.from('answer to same') });
    expect((await store.listMessages({ controlId: 'r' })).total).toBe(1);
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

  it('keeps a refused message once, with its work item, and leaves its control id free', async () => {
    const [first] = await store.keep([message('f', 'bad', 'refused')]);
    const [again] = await store.keep([message('f', 'bad', 'refused')]);
    const [mended] = await store.keep([message('f', 'good')]);
    expect([first?.kind, again?.kind, mended?.kind]).toEqual(['kept', 'repeat', 'kept']);
    const items = await store.listWorkItems({ controlId: 'f', state: 'open' });
    expect(items).toMatchObject({ total: 1, items: [{ field: 'ZBE-4', reason: 'field-missing' }] });
  });
});
