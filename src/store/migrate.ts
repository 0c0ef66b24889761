import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { GatewayError } from '../message/failure.js';
import type { Queryable } from './pool.js';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));
/** One starter at a time migrates; the others wait and find it done. */
const LOCK = 7_461_001;

const TABLE = `
  CREATE TABLE IF NOT EXISTS migration (
    number int PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  )`;

/** One file `<number>_<name>.sql`; its checksum is the sha-256 of its text, whatever the line ends of the checkout. */
interface Migration {
  number: number;
  file: string;
  text: string;
  checksum: string;
}

/**
 * Applies the migrations of a folder that the database has not seen, in number order, all in one transaction. Forward only.
 * @throws GatewayError migration-failed, naming the file: where one fails, where one that was applied has another text since, and where the
 * database was migrated by a newer release
 */
export async function migrate(pool: Pool, folder: string = FOLDER): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    const migrations = migrationsOf(folder);
    const applied = await appliedTo(client);
    refuseForeign(migrations, applied);
    for (const migration of migrations) if (!applied.has(migration.number)) await apply(client, migration);
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}

function migrationsOf(folder: string): Migration[] {
  const files = readdirSync(folder).filter((name) => name.endsWith('.sql'));
  return files.sort().map((file) => {
    const text = readFileSync(folder + file, 'utf8').replaceAll('\r\n', '\n');
    const checksum = createHash('sha256').update(text).digest('hex');
    return { number: Number.parseInt(file, 10), file, text, checksum };
  });
}

/** Number → checksum of what the database has seen; a release before the first one kept no checksums. */
async function appliedTo(client: Queryable): Promise<Map<number, string | null>> {
  await client.query(TABLE);
  await client.query('ALTER TABLE migration ADD COLUMN IF NOT EXISTS checksum text');
  const { rows } = await client.query<{ number: number; checksum: string | null }>(
    'SELECT number, checksum FROM migration',
  );
  return new Map(rows.map(({ number, checksum }) => [number, checksum]));
}

function refuseForeign(migrations: readonly Migration[], applied: ReadonlyMap<number, string | null>): void {
  for (const { number, file, checksum } of migrations)
    if (applied.has(number) && applied.get(number) !== checksum)
      throw new GatewayError('migration-failed', `migration ${file} is not the one that made this database`, {
        file,
        remedy: 'start the release that made the database, or start on an empty one',
      });
  const newest = migrations.at(-1);
  if ([...applied.keys()].some((number) => number > (newest?.number ?? 0)))
    throw new GatewayError('migration-failed', 'the database was migrated by a newer release than this one', {
      remedy: 'start that release',
      ...(newest === undefined ? {} : { file: newest.file }),
    });
}

async function apply(client: Queryable, { number, file, text, checksum }: Migration): Promise<void> {
  await client.query('INSERT INTO migration (number, checksum) VALUES ($1, $2)', [number, checksum]);
  await client.query(text).catch((cause: unknown) => {
    throw new GatewayError('migration-failed', `migration ${file} failed`, { file, cause });
  });
}
