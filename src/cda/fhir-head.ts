import type {
  Address,
  Bundle,
  Composition,
  Extension,
  FhirResource,
  HumanName,
  Identifier,
  Patient,
  Reference,
} from 'fhir/r4.js';
import { identifierKey } from '../message/identifier.js';
import type { DocumentHead, HeadTraits } from './head.js';
import { isNumber } from './instance-identifier.js';
import { partyOf } from './party.js';

const VERSION = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Composition.version';
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';

type DocumentBundle = Bundle<FhirResource>;

/** The head of a Bundle of type document (R4 §3.3). What has not the form that R4 gives it is not there. */
export function fhirHead(opened: Bundle): DocumentHead {
  const bundle = opened as DocumentBundle;
  const resources = objects(bundle.entry).flatMap(({ resource }) => resource ?? []);
  const composition = resources.find((resource) => resource.resourceType === 'Composition');
  const patient = subjectOf(bundle, composition);
  const version = text(objects<Extension>(composition?.extension).find(({ url }) => url === VERSION)?.valueString);
  return {
    key: keyOf(bundle.identifier),
    set: keyOf(composition?.identifier),
    version: /^\d{1,9}$/.test(version) ? Number(version) : undefined,
    replaces: objects(composition?.relatesTo)
      .filter(({ code }) => code === 'replaces')
      .flatMap(({ targetIdentifier, targetReference }) => keyOf(targetIdentifier ?? targetReference?.identifier) ?? []),
    type: text(objects(composition?.type?.coding)[0]?.code),
    patients: resources.filter(({ resourceType }) => resourceType === 'Patient').length,
    identifiers: numbered(patient?.identifier),
    traits: traitsOf(patient),
    parties: composition === undefined ? [] : partiesOf(bundle, composition),
  };
}

/** The elements of a list that are objects. */
function objects<T extends object>(values: readonly T[] | undefined): Partial<T>[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [];
  return list.filter((value): value is Partial<T> => typeof value === 'object' && value !== null);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}

const ABSOLUTE = /^[a-z][a-z\d+.-]*:\S+$/i;

/** Identifiers that have a system, which is a URI, and a value. */
function numbered(identifiers: readonly Identifier[] | undefined): { system: string; value: string }[] {
  return objects(identifiers)
    .map(({ system, value }) => ({ system: text(system), value: text(value) }))
    .filter(({ system, value }) => ABSOLUTE.test(system) && value !== '')
    .filter(({ system, value }) => isNumber(system) && isNumber(value));
}

function keyOf(identifier: Identifier | undefined): string | undefined {
  const [number] = numbered(identifier === undefined ? [] : [identifier]);
  return number && identifierKey(number.system, number.value);
}

function subjectOf(bundle: DocumentBundle, composition: Composition | undefined): Patient | undefined {
  const subject = resolve(bundle, composition?.subject);
  return subject?.resourceType === 'Patient' ? subject : undefined;
}

/** What a reference leads to within its document: by its fullUrl, or by type and id where that is written relative. */
function resolve({ entry }: DocumentBundle, to: Partial<Reference> | undefined): FhirResource | undefined {
  const reference = text(to?.reference);
  if (reference === '') return undefined;
  return objects(entry).find(({ fullUrl, resource }) => namesOf(fullUrl, resource).includes(reference))?.resource;
}

/** Undetermined is said of the person, and no absence. */
const SEX = new Map(Object.entries({ female: 'female', male: 'male', other: 'unknown', unknown: 'unknown' }));

/** By what a document refers to a resource: its fullUrl, and type and id, of it or at the end of that. */
export function namesOf(fullUrl: unknown, resource: Pick<FhirResource, 'resourceType' | 'id'> | undefined): string[] {
  const [relative] = /[A-Z][A-Za-z]+\/[\w.-]{1,64}$/.exec(text(fullUrl)) ?? [];
  const own = resource?.id === undefined ? [] : [`${resource.resourceType}/${resource.id}`];
  return [text(fullUrl), ...own, ...(relative === undefined ? [] : [relative])].filter((name) => name !== '');
}

/** R4 datatypes, date: what has not its form is no date of birth. */
const DATE = /^\d{4}(-\d\d(-\d\d)?)?$/;

function traitsOf(patient: Patient | undefined): HeadTraits {
  const names = objects<HumanName>(patient?.name);
  const name = names.find(({ use }) => use === 'official') ?? names[0];
  const { gender, birthDate, extension } = patient ?? {};
  const place: Address | undefined = objects<Extension>(extension).find(({ url }) => url === BIRTH_PLACE)?.valueAddress;
  const given: unknown = Array.isArray(name?.given) ? name.given[0] : undefined;
  return {
    birthName: text(name?.family),
    given: text(given).split(' ')[0] ?? '',
    sex: SEX.get(text(gender)) ?? '',
    birthDate: DATE.test(text(birthDate)) ? text(birthDate) : '',
    birthPlace: text(objects(place?.extension)[0]?.valueCoding?.code) || text(place?.district),
  };
}

/** Authors, who attests, and the custodian: their numbers, and those of the Practitioner and Organization behind a role. */
function partiesOf(bundle: DocumentBundle, { author, attester, custodian }: Composition): string[] {
  const references = [...objects(author), ...objects(attester).map(({ party }) => party), custodian];
  const resources = references.flatMap((reference) => resolve(bundle, reference) ?? []);
  const behind = resources.flatMap((resource) =>
    resource.resourceType === 'PractitionerRole'
      ? [resource.practitioner, resource.organization].flatMap((part) => resolve(bundle, part) ?? [])
      : [],
  );
  const numbers = [...resources, ...behind].flatMap((resource) => {
    if (resource.resourceType === 'Organization') return numbersOf(resource.identifier, 'organisation');
    return resource.resourceType === 'Practitioner' ? numbersOf(resource.identifier, 'person') : [];
  });
  return [...new Set(numbers)];
}

function numbersOf(identifiers: readonly Identifier[] | undefined, kind: 'person' | 'organisation'): string[] {
  return objects(identifiers).flatMap(({ value }) => (text(value) === '' ? [] : partyOf(kind, text(value))));
}
