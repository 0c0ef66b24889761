import type { AttemptOutcome } from '../message/delivery.js';
import { plainArray, prepared, type Queryable, type Statement } from './pool.js';

const HELD: Statement = [
  'holdings-held',
  `
  SELECT type || '/' || id AS reference, version
  FROM unnest($2::text[], $3::text[]) AS asked (type, id)
  CROSS JOIN LATERAL (
    SELECT version FROM holding
    WHERE holding.endpoint = $1 AND holding.type = asked.type AND holding.id = asked.id OFFSET 0) AS held`,
];

/** In the order of the key, so that two that record at once never wait for each other. */
const TAKE: Statement = [
  'holdings-take',
  `
  INSERT INTO holding (endpoint, type, id, version)
  SELECT DISTINCT ON (endpoint, type, input.id) endpoint, type, input.id, version
  FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[]) AS input (delivery, type, id, version)
  JOIN delivery ON delivery.id = input.delivery
  ORDER BY endpoint, type, input.id, version DESC
  ON CONFLICT (endpoint, type, id) DO UPDATE SET version = excluded.version WHERE holding.version <> excluded.version`,
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

/** What was taken is held from now on. */
export async function saveHoldings(client: Queryable, outcomes: readonly AttemptOutcome[]): Promise<void> {
  const rows = rowsOf(outcomes.filter(({ ok }) => ok));
  if (rows.length === 0) return;
  await prepared(client, TAKE, [
    plainArray(rows.map(([delivery]) => delivery)),
    rows.map(([, type]) => type),
    rows.map(([, , id]) => id),
    plainArray(rows.map(([, , , version]) => version)),
  ]);
}

type Row = [delivery: string, type: string, id: string, version: string];

function rowsOf(outcomes: readonly AttemptOutcome[]): Row[] {
  return outcomes.flatMap(({ deliveryId, sent }) =>
    sent.map((key): Row => {
      const [type = '', id = '', , version = ''] = key.split('/');
      return [deliveryId, type, id, version];
    }),
  );
}
