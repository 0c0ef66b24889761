import type { Address, Bundle, Composition, FhirResource, HumanName, Identifier, Patient } from 'fhir/r4.js';
import { identifierKey } from '../message/identifier.js';
import type { DocumentHead, HeadTraits } from './head.js';
import { partyOf } from './party.js';

const VERSION = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Composition.version';
const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';

type DocumentBundle = Bundle<FhirResource>;

/** The head of a Bundle of type document (R4 §3.3). */
export function fhirHead(opened: Bundle): DocumentHead {
  const bundle = opened as DocumentBundle;
  const resources = (bundle.entry ?? []).flatMap(({ resource }) => resource ?? []);
  const composition = resources.find((resource) => resource.resourceType === 'Composition');
  const patient = subjectOf(bundle, composition);
  const version = composition?.extension?.find(({ url }) => url === VERSION)?.valueString ?? '';
  return {
    key: keyOf(bundle.identifier),
    set: keyOf(composition?.identifier),
    version: /^\d{1,9}$/.test(version) ? Number(version) : undefined,
    replaces: (composition?.relatesTo ?? [])
      .filter(({ code }) => code === 'replaces')
      .flatMap(({ targetIdentifier, targetReference }) => keyOf(targetIdentifier ?? targetReference?.identifier) ?? []),
    type: composition?.type.coding?.[0]?.code ?? '',
    patients: resources.filter(({ resourceType }) => resourceType === 'Patient').length,
    identifiers: (patient?.identifier ?? []).flatMap(({ system, value }) =>
      system === undefined || value === undefined || value === '' ? [] : [{ system, value }],
    ),
    traits: traitsOf(patient),
    parties: composition === undefined ? [] : partiesOf(bundle, composition),
  };
}

function keyOf(identifier: Identifier | undefined): string | undefined {
  const { system, value } = identifier ?? {};
  return system === undefined || value === undefined ? undefined : identifierKey(system, value);
}

function subjectOf(bundle: DocumentBundle, composition: Composition | undefined): Patient | undefined {
  const subject = resolve(bundle, composition?.subject?.reference);
  return subject?.resourceType === 'Patient' ? subject : undefined;
}

/** What a reference leads to within its document: by its fullUrl, or by type and id where that is written relative. */
function resolve({ entry = [] }: DocumentBundle, reference: string | undefined): FhirResource | undefined {
  if (reference === undefined) return undefined;
  const named = (resource: FhirResource | undefined) => `${resource?.resourceType ?? ''}/${resource?.id ?? ''}`;
  const target = entry.find(({ fullUrl, resource }) => fullUrl === reference || named(resource) === reference);
  return target?.resource;
}

function traitsOf(patient: Patient | undefined): HeadTraits {
  const name = patient?.name?.find(({ use }: HumanName) => use === 'official') ?? patient?.name?.[0];
  const { gender = '', birthDate = '', extension = [] } = patient ?? {};
  const place: Address | undefined = extension.find(({ url }) => url === BIRTH_PLACE)?.valueAddress;
  return {
    birthName: name?.family ?? '',
    given: name?.given?.[0]?.split(' ')[0] ?? '',
    sex: gender === 'female' || gender === 'male' ? gender : '',
    birthDate,
    birthPlace: place?.extension?.[0]?.valueCoding?.code ?? place?.district ?? '',
  };
}

/** Authors, who attests, and the custodian: their numbers, and those of the Practitioner and Organization behind a role. */
function partiesOf(bundle: DocumentBundle, { author, attester = [], custodian }: Composition): string[] {
  const references = [...author, ...attester.map(({ party }) => party), custodian];
  const resources = references.flatMap((reference) => resolve(bundle, reference?.reference) ?? []);
  const behind = resources.flatMap((resource) =>
    resource.resourceType === 'PractitionerRole'
      ? [resource.practitioner, resource.organization].flatMap((part) => resolve(bundle, part?.reference) ?? [])
      : [],
  );
  const numbers = [...resources, ...behind].flatMap((resource) => {
    if (resource.resourceType === 'Organization') return numbersOf(resource.identifier, 'organisation');
    return resource.resourceType === 'Practitioner' ? numbersOf(resource.identifier, 'person') : [];
  });
  return [...new Set(numbers)];
}

function numbersOf(identifiers: readonly Identifier[] = [], kind: 'person' | 'organisation'): string[] {
  return identifiers.flatMap(({ value }) => (value === undefined ? [] : partyOf(kind, value)));
}
