import type { FhirResource } from 'fhir/r4.js';
import { identifiersOf, keyOf } from '../fhir/identifier.js';
import type { StoredResource } from '../message/resource.js';
import { resourceId } from '../message/uuid.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** Numbers that name patients, of clusters in which several do: of any other nothing is to be told apart. */
const ANCHORS: Statement = [
  'shared-numbers-anchors',
  `
  SELECT cluster, array_agg(key) AS anchors
  FROM unnest($1::bigint[]) AS asked (cluster)
  CROSS JOIN LATERAL (
    SELECT key FROM identifier WHERE identifier.cluster = asked.cluster AND recorded_at IS NOT NULL OFFSET 0) AS anchor
  GROUP BY cluster
  HAVING count(*) > 1`,
];

/** What an endpoint may hold of these patients: the version that it holds for sure, and any after it, whose answer may have been lost. */
const MAY_BE_HELD: Statement = [
  'shared-numbers-held',
  `
  SELECT id, body FROM unnest($2::text[]) AS asked (id)
  CROSS JOIN LATERAL (
    SELECT body FROM resource_version AS version
    WHERE version.type = 'Patient' AND version.id = asked.id AND NOT removed AND version.version >= coalesce((
      SELECT holding.version FROM holding
      WHERE holding.endpoint = $1 AND holding.type = 'Patient' AND holding.id = asked.id), 1) OFFSET 0) AS held`,
];

/** The Patient of a delivery, and the cluster of its lane. */
export interface SentPatient {
  patient: StoredResource | undefined;
  cluster: string;
}

/**
 * Other patients of a cluster who may carry, at the endpoint, the number by which one is to be found: the one who replaced him, or did until
 * they were parted. Who is looked for by that number alone would be found twice, or be another.
 * @returns for each Patient, in their order, the numbers of those others
 */
export async function whoCarriesTheNumber(
  client: Queryable,
  endpoint: string,
  sent: readonly SentPatient[],
): Promise<string[][]> {
  const clusters = [...new Set(sent.map(({ cluster }) => cluster))];
  if (clusters.length === 0) return [];
  const { rows } = await prepared<{ cluster: string; anchors: string[] }>(client, ANCHORS, [clusters]);
  if (rows.length === 0) return sent.map(() => []);
  const anchors = new Map(rows.map((row) => [row.cluster, row.anchors]));
  const carried = await mayBeCarried(
    client,
    endpoint,
    rows.flatMap((row) => row.anchors),
  );
  return sent.map(({ patient, cluster }) => {
    if (patient === undefined || patient.identifier === null) return [];
    const own = numbersIn(patient.resource);
    const number = patient.identifier;
    const isFound = (anchor: string) => carried.get(anchor)?.has(number) === true;
    return (anchors.get(cluster) ?? []).filter((anchor) => !own.has(anchor) && isFound(anchor));
  });
}

/** By anchor, the numbers under which the endpoint may find its Patient. */
async function mayBeCarried(client: Queryable, endpoint: string, anchors: string[]): Promise<Map<string, Set<string>>> {
  const byId = new Map(anchors.map((anchor) => [resourceId('Patient', anchor), anchor]));
  const { rows } = await prepared<{ id: string; body: string }>(client, MAY_BE_HELD, [endpoint, [...byId.keys()]]);
  const carried = new Map<string, Set<string>>();
  for (const { id, body } of rows) {
    const anchor = byId.get(id) ?? '';
    carried.set(anchor, new Set([...(carried.get(anchor) ?? []), ...numbersIn(JSON.parse(body) as FhirResource)]));
  }
  return carried;
}

function numbersIn(resource: FhirResource): Set<string> {
  return new Set(identifiersOf(resource).map(keyOf));
}
