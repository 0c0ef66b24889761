import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FhirResource } from 'fhir/r4.js';
import pg from 'pg';
import type { Fact } from '../../../src/message/fact.js';
import type { Store } from '../../../src/store/store.js';
import type { TranslationStep } from '../../../src/message/translation.js';
import { incoming, openTestStore, routed, step, translated } from '../../support/stored.js';

const AT = '2026-03-02T08:00:00+01:00';
const TABLES = ['fact', 'resource', 'resource_version', 'event', 'receipt', 'delivery', 'work_item', 'identifier'];

let store: Store;
let close: () => Promise<void>;
let client: pg.Client;

beforeAll(async () => {
  const opened = await openTestStore();
  ({ store, close } = opened);
  client = new pg.Client({ connectionString: opened.url });
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await close();
});

async function rowCounts(): Promise<Record<string, number>> {
  const columns = TABLES.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`).join(', ');
  return (await client.query<Record<string, number>>(`SELECT ${columns}`)).rows[0] ?? {};
}

async function kept(controlId: string): Promise<string> {
  const message = incoming(controlId);
  await store.keep([message]);
  return message.id;
}

const patient = (id: string, active = true): FhirResource & { id: string } => ({ resourceType: 'Patient', id, active });

const fact = (messageId: string, effectiveAt = AT): Fact =>
  ({
    id: `${messageId}.0`,
    messageId,
    patient: 'urn:oid:2.999.1|1',
    stay: 'urn:oid:2.999.2|V1',
    kind: 'movement',
    body: { said: 'once' },
    effectiveAt,
    recordedAt: AT,
    mapping: 'm',
  }) as unknown as Fact;

/** A step that writes to every table. */
function fullStep(messageId: string, id: string): TranslationStep {
  return step(messageId, {
    facts: [fact(messageId)],
    resources: [{ resource: patient(id), origins: [] }],
    workItems: [{ reason: 'code-unknown', text: 't', key: `item ${messageId}` }],
    ...routed(messageId, { endpoint: 'cpts', member: 'Practitioner/d', resources: [`Patient/${id}`] }),
  });
}

const identifiers = [[{ system: 'urn:oid:2.999.1', value: '1', type: 'PI' }]];
const stays = ['urn:oid:2.999.2|V1'];

describe('the transaction of a translated message', () => {
  it('commits facts, resources, versions, events, receipts, deliveries and work items together', async () => {
    const before = await rowCounts();
    const id = await kept('T1');
    const saved = await store.inTranslation([id], async (tx) => {
      expect(tx.messages).toMatchObject([{ id, controlId: 'T1', state: 'received' }]);
      await tx.load({ identifiers, stays });
      return tx.save([fullStep(id, 'together')]);
    });
    expect(saved).toEqual({ endpoints: ['cpts'] });
    const after = await rowCounts();
    expect(Object.entries(after).map(([table, count]) => [table, count - (before[table] ?? 0)])).toEqual(
      TABLES.map((table) => [table, 1]),
    );
    expect(await store.journalMessage(id)).toMatchObject({ state: 'translated' });
  });

  it('leaves nothing behind when the stage fails after it has saved', async () => {
    const id = await kept('T2');
    const before = await rowCounts();
    const failing = store.inTranslation([id], async (tx) => {
      await tx.load({ identifiers: [[{ system: 'urn:oid:2.999.1', value: 'new', type: 'PI' }]], stays });
      await tx.save([fullStep(id, 'undone')]);
      throw new Error('the process could have died here');
    });
    await expect(failing).rejects.toMatchObject({ code: 'store-rejected' });
    expect(await rowCounts()).toEqual(before);
    expect(await store.journalMessage(id)).toMatchObject({ state: 'received' });
    expect(await store.readResource('Patient', 'undone')).toBeUndefined();
  });

  it('leaves nothing behind when the store refuses one row of many', async () => {
    const ids = [await kept('T3'), await kept('T4')];
    const before = await rowCounts();
    const [good = '', bad = ''] = ids;
    const failing = store.inTranslation(ids, (tx) =>
      tx.save([fullStep(good, 'good'), step(bad, { facts: [fact(bad, 'no instant')] })]),
    );
    await expect(failing).rejects.toMatchObject({ code: 'store-rejected' });
    expect(await rowCounts()).toEqual(before);
    for (const id of ids) expect(await store.journalMessage(id)).toMatchObject({ state: 'received' });
  });

  it('says nothing of the content when the store refuses', async () => {
    const id = await kept('T5');
    const failing = store.inTranslation([id], (tx) => tx.save([step(id, { facts: [fact(id, 'CAMILLE')] })]));
    await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining('CAMILLE') });
  });

  it('gives a message to one transaction alone, and a translated one to none', async () => {
    const id = await kept('T6');
    let inside: () => void = () => undefined;
    let release: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (inside = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const first = store.inTranslation([id], async (tx) => {
      inside();
      await released;
      return tx.save([step(id)]);
    });
    await entered;
    expect(await store.inTranslation([id], (tx) => Promise.resolve(tx.messages))).toEqual([]);
    release();
    await first;
    expect(await store.inTranslation([id], (tx) => Promise.resolve(tx.messages))).toEqual([]);
  });

  it('makes the same facts, receipts and deliveries once, however often a message is replayed', async () => {
    const id = await kept('T7');
    const once = () =>
      store.inTranslation([id], (tx) => tx.save([{ ...fullStep(id, 'replayed'), events: [], workItems: [] }]));
    await once();
    const before = await rowCounts();
    for (let time = 0; time < 3; time++) {
      expect(await store.setMessageState(id, 'received')).toBe(true);
      await once();
    }
    expect(await rowCounts()).toEqual(before);
  });
});

describe('the versions of a resource', () => {
  it('count up for new content alone', async () => {
    await translated(store, 'V1', [patient('v')]);
    await translated(store, 'V2', [patient('v')]);
    await translated(store, 'V3', [patient('v', false)]);
    expect(await store.readResource('Patient', 'v')).toMatchObject({ version: 2, resource: { active: false } });
    expect(await store.historyOf('Patient', 'v', { count: 10 })).toMatchObject({
      total: 2,
      versions: [{ version: 2 }, { version: 1 }],
    });
  });

  it('end with a removal, and go on when the resource comes back', async () => {
    await translated(store, 'V4', [patient('w')]);
    await translated(store, 'V5', [], { removed: ['Patient/w'] });
    expect(await store.readResource('Patient', 'w')).toMatchObject({ version: 2, removed: true });
    await translated(store, 'V6', [], { removed: ['Patient/w'] });
    await translated(store, 'V7', [patient('w')]);
    expect(await store.readResource('Patient', 'w')).toMatchObject({ version: 3, removed: false });
  });

  it('have no gap and no twin when many transactions write the same resource at once', async () => {
    const ids = await Promise.all(Array.from({ length: 8 }, (_, index) => kept(`W${index}`)));
    await Promise.all(
      ids.map((id, index) =>
        store.inTranslation([id], (tx) =>
          tx.save([
            step(id, {
              resources: [
                {
                  resource: { resourceType: 'Patient', id: 'shared', gender: 'unknown', multipleBirthInteger: index },
                  origins: [],
                },
              ],
            }),
          ]),
        ),
      ),
    );
    const { total, versions } = await store.historyOf('Patient', 'shared', { count: 50 });
    expect([total, ...versions.map(({ version }) => version)]).toEqual([8, 8, 7, 6, 5, 4, 3, 2, 1]);
  });
});

describe('what is known of a patient', () => {
  const person = (value: string, type = 'PI') => ({ system: 'urn:oid:2.999.7', value, type });
  const load = async (controlId: string, requests: ReturnType<typeof person>[][]) => {
    const id = await kept(controlId);
    return store.inTranslation([id], async (tx) => {
      const { clusters } = await tx.load({ identifiers: requests, stays: [] });
      await tx.save([step(id)]);
      return clusters;
    });
  };

  it('is one cluster for identifiers that a message names together, from then on', async () => {
    const [a, b] = await load('K1', [[person('a')], [person('b')]]);
    expect(a).not.toBe(b);
    const [both] = await load('K2', [[person('a'), person('b')]]);
    expect(await load('K3', [[person('a')], [person('b')], [person('c')]])).toEqual([both, both, expect.any(String)]);
  });

  it('is one cluster when many messages name the same newcomer at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, (_, index) => load(`N${index}`, [[person('newcomer')]])));
    expect(new Set(all.flat()).size).toBe(1);
  });

  it('does not deadlock when messages name the same people in other orders', async () => {
    const people = ['p', 'q', 'r', 's'].map((value) => person(value));
    const orders = Array.from({ length: 12 }, (_, turn) =>
      people.map((_one, index) => [people[(index + turn) % 4] ?? person('p')]),
    );
    const all = await Promise.all(orders.map((requests, index) => load(`O${index}`, requests)));
    expect(new Set(all.flat()).size).toBe(4);
  });
});
