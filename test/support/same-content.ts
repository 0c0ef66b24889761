import type { FhirResource, Patient, Reference } from 'fhir/r4.js';
import { businessIdentifier } from '../../src/fhir/identifier.js';

/** `Type|system|value`: what a resource is known by, whoever holds it. */
export function businessKey(resource: FhirResource): string {
  return `${resource.resourceType}|${businessIdentifier(resource) ?? ''}`;
}

/** What two servers hold of the same things, and where they differ. */
export interface Comparison {
  /** `Type|system|value path: here / there` */
  differences: string[];
  /** `path Type` of references that the second has as a display alone. */
  displays: Set<string>;
}

/**
 * Compares what two servers hold, by business identifier: every value but ids, versions and times of storage, and references by what they
 * lead to. A reference that is a display at the second server is no difference, and is listed.
 * @param here every resource that the first server has, those that references lead to included
 * @param there every resource of the second
 */
export function compareContent(
  types: readonly string[],
  here: readonly FhirResource[],
  there: readonly FhirResource[],
): Comparison {
  const comparison: Comparison = { differences: [], displays: new Set() };
  const nameHere = namesOf(here);
  const nameThere = namesOf(there);
  const counterparts = new Map(there.map((resource) => [identityOf(resource), resource]));
  for (const resource of here.filter(({ resourceType }) => types.includes(resourceType))) {
    const key = identityOf(resource);
    const counterpart = counterparts.get(key);
    if (counterpart === undefined) comparison.differences.push(`${key}: is missing`);
    else compareValues(key, key.split('|')[0] ?? '', stripped(resource), stripped(counterpart));
    counterparts.delete(key);
  }
  for (const key of counterparts.keys())
    if (types.includes(key.split('|')[0] ?? '')) comparison.differences.push(`${key}: is there alone`);
  return comparison;

  function compareValues(key: string, path: string, one: unknown, another: unknown): void {
    if (!isObject(one) || !isObject(another)) {
      if (one !== another)
        comparison.differences.push(`${key} ${path}: ${JSON.stringify(one)} / ${JSON.stringify(another)}`);
      return;
    }
    const { reference } = one as Reference;
    if (typeof reference === 'string') return compareReferences(key, path, one as Reference, another as Reference);
    for (const name of new Set([...Object.keys(one), ...Object.keys(another)]))
      compareValues(key, Array.isArray(one) ? path : `${path}.${name}`, one[name], another[name]);
  }

  function compareReferences(key: string, path: string, one: Reference, another: Reference): void {
    const { reference = '', ...rest } = one;
    const { reference: led, ...restThere } = another;
    if (led === undefined) {
      comparison.displays.add(`${path} ${reference.split('/')[0] ?? ''}`);
      compareValues(key, path, { display: restThere.display, ...rest }, { ...restThere });
      return;
    }
    compareValues(key, path, nameHere.get(reference) ?? reference, nameThere.get(led) ?? led);
    compareValues(key, path, rest, restThere);
  }
}

/** Who is replaced keeps the number that his successor carries too: he is told apart by being inactive. */
function identityOf(resource: FhirResource): string {
  const inactive = resource.resourceType === 'Patient' && resource.active === false;
  return businessKey(resource) + (inactive ? ' inactive' : '');
}

function namesOf(resources: readonly FhirResource[]): Map<string, string> {
  return new Map(resources.map((resource) => [`${resource.resourceType}/${resource.id ?? ''}`, identityOf(resource)]));
}

/** Without what a server adds; a Patient also without links to those whom he replaces, of whom nobody is told. */
function stripped(resource: FhirResource): Record<string, unknown> {
  const { id: _id, meta, ...content } = resource;
  const { versionId: _version, lastUpdated: _updated, source: _source, ...kept } = meta ?? {};
  const { link = [], ...rest } = content as Partial<Patient>;
  const links = link.filter(({ type }) => type === 'replaced-by');
  return { ...rest, meta: kept, ...(links.length === 0 ? {} : { link: links }) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
