import type {
  CarePlan,
  CarePlanActivity,
  CarePlanActivityDetail,
  CodeableConcept,
  FhirResource,
  Identifier,
  Reference,
} from 'fhir/r4.js';
import type { DocumentActivity, DocumentEntry, DocumentPlan, EntryType } from '../../message/document.js';
import type { Element, Fragment } from '../../message/fragment.js';
import { identifierKey } from '../../message/identifier.js';
import { isOf, placeOf, type BundleResource, type BundleResources } from './bundle-resources.js';
import { list } from './people.js';
import { objectsIn, take, type Rewrite } from './take.js';

const ROW = 'rule:fhir-document';

/** The resources that are carried over; those that no list has stay in the document. */
const CARRIED: ReadonlySet<string> = new Set<EntryType>([
  'Appointment',
  'ServiceRequest',
  'Procedure',
  'Goal',
  'Condition',
  'AllergyIntolerance',
  'MedicationRequest',
  'MedicationStatement',
  'Immunization',
]);

/** Codes that say that there is nothing: no problem, no allergy, no medication. */
const NOTHING = new Set(['160245001', '716186003', '787481004']);
const ABSENT_SYSTEM = 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips';

/** What a document gives besides its header, and which of its resources are in it. */
export interface EntryReading {
  entries: DocumentEntry[];
  plans: DocumentPlan[];
  used: ReadonlySet<FhirResource>;
}

/**
 * The entries of a document that are about its patient and state what is, or is to be. What is denied, erroneous, or altered by an
 * extension that nobody here understands is left in the document.
 * @param outside what becomes of a reference to somebody who is no entry
 */
export function readEntries(resources: BundleResources, outside: Rewrite): EntryReading {
  const patient = resources.patient?.resource;
  const ofPatient = resources.list.filter(({ resource }) => patientOf(resources, resource) === patient);
  const carried = ofPatient.filter(({ resource }) => CARRIED.has(resource.resourceType) && isStated(resource));
  const names = new Map<FhirResource, string>();
  const keys = new EntryKeys();
  for (const { resource } of ofPatient) names.set(resource, keys.of(resource));
  const rewriteTo =
    (kept: ReadonlySet<string>): Rewrite =>
    (reference) => {
      const target = resources.resolve(reference);
      if (target === undefined || !CARRIED.has(target.resource.resourceType)) return outside(reference);
      const key = names.get(target.resource) ?? '';
      return kept.has(key) ? { reference: `entry:${key}` } : undefined;
    };
  const entriesWith = (rewrite: Rewrite) =>
    carried.flatMap((target): DocumentEntry[] => {
      const type = target.resource.resourceType as EntryType;
      const resource = fragmentOf(target, withMedication(resources, target.resource), type, rewrite);
      return resource === undefined ? [] : [{ type, key: names.get(target.resource) ?? '', resource }];
    });
  const everyOne = new Set(carried.map(({ resource }) => names.get(resource) ?? ''));
  const kept = new Set(entriesWith(rewriteTo(everyOne)).map(({ key }) => key));
  const rewrite = rewriteTo(kept);
  // What refers to an entry of which nothing is made is taken without that.
  const entries = entriesWith(rewrite);
  const plans = ofPatient.flatMap((target) =>
    isOf(target, 'CarePlan') && isStated(target.resource)
      ? (planOf(target, resources, names, kept, rewrite) ?? [])
      : [],
  );
  const used = new Set(
    carried.map(({ resource }) => resource).filter((resource) => kept.has(names.get(resource) ?? '')),
  );
  return { entries, plans, used };
}

/** The subject of a resource, where it is in the document. */
function patientOf(resources: BundleResources, resource: FhirResource): FhirResource | undefined {
  const { subject, patient, participant } = resource as {
    subject?: Reference;
    patient?: Reference;
    participant?: unknown;
  };
  if (resource.resourceType !== 'Appointment') return resources.resolve(subject ?? patient)?.resource;
  return (Array.isArray(participant) ? participant : [])
    .map((entry: { actor?: Reference } | null) => resources.resolve(entry?.actor))
    .find((target) => target?.resource.resourceType === 'Patient')?.resource;
}

function isStated(resource: FhirResource): boolean {
  const { status, doNotPerform, implicitRules, verificationStatus } = resource as unknown as Record<string, unknown>;
  if (doNotPerform === true || implicitRules !== undefined) return false;
  if (status === 'entered-in-error' || status === 'not-done') return false;
  const codes = codesOf(verificationStatus);
  if (codes.some(({ code }) => code === 'refuted' || code === 'entered-in-error')) return false;
  return !codesOf(codeOf(resource)).some(
    ({ system, code }) => system === ABSENT_SYSTEM || (code !== undefined && NOTHING.has(code)),
  );
}

function codeOf(resource: FhirResource): CodeableConcept | undefined {
  const { code, vaccineCode, medicationCodeableConcept, description } = resource as unknown as Record<string, unknown>;
  return (code ?? vaccineCode ?? medicationCodeableConcept ?? description) as CodeableConcept | undefined;
}

function codesOf(concept: unknown): { system?: string; code?: string }[] {
  const coding = (concept as CodeableConcept | null | undefined)?.coding;
  return Array.isArray(coding) ? (list('Coding', coding) as { system?: string; code?: string }[]) : [];
}

/** Names entries by their own number, else by what they are about; several alike by their order, which versions of one document share. */
class EntryKeys {
  private readonly alike = new Map<string, number>();

  of(resource: FhirResource): string {
    const { identifier } = resource as { identifier?: unknown };
    const [number] = list('Identifier', identifier) as Identifier[];
    const [code] = codesOf(codeOf(resource));
    const about = code === undefined ? wordsOf(resource) : identifierKey(code.system ?? '', code.code ?? '');
    const name = number === undefined ? about : identifierKey(number.system ?? '', number.value ?? '');
    const key = `${resource.resourceType}|${name}`;
    const count = (this.alike.get(key) ?? 0) + 1;
    this.alike.set(key, count);
    return count === 1 ? key : `${key}#${String(count)}`;
  }
}

function wordsOf(resource: FhirResource): string {
  const words = codeOf(resource)?.text;
  return typeof words === 'string' ? words : '';
}

/** A medication that is a resource of its own, or contained, is the code that it has. */
function withMedication(resources: BundleResources, resource: FhirResource): FhirResource {
  const { medicationReference, contained } = resource as { medicationReference?: Reference; contained?: unknown };
  if (medicationReference === undefined) return resource;
  const [local] = objectsIn([medicationReference]);
  const id = typeof local?.reference === 'string' ? local.reference.replace(/^#/, '') : undefined;
  const inside = (Array.isArray(contained) ? contained : []).find((part: { id?: string } | null) => part?.id === id) as
    FhirResource | undefined;
  const medication = inside ?? resources.resolve(medicationReference)?.resource;
  const code = (medication as { code?: CodeableConcept } | undefined)?.code;
  const words = local?.display === undefined ? undefined : { text: local.display };
  return { ...resource, medicationCodeableConcept: code ?? words } as unknown as FhirResource;
}

/** One contribution for each element that is taken. */
export function fragmentOf(
  target: BundleResource,
  resource: unknown,
  type: string,
  rewrite: Rewrite,
): Fragment | undefined {
  const taken = take(type, resource, rewrite) as Record<string, unknown> | undefined;
  if (taken === undefined) return undefined;
  return { target: type, elements: Object.entries(taken).map(([path, value]) => elementOf(target, path, value)) };
}

/** An element as a resource of the document contributes it. */
export function elementOf(target: BundleResource, path: string, value: unknown, from = path): Element {
  const { resourceType } = target.resource;
  const place = `${placeOf(target)}.${from}`;
  const parts = Array.isArray(value) ? value.map((_, index) => `${path}[${String(index)}]`) : [path];
  return { path, field: `${resourceType}.${from}`, value, trace: parts.map((part) => [part, place, ROW] as const) };
}

function planOf(
  target: BundleResource<CarePlan>,
  resources: BundleResources,
  names: ReadonlyMap<FhirResource, string>,
  kept: ReadonlySet<string>,
  rewrite: Rewrite,
): DocumentPlan | undefined {
  const { resource } = target;
  const fragment = fragmentOf(target, resource, 'CarePlan', rewrite);
  if (fragment === undefined) return undefined;
  const keyFor = (reference: Reference) => {
    const key = names.get(resources.resolve(reference)?.resource as FhirResource);
    return key !== undefined && kept.has(key) ? [key] : [];
  };
  const keys = (references: Reference[] | undefined) => objectsIn(references).flatMap(keyFor);
  const activities = objectsIn<CarePlanActivity>(resource.activity).flatMap((step, index): DocumentActivity[] => {
    const entries = [step.reference, ...objectsIn(step.outcomeReference)].flatMap((reference) =>
      reference === undefined ? [] : keyFor(reference),
    );
    const detail = take('CarePlanDetail', step.detail, rewrite) as CarePlanActivityDetail | undefined;
    if (detail === undefined || step.detail?.doNotPerform === true) return entries.map((entry) => ({ entry }));
    const place = `${placeOf(target)}.activity[${String(index)}].detail`;
    return [...entries.map((entry) => ({ entry })), { detail, trace: [['detail', place, ROW]] }];
  });
  return {
    key: names.get(resource) ?? '',
    resource: fragment,
    activities,
    goals: keys(resource.goal),
    addresses: keys(resource.addresses),
  };
}
