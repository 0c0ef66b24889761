import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { FhirResource } from 'fhir/r4.js';
import { businessIdentifier } from '../../../src/fhir/identifier.js';
import { indexResource, parseSearch } from '../../../src/fhir/search.js';
import { firstIdAt } from '../../../src/store/partitions.js';
import { openStore } from '../../../src/store/store.js';
import { openQueues } from '../../../src/work/queues.js';
import { connected, type ConnectedDatabase, emptyDatabase, freshDatabase } from '../../support/database.js';
import { incoming } from '../../support/stored.js';

const FOLDER = new URL('../../../src/store/migrations/', import.meta.url);
const MIGRATIONS = readdirSync(FOLDER).sort();
const log = () => undefined;

let database: ConnectedDatabase;
const open = () => openStore({ databaseUrl: database.url, log });
const rows = async (statement: string) => (await database.client.query<Record<string, unknown>>(statement)).rows;

describe('migrations', () => {
  beforeAll(async () => {
    database = await connected(emptyDatabase());
  });
  afterAll(() => database.drop());

  it('are applied once by four gateways that start at once on an empty database', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, open));
    expect(await rows('SELECT number FROM migration ORDER BY number')).toEqual(
      MIGRATIONS.map((_, index) => ({ number: index + 1 })),
    );
    for (const store of stores) {
      await store.ping();
      await store.close();
    }
  });

  it('change nothing that is up to date, and lose nothing of it', async () => {
    const first = await open();
    await first.keep([incoming('M1')]);
    await first.close();
    const before = await rows('SELECT * FROM migration ORDER BY number');
    const second = await open();
    expect((await second.listMessages({ controlId: 'M1' })).total).toBe(1);
    await second.close();
    expect(await rows('SELECT * FROM migration ORDER BY number')).toEqual(before);
  });

  /** A database as an earlier release left it. */
  async function databaseAt(count: number): Promise<ConnectedDatabase> {
    const older = await connected(emptyDatabase());
    const { client } = older;
    await client.query(
      'CREATE TABLE migration (number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    for (const [index, file] of MIGRATIONS.slice(0, count).entries()) {
      await client.query(readFileSync(new URL(file, FOLDER), 'utf8'));
      await client.query('INSERT INTO migration (number) VALUES ($1)', [index + 1]);
    }
    return older;
  }

  it('find by its words what was written before 0005', async () => {
    const older = await databaseAt(4);
    const patient = { resourceType: 'Patient' as const, id: 'p', identifier: [{ system: 'urn:a', value: 'é|1' }] };
    await older.client.query(
      `INSERT INTO resource_version (type, id, version, body, updated_at, removed) VALUES ('Patient', 'p', 1, $1, now(), false)`,
      [JSON.stringify(patient)],
    );
    await older.client.query(
      `INSERT INTO resource (type, id, version, updated_at, tokens) VALUES ('Patient', 'p', 1, now(), $1)`,
      [indexResource(patient).tokens],
    );
    const store = await openStore({ databaseUrl: older.url, log });
    const found = async (search: string) =>
      (await store.searchResources(parseSearch('Patient', new URLSearchParams(search)))).resources.map(({ id }) => id);
    expect(await found('identifier=urn:a|é|1')).toEqual(['p']);
    expect(await found('identifier=urn:b|1,urn:a|')).toEqual(['p']);
    expect(await found('identifier=urn:a|é|2')).toEqual([]);
    await store.close();
    await older.drop();
  });

  it('give versions written before 0004 the identifier that they are sent by, and receipts their number', async () => {
    const older = await databaseAt(3);
    const bodies: [id: string, body: object, identifier: string | null][] = [
      ['first', { identifier: [{ system: 'urn:a', value: '1' }, { value: '2' }] }, 'urn:a|1'],
      ['usual', { identifier: [{ value: '1' }, { use: 'usual', system: 'urn:b', value: '2' }] }, 'urn:b|2'],
      ['bare', { identifier: [{ system: 'urn:a' }, { value: '3' }] }, '3'],
      ['alone', { identifier: { system: 'urn:c', value: '4' } }, 'urn:c|4'],
      ['none', { active: true }, null],
    ];
    for (const [id, body] of bodies)
      await older.client.query(
        `INSERT INTO resource_version (type, id, version, body, updated_at, removed) VALUES ('Patient', $1, 1, $2, now(), false)`,
        [id, JSON.stringify(body)],
      );
    for (const id of ['1', '2'])
      await older.client.query(
        `INSERT INTO receipt (id, message_id, patient, stay, movement, event_kind, effective_text, member, label, role, decision, reason)
         VALUES (gen_random_uuid(), $1, 'p', 's', 'm', 'admission', '2026', 'r', 'l', 'PCP', 'told', 'rule-tells')`,
        [id],
      );
    await (await openStore({ databaseUrl: older.url, log })).close();
    const receipts = await older.client.query('SELECT message_id FROM receipt ORDER BY number');
    expect(receipts.rows).toEqual([{ message_id: '1' }, { message_id: '2' }]);
    const found = await older.client.query<{ id: string; identifier: string | null }>(
      'SELECT id, identifier FROM resource_version',
    );
    await older.drop();
    expect(Object.fromEntries(found.rows.map(({ id, identifier }) => [id, identifier]))).toEqual(
      Object.fromEntries(bodies.map(([id, , identifier]) => [id, identifier])),
    );
    for (const [, body, identifier] of bodies)
      expect(businessIdentifier(body as FhirResource) ?? null).toBe(identifier);
  });

  it('leave a database as it was where one of them fails, and name it', async () => {
    const broken = await connected(emptyDatabase());
    // Somebody else's table stands in the way of a later migration.
    await broken.client.query('CREATE TABLE receipt (id int)');
    await expect(openStore({ databaseUrl: broken.url, log })).rejects.toMatchObject({
      code: 'migration-failed',
      file: expect.stringMatching(/^\d{4}_.*\.sql$/),
    });
    const { rows: tables } = await broken.client.query(
      "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace",
    );
    expect(tables).toEqual([{ relname: 'receipt' }]);
    await broken.drop();
  });

  it('make the queues’ own schema once for several gateways', async () => {
    const all = await Promise.all(
      Array.from({ length: 3 }, () => openQueues({ redisUrl: undefined, databaseUrl: database.url, log })),
    );
    for (const queues of all) {
      await queues.ping();
      await queues.close();
    }
  });
});

describe('the journal’s partitions', () => {
  const DAY = Date.UTC(2026, 2, 2);

  beforeAll(async () => {
    database = await connected(freshDatabase());
  });
  afterAll(() => database.drop());

  const partitions = async () =>
    (await rows("SELECT relid::text AS name FROM pg_partition_tree('journal') WHERE isleaf ORDER BY 1")).map(
      ({ name }) => name,
    );
  const placeOf = async (id: string) =>
    (await rows(`SELECT tableoid::regclass::text AS place FROM journal WHERE id = ${id}`))[0]?.['place'];

  it('are days: made ahead, and once, whichever gateway looks next', async () => {
    const stores = [await open(), await open()];
    for (const store of stores) await store.makePartitions(DAY + 5, 3);
    expect(await partitions()).toEqual(['journal_20260302', 'journal_20260303', 'journal_20260304', 'journal_default']);
    await stores[0]?.makePartitions(DAY, 4);
    expect(await partitions()).toContain('journal_20260305');
    for (const store of stores) await store.close();
  });

  it('hold the messages of their day, to the last millisecond; others stand in the default one', async () => {
    const store = await open();
    const at = (moment: number) => incoming(`P${moment}`, { id: firstIdAt(moment) });
    const messages = [at(DAY), at(DAY + 86_399_999), at(DAY + 86_400_000), at(DAY - 1)];
    await store.keep(messages);
    expect(await Promise.all(messages.map(({ id }) => placeOf(id)))).toEqual([
      'journal_20260302',
      'journal_20260302',
      'journal_20260303',
      'journal_default',
    ]);
    await store.close();
  });

  it('leave a day alone whose messages came before its partition', async () => {
    const store = await open();
    await store.makePartitions(DAY - 86_400_000, 1);
    expect(await partitions()).not.toContain('journal_20260301');
    expect((await store.listMessages({ controlId: `P${DAY - 1}` })).total).toBe(1);
    await store.close();
  });
});
