import { prepared, type Queryable, type Statement } from './pool.js';

/** Sorted by hash, so that two transactions never wait for each other in a ring. */
const LOCK: Statement = [
  'locks',
  `
  SELECT pg_advisory_xact_lock(hash)
  FROM (SELECT DISTINCT hashtextextended(name, 0) AS hash FROM unnest($1::text[]) AS name ORDER BY hash) AS sorted`,
];

/** Waits for all of these names, and holds them until the transaction ends. */
export async function lockNames(client: Queryable, names: readonly string[]): Promise<void> {
  if (names.length > 0) await prepared(client, LOCK, [[...new Set(names)]]);
}

const SHARE: Statement = ['locks-share', LOCK[1].replace('pg_advisory_xact_lock', 'pg_advisory_xact_lock_shared')];

/** The same beside others who share them; whoever locks them waits, and is waited for. */
export async function shareNames(client: Queryable, names: readonly string[]): Promise<void> {
  if (names.length > 0) await prepared(client, SHARE, [[...new Set(names)]]);
}

const TRY: Statement = [
  'locks-try',
  `SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended(name, 0))) AS held FROM unnest($1::text[]) AS name`,
];

/** Takes more names out of order, so without waiting; false where another transaction holds one of them. */
export async function tryNames(client: Queryable, names: readonly string[]): Promise<boolean> {
  return (await prepared<{ held: boolean }>(client, TRY, [names])).rows[0]?.held === true;
}
