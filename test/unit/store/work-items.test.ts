import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import pg from 'pg';
import { loadMappingFiles } from '../../../src/config/mapping-files.js';
import { buildDirectory } from '../../../src/route/directory.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { compileMappings, type Mappings } from '../../../src/translate/compile.js';
import { translateStage } from '../../../src/work/translate-stage.js';
import { HOSPITAL, movement, ownMappings, pam, type PamParts } from '../../support/pam.js';
import { incoming, openTestStore } from '../../support/stored.js';

const AT = '20260302080000';

let store: Store;
let second: Store;
let client: pg.Client;
let close: () => Promise<void>;
let mappings: Mappings;

beforeEach(async () => {
  const opened = await openTestStore();
  store = opened.store;
  second = await openStore({ databaseUrl: opened.url, log: () => undefined });
  client = new pg.Client({ connectionString: opened.url });
  await client.connect();
  mappings = ownMappings();
  close = async () => {
    await client.end();
    await second.close();
    await opened.close();
  };
});
afterEach(() => close());

/** Where hospital IT has added these rows to a table. */
function withRows(table: string, ...rows: string[]): Mappings {
  const lines = rows.map((row) => `  - { ${row}, because: the hospital writes so }`);
  const site = { path: `sites/chu/codes/${table}.yaml`, text: [`table: ${table}`, 'rows:', ...lines].join('\n') };
  const result = compileMappings([...loadMappingFiles(), site], 'chu');
  if (!('mappings' in result)) throw new Error(JSON.stringify(result.faults));
  return result.mappings;
}

const stage = (on: Store) =>
  translateStage({
    inTranslation: (claim, run) => on.inTranslation(claim, run),
    source: (name) => ({ name, mappings, zone: 'Europe/Paris', charset: 'UNICODE UTF-8', authorities: {} }),
    directory: buildDirectory([], []),
    rules: [],
    fold: { zone: 'Europe/Paris', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 },
    now: () => Date.UTC(2026, 2, 5),
    due: () => undefined,
    log: () => undefined,
    observe: () => undefined,
    stopping: () => false,
  });

/** Keeps messages and translates them; gives their ids. */
async function arrive(texts: readonly string[], source = 'chu', on = store): Promise<string[]> {
  const messages = texts.map((text) =>
    incoming(`W${Math.random()}`, { bytes: Buffer.from(text), source, receivedAt: new Date(Date.UTC(2026, 3, 1)) }),
  );
  await on.keep(messages);
  const ids = messages.map(({ id }) => id);
  await stage(on)(ids);
  return ids;
}

/** An admission of the nth patient. */
function admission(n: number, pv1: Record<number, string> = {}, parts: Partial<PamParts> = {}): string {
  return pam({
    trigger: 'A01',
    at: AT,
    pid: { 3: `IPP${n}^^^${HOSPITAL}^PI`, 5: `ESSAI^CAMILLE ${n}^^^^^L` },
    pv1: { 19: `V${n}^^^${HOSPITAL}^VN`, ...pv1 },
    zbe: movement(`M${n}`, AT),
    ...parts,
  });
}

/** What the class ZZ, which no table has, does to a message: it is parked. */
const UNKNOWN = { 2: 'ZZ' };
const KNOWN_NOW = 'code: ZZ, to: AMB, display: ambulatory';

const items = async (filter: Record<string, string> = { state: 'open' }) => (await store.listWorkItems(filter)).items;
const counts = async () =>
  (await items()).map(({ reason, code, count, waiting }) => ({ reason, code, count, waiting }));
const parked = async () => (await store.listMessages({ state: 'parked' })).total;
const only = async () => {
  const list = await items();
  expect(list).toHaveLength(1);
  return String(list[0]?.['id']);
};

/** Releases an item, and translates what that queued. */
async function release(id: string): Promise<number> {
  const released = await store.releaseWorkItem(id);
  await stage(store)(released?.first ?? []);
  return released?.count ?? 0;
}

/** Every parked message stands behind an open item, and each item counts what stands behind it. */
async function expectExact(): Promise<void> {
  const { rows: lost } = await client.query(`
    SELECT id FROM message WHERE state = 'parked' AND NOT EXISTS (
      SELECT FROM work_item_message AS behind JOIN work_item ON work_item.id = work_item_id
      WHERE behind.message_id = message.id AND left_at IS NULL AND work_item.state = 'open')`);
  expect(lost).toEqual([]);
  const { rows: miscounted } = await client.query(`
    SELECT id, count, waiting FROM work_item
    WHERE count <> (SELECT count(*) FROM work_item_message WHERE work_item_id = work_item.id)
      OR state = 'open' AND waiting <> (SELECT count(*) FROM work_item_message WHERE work_item_id = work_item.id AND left_at IS NULL)`);
  expect(miscounted).toEqual([]);
}

const range = (length: number) => Array.from({ length }, (_, n) => n);

describe('a problem of a source', () => {
  it('is one work item, with the code in a field of its own, however many messages stand behind it', async () => {
    const ids = await arrive(range(1000).map((n) => admission(n, UNKNOWN)));
    expect(await items()).toMatchObject([
      {
        reason: 'code-unknown',
        field: 'PV1-2',
        code: 'ZZ',
        source: 'chu',
        messageId: ids[0],
        count: 1000,
        waiting: 1000,
      },
    ]);
    expect([await parked(), (await store.counts()).parked]).toEqual([1000, 1000]);
    await expectExact();
    const { total, items: behind } = await store.listWorkItemMessages({ item: await only(), count: 3 });
    expect([total, behind.map(({ id, state }) => [id, state])]).toEqual([
      1000,
      [...ids]
        .reverse()
        .slice(0, 3)
        .map((id) => [id, 'parked']),
    ]);
  });

  it.each<[string, Record<number, string>, number]>([
    ['an unknown class', { 2: 'ZZ' }, 6],
    ['an unknown origin, of which is only warned', { 14: 'ZZ' }, 0],
    ['a value that cannot be read', { 44: 'hier' }, 0],
  ])('is an item of each source: %s', async (_, pv1, stopped) => {
    await arrive(
      range(3).map((n) => admission(n, pv1)),
      'chu',
    );
    await arrive(
      range(3).map((n) => admission(n + 3, pv1)),
      'clinique',
    );
    expect((await items()).map(({ source, count }) => [source, count])).toEqual([
      ['clinique', 3],
      ['chu', 3],
    ]);
    expect(await parked()).toBe(stopped);
    await expectExact();
  });

  it('counts a message once, however often it is read again and has it still', async () => {
    const [id = ''] = await arrive([admission(1, UNKNOWN)]);
    for (const _ of range(3)) {
      await store.setMessageState(id, 'received');
      await stage(store)([id]);
    }
    expect(await counts()).toEqual([{ reason: 'code-unknown', code: 'ZZ', count: 1, waiting: 1 }]);
    await expectExact();
  });

  it('is found by any message behind it, and says when it was first and last seen', async () => {
    const ids = await arrive(range(3).map((n) => admission(n, UNKNOWN)));
    const { controlId = '' } = (await store.journalMessage(ids[2] ?? '')) ?? {};
    const [item] = await items({ controlId, state: 'open' });
    expect(item).toMatchObject({ messageId: ids[0], count: 3 });
    expect(await items({ message: ids[1] ?? '' })).toEqual([item]);
    await arrive([admission(9, UNKNOWN)]);
    const [later] = await items();
    expect([later?.['firstSeenAt'], later?.['openedAt']]).toEqual([item?.['firstSeenAt'], item?.['firstSeenAt']]);
    expect(Number(later?.['lastSeenAt'])).toBeGreaterThan(Number(item?.['lastSeenAt']));
  });

  it.each([
    ['an event without a mapping', { state: 'parked', reason: 'trigger-unmapped', key: 'trigger-unmapped|A08' }],
    ['a missing field', { state: 'refused', reason: 'field-missing', key: 'field-missing|ZBE-4|101' }],
    ['a type that is not served', { state: 'refused', reason: 'type-not-served', key: 'type-not-served|MSH-9.1|200' }],
  ] as const)('is one item at the door too: %s', async (_, { state, reason, key }) => {
    for (const n of range(4))
      await Promise.all(
        [store, second].map((on, gateway) =>
          on.keep(
            range(5).map((m) => incoming(`${n}-${gateway}-${m}`, { state, workItems: [{ reason, text: 't', key }] })),
          ),
        ),
      );
    expect(await items()).toMatchObject([{ reason, count: 40, waiting: 40 }]);
    await expectExact();
  });
});

describe('a message without a work item', () => {
  it('costs one statement of them, alone or among fifty', async () => {
    const names: string[] = [];
    const original = pg.Client.prototype.query;
    const watching = function (this: pg.Client, ...given: unknown[]): unknown {
      const [query] = given as [string | { name?: string; text: string }];
      if (typeof query !== 'string' && /work_item/.test(query.text)) names.push(query.name ?? '');
      return Reflect.apply(original, this, given);
    };
    for (const size of [1, 50]) {
      pg.Client.prototype.query = watching as typeof original;
      try {
        await arrive(range(size).map((n) => admission(size + n)));
      } finally {
        pg.Client.prototype.query = original;
      }
    }
    expect(names).toEqual(['work-items-leave', 'work-items-leave']);
  });
});

describe('releasing a work item', () => {
  it('translates every message behind it after the mapping was mended, and leaves none parked', async () => {
    await arrive(range(1200).map((n) => admission(n, UNKNOWN)));
    mappings = withRows('EncounterClass', KNOWN_NOW);
    const id = await only();
    expect(await release(id)).toBe(1200);
    expect([await parked(), await items(), (await store.counts()).untranslated]).toEqual([0, [], 0]);
    expect(await items({ id })).toMatchObject([{ state: 'done', closedBy: 'translated', count: 1200, waiting: 0 }]);
    await expectExact();
  });

  it('reads again what was only warned of', async () => {
    await arrive(range(3).map((n) => admission(n, { 14: 'ZZ' })));
    mappings = withRows('AdmitSource', 'code: ZZ, to: gp');
    expect(await release(await only())).toBe(3);
    expect(await items()).toEqual([]);
  });

  it('changes nothing where nothing was mended: all go back behind it', async () => {
    await arrive(range(120).map((n) => admission(n, UNKNOWN)));
    const before = await counts();
    expect(await release(await only())).toBe(120);
    expect([await counts(), await parked()]).toEqual([before, 120]);
    await expectExact();
  });

  it('puts what fails of something else behind that', async () => {
    await arrive([admission(1, UNKNOWN), admission(2, { ...UNKNOWN, 44: 'hier' }), admission(3, UNKNOWN)]);
    mappings = withRows('EncounterClass', KNOWN_NOW);
    const behind = (await items({ reason: 'code-unknown', state: 'open' })).map(({ id }) => String(id));
    await release(behind[0] ?? '');
    expect(await counts()).toEqual([{ reason: 'field-invalid', code: null, count: 1, waiting: 1 }]);
    await expectExact();
  });

  it('is of an open one only', async () => {
    await arrive([admission(1, UNKNOWN)]);
    mappings = withRows('EncounterClass', KNOWN_NOW);
    const id = await only();
    await release(id);
    expect([await store.releaseWorkItem(id), await store.releaseWorkItem('99')]).toEqual([undefined, undefined]);
  });
});

describe('closing a work item by hand', () => {
  it('is refused where a parked message would stand behind none', async () => {
    await arrive(range(2).map((n) => admission(n, UNKNOWN)));
    const id = await only();
    await expect(store.closeWorkItem(id)).rejects.toMatchObject({ code: 'messages-waiting' });
    await expectExact();
  });

  it('is done where its messages are translated or refused, or stand behind another', async () => {
    await arrive([admission(1, { 14: 'ZZ' })]);
    await store.keep([incoming('R', { state: 'refused' })]);
    for (const { id } of await items()) expect(await store.closeWorkItem(String(id))).toBe(true);
    await arrive([admission(2, { ...UNKNOWN, 14: 'ZZ' })]);
    const [first, other] = (await items()).map(({ id }) => String(id));
    expect(await store.closeWorkItem(first ?? '')).toBe(true);
    await expect(store.closeWorkItem(other ?? '')).rejects.toMatchObject({ code: 'messages-waiting' });
    await expectExact();
  });
});

describe('messages whose facts have no effect', () => {
  const stranger = (n: number, at: string, pv1: Record<number, string> = {}) =>
    pam({
      trigger: 'A02',
      at,
      pid: { 3: `IPP${n}^^^${HOSPITAL}^PI`, 5: 'MODELE^DOMINIQUE^^^^^L', 7: '19600606' },
      pv1,
      zbe: movement(`M${n}`, at),
    });
  const owner = pam({ trigger: 'A01', at: AT, zbe: movement('M1', AT) });
  const merge = (n: number) =>
    pam({ trigger: 'A40', at: '20260304080000', pv1: null, visitSegments: [`MRG|IPP${n}^^^${HOSPITAL}^PI`] });

  it('stand behind one item, are parked as long as it is open, and are translated once a merge settles it', async () => {
    await arrive([owner]);
    const ids = await arrive([stranger(2, '20260303080000')]);
    ids.push(...(await arrive([stranger(2, '20260303090000')])));
    const [item] = await items({ reason: 'stay-of-another-patient' });
    expect(item).toMatchObject({ state: 'open', count: 2, waiting: 2 });
    expect(await parked()).toBe(2);
    await expectExact();
    await arrive([merge(2)]);
    expect([await parked(), await items({ reason: 'stay-of-another-patient', state: 'open' })]).toEqual([0, []]);
    expect((await store.listMessages({ state: 'translated' })).items.map(({ id }) => id)).toEqual(
      expect.arrayContaining(ids),
    );
    await expectExact();
  });

  it('are translated once the account of the stay is moved to their patient', async () => {
    const of = { 18: `A1^^^${HOSPITAL}^AN` };
    const identified = (n: number) => ({ 3: `IPP${n}^^^${HOSPITAL}^PI`, ...of });
    const known = pam({ trigger: 'A31', at: AT, pid: identified(2), pv1: null });
    await arrive([pam({ trigger: 'A01', at: AT, pid: of, zbe: movement('M1', AT) }), known]);
    await arrive([stranger(2, '20260304090000')]);
    expect(await parked()).toBe(1);
    const mrg = `MRG|IPP1^^^${HOSPITAL}^PI||A1^^^${HOSPITAL}^AN`;
    await arrive([pam({ trigger: 'A44', at: '20260304080000', pid: identified(2), pv1: null, visitSegments: [mrg] })]);
    expect([await parked(), await items({ reason: 'stay-of-another-patient', state: 'open' })]).toEqual([0, []]);
    await expectExact();
  });

  it('of a number that another patient has are translated once a merge makes the two one', async () => {
    const known = pam({ trigger: 'A31', at: AT, pid: { 3: `IPP2^^^${HOSPITAL}^PI` }, pv1: null });
    const replaced = `MRG|IPP2^^^${HOSPITAL}^PI`;
    await arrive([owner, known]);
    await arrive([pam({ trigger: 'A47', at: '20260303080000', pv1: null, visitSegments: [replaced] })]);
    expect(await parked()).toBe(1);
    expect(await items({ reason: 'identity-conflict' })).toMatchObject([{ state: 'open', waiting: 1 }]);
    await expectExact();
    await arrive([merge(2)]);
    expect([await parked(), await items({ reason: 'identity-conflict', state: 'open' })]).toEqual([0, []]);
    await expectExact();
  });

  it('are parked by the message that shows whose the stay is, and all counted', async () => {
    await arrive([stranger(2, '20260303080000'), stranger(2, '20260303090000')]);
    expect(await parked()).toBe(0);
    await arrive([owner]);
    expect(await parked()).toBe(2);
    expect(await items({ reason: 'stay-of-another-patient' })).toMatchObject([{ state: 'open', waiting: 2 }]);
    await expectExact();
  });

  it('are read again where something else stopped them besides', async () => {
    await arrive([owner]);
    await arrive([stranger(2, '20260303080000', { 14: 'ZZ' })]);
    await arrive([merge(2)]);
    await stage(store)([]);
    expect([await parked(), (await store.counts()).untranslated]).toEqual([0, 0]);
    await expectExact();
  });

  it('of an account without an open stay are translated when the stay comes', async () => {
    const account = { 18: `A1^^^${HOSPITAL}^AN` };
    const open = (number: string, at: string) =>
      pam({ trigger: 'A01', at, pid: account, pv1: { 19: `${number}^^^${HOSPITAL}^VN` }, zbe: movement(number, at) });
    const at = '20260303080000';
    const leave = pam({ trigger: 'A03', at, pid: account, pv1: { 19: '' }, zbe: movement('D', at) });
    await arrive([open('V1', AT), open('V2', '20260302090000')]);
    await arrive([leave]);
    expect([await parked(), (await items()).map(({ waiting }) => waiting)]).toEqual([1, [1]]);
    const cancel = movement('V2', '20260302100000', 'CANCEL', { original: 'A01' });
    const pv1 = { 19: `V2^^^${HOSPITAL}^VN` };
    await arrive([pam({ trigger: 'A11', at: '20260303090000', pid: account, pv1, zbe: cancel })]);
    expect([await parked(), await items()]).toEqual([0, []]);
    await expectExact();
  });

  it('cancel a movement that nothing inserted: one item of all of them, which the movement settles', async () => {
    const cancel = (at: string) => pam({ trigger: 'A11', at, zbe: movement('M1', AT, 'CANCEL', { original: 'A01' }) });
    await arrive([cancel('20260302100000')]);
    await arrive([cancel('20260302110000')]);
    expect(await counts()).toEqual([{ reason: 'movement-unknown', code: null, count: 2, waiting: 2 }]);
    await arrive([owner]);
    expect(await items()).toEqual([]);
    await expectExact();
  });
});

describe('two gateways at once', () => {
  it('count every message once, whatever they read, read again, release and close at the same time', async () => {
    const action = fc.oneof(
      fc.record({
        kind: fc.constant('arrive' as const),
        size: fc.integer({ min: 1, max: 8 }),
        class: fc.constantFrom('ZZ', 'YY', 'I'),
      }),
      fc.record({ kind: fc.constantFrom('replay' as const, 'release' as const, 'close' as const), at: fc.nat(50) }),
      fc.record({ kind: fc.constant('mend' as const), at: fc.nat(1) }),
    );
    let n = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(action, action), { minLength: 1, maxLength: 6 }), async (rounds) => {
        const known: string[] = [];
        const act = async (on: Store, what: (typeof rounds)[number][number]) => {
          if (what.kind === 'arrive')
            known.push(
              ...(await arrive(
                range(what.size).map(() => admission(n++, { 2: what.class })),
                'chu',
                on,
              )),
            );
          else if (what.kind === 'mend')
            mappings = what.at === 0 ? ownMappings() : withRows('EncounterClass', KNOWN_NOW);
          else if (what.kind === 'replay') {
            const id = known[what.at % Math.max(1, known.length)] ?? '0';
            await on.setMessageState(id, 'received');
            await stage(on)([id]);
          } else {
            const open = await items();
            const id = String(open[what.at % Math.max(1, open.length)]?.['id'] ?? '0');
            if (what.kind === 'close') await on.closeWorkItem(id).catch(() => undefined);
            else await stage(on)((await on.releaseWorkItem(id))?.first ?? []);
          }
        };
        for (const [a, b] of rounds) await Promise.all([act(store, a), act(second, b)]);
        await stage(store)([]);
        expect((await store.counts()).untranslated).toBe(0);
        await expectExact();
      }),
      { numRuns: 12 },
    );
  });
});
