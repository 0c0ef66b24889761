import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FhirResource, Organization, Practitioner } from 'fhir/r4.js';
import pg from 'pg';
import type { Mention } from '../../../src/message/fact.js';
import { resourceId } from '../../../src/message/uuid.js';
import type { TranslationStep } from '../../../src/message/translation.js';
import type { Store } from '../../../src/store/store.js';
import { incoming, openConnectedStore, step, translated } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
let client: pg.Client;

beforeAll(async () => {
  ({ store, client, close } = await openConnectedStore());
});
afterAll(() => close());

const at = (minute: number) => `2026-03-02T08:${String(minute).padStart(2, '0')}:00+01:00`;

function mention(resource: FhirResource & { id: string }, change: Partial<Mention> = {}): Mention {
  return { resource, rank: 'name', source: 'chu', recordedAt: at(0), trace: [], ...change };
}

const unit = (id: string, name: string, minute: number, change: Partial<Mention> = {}) =>
  mention({ resourceType: 'Organization', id, name }, { recordedAt: at(minute), ...change });

const nameOf = async (id: string) =>
  ((await store.readResource('Organization', id))?.resource as Organization | undefined)?.name;

const say = (...mentions: Mention[]) => translated(store, `M${Math.random()}`, [], { mentions });

describe('a place that messages mention', () => {
  it('is called as it was last, whatever the order of arrival', async () => {
    for (const [name, minute] of [
      ['oldest', 1],
      ['newest', 5],
      ['older', 3],
    ] as const)
      await say(unit('o1', name, minute));
    expect(await nameOf('o1')).toBe('newest');
    await say(unit('o1', 'newest', 7));
    expect(await store.readResource('Organization', 'o1')).toMatchObject({ version: 2 });
    await say(unit('o1', 'between', 6));
    expect(await nameOf('o1')).toBe('newest');
    expect((await client.query(`SELECT FROM mention WHERE id = 'o1'`)).rowCount).toBe(4);
  });

  it('keeps its name where a source gives its number alone, however late', async () => {
    await say(unit('o2', '6268', 9, { rank: 'number' }), unit('o2', 'Chirurgie', 1));
    await say(unit('o2', '6268', 11, { rank: 'number', source: 'clinique' }));
    expect(await nameOf('o2')).toBe('Chirurgie');
  });

  it('has no gap and no twin when several gateways mention it at once, and confirm what they said', async () => {
    await say(unit('o3', 'name 0', 0));
    await Promise.all(
      [1, 2, 3, 4].flatMap((minute) => [say(unit('o3', `name ${minute}`, minute)), say(unit('o3', 'name 0', minute))]),
    );
    await say(unit('o3', 'name 0', 5));
    await Promise.all([say(unit('o3', 'name 0', 9)), say(unit('o3', 'name 8', 8))]);
    const { total, versions } = await store.historyOf('Organization', 'o3', { count: 50 });
    expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: total }, (_, index) => total - index));
    expect(await nameOf('o3')).toBe('name 0');
  });

  it('keeps no transaction waiting that says again what is known, and every one that says something new', async () => {
    await say(unit('o6', 'known', 1));
    await say(unit('o6', 'known', 5));
    const ended: string[] = [];
    const note = (name: string) => () => void ended.push(name);
    const message = incoming('open');
    await store.keep([message]);
    await store
      .inTranslation({ ids: [message.id], limit: 0 }, async (tx) => {
        await tx.save([step(message.id, { mentions: [unit('o6', 'known', 7)] })]);
        await say(unit('o6', 'known', 3)).then(note('repeats'));
        const others = [
          say(unit('o6', 'known', 8)).then(note('repeats later')),
          say(unit('o6', 'new', 9)).then(note('says something new')),
        ];
        await new Promise((resolve) => setTimeout(resolve, 200));
        note('is open')();
        return others;
      })
      .then((others) => Promise.all(others));
    expect(ended.slice(0, 2)).toEqual(['repeats', 'is open']);
    expect(await nameOf('o6')).toBe('new');
    const { rows } = await client.query(`SELECT recorded_at FROM mention WHERE id = 'o6' ORDER BY recorded_at`);
    expect(rows).toEqual([8, 9].map((minute) => ({ recorded_at: new Date(at(minute)) })));
  });

  it('ends as it does one after the other, whoever speaks at once', async () => {
    const said = fc.record({
      name: fc.constantFrom('A', 'B', 'C'),
      minute: fc.integer({ min: 0, max: 5 }),
      rank: fc.constantFrom('name', 'number', 'document'),
      source: fc.constantFrom('chu', 'clinique'),
    });
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(said, { minLength: 3, maxLength: 12 }), async (list) => {
        run += 1;
        const of = (id: string) => (one: (typeof list)[number]) => say(unit(id, one.name, one.minute, one));
        const [alone, together] = [`alone ${run}`, `together ${run}`];
        for (const one of list) await of(alone)(one);
        await Promise.all(list.map(of(together)));
        const rowsOf = async (id: string) =>
          (
            await client.query(
              `SELECT source, rank, recorded_at, first_recorded_at, replace(body, $1, 'id') AS body FROM mention
              WHERE id = $1 ORDER BY source, body`,
              [id],
            )
          ).rows;
        expect(await rowsOf(together)).toEqual(await rowsOf(alone));
        expect(await nameOf(together)).toBe(await nameOf(alone));
      }),
      { numRuns: 25 },
    );
  });

  it('is called as the last reading of a message says, whatever that reading is', async () => {
    for (const [first, second] of [
      ['Z wrong', 'A mended'],
      ['A wrong', 'Z mended'],
    ] as const) {
      const id = `o4 ${first}`;
      const message = incoming(first);
      await store.keep([message]);
      const read = async (name: string, supersedes: boolean) => {
        await store.setMessageState(message.id, 'received');
        const mentions = [unit(id, name, 5)];
        await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
          tx.save([step(message.id, { mentions, supersedes })]),
        );
      };
      await read(first, false);
      await say(unit(id, 'earlier', 1));
      await read(second, true);
      expect(await nameOf(id)).toBe(second);
    }
  });

  it('is written once for a whole batch, in as many statements as for one message', async () => {
    let batches = 0;
    const count = async (messages: number) => {
      batches += 1;
      const batch = Array.from({ length: messages }, (_, index) => incoming(`batch ${batches} ${index}`));
      await store.keep(batch);
      const before = sent;
      await store.inTranslation({ ids: batch.map(({ id }) => id), limit: 0 }, (tx) =>
        tx.save(batch.map(({ id }, n) => step(id, { mentions: [unit('o5', 'same', n), unit(`o5 ${id}`, 'own', n)] }))),
      );
      return sent - before;
    };
    await count(1);
    const one = await count(1);
    expect(await count(40)).toBe(one);
    expect((await client.query(`SELECT FROM mention WHERE id = 'o5'`)).rowCount).toBe(1);
  });

  /** Statements sent to PostgreSQL so far. */
  let sent = 0;
  const original = pg.Client.prototype.query;
  beforeAll(() => {
    pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]): unknown {
      sent += 1;
      return Reflect.apply(original, this, given);
    } as typeof original;
  });
  afterAll(() => {
    pg.Client.prototype.query = original;
  });
});

describe('a professional that messages mention', () => {
  const RPPS = 'https://rpps.esante.gouv.fr';
  const PROFILES = [
    'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-practitioner',
    'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-practitioner',
  ];

  /** A Practitioner by number and family name, as translation gives it. */
  function doctor(number: string, family: string | undefined, given = 'CAMILLE'): Practitioner & { id: string } {
    const key = `${RPPS}|${number}`;
    return {
      resourceType: 'Practitioner',
      id: resourceId('Practitioner', family === undefined ? key : `${key}|${family}`),
      meta: { profile: PROFILES },
      identifier: [{ system: RPPS, value: number }],
      ...(family === undefined ? {} : { name: [{ family, given: [given] }] }),
    };
  }

  /** What readers and receivers see of those mentioned under a number. */
  async function seen(numbers: readonly string[]): Promise<unknown[]> {
    const ids = ['FABRE', 'DUPONT', undefined].flatMap((family) => numbers.map((number) => doctor(number, family).id));
    const { rows } = await client.query<Record<string, unknown>>(
      `SELECT id, body, identifier FROM resource JOIN resource_version USING (type, id, version)
      WHERE type = 'Practitioner' AND id = ANY ($1) ORDER BY id`,
      [ids],
    );
    const items = await client.query(
      `SELECT key, reason, field FROM work_item WHERE key = ANY ($1) AND state = 'open'`,
      [numbers.map((number) => `professional|${RPPS}|${number}`)],
    );
    return [...rows, ...items.rows];
  }

  const masked = (row: unknown, number: string) =>
    JSON.stringify(row)
      .replaceAll(number, 'N')
      .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/g, 'id');

  it('is another person where his number comes with another family name, and renames nobody', async () => {
    const [fabre, dupont] = [doctor('n1', 'FABRE'), doctor('n1', 'DUPONT')];
    await say(mention(fabre, { recordedAt: at(1) }));
    await say(mention(dupont, { recordedAt: at(2), source: 'clinique' }));
    expect((await store.readResource('Practitioner', fabre.id))?.resource).toMatchObject({
      identifier: fabre.identifier,
      name: fabre.name,
      meta: { profile: PROFILES },
    });
    const other = (await store.readResource('Practitioner', dupont.id))?.resource as Practitioner;
    expect(other.identifier).toEqual([{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${dupont.id}` }]);
    expect([other.name, other.meta?.profile]).toEqual([dupont.name, PROFILES.slice(0, 1)]);
    expect(await seen(['n1'])).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: fabre.id, identifier: `${RPPS}|n1` }),
        expect.objectContaining({ id: dupont.id, identifier: `urn:ietf:rfc:3986|urn:uuid:${dupont.id}` }),
        { key: `professional|${RPPS}|n1`, reason: 'identity-conflict', field: 'Practitioner.identifier' },
      ]),
    );
  });

  it('stays somebody to look at when the message that brought him is read again', async () => {
    await say(mention(doctor('n4', 'FABRE')));
    const other = mention(doctor('n4', 'DUPONT'), { recordedAt: at(2) });
    const id = await say(other);
    await store.setMessageState(id, 'received');
    await store.inTranslation({ ids: [id], limit: 0 }, (tx) => tx.save([step(id, { mentions: [other] })]));
    expect(await seen(['n4'])).toContainEqual(expect.objectContaining({ key: `professional|${RPPS}|n4` }));
  });

  it('gives his number back where the other turns out to have had it earlier', async () => {
    const [fabre, dupont] = [doctor('n2', 'FABRE'), doctor('n2', 'DUPONT')];
    await say(mention(fabre, { recordedAt: at(5) }));
    await say(mention(dupont, { recordedAt: at(6) }));
    await say(mention(dupont, { recordedAt: at(1), source: 'clinique' }));
    const numbers = await Promise.all(
      [fabre, dupont].map(
        async ({ id }) =>
          ((await store.readResource('Practitioner', id))?.resource as Practitioner).identifier?.[0]?.system,
      ),
    );
    expect(numbers).toEqual(['urn:ietf:rfc:3986', RPPS]);
  });

  it('opens no second item for what an operator has closed, until there is a third name', async () => {
    const of = (family: string, minute: number) => mention(doctor('n3', family), { recordedAt: at(minute) });
    await say(of('FABRE', 1), of('DUPONT', 2));
    const open = async () => (await store.listWorkItems({ state: 'open', reason: 'identity-conflict' })).total;
    const before = await open();
    const { rows } = await client.query<{ id: string }>(`SELECT id FROM work_item WHERE key = $1`, [
      `professional|${RPPS}|n3`,
    ]);
    await store.closeWorkItem(rows[0]?.id ?? '');
    await say(of('FABRE', 3));
    await say(of('DUPONT', 4));
    expect(await open()).toBe(before - 1);
    await say(of('MARTIN', 5));
    expect(await open()).toBe(before);
  });

  it('is the same in whatever order the sources speak, alone or in one transaction', async () => {
    const said = fc.record({
      family: fc.constantFrom('FABRE', 'DUPONT', undefined),
      given: fc.constantFrom('CAMILLE', 'DOMINIQUE'),
      minute: fc.integer({ min: 0, max: 3 }),
      source: fc.constantFrom('chu', 'clinique'),
    });
    const orders = fc
      .array(said, { minLength: 2, maxLength: 6 })
      .chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }), fc.boolean()),
      );
    let run = 0;
    await fc.assert(
      fc.asyncProperty(orders, async ([list, shuffled, together]) => {
        run += 1;
        const of = (number: string) => (one: (typeof list)[number]) =>
          mention(doctor(number, one.family, one.given), {
            rank: one.family === undefined ? 'number' : 'name',
            recordedAt: at(one.minute),
            source: one.source,
          });
        const [first, second] = [`number-${run}-a`, `number-${run}-b`];
        for (const one of list) await say(of(first)(one));
        if (together) await say(...shuffled.map(of(second)));
        else await inOneTransaction(shuffled.map(of(second)));
        // Ids differ with the number, and with them the order in which they are listed.
        const sorted = async (number: string) =>
          (await seen([number])).map((row) => masked({ ...(row as object), id: 'id' }, number)).sort();
        expect(await sorted(second)).toEqual(await sorted(first));
      }),
      { numRuns: 60 },
    );
  });

  async function inOneTransaction(mentions: Mention[]): Promise<void> {
    const messages = mentions.map((_, index) => incoming(`T${Math.random()}${index}`));
    await store.keep(messages);
    const steps = messages.map(({ id }, index): TranslationStep =>
      step(id, { mentions: mentions.slice(index, index + 1) }),
    );
    await store.inTranslation({ ids: messages.map(({ id }) => id), limit: 0 }, (tx) => tx.save(steps));
  }
});
