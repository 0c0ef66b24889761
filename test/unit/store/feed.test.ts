import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import type { FeedPage, FeedPlace } from '../../../src/fhir/bundle.js';
import { parseSearch } from '../../../src/fhir/search.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { changed, openTestStore, step, translated } from '../../support/stored.js';

/** Two gateways on one database. */
let first: Store;
let second: Store;
let url: string;
let close: () => Promise<void>;

beforeEach(async () => {
  const opened = await openTestStore();
  ({ store: first, url } = opened);
  second = await openStore({ databaseUrl: url, log: () => undefined });
  close = async () => {
    await second.close();
    await opened.close();
  };
});
afterEach(() => close());

const START: FeedPlace = { at: new Date(0), number: '-1' };
const TYPES = ['Patient', 'Encounter'];
const patient = (id: string, gender: 'female' | 'male' = 'female') =>
  ({ resourceType: 'Patient', id, gender }) as const;

/** A transaction that has written and goes on; `commit` ends it. */
async function openWriter(store: Store, id: string): Promise<{ commit(): Promise<void> }> {
  let release: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  let written: () => void = () => undefined;
  const isWritten = new Promise<void>((resolve) => (written = resolve));
  const ended = store.inTranslation({ ids: [], limit: 0 }, async (tx) => {
    await tx.save([step(null, { resources: [changed(patient(id))] })]);
    written();
    await gate;
  });
  await isWritten;
  return {
    commit: async () => {
      release();
      await ended;
    },
  };
}

const idsOf = (page: Pick<FeedPage, 'versions'>) => page.versions.map(({ resource }) => resource.id);
const changesFrom = (after: FeedPlace, count = 100) => second.changesAfter({ types: TYPES, after, count });
const search = (query: string) =>
  second.searchResources(parseSearch('Patient', new URLSearchParams(query), { zone: 'UTC' }));

describe('the change feed', () => {
  it('waits for a transaction that wrote earlier and commits later', async () => {
    const late = await openWriter(first, 'late');
    await translated(second, 'EARLY', [patient('early')]);
    const before = await changesFrom(START);
    expect(before.versions).toEqual([]);
    await late.commit();
    const after = await changesFrom(START);
    expect(idsOf(after)).toEqual(['late', 'early']);
  });

  it('goes on from a kept place, whatever was committed meanwhile and in whichever order', async () => {
    await translated(first, 'A', [patient('a')]);
    const { next, versions } = await changesFrom(START);
    expect(idsOf({ versions })).toEqual(['a']);
    const [x, y] = [await openWriter(first, 'x'), await openWriter(second, 'y')];
    await y.commit();
    expect((await changesFrom(next ?? START)).versions).toEqual([]);
    await x.commit();
    expect(idsOf(await changesFrom(next ?? START))).toEqual(['x', 'y']);
    expect(idsOf(await changesFrom(next ?? START))).toEqual(['x', 'y']);
  });

  it('gives a transaction that began early and wrote late its place at the end', async () => {
    let begin: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (begin = resolve));
    const slow = first.inTranslation({ ids: [], limit: 0 }, async (tx) => {
      await gate;
      await tx.save([step(null, { resources: [changed(patient('slow'))] })]);
    });
    await wait(20);
    await translated(second, 'QUICK', [patient('quick')]);
    await wait(5);
    const page = await changesFrom(START);
    expect(idsOf(page)).toEqual(['quick']);
    begin();
    await slow;
    await wait(5);
    expect(idsOf(await changesFrom(page.next ?? START))).toEqual(['slow']);
  });

  it('holds every version, removals too, a page at a time', async () => {
    await translated(first, 'V1', [patient('v'), { resourceType: 'Encounter', id: 'e' } as never]);
    await translated(first, 'V2', [patient('v', 'male')]);
    await translated(first, 'V3', [], { removed: ['Patient/v'] });
    await wait(5);
    const versions: string[] = [];
    for (let place: FeedPlace | undefined = START; place !== undefined;) {
      const page: Awaited<ReturnType<typeof changesFrom>> = await changesFrom(place, 1);
      versions.push(...page.versions.map(({ resource, version, removed }) => `${resource.id} ${version} ${removed}`));
      place = page.next;
    }
    expect(versions.sort()).toEqual(['e 1 false', 'v 1 false', 'v 2 false', 'v 3 true']);
    const encounters = await second.changesAfter({ types: ['Encounter'], after: START, count: 10 });
    expect(idsOf(encounters)).toEqual(['e']);
  });

  it('is written on later than all that stands, also where the clock was set back', async () => {
    await translated(first, 'A', [patient('a')]);
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`UPDATE resource_version SET updated_at = now() + interval '1 hour'`);
    await translated(second, 'B', [patient('b')]);
    const { rows } = await client.query<{ id: string }>('SELECT id FROM resource_version ORDER BY updated_at, number');
    await client.end();
    expect(rows.map(({ id }) => id)).toEqual(['a', 'b']);
    // Nobody waits for the clock.
    expect(idsOf(await changesFrom(START))).toEqual(['a', 'b']);
  });
});

describe('who polls by _lastUpdated', () => {
  it('is given nothing that a transaction still open may come before', async () => {
    const late = await openWriter(first, 'late');
    await translated(second, 'EARLY', [patient('early')]);
    const before = await search('_lastUpdated=ge2020');
    expect(before).toMatchObject({ total: 0, resources: [] });
    await late.commit();
    const after = await search(`_lastUpdated=ge${before.until?.toISOString() ?? ''}`);
    expect(after.resources.map(({ id }) => id).sort()).toEqual(['early', 'late']);
  });

  it('may ask without it for what stands now', async () => {
    const late = await openWriter(first, 'late');
    await translated(second, 'EARLY', [patient('early')]);
    expect((await search('_id=early')).resources).toHaveLength(1);
    await late.commit();
  });

  it('sees all pages as of the first', async () => {
    for (const id of ['a', 'b', 'c']) await translated(first, id, [patient(id)]);
    await wait(5);
    const page = await search('_lastUpdated=ge2020&_count=1');
    await translated(first, 'B2', [patient('b', 'male')]);
    await wait(5);
    const rest = await second.searchResources({
      ...parseSearch('Patient', new URLSearchParams('_lastUpdated=ge2020'), { zone: 'UTC' }),
      ...(page.next && { after: page.next }),
    });
    expect(rest.until).toEqual(page.until);
    expect(rest.resources.map(({ id }) => id)).toEqual(['c']);
    const next = await search(`_lastUpdated=ge${page.until?.toISOString() ?? ''}`);
    expect(next.resources.map(({ id }) => id)).toEqual(['b']);
  });
});

describe('two gateways that write at once, late and out of order', () => {
  const WRITERS = 6;
  const EACH = 15;

  async function write(store: Store, writer: number): Promise<void> {
    for (let turn = 0; turn < EACH; turn++) {
      await store.inTranslation({ ids: [], limit: 0 }, async (tx) => {
        if (turn % 3 === 0) await wait((writer * 7 + turn * 3) % 17);
        await tx.save([step(null, { resources: [changed(patient(`w${writer}-${turn}`))] })]);
        await wait((writer * 13 + turn * 5) % 29);
      });
    }
  }

  it('lose nothing and repeat nothing for who follows the feed, or polls by _lastUpdated', async () => {
    const writing = Promise.all(
      Array.from({ length: WRITERS }, (_, writer) => write(writer % 2 === 0 ? first : second, writer)),
    );
    let isOver = false;
    void writing.then(() => (isOver = true));
    const followed: string[] = [];
    const polledByMax: string[] = [];
    const polledByUntil: string[] = [];
    let place = START;
    let max = '2020-01-01T00:00:00.000Z';
    let until = '2020-01-01T00:00:00.000Z';
    const poll = async () => {
      const page = await changesFrom(place, 7);
      followed.push(...idsOf(page).map(String));
      place = page.next ?? place;
      const later = await search(`_lastUpdated=gt${max}&_count=500`);
      polledByMax.push(...later.resources.map(({ id }) => id ?? ''));
      for (const { meta } of later.resources) if ((meta?.lastUpdated ?? '') > max) max = meta?.lastUpdated ?? max;
      const since = await search(`_lastUpdated=ge${until}&_count=500`);
      polledByUntil.push(...since.resources.map(({ id }) => id ?? ''));
      // The horizon of a later request may be an earlier one; what holds once holds for ever.
      if ((since.until?.toISOString() ?? '') > until) until = since.until?.toISOString() ?? until;
      return page.versions.length;
    };
    while (!isOver) await poll();
    await writing;
    await wait(10);
    while ((await poll()) > 0);
    const all = Array.from({ length: WRITERS * EACH }, (_, n) => `w${n % WRITERS}-${Math.floor(n / WRITERS)}`).sort();
    expect(followed.sort()).toEqual(all);
    expect(polledByMax.sort()).toEqual(all);
    expect(polledByUntil.sort()).toEqual(all);
  });
});
