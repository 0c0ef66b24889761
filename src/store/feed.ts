import type { FeedPage, FeedPlace } from '../fhir/bundle.js';
import { horizonOf } from './horizon.js';
import { prepared, type Queryable, type Statement } from './pool.js';
import { stored, type Row } from './serving.js';

/** Each type's next versions are looked up in the index, also by a plan that was made while the table was empty. */
const FEED: Statement = [
  'feed',
  `
  WITH page AS MATERIALIZED (
    SELECT next.*
    FROM unnest($1::text[]) AS asked (type)
    CROSS JOIN LATERAL (
      SELECT type, id, version, updated_at, number
      FROM resource_version
      WHERE type = asked.type AND (updated_at, number) > ($2::timestamptz, $3::bigint) AND updated_at < $4::timestamptz
      ORDER BY updated_at, number
      LIMIT $5) AS next
    ORDER BY updated_at, number
    LIMIT $5
  )
  SELECT body, version, page.updated_at AS "updatedAt", removed, page.number
  FROM page
  CROSS JOIN LATERAL (
    SELECT body, removed FROM resource_version
    WHERE type = page.type AND id = page.id AND version = page.version OFFSET 0) AS content
  ORDER BY page.updated_at, page.number`,
];

/**
 * The versions that were written after a place, oldest first, up to the horizon: whatever commits later comes after all of them, so that who
 * goes on from the last place loses nothing and gets nothing twice.
 */
export async function changesAfter(
  client: Queryable,
  { types, after, count }: { types: readonly string[]; after: FeedPlace; count: number },
): Promise<FeedPage> {
  const until = await horizonOf(client);
  const { rows } = await prepared<Row & { number: string }>(client, FEED, [
    types,
    after.at,
    after.number,
    until,
    count,
  ]);
  const last = rows.at(-1);
  const versions = rows.map(stored);
  return last === undefined
    ? { until, versions }
    : { until, versions, next: { at: last.updatedAt, number: last.number } };
}
