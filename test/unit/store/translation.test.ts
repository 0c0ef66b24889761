import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FhirResource, Patient } from 'fhir/r4.js';
import type pg from 'pg';
import type { Mention } from '../../../src/message/fact.js';
import type { TranslationStep } from '../../../src/message/translation.js';
import type { Store } from '../../../src/store/store.js';
import {
  changed,
  CIRCLE,
  factOf,
  incoming,
  member,
  openConnectedStore,
  PATIENT,
  request,
  routed,
  STAY,
  step,
  translated,
} from '../../support/stored.js';

const BAD = 'no instant, CAMILLE';
const TABLES = [
  ...['fact', 'resource', 'resource_version', 'membership', 'circle_due', 'event', 'receipt', 'delivery'],
  ...['work_item', 'identifier', 'mention'],
];

let store: Store;
let close: () => Promise<void>;
let client: pg.Client;

beforeAll(async () => {
  ({ store, client, close } = await openConnectedStore());
});
afterAll(() => close());

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

/** A step that writes one row to every table, but for the resource of its mention. */
function fullStep(messageId: string, id: string): TranslationStep {
  const place: Mention = {
    resource: { resourceType: 'Location', id: `place-${id}` },
    rank: 'name',
    source: 'chu',
    recordedAt: '2026-03-02T08:00:00+01:00',
    trace: [],
  };
  return step(messageId, {
    facts: [factOf(messageId)],
    anchors: [{ anchor: PATIENT, recordedAt: '2026-03-02T08:00:00+01:00', exact: false }],
    mentions: [place],
    resources: [changed(patient(id))],
    memberships: [{ patient: id, stay: STAY, rows: [member('2026-03-02T08:00:00+01:00')] }],
    nextChanges: [{ patient: id, anchor: PATIENT, at: '2026-04-01T00:00:00Z' }],
    workItems: [{ reason: 'code-unknown', text: 't', key: `item ${messageId}` }],
    ...routed(messageId, { endpoint: 'cpts', member: 'Practitioner/d', resources: [`Patient/${id}`] }),
  });
}

const asked = (id: string) => [request(id, [PATIENT], { stays: [STAY] })];

describe('the transaction of a translated message', () => {
  it('commits facts, resources, versions, events, receipts, deliveries and work items together', async () => {
    const before = await rowCounts();
    const id = await kept('T1');
    const saved = await store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
      expect(tx.messages).toMatchObject([{ id, controlId: 'T1', state: 'received' }]);
      await tx.load(asked(id), CIRCLE);
      return tx.save([fullStep(id, 'together')]);
    });
    expect(saved).toEqual({ endpoints: ['cpts'] });
    const after = await rowCounts();
    expect(Object.entries(after).map(([table, count]) => [table, count - (before[table] ?? 0)])).toEqual(
      TABLES.map((table) => [table, table.startsWith('resource') ? 2 : 1]),
    );
    expect(await store.journalMessage(id)).toMatchObject({ state: 'translated' });
  });

  it('leaves nothing behind when the stage fails after it has saved', async () => {
    const id = await kept('T2');
    const before = await rowCounts();
    const failing = store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
      await tx.load([request(id, [PATIENT, 'urn:oid:2.999.1|new'])], CIRCLE);
      await tx.save([fullStep(id, 'undone')]);
      throw new Error('the process could have died here');
    });
    await expect(failing).rejects.toMatchObject({ code: 'store-rejected' });
    expect(await rowCounts()).toEqual(before);
    expect(await store.journalMessage(id)).toMatchObject({ state: 'received' });
    expect(await store.readResource('Patient', 'undone')).toBeUndefined();
  });

  it('is refused for good where it touches more than PostgreSQL has locks for, and not tried for ever', async () => {
    const id = await kept('T5');
    const people = Array.from({ length: 60_000 }, (_, index) => `urn:oid:2.999.1|crowd ${index}`);
    const failing = store.inTranslation({ ids: [id], limit: 0 }, (tx) => tx.load([request(id, people)], CIRCLE));
    await expect(failing).rejects.toMatchObject({
      code: 'store-rejected',
      message: expect.stringContaining('53200') as unknown,
    });
    await store.inTranslation({ ids: [id], limit: 0 }, (tx) => tx.load(asked(id), CIRCLE));
  });

  it('leaves nothing behind when the store refuses one row of many', async () => {
    const ids = [await kept('T3'), await kept('T4')];
    const before = await rowCounts();
    const [good = '', bad = ''] = ids;
    const failing = store.inTranslation({ ids, limit: 0 }, async (tx) => {
      await tx.load([...asked(good), ...asked(bad)], CIRCLE);
      return tx.save([fullStep(good, 'good'), step(bad, { facts: [factOf(bad, { effectiveAt: BAD })] })]);
    });
    await expect(failing).rejects.toMatchObject({ code: 'store-rejected' });
    expect(await rowCounts()).toEqual(before);
    for (const id of ids) expect(await store.journalMessage(id)).toMatchObject({ state: 'received' });
  });

  it('says nothing of the content when the store refuses', async () => {
    const id = await kept('T5');
    const failing = store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
      await tx.load(asked(id), CIRCLE);
      return tx.save([step(id, { facts: [factOf(id, { effectiveAt: BAD })] })]);
    });
    await expect(failing).rejects.toMatchObject({ message: expect.not.stringContaining('CAMILLE') });
  });

  it('gives a message to one transaction alone, and a translated one to none', async () => {
    const id = await kept('T6');
    let inside: () => void = () => undefined;
    let release: () => void = () => undefined;
    const entered = new Promise<void>((resolve) => (inside = resolve));
    const released = new Promise<void>((resolve) => (release = resolve));
    const first = store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
      inside();
      await released;
      return tx.save([step(id)]);
    });
    await entered;
    expect(await store.inTranslation({ ids: [id], limit: 0 }, (tx) => Promise.resolve(tx.messages))).toEqual([]);
    release();
    await first;
    expect(await store.inTranslation({ ids: [id], limit: 0 }, (tx) => Promise.resolve(tx.messages))).toEqual([]);
  });

  it('writes receipts and deliveries once, however often a message is replayed', async () => {
    const id = await kept('T7');
    const save = (change: Partial<TranslationStep>) =>
      store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
        await tx.load(asked(id), CIRCLE);
        return tx.save([{ ...fullStep(id, 'replayed'), ...change }]);
      });
    await save({});
    const { event: _events, ...before } = await rowCounts();
    for (let time = 0; time < 3; time++) {
      expect(await store.setMessageState(id, 'received')).toBe(true);
      // What a replay that reads the same hands over.
      await save({ facts: [], resources: [] });
    }
    expect(await rowCounts()).toMatchObject(before);
  });

  it('keeps no fact of somebody whom the message does not identify, for nothing would find it again', async () => {
    for (const [controlId, keys] of [
      ['U1', ['urn:oid:2.999.1|somebody']],
      ['U2', []],
    ] as const) {
      const id = await kept(controlId);
      const failing = store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
        await tx.load([request(id, keys)], CIRCLE);
        return tx.save([step(id, { facts: [factOf(id, { patient: 'urn:oid:2.999.1|else' })] })]);
      });
      await expect(failing).rejects.toMatchObject({ code: 'store-rejected' });
    }
  });

  it('opens and closes work items in the order of the batch', async () => {
    const ids = [await kept('W1'), await kept('W2'), await kept('W3')];
    const item = (key: string) => ({ reason: 'movement-unknown', text: 't', key, code: 'Z9', standing: true });
    const [first = '', second = '', third = ''] = ids;
    const save = (steps: TranslationStep[]) => store.inTranslation({ ids, limit: 0 }, (tx) => tx.save(steps));
    await save([step(first, { workItems: [item('stays'), item('goes'), item('comes back')] })]);
    await save([
      step(second, { settled: ['goes', 'comes back', 'never opened'], workItems: [item('passes')] }),
      step(third, { workItems: [item('comes back')], settled: ['passes'] }),
    ]);
    const { rows } = await client.query(
      `SELECT key, state, closed_by, code FROM work_item WHERE code = 'Z9' ORDER BY key`,
    );
    expect(rows).toEqual([
      { key: 'comes back', state: 'open', closed_by: null, code: 'Z9' },
      { key: 'goes', state: 'done', closed_by: 'settled', code: 'Z9' },
      { key: 'stays', state: 'open', closed_by: null, code: 'Z9' },
    ]);
    expect((await store.listWorkItems({ state: 'open', reason: 'movement-unknown' })).items).toMatchObject([
      { code: 'Z9' },
      { code: 'Z9' },
    ]);
  });

  it('numbers the events of a patient without a gap, and keeps what they are about', async () => {
    const ids = [await kept('E1'), await kept('E2')];
    const event = { patient: 'numbered', attributes: { unit: '3070', nature: 'HMS' } } as const;
    const steps = ids.map((id, index) =>
      step(id, {
        events: [
          ...routed(id, { endpoint: 'e', member: 'm', resources: [], event: { ...event, thread: `M${index}` } }).events,
          ...routed(id, {
            endpoint: 'e',
            member: 'm',
            resources: [],
            event: { ...event, kind: 'patient-replaced', about: { type: 'patient', key: 'p' }, thread: 'p' },
          }).events,
        ],
      }),
    );
    await store.inTranslation({ ids, limit: 0 }, (tx) => tx.save(steps));
    const { rows } = await client.query(
      `SELECT number, about_type, about_key, thread, attributes FROM event WHERE patient = 'numbered' ORDER BY number`,
    );
    const { attributes } = event;
    expect(rows).toEqual([
      { number: 1, about_type: 'stay', about_key: STAY, thread: 'M0', attributes },
      { number: 2, about_type: 'patient', about_key: 'p', thread: 'p', attributes },
      { number: 3, about_type: 'stay', about_key: STAY, thread: 'M1', attributes },
      { number: 4, about_type: 'patient', about_key: 'p', thread: 'p', attributes },
    ]);
  });

  it('keeps the files behind a hash once', async () => {
    await store.keepMappings('abc', { 'segments/PID.yaml': 'map: PID-Patient' });
    await store.keepMappings('abc', { 'segments/PID.yaml': 'map: other' });
    const { rows } = await client.query('SELECT hash, files FROM mapping_version');
    expect(rows).toEqual([{ hash: 'abc', files: { 'segments/PID.yaml': 'map: PID-Patient' } }]);
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

  it('stand at an instant as they stood then', async () => {
    const before = new Date().toISOString();
    await translated(store, 'A1', [patient('at')]);
    const between = new Date().toISOString();
    await translated(store, 'A2', [patient('at', false)]);
    expect(await store.readVersionAt('Patient', 'at', before)).toBeUndefined();
    expect(await store.readVersionAt('Patient', 'at', between)).toMatchObject({ version: 1 });
    expect(await store.readVersionAt('Patient', 'at', new Date().toISOString())).toMatchObject({ version: 2 });
  });

  it('are sent by the identifier that the fold chose, else by their own', async () => {
    const resource: Patient & { id: string } = {
      resourceType: 'Patient',
      id: 'sent',
      identifier: [{ system: 'urn:a', value: '1' }],
    };
    await translated(store, 'B1', [], { resources: [{ ...changed(resource), sentBy: 'urn:b|2' }] });
    await translated(store, 'B2', [{ ...resource, active: false }]);
    const { rows } = await client.query<{ identifier: string }>(
      `SELECT identifier FROM resource_version WHERE id = 'sent' ORDER BY version`,
    );
    expect(rows.map(({ identifier }) => identifier)).toEqual(['urn:b|2', 'urn:a|1']);
  });
});
