import type { CarePlan, DocumentReference, Encounter, FhirResource } from 'fhir/r4.js';
import { localType } from '../fhir/references.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const CURRENT: Statement = [
  'superseded-current',
  `
  SELECT resource.type || '/' || resource.id AS reference, resource.version, resource_version.body
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  JOIN resource ON resource.type = asked.type AND resource.id = asked.id
  JOIN resource_version ON resource_version.type = resource.type AND resource_version.id = resource.id
    AND resource_version.version = resource.version
  WHERE NOT resource.removed`,
];

/** What the deliveries carry, as it stands now: of a stay that has another patient since, his Patient and CareTeam. */
export async function presentVersions(
  client: Queryable,
  ended: readonly { references: readonly string[] }[],
): Promise<string[][]> {
  const wanted = ended.map(({ references }) => [...new Set(references)]);
  const stays = await currentOf(client, wanted.flat());
  const present = wanted.map((references) => ofPresentPatient(references, stays));
  const current = await currentOf(client, present.flat());
  return present.map((references) =>
    references.flatMap((reference) => {
      const version = current.get(reference)?.version;
      return version === undefined ? [] : [`${reference}/_history/${version}`];
    }),
  );
}

interface Current {
  reference: string;
  version: number;
  body: string;
}

async function currentOf(client: Queryable, references: readonly string[]): Promise<Map<string, Current>> {
  const keys = [...new Set(references)].map((reference) => reference.split('/'));
  const { rows } = await prepared<Current>(client, CURRENT, [
    keys.map(([type]) => type ?? ''),
    keys.map(([, id]) => id ?? ''),
  ]);
  return new Map(rows.map((row) => [row.reference, row]));
}

function ofPresentPatient(references: readonly string[], current: ReadonlyMap<string, Current>): string[] {
  const stands = references.flatMap((reference) => {
    const row = current.get(reference);
    return row === undefined ? [] : [JSON.parse(row.body) as FhirResource];
  });
  const stay = stands.find((resource): resource is Encounter => resource.resourceType === 'Encounter');
  const document = stands.find(
    (resource): resource is DocumentReference => resource.resourceType === 'DocumentReference',
  );
  const plan = stands.find((resource): resource is CarePlan => resource.resourceType === 'CarePlan');
  const patient = (stay ?? document)?.subject?.reference;
  if (patient === undefined) return [...references];
  const team = plan?.careTeam?.[0]?.reference;
  const kept = references.filter((reference) => !['Patient', 'CareTeam'].includes(localType(reference) ?? ''));
  return [patient, ...kept, ...(team === undefined ? [] : [team])];
}
