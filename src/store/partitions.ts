import type { Pool } from 'pg';

/** Message ids start with the milliseconds since this moment (see `receive/message-ids.ts`), shifted by 22 bits. */
const EPOCH = Date.UTC(2020, 0, 1);
const DAY = 86_400_000;

/** Smallest message id of a moment. */
export function firstIdAt(moment: number): string {
  return (BigInt(Math.max(0, Math.floor(moment) - EPOCH)) << 22n).toString();
}

/**
 * Makes the journal's partitions for the days from `from` on, one a day. A day that has messages in the default partition already stays
 * there: retention looks at both.
 */
export async function makePartitions(pool: Pool, from: number, days: number): Promise<void> {
  for (let n = 0; n < days; n++) {
    const start = Math.floor(from / DAY) * DAY + n * DAY;
    const name = `journal_${new Date(start).toISOString().slice(0, 10).replaceAll('-', '')}`;
    const { rows } = await pool.query<{ there: boolean; taken: boolean }>(
      `SELECT to_regclass($1) IS NOT NULL AS there,
        EXISTS (SELECT FROM journal_default WHERE id >= $2 AND id < $3) AS taken`,
      [name, firstIdAt(start), firstIdAt(start + DAY)],
    );
    if (rows[0]?.there === true || rows[0]?.taken === true) continue;
    await pool.query(
      `CREATE TABLE IF NOT EXISTS ${name} PARTITION OF journal FOR VALUES FROM (${firstIdAt(start)}) TO (${firstIdAt(start + DAY)})`,
    );
  }
}
