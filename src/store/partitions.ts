import type { Pool } from 'pg';
import { inTransaction, type Queryable } from './pool.js';

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
  await inTransaction(pool, async (client) => {
    // Two gateways that start together must not make the same table at once.
    await client.query('SELECT pg_advisory_xact_lock($1)', [LOCK]);
    for (let n = 0; n < days; n++) await makePartition(client, Math.floor(from / DAY) * DAY + n * DAY);
  });
}

const LOCK = 7_461_003;

async function makePartition(client: Queryable, start: number): Promise<void> {
  const day = new Date(start).toISOString().slice(0, 10).replaceAll('-', '');
  const name = `journal_${day}`;
  const [first, next] = [firstIdAt(start), firstIdAt(start + DAY)];
  const { rows } = await client.query<{ there: boolean; taken: boolean }>(
    `SELECT to_regclass($1) IS NOT NULL AS there,
      EXISTS (SELECT FROM journal_default WHERE id >= $2 AND id < $3) AS taken`,
    [name, first, next],
  );
  if (rows[0]?.there === true || rows[0]?.taken === true) return;
  // A chunk is of the same day as its message: where that day has no message in the default partition, it has no chunk there either.
  for (const table of ['journal', 'journal_chunk'])
    await client.query(`CREATE TABLE ${table}_${day} PARTITION OF ${table} FOR VALUES FROM (${first}) TO (${next})`);
}
