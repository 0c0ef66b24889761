import type { Bundle, BundleEntry, FhirResource, Reference } from 'fhir/r4.js';
import { GatewayError } from '../message/failure.js';
import { uuid5 } from '../message/uuid.js';
import type { StoredResource } from '../message/resource.js';
import { identifiersOf, keyOf } from './identifier.js';
import { localType, mapReferences } from './references.js';
import { tokenText } from './search-value.js';

/** What a bundle needs of a resource: its canonical JSON, and the identifier that finds it. */
export type BundleMember = Pick<StoredResource, 'reference' | 'identifier' | 'body'>;

/** Whose the shared records of a server are: what is `theirs` is made where absent, and never overwritten. */
export interface Ownership {
  /** Organisations, places and professionals. */
  directory: 'theirs' | 'overwrite';
  patient: 'ours' | 'theirs';
}

const DIRECTORY = new Set(['Organization', 'Location', 'Practitioner', 'PractitionerRole']);

function isTheirs(type: string, { directory, patient }: Ownership): boolean {
  return (directory === 'theirs' && DIRECTORY.has(type)) || (patient === 'theirs' && type === 'Patient');
}

/**
 * A FHIR transaction that is safe to repeat (R4 §3.1.0.11): every entry a conditional update or create by business identifier, references between entries as
 * `urn:uuid`, our ids left out. It speaks of one patient.
 * @throws GatewayError field-missing for a resource without identifier, which could not be sent twice safely; patients-mixed where two
 *   Patients would leave in one bundle
 */
export function transactionBundle(members: readonly BundleMember[], ownership: Ownership): Bundle {
  const patients = members.filter(({ reference }) => localType(reference) === 'Patient');
  if (patients.length > 1)
    throw new GatewayError('patients-mixed', 'a bundle speaks of one patient, this one of several', {
      field: 'Patient',
    });
  const urns = new Map(members.map(({ reference }) => [reference, `urn:uuid:${urnId(reference)}`]));
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: members.map((member) => entryOf(member, urns, ownership)),
  };
}

function entryOf(
  { reference, identifier, body }: BundleMember,
  urns: ReadonlyMap<string, string>,
  ownership: Ownership,
): BundleEntry {
  const type = localType(reference) ?? '';
  if (identifier === null)
    throw new GatewayError('field-missing', `${type} has no identifier to be sent by`, { field: `${type}.identifier` });
  const resource = mapReferences(sentContent(JSON.parse(body) as FhirResource), (target) =>
    sentReference(target, urns),
  );
  const condition = conditionOn(resource, identifier);
  const request: BundleEntry['request'] = isTheirs(type, ownership)
    ? { method: 'POST', url: type, ifNoneExist: condition }
    : { method: 'PUT', url: `${type}?${condition}` };
  return { fullUrl: urns.get(reference) ?? '', resource, request };
}

/** The search by that identifier. A number without system is asked for as such, else it would find those of any system. */
function conditionOn(resource: FhirResource, key: string): string {
  const carried = identifiersOf(resource).find((identifier) => keyOf(identifier) === key);
  const token = tokenText(carried?.system ?? '', carried?.value ?? key);
  return `identifier=${encodeURIComponent(token)}`;
}

/**
 * Without our id. A Patient goes without links to those whom he replaces, who are not sent with him; one who is replaced says by whom, by the
 * number of the other.
 */
function sentContent(resource: FhirResource): FhirResource {
  const { id: _ours, ...content } = resource;
  if (content.resourceType !== 'Patient') return content as FhirResource;
  const { link = [], ...patient } = content;
  const kept = link.filter(({ type }) => type === 'replaced-by');
  return kept.length === 0 ? patient : { ...patient, link: kept };
}

/** What a reference says to somebody who was not sent its target, and has no display. */
const DISPLAYS: Readonly<Record<string, string>> = {
  Patient: 'Patient',
  RelatedPerson: 'Proche',
  Practitioner: 'Professionnel de santé',
  PractitionerRole: 'Professionnel de santé',
  Organization: 'Organisation',
  Location: 'Lieu',
  Encounter: 'Séjour',
};

/** Leads to an entry of the bundle; what is not sent is a display, since a link to nowhere is refused by servers that check them. */
function sentReference(target: Reference, urns: ReadonlyMap<string, string>): Reference {
  const urn = urns.get(target.reference ?? '');
  if (urn !== undefined) return { ...target, reference: urn };
  const type = localType(target.reference);
  if (type === undefined) return target;
  const { reference: _notSent, ...kept } = target;
  return { ...kept, display: target.display ?? DISPLAYS[type] ?? type };
}

/** Our ids are UUIDs already; any other becomes one by name. */
function urnId(reference: string): string {
  const id = reference.slice(reference.indexOf('/') + 1);
  return /^[0-9a-f-]{36}$/.test(id) ? id : uuid5(reference);
}
