import type { FhirResource } from 'fhir/r4.js';
import type { DateTest, SearchQuery } from '../fhir/search.js';
import type { Queryable } from './pool.js';

type Row = { body: string; version: number; updatedAt: Date; removed: boolean };

/** A stored version: `removed` ones answer 410. */
export interface StoredVersion {
  resource: FhirResource;
  version: number;
  updatedAt: Date;
  removed: boolean;
}

const READ = `
  SELECT resource_version.body, version, resource.updated_at AS "updatedAt", resource.removed
  FROM resource
  JOIN resource_version USING (type, id, version)
  WHERE type = $1 AND id = $2`;
const VREAD = `SELECT body, version, updated_at AS "updatedAt", removed FROM resource_version WHERE type = $1 AND id = $2 AND version = $3`;
const VERSION_AT = `
  SELECT body, version, updated_at AS "updatedAt", removed
  FROM resource_version
  WHERE type = $1 AND id = $2 AND updated_at <= $3
  ORDER BY version DESC
  LIMIT 1`;
const HISTORY = `
  SELECT body, version, updated_at AS "updatedAt", removed
  FROM resource_version
  WHERE type = $1 AND id = $2 AND version < $3
  ORDER BY version DESC
  LIMIT $4`;
const VERSION_COUNT = `SELECT count(*)::int AS total FROM resource_version WHERE type = $1 AND id = $2`;

/** A stored body with the server's part of `meta`. */
function stored({ body, version, updatedAt, removed }: Row): StoredVersion {
  const resource = JSON.parse(body) as FhirResource;
  const meta = { ...resource.meta, versionId: String(version), lastUpdated: updatedAt.toISOString() };
  return { resource: { ...resource, meta }, version, updatedAt, removed };
}

/** The current version, removed or not. */
export async function readResource(client: Queryable, type: string, id: string): Promise<StoredVersion | undefined> {
  const row = (await client.query<Row>(READ, [type, id])).rows[0];
  return row && stored(row);
}

export async function readVersion(
  client: Queryable,
  type: string,
  id: string,
  version: number,
): Promise<StoredVersion | undefined> {
  const row = (await client.query<Row>(VREAD, [type, id, version])).rows[0];
  return row && stored(row);
}

/** The version that stood at an instant, removed or not; undefined where there was none yet. */
export async function readVersionAt(
  client: Queryable,
  type: string,
  id: string,
  at: string,
): Promise<StoredVersion | undefined> {
  const row = (await client.query<Row>(VERSION_AT, [type, id, at])).rows[0];
  return row && stored(row);
}

/** Versions, newest first. `before` is the version to continue under. */
export async function historyOf(
  client: Queryable,
  type: string,
  id: string,
  page: { count: number; before?: number },
): Promise<{ total: number; versions: StoredVersion[] }> {
  const { rows } = await client.query<Row>(HISTORY, [type, id, page.before ?? 2_147_483_647, page.count]);
  const total = (await client.query<{ total: number }>(VERSION_COUNT, [type, id])).rows[0]?.total ?? 0;
  return { total, versions: rows.map(stored) };
}

/** A search, its total counted over all pages. The cursor is the last id of the page. */
export async function searchResources(
  client: Queryable,
  query: SearchQuery,
): Promise<{ total: number; resources: FhirResource[]; next?: string }> {
  const { where, values } = condition(query);
  const total =
    (await client.query<{ total: number }>(`SELECT count(*)::int AS total FROM resource WHERE ${where}`, values))
      .rows[0]?.total ?? 0;
  if (query.countOnly || query.count === 0) return { total, resources: [] };
  const after = query.after === undefined ? '' : `AND id > $${values.push(query.after)}`;
  const limit = `$${values.push(query.count + 1)}`;
  const { rows } = await client.query<Row & { id: string }>(
    `SELECT id, resource_version.body, version, page.updated_at AS "updatedAt", page.removed
    FROM (SELECT * FROM resource WHERE ${where} ${after} ORDER BY id LIMIT ${limit}) AS page
    JOIN resource_version USING (type, id, version)
    ORDER BY id`,
    values,
  );
  const page = rows.slice(0, query.count);
  const last = page.at(-1)?.id;
  const resources = page.map((row) => stored(row).resource);
  return rows.length > page.length && last !== undefined ? { total, resources, next: last } : { total, resources };
}

/** SQL of a search: tokens by their numbers in the GIN index, dates and `_lastUpdated` by their ranges. Values are never spliced in. */
function condition(query: SearchQuery): { where: string; values: unknown[] } {
  const values: unknown[] = [query.type];
  const parts = ['type = $1', 'NOT removed'];
  for (const any of query.all) parts.push(`tokens && numbers_of($${values.push(any)}::text[])`);
  if (query.ids !== undefined) parts.push(`id = ANY ($${values.push(query.ids)}::text[])`);
  for (const test of query.dates) parts.push(range(test, 'date_from', 'date_to', values));
  for (const test of query.lastUpdated) parts.push(range(test, 'updated_at', 'updated_at', values));
  return { where: parts.join(' AND '), values };
}

/** What each prefix asks of the resource's range, `low` to `high`, and of the value's, from inclusive and to exclusive (R4 §3.1.1.4.2). */
const TESTS: Readonly<Record<DateTest['op'], readonly (readonly ['low' | 'high', string, 'from' | 'to'])[]>> = {
  eq: [
    ['low', '>=', 'from'],
    ['high', '<', 'to'],
  ],
  ne: [
    ['low', '>=', 'from'],
    ['high', '<', 'to'],
  ],
  gt: [['high', '>=', 'to']],
  lt: [['low', '<', 'from']],
  ge: [['high', '>=', 'from']],
  le: [['low', '<', 'to']],
  sa: [['low', '>=', 'to']],
  eb: [['high', '<', 'from']],
};

function range(test: DateTest, low: string, high: string, values: unknown[]): string {
  const comparisons = TESTS[test.op].map(
    ([side, operator, bound]) => `${side === 'low' ? low : high} ${operator} $${values.push(test[bound])}::timestamptz`,
  );
  const all = comparisons.join(' AND ');
  return test.op === 'ne' ? `NOT (${all})` : all;
}
