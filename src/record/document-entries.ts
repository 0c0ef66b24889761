import type { CodeableConcept, FhirResource, Identifier } from 'fhir/r4.js';
import { mapReferences } from '../fhir/references.js';
import { SYSTEMS } from '../fhir/systems.js';
import type { DocumentEntry, EntryType } from '../message/document.js';
import type { FoldedResource } from '../message/resource.js';
import { originAt } from '../message/sourced.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, layFragment, type Contributions } from './contributions.js';

/** The identifier of what a document gives: its entries' own repeat within one document. */
export function ownIdentifier(id: string): Identifier {
  return { system: SYSTEMS.uri, value: `urn:uuid:${id}` };
}

/** `Type/id` of each entry of a document, by its key. */
export function entryReferences(documentKey: string, entries: readonly DocumentEntry[]): Map<string, string> {
  return new Map(entries.map(({ type, key }) => [key, `${type}/${resourceId(type, `${documentKey}|${key}`)}`]));
}

/** What every resource of that type must have and an entry may not say. */
const DEFAULTS: Readonly<Record<EntryType, Readonly<Record<string, unknown>>>> = {
  Appointment: { status: 'proposed' },
  ServiceRequest: { status: 'active', intent: 'plan' },
  Procedure: { status: 'unknown' },
  Goal: { lifecycleStatus: 'active' },
  Condition: {},
  AllergyIntolerance: {},
  MedicationRequest: { status: 'active', intent: 'plan' },
  MedicationStatement: { status: 'unknown' },
  Immunization: { status: 'completed' },
  Consent: { status: 'active' },
  Device: {},
};

const PATIENT_ELEMENT: Readonly<Partial<Record<EntryType, string>>> = {
  AllergyIntolerance: 'patient',
  Immunization: 'patient',
  Consent: 'patient',
  Device: 'patient',
};

/** The resource that an entry of the version in force gives. */
export function entryResource(
  entry: DocumentEntry,
  {
    patientId,
    messageId,
    references,
  }: { patientId: string; messageId: string; references: ReadonlyMap<string, string> },
): FoldedResource {
  const { type, key, resource: fragment } = entry;
  const id = (references.get(key) ?? '').split('/')[1] ?? '';
  const contributions: Contributions = new Map();
  layFragment(contributions, fragment, messageId);
  const { fields, origins } = buildFields(contributions);
  const subject = { reference: `Patient/${patientId}` };
  const about =
    type === 'Appointment'
      ? { participant: [{ actor: subject, status: 'needs-action' }, ...((fields['participant'] as unknown[]) ?? [])] }
      : { [PATIENT_ELEMENT[type] ?? 'subject']: subject };
  const resource = resolved(
    {
      ...DEFAULTS[type],
      ...fields,
      resourceType: type,
      id,
      identifier: [ownIdentifier(id), ...((fields['identifier'] as Identifier[] | undefined) ?? [])],
      ...about,
    } as unknown as FhirResource & { id: string },
    references,
  );
  const rule = { messageId, from: fragment.elements[0]?.field ?? '', row: 'rule:document-entry' };
  const paths = [...Object.keys(DEFAULTS[type]), 'identifier', ...Object.keys(about)];
  return {
    resource,
    origins: () => [...origins().map(besidePatient(type)), ...paths.map((path) => originAt(path, rule))],
  };
}

/** Elements that say what an entry is about. */
const NAMING = ['description', 'code', 'medicationCodeableConcept', 'vaccineCode', 'serviceType'];

/** What an entry is called: in words, else by the display of a code; undefined where it says neither. */
export function entryLabel(resource: FhirResource): string | undefined {
  const fields = resource as unknown as Record<string, string | CodeableConcept | CodeableConcept[] | undefined>;
  return NAMING.flatMap((name) => fields[name] ?? [])
    .flatMap((value) =>
      typeof value === 'string' ? value : [value.text, ...(value.coding ?? []).map(({ display }) => display)],
    )
    .find((text) => text !== undefined);
}

/** The patient is the first of an Appointment's participants. */
function besidePatient(type: EntryType) {
  return <T extends { path: string }>(origin: T): T => {
    const [, index, rest] = (type === 'Appointment' && /^participant\[(\d+)\](.*)$/.exec(origin.path)) || [];
    return index === undefined ? origin : { ...origin, path: `participant[${Number(index) + 1}]${rest ?? ''}` };
  };
}

/** `entry:<key>` as the resource that the entry gives; an entry that is not there is words at most. */
export function resolved<T>(element: T, references: ReadonlyMap<string, string>): T {
  return mapReferences(element, (target) => {
    const key = /^entry:(.*)$/s.exec(target.reference ?? '')?.[1];
    if (key === undefined) return target;
    const { reference: _entry, ...words } = target;
    const reference = references.get(key);
    return reference === undefined ? words : { ...words, reference };
  });
}
