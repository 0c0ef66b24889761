import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from '../../../src/message/message.js';
import { firstIdAt } from '../../../src/store/partitions.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { freshDatabase } from '../../support/database.js';

let store: Store;
let drop: () => Promise<void>;
let next = 0;

beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  store = await openStore({ databaseUrl: database.url, log: () => undefined });
});
afterAll(async () => {
  await store.close();
  await drop();
});

function incoming(controlId: string, text: string, state: IncomingMessage['state'] = 'received'): IncomingMessage {
  const bytes = Buffer.from(text);
  next += 1;
  return {
    id: (BigInt(firstIdAt(Date.UTC(2026, 2, 2))) + BigInt(next)).toString(),
    source: 'chu',
    door: 'mllp',
    receivedAt: new Date(Date.UTC(2026, 2, 2)),
    bytes,
    charset: 'UNICODE UTF-8',
    sha256: createHash('sha256').update(bytes).digest(),
    controlId,
    sender: 'GAM|CHU',
    type: 'ADT^A01',
    state,
    answer: Buffer.from(`answer to ${text}`),
    answerCode: state === 'refused' ? 'AE' : 'AA',
    issues: [],
    workItems: state === 'refused' ? [{ reason: 'field-missing', field: 'ZBE-4', text: 'ZBE-4 is missing' }] : [],
  };
}

describe('keeping messages', () => {
  it('keeps a batch and finds each message again', async () => {
    const batch = [incoming('1', 'one'), incoming('2', 'two')];
    expect(await store.keep(batch)).toEqual(batch.map(({ id }) => ({ kind: 'kept', id })));
    const found = await store.journalMessage(batch[1]?.id ?? '');
    expect(found?.bytes.toString()).toBe('two');
    expect(await store.listMessages({ controlId: '2' })).toMatchObject({
      total: 1,
      items: [{ controlId: '2', state: 'received' }],
    });
  });

  it('gives the first answer again for the same control id and bytes', async () => {
    await store.keep([incoming('r', 'same')]);
    const [again] = await store.keep([incoming('r', 'same')]);
    expect(again).toMatchObject({ kind: 'repeat', answer: Buffer.from('answer to same') });
    expect((await store.listMessages({ controlId: 'r' })).total).toBe(1);
  });

  it('tells when a control id comes with other bytes', async () => {
    await store.keep([incoming('o', 'first')]);
    const [other] = await store.keep([incoming('o', 'second')]);
    expect(other?.kind).toBe('reused');
  });

  it('sees a repeat within one batch', async () => {
    const [first, second] = await store.keep([incoming('b', 'both'), incoming('b', 'both')]);
    expect([first?.kind, second?.kind]).toEqual(['kept', 'repeat']);
  });

  it('keeps a refused message once, with its work item, and leaves its control id free', async () => {
    const [first] = await store.keep([incoming('f', 'bad', 'refused')]);
    const [again] = await store.keep([incoming('f', 'bad', 'refused')]);
    const [mended] = await store.keep([incoming('f', 'good')]);
    expect([first?.kind, again?.kind, mended?.kind]).toEqual(['kept', 'repeat', 'kept']);
    const items = await store.listWorkItems({ controlId: 'f', state: 'open' });
    expect(items).toMatchObject({ total: 1, items: [{ field: 'ZBE-4', reason: 'field-missing' }] });
  });
});
