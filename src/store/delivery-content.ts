import type { FhirResource } from 'fhir/r4.js';
import { localReferences, localType } from '../fhir/references.js';
import type { DeliveredResource } from '../message/delivery.js';
import type { StoredResource } from '../message/resource.js';
import { heldVersions } from './holdings.js';
import { whoCarriesTheNumber } from './shared-numbers.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const PINNED: Statement = [
  'deliveries-pinned',
  `
  SELECT type || '/' || id AS reference, version, identifier, body
  FROM unnest($1::text[], $2::text[], $3::int[]) AS asked (type, id, version)
  JOIN resource_version USING (type, id, version)`,
];

const CURRENT: Statement = [
  'deliveries-current',
  `
  SELECT type || '/' || id AS reference, version, identifier, body
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  JOIN resource USING (type, id)
  JOIN resource_version USING (type, id, version)
  WHERE NOT resource.removed`,
];

/** A stored resource, what it refers to, and the patient it is about where it is a RelatedPerson. */
interface Referring {
  stored: StoredResource;
  references: string[];
  patient: string | undefined;
}

/**
 * What each of these deliveries carries, what it pins and what that leads to in the territory as it stands; and what the endpoint holds of it.
 * @returns in the order of the deliveries
 */
export async function deliveryContents(
  client: Queryable,
  endpoint: string,
  deliveries: readonly { pinned: readonly string[]; member: string; lane: string }[],
): Promise<DeliveredResource[][]> {
  const keys = [...new Set(deliveries.flatMap(({ pinned }) => pinned))];
  const read = await bodies(client, PINNED, keys.map(splitVersion));
  const byVersion = new Map(read.map((row) => [`${row.stored.reference}/_history/${row.stored.version}`, row]));
  const wanted = [...deliveries.map(({ member }) => member), ...read.flatMap(({ references }) => references)];
  const territory = await territoryOf(client, wanted);
  const contents = deliveries.map(({ pinned, member }) => {
    const roots = pinned.flatMap((key) => byVersion.get(key) ?? []);
    return contentOf(member, roots, territory);
  });
  const references = contents.flatMap((content) => content.map(({ reference }) => reference));
  const held = await heldVersions(client, endpoint, references);
  const excluded = await excludedOf(client, endpoint, deliveries, contents);
  return contents.map((content, index) =>
    content.map((resource) => ({
      ...resource,
      held: held.get(resource.reference) ?? null,
      excluded: localType(resource.reference) === 'Patient' ? (excluded[index] ?? []) : [],
    })),
  );
}

/** Of each delivery the numbers that its Patient is told apart by. */
async function excludedOf(
  client: Queryable,
  endpoint: string,
  deliveries: readonly { lane: string }[],
  contents: readonly (readonly StoredResource[])[],
): Promise<string[][]> {
  const sent = deliveries.map(({ lane }, index) => ({
    patient: contents[index]?.find(({ reference }) => localType(reference) === 'Patient'),
    cluster: lane.slice(lane.lastIndexOf('|') + 1),
  }));
  return whoCarriesTheNumber(client, endpoint, sent);
}

function splitVersion(key: string): [type: string, id: string, version: string] {
  const [type = '', id = '', , version = ''] = key.split('/');
  return [type, id, version];
}

async function bodies(client: Queryable, statement: Statement, keys: string[][]): Promise<Referring[]> {
  const [first] = keys;
  if (first === undefined) return [];
  const columns = first.map((_, column) => keys.map((key) => key[column] ?? ''));
  const { rows } = await prepared<Omit<StoredResource, 'resource'> & { body: string }>(client, statement, columns);
  return rows.map(({ body, ...row }) => {
    const resource = JSON.parse(body) as FhirResource;
    const patient = resource.resourceType === 'RelatedPerson' ? resource.patient.reference : undefined;
    return { stored: { ...row, resource }, references: carriedReferences(resource), patient };
  });
}

/** What goes along with a resource: of the places of a stay the present one and those to come; past ones are displays. */
function carriedReferences(resource: FhirResource): string[] {
  if (resource.resourceType !== 'Encounter') return localReferences(resource);
  const { location: places = [] } = resource;
  const location = places.filter(({ period }, index) => period?.end === undefined || index === places.length - 1);
  return localReferences({ ...resource, location });
}

/** What a delivery may carry beside what is pinned: who and where, and the patient's own relatives. Never another Patient. */
const TERRITORY = new Set(['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'RelatedPerson']);

/** All of the territory that these references lead to, to any depth, as it stands. */
async function territoryOf(client: Queryable, references: string[]): Promise<Map<string, Referring>> {
  const territory = new Map<string, Referring>();
  const seen = new Set<string>();
  for (let wanted = references; wanted.length > 0;) {
    const fresh = [...new Set(wanted)].filter((key) => !seen.has(key) && TERRITORY.has(localType(key) ?? ''));
    for (const key of fresh) seen.add(key);
    const next = await bodies(
      client,
      CURRENT,
      fresh.map((key) => key.split('/')),
    );
    for (const referring of next) territory.set(referring.stored.reference, referring);
    wanted = next.flatMap(({ references: further }) => further);
  }
  return territory;
}

/** The pinned resources, then all they lead to in the territory; of relatives those of the delivery's own patient. */
function contentOf(
  member: string,
  roots: readonly Referring[],
  territory: ReadonlyMap<string, Referring>,
): StoredResource[] {
  const content = roots.map(({ stored }) => stored);
  const patient = content.find(({ reference }) => localType(reference) === 'Patient')?.reference;
  const seen = new Set(content.map(({ reference }) => reference));
  const queue = [...roots.flatMap(({ references }) => references), member];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const named = territory.get(key);
    if (seen.has(key) || named === undefined) continue;
    seen.add(key);
    if (localType(key) === 'RelatedPerson' && named.patient !== patient) continue;
    content.push(named.stored);
    queue.push(...named.references);
  }
  return content;
}
