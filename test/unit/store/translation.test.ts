import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FhirResource, Organization } from 'fhir/r4.js';
import pg from 'pg';
import type { Fact } from '../../../src/message/fact.js';
import type { Store } from '../../../src/store/store.js';
import type { TranslationStep } from '../../../src/message/translation.js';
import { changed, incoming, openTestStore, routed, step, translated } from '../../support/stored.js';

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
    resources: [changed(patient(id))],
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
    const saved = await store.inTranslation({ ids: [id], others: 0 }, async (tx) => {
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
    const failing = store.inTranslation({ ids: [id], others: 0 }, async (tx) => {
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
    const failing = store.inTranslation({ ids, others: 0 }, (tx) =>
      tx.save([fullStep(good, 'good'), step(bad, { facts: [fact(bad, 'no instant')] })]),
    );
    await expect(failing).rejects.toMatchObject({ code: 'store-rejected' });
    expect(await rowCounts()).toEqual(before);
    for (const id of ids) expect(await store.journalMessage(id)).toMatchObject({ state: 'received' });
  });

  it('says nothing of the content when the store refuses', async () => {
    const id = await kept('T5');
    const failing = store.inTranslation({ ids: [id], others: 0 }, (tx) =>
      tx.save([step(id, { facts: [fact(id, 'CAMILLE')] })]),
    );
    await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining('CAMILLE') });
  });

  it('gives a message to one transaction alone, and a translated one to none', async () => {
    const id = await kept('T6');
    let inside: () => void = () => undefined;
    let release: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (inside = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const first = store.inTranslation({ ids: [id], others: 0 }, async (tx) => {
      inside();
      await released;
      return tx.save([step(id)]);
    });
    await entered;
    expect(await store.inTranslation({ ids: [id], others: 0 }, (tx) => Promise.resolve(tx.messages))).toEqual([]);
    release();
    await first;
    expect(await store.inTranslation({ ids: [id], others: 0 }, (tx) => Promise.resolve(tx.messages))).toEqual([]);
  });

  it('writes receipts and deliveries once, however often a message is replayed', async () => {
    const id = await kept('T7');
    const save = (change: Partial<TranslationStep>) =>
      store.inTranslation({ ids: [id], others: 0 }, (tx) => tx.save([{ ...fullStep(id, 'replayed'), ...change }]));
    await save({});
    const before = await rowCounts();
    for (let time = 0; time < 3; time++) {
      expect(await store.setMessageState(id, 'received')).toBe(true);
      // What a replay that reads the same hands over.
      await save({ facts: [], resources: [], events: [] });
    }
    expect(await rowCounts()).toEqual(before);
  });

  it('puts a new reading of a message in place of the former, and forgets neither', async () => {
    const id = await kept('T8');
    const anchor = { system: 'urn:oid:2.999.1', value: 'reread', type: 'PI' };
    const told = (said: string) =>
      ({ ...fact(id), patient: 'urn:oid:2.999.1|reread', body: { said } }) as unknown as Fact;
    const read = async (said: string, supersedes: boolean) => {
      await store.inTranslation({ ids: [id], others: 0 }, async (tx) => {
        await tx.load({ identifiers: [[anchor]], stays: [] });
        return tx.save([step(id, { facts: [told(said)], supersedes })]);
      });
      await store.setMessageState(id, 'received');
    };
    await read('first', false);
    await read('second', true);
    const loaded = await store.inTranslation({ ids: [id], others: 0 }, (tx) =>
      tx.load({ identifiers: [[anchor]], stays: [] }),
    );
    expect([...loaded.facts.values()].flat().map(({ body }) => body)).toEqual([{ said: 'second' }]);
    const all = await client.query('SELECT FROM fact WHERE message_id = $1', [id]);
    expect(all.rowCount).toBe(2);
  });
});

describe('the versions of a resource', () => {
  it('count up, end with a removal, and go on when the resource comes back', async () => {
    await translated(store, 'V1', [patient('v')]);
    await translated(store, 'V2', [patient('v', false)]);
    expect(await store.readResource('Patient', 'v')).toMatchObject({ version: 2, resource: { active: false } });
    await translated(store, 'V3', [], { removed: ['Patient/v'] });
    expect(await store.readResource('Patient', 'v')).toMatchObject({ version: 3, removed: true });
    await translated(store, 'V4', [], { removed: ['Patient/v'] });
    await translated(store, 'V5', [patient('v')]);
    expect(await store.readResource('Patient', 'v')).toMatchObject({ version: 4, removed: false });
    const { total, versions } = await store.historyOf('Patient', 'v', { count: 10 });
    expect([total, versions.map(({ version, removed }) => [version, removed])]).toEqual([
      4,
      [
        [4, false],
        [3, true],
        [2, false],
        [1, false],
      ],
    ]);
  });

  const mention = (id: string, name: string, minute: number) => ({
    resource: { resourceType: 'Organization', id, name } as const,
    recordedAt: `2026-03-02T08:0${minute}:00+01:00`,
    trace: [],
  });
  const name = async (id: string) => ((await store.readResource('Organization', id))?.resource as Organization).name;

  it('of a place that messages mention are those recorded last, whatever the order of arrival', async () => {
    const said = [mention('o1', 'oldest', 1), mention('o1', 'newest', 5), mention('o1', 'older', 3)];
    for (const [index, one] of said.entries()) await translated(store, `M${index}`, [], { mentions: [one] });
    expect(await name('o1')).toBe('newest');
    await translated(store, 'M3', [], { mentions: [mention('o1', 'newest', 7)] });
    expect(await store.readResource('Organization', 'o1')).toMatchObject({ version: 2 });
    await translated(store, 'M4', [], { mentions: [mention('o1', 'between', 6)] });
    expect(await name('o1')).toBe('newest');
  });

  it('have no gap and no twin when several gateways mention the same place at once', async () => {
    await Promise.all(
      [1, 2, 3, 4].map((minute) =>
        translated(store, `C${minute}`, [], { mentions: [mention('o2', `name ${minute}`, minute)] }),
      ),
    );
    const { total, versions } = await store.historyOf('Organization', 'o2', { count: 50 });
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: total }, (_, index) => total - index));
    expect(await name('o2')).toBe('name 4');
  });
});

describe('what is known of a patient', () => {
  const person = (value: string, type = 'PI') => ({ system: 'urn:oid:2.999.7', value, type });
  const load = async (controlId: string, requests: ReturnType<typeof person>[][]) => {
    const id = await kept(controlId);
    return store.inTranslation({ ids: [id], others: 0 }, async (tx) => {
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
