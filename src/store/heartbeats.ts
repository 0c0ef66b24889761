import type { Queryable } from './pool.js';

const BEAT = `
  INSERT INTO heartbeat (name, at) VALUES ($1, clock_timestamp())
  ON CONFLICT (name) DO UPDATE SET at = clock_timestamp()`;

const SINCE = `SELECT extract(epoch FROM clock_timestamp() - at)::float8 AS seconds FROM heartbeat WHERE name = $1`;

/** Notes that something which ought to happen again and again has happened now. */
export async function beat(client: Queryable, name: string): Promise<void> {
  await client.query(BEAT, [name]);
}

/** Seconds since it last happened at any gateway, by PostgreSQL's clock; undefined where it never has. */
export async function secondsSinceBeat(client: Queryable, name: string): Promise<number | undefined> {
  return (await client.query<{ seconds: number }>(SINCE, [name])).rows[0]?.seconds;
}
