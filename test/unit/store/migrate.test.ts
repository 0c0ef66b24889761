import { createHash } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { migrate } from '../../../src/store/migrate.js';
import { firstIdAt } from '../../../src/store/partitions.js';
import { openStore } from '../../../src/store/store.js';
import { openQueues } from '../../../src/work/queues.js';
import { connected, type ConnectedDatabase, emptyDatabase, freshDatabase } from '../../support/database.js';
import { schemaOf } from '../../support/schema.js';
import { incoming } from '../../support/stored.js';

const FOLDER = fileURLToPath(new URL('../../../src/store/migrations/', import.meta.url));
const MIGRATIONS = readdirSync(FOLDER).sort();
const log = () => undefined;

let database: ConnectedDatabase;
const open = () => openStore({ databaseUrl: database.url, log });
const sha256 = (text: Buffer) => createHash('sha256').update(text).digest('hex');
const rows = async (statement: string) => (await database.client.query<Record<string, unknown>>(statement)).rows;

describe('migrations', () => {
  beforeAll(async () => {
    database = await connected(emptyDatabase());
  });
  afterAll(() => database.drop());

  it('are applied once by four gateways that start at once on an empty database', async () => {
    const stores = await Promise.all(Array.from({ length: 4 }, open));
    expect(await rows('SELECT number, checksum FROM migration ORDER BY number')).toEqual(
      MIGRATIONS.map((file, index) => ({ number: index + 1, checksum: sha256(readFileSync(FOLDER + file)) })),
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

  it('make the schema that the golden file shows', async () => {
    const golden = fileURLToPath(new URL('../../golden/schema.sql', import.meta.url));
    await (await open()).close();
    const schema = await schemaOf(database.client);
    if (process.env['UPDATE_GOLDEN'] === 'yes') writeFileSync(golden, schema);
    expect(schema).toBe(readFileSync(golden, 'utf8'));
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

  it('of an earlier way of counting them are refused, and nothing is touched', async () => {
    const older = await connected(emptyDatabase());
    await older.client.query('CREATE TABLE migration (number int PRIMARY KEY, applied_at timestamptz)');
    await older.client.query('INSERT INTO migration (number) VALUES (1), (2)');
    await expect(openStore({ databaseUrl: older.url, log })).rejects.toMatchObject({ code: 'migration-failed' });
    const { rows: columns } = await older.client.query(
      "SELECT attname FROM pg_attribute WHERE attrelid = 'migration'::regclass AND attnum > 0 ORDER BY attnum",
    );
    expect(columns).toEqual([{ attname: 'number' }, { attname: 'applied_at' }]);
    await older.drop();
  });

  it('make the queues’ own schema once for several gateways', async () => {
    const all = await Promise.all(
      Array.from({ length: 3 }, () => openQueues({ redisUrl: undefined, prefix: 'p', databaseUrl: database.url, log })),
    );
    for (const queues of all) {
      await queues.ping();
      await queues.close();
    }
  });
});

describe('a database that another release made', () => {
  let other: ConnectedDatabase;
  let pool: pg.Pool;
  let folder: string;

  beforeEach(async () => {
    other = await connected(emptyDatabase());
    pool = new pg.Pool({ connectionString: other.url, max: 1 });
    folder = `${mkdtempSync(join(tmpdir(), 'tdu-migrations-'))}/`;
    cpSync(FOLDER, folder, { recursive: true });
  });
  afterEach(async () => {
    await pool.end();
    await other.drop();
    rmSync(folder, { recursive: true });
  });

  const tables = async () => (await other.client.query('SELECT relname FROM pg_class ORDER BY 1')).rows;

  it.each([
    ['another statement', (text: string) => `${text}\nCREATE TABLE more (id int);`],
    ['another comment', (text: string) => text.replace('-- ', '-- Once more: ')],
    ['nothing at all', () => ''],
  ])('whose first migration had %s is refused and left as it was', async (_, change) => {
    const [first = ''] = MIGRATIONS;
    await migrate(pool, folder);
    const before = await tables();
    writeFileSync(folder + first, change(readFileSync(folder + first, 'utf8')));
    await expect(migrate(pool, folder)).rejects.toMatchObject({ code: 'migration-failed', file: first });
    expect(await tables()).toEqual(before);
  });

  it('that is newer is refused, and one that is older gets what it lacks', async () => {
    await migrate(pool, FOLDER);
    writeFileSync(`${folder}0999_more.sql`, 'CREATE TABLE more (id int);');
    await migrate(pool, folder);
    expect((await other.client.query("SELECT to_regclass('more') AS more")).rows).toEqual([{ more: 'more' }]);
    await expect(migrate(pool, FOLDER)).rejects.toMatchObject({
      code: 'migration-failed',
      remedy: expect.stringContaining('release') as unknown,
    });
  });

  it('is the same whatever the line ends of the files', async () => {
    for (const file of MIGRATIONS)
      writeFileSync(folder + file, readFileSync(folder + file, 'utf8').replaceAll('\n', '\r\n'));
    await migrate(pool, folder);
    await expect(migrate(pool, FOLDER)).resolves.toBeUndefined();
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
