import { randomBytes } from 'node:crypto';
import pg from 'pg';

/** A database of its own for a test file, cloned from the migrated template. */
export async function freshDatabase(): Promise<{ url: string; drop(): Promise<void> }> {
  const template = process.env['TDU_TEST_POSTGRES'] ?? '';
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = async (statement: string) => {
    const client = new pg.Client({ connectionString: template.replace(/\/[^/]*$/, '/postgres') });
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
      await admin(`CREATE DATABASE ${name} TEMPLATE tdu`);
      break;
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  return {
    url: template.replace(/\/[^/]*$/, `/${name}`),
    drop: () => admin(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}
