import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ListFilter, Page } from '../../../src/store/operations.js';
import type { Store } from '../../../src/store/store.js';
import { uuid5 } from '../../../src/message/uuid.js';
import { incoming, openTestStore, routed, step } from '../../support/stored.js';

const MANY = 12;

let store: Store;
let close: () => Promise<void>;
const refused: string[] = [];
const told: string[] = [];

beforeAll(async () => {
  ({ store, close } = await openTestStore());
  for (let n = 0; n < MANY; n++) {
    const workItems = [{ reason: 'field-missing', field: `PV1-${String(n + 1)}`, text: 'missing' }];
    const message = incoming(`R${String(n)}`, { state: 'refused', workItems });
    await store.keep([message]);
    refused.push(message.id);
  }
  for (let n = 0; n < MANY; n++) {
    const message = incoming(`T${String(n)}`);
    await store.keep([message]);
    await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
      tx.save([step(message.id, routed(message.id, { endpoint: 'cpts', member: 'Practitioner/d', resources: [] }))]),
    );
    told.push(message.id);
  }
});
afterAll(() => close());

/** All pages of a list, five at a time. */
async function pages(list: (filter: ListFilter) => Promise<Page>, filter: ListFilter = {}): Promise<Page['items']> {
  const items: Page['items'] = [];
  for (let after: string | undefined, more = true; more;) {
    const page = await list({ ...filter, count: 5, ...(after === undefined ? {} : { after }) });
    expect(page.total).toBeGreaterThanOrEqual(MANY);
    expect(page.items.length).toBeLessThanOrEqual(5);
    items.push(...page.items);
    after = page.next;
    more = after !== undefined;
  }
  return items;
}

describe('a list for operators', () => {
  it('of messages has each once, newest first', async () => {
    const items = await pages((filter) => store.listMessages(filter), { state: 'refused' });
    expect(items.map(({ id }) => id)).toEqual([...refused].reverse());
  });

  it('of work items has each once, newest first, ten after nine', async () => {
    const items = await pages((filter) => store.listWorkItems(filter));
    expect(items.map(({ id }) => Number(id))).toEqual(Array.from({ length: MANY }, (_, n) => MANY - n));
  });

  it('of receipts and of deliveries has each once, the last written first', async () => {
    const newest = [...told].reverse();
    const receipts = await pages((filter) => store.listReceipts(filter), { decision: 'told' });
    expect(receipts.map(({ messageId }) => messageId)).toEqual(newest);
    const deliveries = await pages((filter) => store.listDeliveries(filter));
    expect(deliveries.map(({ messageId }) => messageId)).toEqual(newest);
    expect(deliveries.every((delivery) => !('cursor' in delivery))).toBe(true);
  });

  it('of deliveries finds those of one message', async () => {
    const { total, items } = await store.listDeliveries({ message: told[3] });
    expect([total, items.map(({ messageId }) => messageId)]).toEqual([1, [told[3]]]);
  });

  it('of receipts leads to the deliveries that tell it, its own or those of the receipt that carries it', async () => {
    const message = incoming('D1');
    await store.keep([message]);
    const carried = routed(message.id, { endpoint: 'cpts', member: 'Practitioner/d', resources: [] });
    const [own] = carried.receipts;
    if (own === undefined) throw new Error('there is no receipt');
    const receipts = [
      ...carried.receipts,
      { ...own, id: uuid5('with the other'), reason: 'told-with-document' as const, carrier: own.id },
      { ...own, id: uuid5('nobody'), decision: 'not-told' as const, reason: 'no-rule' as const },
    ];
    await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
      tx.save([step(message.id, { ...carried, receipts })]),
    );
    const [delivery] = carried.deliveries;
    const state = { endpoint: 'cpts', state: 'due', endedAt: null };
    const { items } = await store.listReceipts({ message: message.id });
    expect(items.map(({ id, carrierId, deliveries }) => [id, carrierId, deliveries])).toEqual([
      [uuid5('nobody'), null, []],
      [uuid5('with the other'), own.id, [{ id: delivery?.id, ...state }]],
      [own.id, null, [{ id: delivery?.id, ...state }]],
    ]);
    for (const [receipt, total] of [
      [own.id, 1],
      [uuid5('with the other'), 1],
      [uuid5('nobody'), 0],
    ] as const)
      expect((await store.listDeliveries({ receipt })).total).toBe(total);
  });

  it('refuses a filter that it does not have', async () => {
    await expect(store.listDeliveries({ constructor: 'x' })).rejects.toMatchObject({ code: 'request-invalid' });
  });
});
