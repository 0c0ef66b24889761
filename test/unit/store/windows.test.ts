import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type pg from 'pg';
import { stayOfAccount } from '../../../src/message/account-stay.js';
import type { Fact } from '../../../src/message/fact.js';
import { resourceId } from '../../../src/message/uuid.js';
import type { PatientRequest, PatientWindow, TranslationStep } from '../../../src/message/translation.js';
import type { Store } from '../../../src/store/store.js';
import { CIRCLE, factOf, incoming, member, openConnectedStore, request, routed, step } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
let client: pg.Client;

beforeAll(async () => {
  ({ store, client, close } = await openConnectedStore());
});
afterAll(() => close());

const person = (name: string) => `urn:oid:2.999.7|${name}`;
const stayOf = (name: string) => `urn:oid:2.999.2|${name}`;

async function kept(): Promise<string> {
  const message = incoming(`W${Math.random()}`);
  await store.keep([message]);
  return message.id;
}

interface Arrival {
  keys: string[];
  /** What the request asks for beside its identifiers. */
  ask?: Partial<PatientRequest>;
  /** Facts of the message, in order. */
  facts?: (Partial<Omit<Fact, 'stay' | 'body'>> & { stay?: string | null; body?: unknown })[];
  change?: Partial<TranslationStep>;
  /** A message that came before: this is a replay of it. */
  again?: string;
}

/** Carries messages through one transaction; gives their ids and windows. */
async function arrive(...arrivals: Arrival[]): Promise<{ ids: string[]; windows: PatientWindow[] }> {
  const ids: string[] = [];
  for (const { again } of arrivals) {
    if (again !== undefined) await store.setMessageState(again, 'received');
    ids.push(again ?? (await kept()));
  }
  return store.inTranslation({ ids, limit: 0 }, async (tx) => {
    const windows = await tx.load(
      arrivals.map(({ keys, ask }, index) => request(ids[index] ?? '', keys, ask)),
      CIRCLE,
    );
    await tx.save(
      arrivals.map(({ facts = [], keys, change }, index) => {
        const id = ids[index] ?? '';
        const made = facts.map((fact, n) => factOf(id, { id: `${id}.${n}`, patient: keys[0] ?? '', ...fact }));
        return step(id, { facts: made, ...change });
      }),
    );
    return { ids, windows };
  });
}

/** The window that one more message of these identifiers would see. */
async function windowOf(keys: string[], ask: Partial<PatientRequest> = {}): Promise<PatientWindow> {
  const { windows } = await arrive({ keys, ask });
  const [window] = windows;
  if (window === undefined) throw new Error('no window');
  return window;
}

const idsOf = (facts: readonly Fact[]) => facts.map(({ id }) => id).sort();
const ofNoStay = { stay: null, kind: 'identity' } as const;

describe('a cluster of identifiers', () => {
  const clusters = async (...lists: string[][]) =>
    (await arrive(...lists.map((keys) => ({ keys })))).windows.map(({ cluster }) => cluster);

  it('is one for those that a message names together, from then on', async () => {
    const [a, b] = await clusters([person('a')], [person('b')]);
    expect(a).not.toBe(b);
    const [both] = await clusters([person('a'), person('b')]);
    expect(both).toBe(a);
    expect(await clusters([person('a')], [person('b')], [person('c')])).toEqual([a, a, expect.any(String)]);
  });

  it('is one number, whatever type a sender gives it', async () => {
    const of = async (type: string, key = person('typed')) => {
      const [asked] = [request('0', [key])];
      const { windows } = await arrive({
        keys: [],
        ask: { identifiers: asked.identifiers.map((identifier) => ({ ...identifier, type })) },
      });
      return windows[0]?.cluster;
    };
    const first = await of('PI');
    expect(await of('MR')).toBe(first);
    expect(await of('')).toBe(first);
    expect(await of('PI', person('other'))).not.toBe(first);
  });

  it('is one when many messages name the same newcomer at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => clusters([person('newcomer')])));
    expect(new Set(all.flat()).size).toBe(1);
  });

  it('is one when many messages join the same people at once', async () => {
    const people = ['u', 'v', 'w', 'x'].map(person);
    await clusters(...people.map((key) => [key]));
    await Promise.all(people.map((key, index) => clusters([key, people[(index + 1) % 4] ?? ''])));
    expect(new Set(await clusters(...people.map((key) => [key]))).size).toBe(1);
  });

  it('does not deadlock when messages name the same people in other orders', async () => {
    const people = ['p', 'q', 'r', 's'].map(person);
    const orders = Array.from({ length: 12 }, (_, turn) => people.map((_key, at) => [people[(at + turn) % 4] ?? '']));
    const all = await Promise.all(orders.map((order) => clusters(...order)));
    expect(new Set(all.flat()).size).toBe(4);
  });

  it('is not joined by an identifier that the message erases', async () => {
    const erased = (key: string) =>
      request('0', [key]).identifiers.map((identifier) => ({ ...identifier, erased: true }));
    const [other] = await clusters([person('erased')]);
    const { windows } = await arrive({
      keys: [],
      ask: { identifiers: [...request('0', [person('eraser')]).identifiers, ...erased(person('erased'))] },
    });
    expect(windows[0]?.cluster).not.toBe(other);
  });

  it('takes in the owner of a stay that the message names', async () => {
    const { windows } = await arrive({
      keys: [person('owner')],
      ask: { stays: [stayOf('S1')] },
      facts: [{ stay: stayOf('S1') }],
    });
    const stranger = await windowOf([person('stranger')], { stays: [stayOf('S1')] });
    expect(stranger.cluster).toBe(windows[0]?.cluster);
    expect(stranger.facts.map(({ patient }) => patient)).toEqual([person('owner')]);
  });

  it('is waited for where another transaction holds it, though only a stay leads there', async () => {
    await arrive({ keys: [person('held')], ask: { stays: [stayOf('H')] }, facts: [{ stay: stayOf('H') }] });
    const id = await kept();
    let hold = () => {};
    const released = new Promise<void>((resolve) => (hold = resolve));
    let holding = () => {};
    const isHeld = new Promise<void>((resolve) => (holding = resolve));
    const holder = store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
      const [window] = await tx.load([request(id, [person('held')])], CIRCLE);
      holding();
      await released;
      await tx.save([step(id)]);
      return window?.cluster;
    });
    await isHeld;
    const waiting = windowOf([person('passer-by')], { stays: [stayOf('H')] });
    let early = false;
    void waiting.then(() => (early = true));
    // Longer than a few tries that nobody waits between.
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(early).toBe(false);
    hold();
    expect((await waiting).cluster).toBe(await holder);
  });

  it('takes in whoever names the same stay in the same batch', async () => {
    const { windows } = await arrive(
      { keys: [person('b1')], ask: { stays: [stayOf('B')] } },
      { keys: [person('b2')], ask: { stays: [stayOf('B'), stayOf('C')] } },
      { keys: [person('b3')], ask: { stays: [stayOf('C')] } },
      { keys: [person('b4')], ask: { stays: [stayOf('D')] } },
    );
    expect(windows[1]).toBe(windows[0]);
    expect(windows[2]).toBe(windows[0]);
    expect(windows[3]?.cluster).not.toBe(windows[0]?.cluster);
  });

  it('takes in the patient whom a message spoke of before it was read otherwise', async () => {
    const { ids, windows } = await arrive({ keys: [person('wrong')], facts: [ofNoStay, { stay: stayOf('S2') }] });
    await arrive({ keys: [person('wrong')], ask: { stays: [stayOf('S2')] }, facts: [{ stay: stayOf('S2') }] });
    const again = await arrive({ keys: [person('right')], again: ids[0] ?? '' });
    expect(again.windows[0]?.cluster).toBe(windows[0]?.cluster);
    expect(again.windows[0]?.facts.filter(({ stay }) => stay === stayOf('S2'))).toHaveLength(2);
    expect(again.windows[0]?.facts).toHaveLength(3);
  });

  it('takes along what is due of the clusters that it absorbs, in its lane', async () => {
    const due = async (name: string, endpoint: string) => {
      const id = await kept();
      await store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
        const [window] = await tx.load([request(id, [person(name)])], CIRCLE);
        const lane = `${endpoint}|${window?.cluster ?? ''}`;
        return tx.save([step(id, routed(id, { endpoint, member: 'Practitioner/d', lane, resources: [] }))]);
      });
    };
    for (const [name, endpoint] of [
      ['first', 'north'],
      ['second', 'south'],
      ['second', 'north'],
      ['third', 'north'],
      ['alone', 'north'],
    ] as const)
      await due(name, endpoint);
    await windowOf([person('second'), person('third'), person('first')]);
    const [root, alone] = [(await windowOf([person('first')])).cluster, (await windowOf([person('alone')])).cluster];
    const { rows } = await client.query<{ lane: string }>(
      `SELECT lane FROM delivery WHERE endpoint IN ('north', 'south') ORDER BY number`,
    );
    expect(rows.map(({ lane }) => lane)).toEqual([
      `north|${root}`,
      `south|${root}`,
      `north|${root}`,
      `north|${root}`,
      `north|${alone}`,
    ]);
  });
});

describe('the window of a message', () => {
  it('holds what still matters of no stay, and all of the stays that it names', async () => {
    const keys = [person('holds')];
    const { ids } = await arrive(
      { keys, facts: [ofNoStay, { stay: stayOf('H1') }] },
      { keys, facts: [ofNoStay, { stay: stayOf('H1') }, { stay: stayOf('H2') }] },
    );
    const [first = '', second = ''] = ids;
    await arrive({ keys, change: { outdated: [`${first}.0`] } });
    const window = await windowOf(keys, { stays: [stayOf('H1')] });
    expect(idsOf(window.facts)).toEqual([`${first}.1`, `${second}.0`, `${second}.1`]);
    expect(window).toMatchObject({ whole: false, outdatedUntil: '2026-03-02T08:00:00+01:00' });
    expect(idsOf((await windowOf(keys)).facts)).toEqual([`${second}.0`]);
  });

  it('gives each fact as it was saved', async () => {
    const keys = [person('as saved')];
    const fact = {
      ...ofNoStay,
      source: 'clinique',
      account: 'acc|9',
      body: { text: 'é"\\\u0001', list: [null, 1] },
      effectiveAt: '2026-03-02T08:00:00.123+02:00',
      recordedAt: '2026-03-01T00:00:00Z',
      sentAt: '2026-03-03T00:00:00-05:00',
    };
    const { ids } = await arrive({ keys, facts: [fact, { ...fact, stay: stayOf('As'), kind: 'movement' }] });
    const id = ids[0] ?? '';
    const window = await windowOf(keys, { stays: [stayOf('As')] });
    const base = { messageId: id, patient: keys[0] ?? '' };
    expect(window.facts.sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual([
      factOf(id, { ...base, ...fact, id: `${id}.0` }),
      factOf(id, { ...base, ...fact, stay: stayOf('As'), kind: 'movement', id: `${id}.1` }),
    ]);
  });

  it('knows what the earlier messages of its own batch outdated, and what a supersession brings back', async () => {
    const keys = [person('force')];
    const { ids } = await arrive({ keys, facts: [ofNoStay] }, { keys, facts: [ofNoStay] }, { keys, facts: [ofNoStay] });
    const [a = '', b = '', c = ''] = ids.map((id) => `${id}.0`);
    await arrive({ keys, change: { outdated: [a] } }, { keys, facts: [ofNoStay], change: { outdated: [b] } });
    const fresh = idsOf((await windowOf(keys)).facts);
    expect(fresh).toHaveLength(2);
    expect(fresh).toContain(c);
    await arrive(
      { keys, change: { outdated: [c] } },
      { keys, again: ids[2] ?? '', facts: [ofNoStay], change: { supersedes: true, reconsiders: true, outdated: [b] } },
      { keys, facts: [ofNoStay], change: { outdated: [a] } },
    );
    const after = idsOf((await windowOf(keys)).facts);
    expect(after).toHaveLength(3);
    expect(after).not.toContain(a);
    expect(after).not.toContain(b);
    expect(after).toContain(c);
  });

  it('is without what was superseded, which is forgotten all the same by nobody', async () => {
    const keys = [person('reread')];
    const { ids } = await arrive({ keys, facts: [{ ...ofNoStay, body: { text: 'first' } }] });
    const again = { keys, again: ids[0] ?? '', facts: [{ ...ofNoStay, body: { text: 'second' } }] };
    await arrive({ ...again, change: { supersedes: true, reconsiders: true } });
    expect((await windowOf(keys)).facts.map(({ body }) => body)).toEqual([{ text: 'second' }]);
    expect((await client.query('SELECT FROM fact WHERE message_id = $1', [ids[0]])).rowCount).toBe(2);
  });

  it('holds the stays of its account where a message names that alone: this one, or another before', async () => {
    const keys = [person('account')];
    const facts = (account: string, ...names: string[]) => names.map((name) => ({ stay: stayOf(name), account }));
    await arrive({ keys, facts: [...facts('acc|7', 'A1', 'A2'), ...facts('acc|8', 'A3'), { stay: stayOf('A1') }] });
    const stays = async (number: string, alone: boolean, asked: string[] = []) =>
      (await windowOf(keys, { account: { number, alone }, stays: asked })).facts.map(({ stay }) => stay).sort();
    expect(await stays('acc|7', true)).toEqual([stayOf('A1'), stayOf('A1'), stayOf('A2')]);
    expect(await stays('acc|7', false, [stayOf('A2')])).toEqual([stayOf('A2')]);
    await arrive({ keys, facts: [{ stay: stayOfAccount('acc|7'), account: 'acc|7' }] });
    expect(await stays('acc|7', false, [stayOf('A2')])).toEqual(
      [stayOf('A1'), stayOf('A1'), stayOf('A2'), stayOfAccount('acc|7')].sort(),
    );
    expect(await stays('acc|8', false)).toEqual([]);
    const named = async (...asked: string[]) =>
      (await windowOf(keys, { stays: asked })).facts.map(({ stay }) => stay).sort();
    const together = [stayOf('A1'), stayOf('A1'), stayOf('A2'), stayOfAccount('acc|7')].sort();
    expect(await named(stayOf('A2'))).toEqual(together);
    expect(await named('acc|7')).toEqual(together);
    expect(await named(stayOf('A3'))).toEqual([stayOf('A3')]);
  });

  it('holds the stays of every account that leads to one of its stays', async () => {
    const keys = [person('accounts')];
    const of = (stay: string, account: string) => ({ stay, account });
    await arrive({
      keys,
      facts: [
        of(stayOf('B1'), 'acc|10'),
        of(stayOf('B1'), 'acc|11'),
        of(stayOf('B2'), 'acc|11'),
        of(stayOfAccount('acc|10'), 'acc|10'),
        of(stayOfAccount('acc|11'), 'acc|11'),
      ],
    });
    const { facts } = await windowOf(keys, { stays: [stayOf('B2')] });
    expect(facts).toHaveLength(5);
  });

  it('says when each anchor was first recorded: the earliest, or what is said exactly', async () => {
    const [a, b] = [person('born a'), person('born b')];
    const anchors = (recordedAt: string, exact = false) => [{ anchor: a, recordedAt, exact }];
    const births = async () => (await windowOf([a, b])).anchors;
    await arrive({ keys: [a, b], change: { anchors: anchors('2026-03-02T08:00:00+01:00') } });
    expect(await births()).toEqual([{ anchor: a, recordedAt: '2026-03-02T07:00:00.000Z' }]);
    await arrive(
      { keys: [a], change: { anchors: anchors('2026-03-05T08:00:00Z') } },
      { keys: [a], change: { anchors: anchors('2026-03-01T08:00:00Z') } },
    );
    expect(await births()).toEqual([{ anchor: a, recordedAt: '2026-03-01T08:00:00.000Z' }]);
    await arrive({ keys: [a], change: { anchors: anchors('2026-03-09T08:00:00Z', true) } });
    expect(await births()).toEqual([{ anchor: a, recordedAt: '2026-03-09T08:00:00.000Z' }]);
  });

  it('holds who was told of its stays, and where', async () => {
    const keys = [person('told')];
    const of = (name: string, endpoint: string) => ({
      facts: [{ stay: stayOf(name) }],
      event: { patient: keys[0] ?? '', about: { type: 'stay' as const, key: stayOf(name) } },
      endpoint,
    });
    for (const { facts, event, endpoint } of [of('T1', 'one'), of('T2', 'two')]) {
      const id = await kept();
      await store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
        await tx.load([request(id, keys)], CIRCLE);
        const made = facts.map((fact) => factOf(id, { patient: keys[0] ?? '', ...fact }));
        const route = routed(id, { endpoint, member: 'PractitionerRole/r', resources: [], event });
        return tx.save([step(id, { facts: made, ...route })]);
      });
    }
    const window = await windowOf(keys, { stays: [stayOf('T1')] });
    expect(window.receipts).toEqual([
      {
        receiptId: expect.any(String),
        patient: keys[0],
        about: stayOf('T1'),
        thread: 'urn:oid:2.999.3|M1',
        member: 'PractitionerRole/r',
        label: 'Dr BERTHIER',
        role: 'PCP',
        endpoint: 'one',
        deliveryId: expect.any(String),
        reach: 'none',
      },
    ]);
    expect((await store.wholeOf(keys[0] ?? ''))?.receipts.map(({ endpoint }) => endpoint).sort()).toEqual([
      'one',
      'two',
    ]);
    expect((await store.listReceipts({ stay: stayOf('T2') })).items).toMatchObject([
      { about: { type: 'stay', key: stayOf('T2') }, thread: 'urn:oid:2.999.3|M1' },
    ]);
  });
});

describe('the memberships of other stays', () => {
  const anchor = person('member');
  const patient = resourceId('Patient', anchor);
  const rows = (stay: string | null, ...list: ReturnType<typeof member>[]) => ({ patient, stay, rows: list });

  it.each([
    ['2026', '2026-03'],
    ['2026-02', '2026-12'],
    ['2026-02-03', '2026-11-04'],
  ])('that a sender dates by a year, a month or a day (%s to %s) count from its first moment', async (from, to) => {
    const keys = [anchor];
    await arrive({ keys, change: { memberships: [rows(stayOf('MP'), member(from, { to, stay: stayOf('MP') }))] } });
    const { rows: written } = await client.query<Record<'begin' | 'end', Date>>(
      'SELECT from_at AS begin, to_at AS end FROM membership WHERE patient = $1 AND stay = $2',
      [patient, stayOf('MP')],
    );
    expect(written).toEqual([{ begin: new Date(from), end: new Date(to) }]);
    await arrive({ keys, change: { memberships: [rows(stayOf('MP'))] } });
  });

  it('are those that last or ended in the window, with the begin of the first whom nobody hides', async () => {
    const keys = [anchor];
    await arrive({
      keys,
      change: {
        memberships: [
          rows(
            stayOf('M1'),
            member('2019-01-01T08:00:00+01:00', { to: '2019-01-05T08:00:00+01:00', stay: stayOf('M1'), hidden: true }),
            member('2020-01-01T08:00:00+01:00', { to: '2020-01-05T08:00:00+01:00', stay: stayOf('M1') }),
          ),
          rows(
            stayOf('M2'),
            member('2025-12-01T08:00:00+01:00', {
              to: '2026-01-01T01:00:00+01:00',
              stay: stayOf('M2'),
              restricted: true,
              toDerived: true,
              identifier: 'https://rpps.esante.gouv.fr|10999000123',
              family: 'FABRE',
              ended: { messageId: '2', from: 'ROL-6', row: 'ROL-Member:end' },
            }),
          ),
          rows(stayOf('M3'), member('2018-06-01T08:00:00+02:00', { stay: stayOf('M3') })),
          rows(null, member('2010-01-01T00:00:00Z', { scope: 'patient', basis: 'PD1' })),
        ],
      },
    });
    await arrive({ keys, facts: [{ stay: stayOf('M3') }] });
    const window = await windowOf(keys);
    expect(window.memberships.get(patient)?.map(({ stay }) => stay)).toEqual(
      expect.arrayContaining([stayOf('M2'), stayOf('M3')]),
    );
    expect(window.memberships.get(patient)).toHaveLength(2);
    expect(window.memberships.get(patient)?.find(({ stay }) => stay === stayOf('M2'))).toEqual(
      member('2025-12-01T08:00:00+01:00', {
        to: '2026-01-01T01:00:00+01:00',
        stay: stayOf('M2'),
        restricted: true,
        toDerived: true,
        identifier: 'https://rpps.esante.gouv.fr|10999000123',
        family: 'FABRE',
        ended: { messageId: '2', from: 'ROL-6', row: 'ROL-Member:end' },
      }),
    );
    expect([...window.firstMember]).toEqual([[patient, '2018-06-01T08:00:00+02:00']]);
    const beside = await windowOf(keys, { stays: [stayOf('M3')] });
    expect(beside.memberships.get(patient)?.map(({ stay }) => stay)).toEqual([stayOf('M2')]);
    expect([...beside.firstMember]).toEqual([[patient, '2020-01-01T08:00:00+01:00']]);
  });

  it('are those that the last step says', async () => {
    const keys = [anchor];
    const doctor = (label: string) => member('2026-03-01T00:00:00Z', { label, stay: stayOf('M9') });
    await arrive(
      { keys, change: { memberships: [rows(stayOf('M9'), doctor('A'), doctor('B'))] } },
      { keys, change: { memberships: [rows(stayOf('M9'), doctor('C'))] } },
    );
    const labels = async () =>
      (await windowOf(keys)).memberships
        .get(patient)
        ?.flatMap(({ stay, label }) => (stay === stayOf('M9') ? [label] : []));
    expect(await labels()).toEqual(['C']);
    await arrive({ keys, change: { memberships: [rows(stayOf('M9'))] } });
    expect(await labels()).toEqual([]);
  });
});

describe('the long way', () => {
  it('holds every fact of the cluster, and no projection', async () => {
    const [a, b] = [person('whole a'), person('whole b')];
    const { ids } = await arrive({ keys: [a, b], facts: [ofNoStay, { stay: stayOf('L1') }] });
    await arrive({ keys: [b], facts: [{ stay: stayOf('L2') }], change: { outdated: [`${ids[0] ?? ''}.0`] } });
    const id = await kept();
    const [short, long] = await store.inTranslation({ ids: [id], limit: 0 }, async (tx) => {
      const [window] = await tx.load([request(id, [b])], CIRCLE);
      if (window === undefined) throw new Error('no window');
      return [window, await tx.loadWhole(window)];
    });
    expect(short.facts).toEqual([]);
    expect(long).toMatchObject({ cluster: short.cluster, whole: true, outdatedUntil: short.outdatedUntil });
    expect(long.facts.map(({ stay }) => stay).sort()).toEqual([stayOf('L1'), stayOf('L2'), undefined]);
    expect([long.memberships.size, long.firstMember.size]).toEqual([0, 0]);
    for (const anchor of [a, b]) expect(idsOf((await store.wholeOf(anchor))?.facts ?? [])).toEqual(idsOf(long.facts));
    expect(await store.wholeOf(person('nobody'))).toBeUndefined();
  });
});

describe('what was known at an instant', () => {
  const moment = async () =>
    (await client.query<{ at: Date }>('SELECT clock_timestamp() AS at')).rows[0]?.at.toISOString();

  it('is what had been read by then, and had not been read otherwise', async () => {
    const keys = [person('then')];
    const anchor = keys[0] ?? '';
    const before = (await moment()) ?? '';
    const text = (value: string, recordedAt: string) => ({ ...ofNoStay, body: { text: value }, recordedAt });
    const { ids } = await arrive({ keys, facts: [text('first', '2026-03-02T08:00:00Z')] });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const between = (await moment()) ?? '';
    await new Promise((resolve) => setTimeout(resolve, 5));
    await arrive({
      keys,
      again: ids[0] ?? '',
      facts: [text('second', '2026-03-03T08:00:00Z'), { stay: stayOf('K1') }],
      change: { supersedes: true, reconsiders: true, outdated: [`${ids[0] ?? ''}.0`] },
    });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const after = (await moment()) ?? '';
    const bodies = async (subject: { anchor: string } | { stay: string }, at: string) =>
      (await store.factsKnownAt(subject, at))?.facts.map(({ body }) => body);
    expect(await bodies({ anchor }, before)).toEqual([]);
    expect(await bodies({ anchor }, between)).toEqual([{ text: 'first' }]);
    expect(await bodies({ stay: stayOf('K1') }, between)).toEqual([{ text: 'first' }]);
    expect(await bodies({ anchor }, after)).toEqual(expect.arrayContaining([{ text: 'second' }, {}]));
    expect((await store.factsKnownAt({ anchor }, between))?.anchors).toEqual([
      { anchor, recordedAt: '2026-03-02T08:00:00Z' },
    ]);
    expect(await store.factsKnownAt({ stay: stayOf('nobody’s') }, after)).toBeUndefined();
  });
});

describe('the upkeep of a circle', () => {
  it('takes the circles that change by themselves, the longest due first, and is done with them', async () => {
    const change = (name: string, at: string | null) => ({
      patient: resourceId('Patient', person(name)),
      anchor: person(name),
      at,
    });
    const soon = '2026-04-01T00:00:00Z';
    await arrive(
      { keys: [person('k1')], facts: [ofNoStay], change: { nextChanges: [change('k1', '2026-05-01T00:00:00Z')] } },
      { keys: [person('k2')], change: { nextChanges: [change('k2', soon), change('k3', soon)] } },
      { keys: [person('k2')], change: { nextChanges: [change('k3', null)] } },
    );
    const stay = stayOf('U1');
    const memberships = [{ patient: change('k1', null).patient, stay, rows: [member(soon, { stay })] }];
    await arrive({ keys: [person('k1')], change: { memberships } });
    const now = new Date('2026-05-01T00:00:00Z');
    const [first, second] = [
      { anchor: person('k2'), at: new Date(soon) },
      { anchor: person('k1'), at: now },
    ];
    expect(await store.dueCircles(now, 10)).toEqual([first, second]);
    expect(await store.dueCircles(now, 1)).toEqual([first]);
    expect(await store.dueCircles(new Date('2026-03-31T00:00:00Z'), 10)).toEqual([]);
    const circle = { anchor: person('k1'), now, ...CIRCLE };
    const team = { resourceType: 'CareTeam', id: 'upkeep' } as const;
    const window = await store.inUpkeep(circle, async (tx) => {
      const again = change('k1', '2026-06-01T00:00:00Z');
      const resources = [{ resource: team, body: JSON.stringify(team) }];
      await tx.save([step(null, { resources, nextChanges: [again], memberships })]);
      return tx.window;
    });
    expect(window?.facts.map(({ kind }) => kind)).toEqual(['identity']);
    expect(window?.memberships.get(change('k1', null).patient)).toHaveLength(1);
    expect(await store.dueCircles(now, 10)).toEqual([first]);
    expect(await store.readResource('CareTeam', 'upkeep')).toMatchObject({ version: 1 });
    const nobody = await store.inUpkeep({ ...circle, anchor: person('nobody') }, () => Promise.resolve(1));
    expect(nobody).toBeUndefined();
  });

  it('leaves a circle due where it fails', async () => {
    const now = new Date('2026-05-02T00:00:00Z');
    const circle = { anchor: person('k2'), now, ...CIRCLE };
    await expect(store.inUpkeep(circle, () => Promise.reject(new Error('no fold')))).rejects.toMatchObject({
      code: 'store-rejected',
    });
    expect((await store.dueCircles(now, 10)).map(({ anchor }) => anchor)).toContain(person('k2'));
  });
});
