import { randomBytes } from 'node:crypto';
import pg from 'pg';

export interface TestDatabase {
  url: string;
  drop(): Promise<void>;
}

/** A database of its own for a test file, cloned from the migrated template. */
export function freshDatabase(): Promise<TestDatabase> {
  return createDatabase('tdu');
}

/** A database with nothing in it: what a first start finds. */
export function emptyDatabase(): Promise<TestDatabase> {
  return createDatabase('template0');
}

/** A database with a connection to it, which ends with it. */
export interface ConnectedDatabase extends TestDatabase {
  client: pg.Client;
}

export async function connected(made: Promise<TestDatabase>): Promise<ConnectedDatabase> {
  const database = await made;
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  return {
    ...database,
    client,
    async drop() {
      await client.end();
      await database.drop();
    },
  };
}

async function createDatabase(template: string): Promise<TestDatabase> {
  const server = process.env['TDU_TEST_POSTGRES'] ?? '';
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: server.replace(/\/[^/]*$/, '/postgres') });
    await client.connect();
    try {
      await client.query(statement);
    } finally {
      await client.end();
    }
  };
  // Two clones at once are refused by PostgreSQL while either copies.
  for (let tries = 0; ; tries++)
    try {
      await admin(`CREATE DATABASE ${name} TEMPLATE ${template}`);
      break;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  return {
    url: server.replace(/\/[^/]*$/, `/${name}`),
    drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
