import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Pool } from 'pg';
import { GatewayError } from '../message/failure.js';

const FOLDER = fileURLToPath(new URL('./migrations/', import.meta.url));
/** One starter at a time migrates; the others wait and find it done. */
const LOCK = 7_461_001;

/**
 * Applies the migrations that the database has not seen, in number order, all in one transaction. Forward only.
 * @throws GatewayError migration-failed, naming the file
 */
export async function migrate(pool: Pool): Promise<void> {
  const client = await pool.connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    await client.query(
      'CREATE TABLE IF NOT EXISTS migration (number int PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now())',
    );
    const { rows } = await client.query<{ number: number }>('SELECT number FROM migration');
    const applied = new Set(rows.map((row) => row.number));
    for (const file of readdirSync(FOLDER)
      .filter((name) => name.endsWith('.sql'))
      .sort()) {
      const number = Number.parseInt(file, 10);
      if (applied.has(number)) continue;
      await client.query('INSERT INTO migration (number) VALUES ($1)', [number]);
      await client.query(readFileSync(FOLDER + file, 'utf8')).catch((cause: unknown) => {
        throw new GatewayError('migration-failed', `migration ${file} failed`, { file, cause });
      });
    }
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  } finally {
    client.release();
  }
}
