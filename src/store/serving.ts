import type { FhirResource } from 'fhir/r4.js';
import type { SearchPage, SearchQuery } from '../fhir/search.js';
import { horizonOf } from './horizon.js';
import type { Queryable } from './pool.js';
import { anyRange } from './ranges.js';

/** A version as its row has it. */
export type Row = { body: string; version: number; updatedAt: Date; removed: boolean };

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
  WHERE type = $1 AND id = $2 AND updated_at >= $3 AND version < $4
  ORDER BY version DESC
  LIMIT $5`;
const VERSION_COUNT = `SELECT count(*)::int AS total FROM resource_version WHERE type = $1 AND id = $2 AND updated_at >= $3`;

/** A stored body with the server's part of `meta`. */
export function stored({ body, version, updatedAt, removed }: Row): StoredVersion {
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

/** Versions written since an instant, newest first. `before` is the version to continue under. */
export async function historyOf(
  client: Queryable,
  type: string,
  id: string,
  page: { count: number; before?: number | undefined; since?: Date | undefined },
): Promise<{ total: number; versions: StoredVersion[] }> {
  const since = page.since?.toISOString() ?? '-infinity';
  const { rows } = await client.query<Row>(HISTORY, [type, id, since, page.before ?? 2_147_483_647, page.count]);
  const total = (await client.query<{ total: number }>(VERSION_COUNT, [type, id, since])).rows[0]?.total ?? 0;
  return { total, versions: rows.map(stored) };
}

/**
 * A search. Its total is counted once, for the first page, and not where nobody wants it. One that asks for what changed since an instant
 * is cut at the horizon, so that nothing which commits later has an earlier instant; its pages keep the horizon of the first.
 */
export async function searchResources(client: Queryable, query: SearchQuery): Promise<SearchPage> {
  const until = query.after?.until ?? (await horizonOf(client));
  const { where, values } = condition(query, until);
  const total = query.after?.total ?? (query.total ? await countOf(client, where, values) : undefined);
  const answer = total === undefined ? { until, resources: [] } : { until, total, resources: [] };
  if (query.countOnly || query.count === 0) return answer;
  const after = query.after === undefined ? '' : `AND id > $${values.push(query.after.id)}`;
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
  if (rows.length === page.length || last === undefined) return { ...answer, resources };
  return { ...answer, resources, next: { id: last, until, ...(total === undefined ? {} : { total }) } };
}

async function countOf(client: Queryable, where: string, values: readonly unknown[]): Promise<number> {
  const count = `SELECT count(*)::int AS total FROM resource WHERE ${where}`;
  return (await client.query<{ total: number }>(count, [...values])).rows[0]?.total ?? 0;
}

/** SQL of a search: tokens by their numbers in the GIN index, dates and `_lastUpdated` by their ranges. Values are never spliced in. */
function condition(query: SearchQuery, until: Date): { where: string; values: unknown[] } {
  const values: unknown[] = [query.type];
  const parts = ['type = $1', 'NOT removed'];
  for (const any of query.all) parts.push(`tokens && numbers_of($${values.push(any)}::text[])`);
  for (const ids of query.ids) parts.push(`id = ANY ($${values.push(ids)}::text[])`);
  for (const any of query.dates) parts.push(anyRange(any, 'date_from', 'date_to', values));
  for (const any of query.lastUpdated) parts.push(anyRange(any, 'updated_at', 'updated_at', values));
  if (query.lastUpdated.length > 0) parts.push(`updated_at < $${values.push(until)}::timestamptz`);
  return { where: parts.join(' AND '), values };
}
