import { prepared, type Queryable, type Statement } from './pool.js';

const HELD: Statement = [
  'holdings-held',
  `
  SELECT type || '/' || id AS reference, version
  FROM unnest($2::text[], $3::text[]) AS asked (type, id)
  CROSS JOIN LATERAL (
    SELECT version FROM holding
    WHERE holding.endpoint = $1 AND holding.type = asked.type AND holding.id = asked.id OFFSET 0) AS held`,
];

/** The versions that an endpoint holds for sure among these references `Type/id`. */
export async function heldVersions(
  client: Queryable,
  endpoint: string,
  references: readonly string[],
): Promise<Map<string, number>> {
  const keys = [...new Set(references)].map((reference) => reference.split('/'));
  const { rows } = await prepared<{ reference: string; version: number }>(client, HELD, [
    endpoint,
    keys.map(([type]) => type ?? ''),
    keys.map(([, id]) => id ?? ''),
  ]);
  return new Map(rows.map(({ reference, version }) => [reference, version]));
}
