import type { Bundle, BundleEntry, FhirResource, Identifier, Reference } from 'fhir/r4.js';
import { GatewayError } from '../message/failure.js';
import { uuid5 } from '../message/uuid.js';
import { splitIdentifier } from '../message/identifier.js';
import type { StoredResource } from '../message/resource.js';
import { identifiersOf, keyOf } from './identifier.js';
import { localType, mapReferences } from './references.js';
import { tokenText } from './search-value.js';

/** What a bundle needs of a resource: its content, the identifier that finds it, and those of others whom it would find too. */
export interface BundleMember extends Pick<StoredResource, 'reference' | 'identifier' | 'resource'> {
  readonly excluded?: readonly string[];
}

/** What a server is sent. */
export interface BundleSettings {
  /** Organisations, places and professionals: what is `theirs` is made where absent, and never overwritten. */
  directory: 'theirs' | 'overwrite';
  patient: 'ours' | 'theirs';
  /** What the server holds already: left out and referred to by a search (R4 §3.1.0.11.2), or sent again. */
  unchanged: 'omit' | 'send';
  /** `meta.profile`. */
  profiles: 'keep' | 'omit';
}

const DIRECTORY = new Set(['Organization', 'Location', 'Practitioner', 'PractitionerRole']);

function isTheirs(type: string, { directory, patient }: Pick<BundleSettings, 'directory' | 'patient'>): boolean {
  return (directory === 'theirs' && DIRECTORY.has(type)) || (patient === 'theirs' && type === 'Patient');
}

/**
 * Would a server that holds that version be told nothing new? What is theirs stays as they have it; a directory that is overwritten is
 * changed by others too, and always sent.
 */
export function isUnchanged(type: string, version: number, held: number | null, settings: BundleSettings): boolean {
  if (settings.unchanged === 'send' || held === null) return false;
  return isTheirs(type, settings) || (held === version && !DIRECTORY.has(type));
}

/**
 * A FHIR transaction that is safe to repeat (R4 §3.1.0.11): every entry a conditional update or create by business identifier, references between entries as
 * `urn:uuid`, our ids left out. It speaks of one patient.
 * @param held what the server holds already: it is no entry, and references to it are conditional
 * @throws GatewayError field-missing for a resource without identifier, which could not be sent twice safely; patients-mixed where two
 *   Patients would leave in one bundle
 */
export function transactionBundle(
  members: readonly BundleMember[],
  settings: BundleSettings,
  held: readonly BundleMember[] = [],
): Bundle {
  const patients = [...members, ...held].filter(({ reference }) => localType(reference) === 'Patient');
  if (patients.length > 1)
    throw new GatewayError('patients-mixed', 'a bundle speaks of one patient, this one of several', {
      field: 'Patient',
    });
  const targets = new Map([
    ...held.map((member): [string, string] => [member.reference, searchOf(member)]),
    ...members.map(({ reference }): [string, string] => [reference, `urn:uuid:${urnId(reference)}`]),
  ]);
  return {
    resourceType: 'Bundle',
    type: 'transaction',
    entry: members.map((member) => entryOf(member, targets, settings)),
  };
}

function entryOf(member: BundleMember, targets: ReadonlyMap<string, string>, settings: BundleSettings): BundleEntry {
  const type = localType(member.reference) ?? '';
  const search = searchOf(member);
  const resource = mapReferences(sentContent(member.resource, settings), (target) => sentReference(target, targets));
  const request: BundleEntry['request'] = isTheirs(type, settings)
    ? { method: 'POST', url: type, ifNoneExist: search.slice(search.indexOf('?') + 1) }
    : { method: 'PUT', url: search };
  return { fullUrl: targets.get(member.reference) ?? '', resource, request };
}

/**
 * `Type?identifier=…`, by which a server finds the resource. Those whose numbers are excluded are not meant (`:not`, R4 §3.1.1.5.5): the server
 * may hold the number under their names too. They stand first: where a number without modifier does, HAPI FHIR reads no further in a transaction.
 */
function searchOf({ reference, identifier, resource, excluded = [] }: BundleMember): string {
  const type = localType(reference) ?? '';
  if (identifier === null)
    throw new GatewayError('field-missing', `${type} has no identifier to be sent by`, { field: `${type}.identifier` });
  const carried = identifiersOf(resource).find((own) => keyOf(own) === identifier);
  const wanted = `identifier=${tokenOf(carried ?? { value: identifier })}`;
  const unwanted = excluded.map((number) => `identifier:not=${tokenOf(splitIdentifier(number))}`);
  return `${type}?${[...unwanted, wanted].join('&')}`;
}

/** A number without system is asked for as such, else it would find those of any system. */
function tokenOf({ system = '', value = '' }: Identifier): string {
  return encodeURIComponent(tokenText(system, value));
}

/**
 * Without our id. A Patient goes without links to those whom he replaces, who are not sent with him; one who is replaced says by whom, by the
 * number of the other.
 */
function sentContent(resource: FhirResource, { profiles }: BundleSettings): FhirResource {
  const { id: _ours, meta, ...rest } = resource;
  const { profile: _profile, ...without } = meta ?? {};
  const sentMeta = profiles === 'omit' ? without : meta;
  const content = sentMeta === undefined || Object.keys(sentMeta).length === 0 ? rest : { ...rest, meta: sentMeta };
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
  DocumentReference: 'Document',
  CarePlan: 'Plan de soins',
  Appointment: 'Rendez-vous',
  ServiceRequest: 'Demande de soins ou d’examen',
};

/** Leads to an entry of the bundle, or to what the server holds; what is neither is a display, since a link to nowhere is refused by servers that check them. */
function sentReference(target: Reference, targets: ReadonlyMap<string, string>): Reference {
  const reached = targets.get(target.reference ?? '');
  if (reached !== undefined) return { ...target, reference: reached };
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
