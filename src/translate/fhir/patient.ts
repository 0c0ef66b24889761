import type { Address, Coding, Extension, HumanName, Identifier, Patient, RelatedPerson } from 'fhir/r4.js';
import { ROLES } from '../../fhir/roles.js';
import { FR_CORE, isIns, SYSTEMS } from '../../fhir/systems.js';
import type { ContactBody, PatientIdentifier } from '../../message/fact.js';
import type { Element } from '../../message/fragment.js';
import type { MemberBody } from '../../message/member.js';
import { insIdentifier } from '../hl7v2/cx.js';
import { isUsableIns, type Authorities } from '../identifiers.js';
import { placeOf, type BundleResource } from './bundle-resources.js';
import { elementOf, fragmentOf } from './entries.js';
import { labelOf, list } from './people.js';
import { objectsIn, take } from './take.js';

const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const INSEE_CODE = `${FR_CORE}/fr-core-address-insee-code`;
const nobody = (): undefined => undefined;

/** The numbers of the patient. An INS counts as qualified by its issuer; one whose key is wrong is set aside, unless its system holds invented ones. */
export function patientNumbers({ identifier }: Patient, authorities: Authorities): PatientIdentifier[] {
  return (list('Identifier', identifier) as Identifier[]).flatMap(({ system = '', value = '', type }) => {
    if (authorities.isShared(system, value)) return [];
    if (!isIns(system)) return [{ system, value, type: typeOf(type?.coding) }];
    return isUsableIns({ system, value }) ? [{ system, value, type: 'INS' }] : [];
  });
}

/** Of HL7 table 0203; a number of which nothing is said is the sender's own. */
function typeOf(codings: readonly Coding[] = []): string {
  const coding = codings.find(({ system }) => system === SYSTEMS.v20203 || system === SYSTEMS.fr0203);
  return coding?.code ?? 'PI';
}

/** Contributions to Patient: numbers, names, birth, contact points. */
export function patientElements(target: BundleResource<Patient>, numbers: readonly PatientIdentifier[]): Element[] {
  const { resource } = target;
  const elements = fragmentOf(target, resource, 'Patient', nobody)?.elements ?? [];
  const identifiers = (list('Identifier', resource.identifier) as Identifier[]).flatMap((identifier) => {
    const number = numbers.find(({ system, value }) => system === identifier.system && value === identifier.value);
    return number === undefined ? [] : [insIdentifier(number.system, number.value) ?? identifier];
  });
  const provisional = { url: 'identityStatus', valueCoding: { system: SYSTEMS.fr0445, code: 'PROV' } };
  const reliability = { url: `${FR_CORE}/fr-core-identity-reliability`, extension: [provisional] };
  return [
    ...elements.filter(({ path }) => path !== 'identifier'),
    ...(identifiers.length === 0 ? [] : [elementOf(target, 'identifier', identifiers)]),
    ...birthPlaceOf(resource).map((extension) => elementOf(target, 'extension', [extension], 'extension')),
    elementOf(target, 'extension', [reliability], 'identifier'),
  ];
}

function birthPlaceOf({ extension }: Patient): Extension[] {
  const stated = objectsIn(extension).find(({ url }) => url === BIRTH_PLACE)?.valueAddress;
  const address = take('Address', stated, nobody) as Address | undefined;
  const coded = objectsIn(stated?.extension).find(({ url }) => url === INSEE_CODE);
  const code = coded?.valueCoding?.code ?? address?.district ?? '';
  const { district: _, ...rest } = address ?? {};
  const insee: Extension[] =
    /^(\d{2}|2[AB])\d{3}$/.test(code) && !code.startsWith('99')
      ? [{ url: INSEE_CODE, valueCoding: { system: SYSTEMS.commune, code } }]
      : [];
  if (insee.length === 0 && address === undefined) return [];
  return [
    {
      url: BIRTH_PLACE,
      valueAddress: { ...(insee.length === 0 ? address : rest), ...(insee.length === 0 ? {} : { extension: insee }) },
    },
  ];
}

type Role = MemberBody['role'];

/** The role of a relative who is in no other: R4 v3-RoleClass. */
const PERSONAL: Role = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass',
  code: 'PRS',
  display: 'personal relationship',
};
/** Roles in the circle by the codes of HL7 table 0131 and v3-RoleClass. */
const ROLE_OF_RELATION: ReadonlyMap<string, Role> = new Map<string, Role>([
  ['C', ROLES.emergencyContact],
  ['ECON', ROLES.emergencyContact],
  ['CAREGIVER', ROLES.caregiver],
  ['GUARD', ROLES.guardian],
]);

/** A relative, and his membership where he has a role in the circle. */
export interface RelativeReading {
  contact: ContactBody;
  member?: MemberBody;
}

/** The relatives whom a document names: contacts of its patient, and related persons. */
export function relativesOf(
  patient: BundleResource<Patient>,
  related: readonly BundleResource<RelatedPerson>[],
): RelativeReading[] {
  const contacts: unknown[] = Array.isArray(patient.resource.contact) ? patient.resource.contact : [];
  return [
    ...contacts.flatMap((contact, index) => relativeOf(patient, personOf(contact), `contact[${String(index)}]`) ?? []),
    ...related.flatMap((target) => relativeOf(target, target.resource, '') ?? []),
  ];
}

/** Patient.contact has one name and one address where RelatedPerson has lists of them. */
function personOf(contact: unknown): unknown {
  const { name, address, ...rest } = (contact ?? {}) as Record<string, unknown>;
  return {
    ...rest,
    ...(name === undefined ? {} : { name: [name] }),
    ...(address === undefined ? {} : { address: [address] }),
  };
}

function relativeOf(target: BundleResource, person: unknown, at: string): RelativeReading | undefined {
  const taken = take('RelatedPerson', person, nobody) as Partial<RelatedPerson> | undefined;
  const [name] = taken?.name ?? [];
  const label = labelOf(name as HumanName | undefined);
  if (taken === undefined || label === '') return undefined;
  const codings = (taken.relationship ?? []).flatMap(({ coding = [] }) => coding);
  const relation = codings[0]?.code ?? taken.relationship?.[0]?.text ?? '';
  const role = codings.map(({ code = '' }) => ROLE_OF_RELATION.get(code)).find((mapped) => mapped !== undefined);
  const field = at === '' ? '' : 'contact.';
  const elements = Object.entries(taken).map(([path, value]): Element => ({
    path,
    field: `${target.resource.resourceType}.${field}${path}`,
    value,
    trace: [
      [
        Array.isArray(value) ? `${path}[0]` : path,
        `${placeOf(target)}${at === '' ? '' : `.${at}`}.${path}`,
        'rule:fhir-document',
      ],
    ],
  }));
  const key = `${label}|${relation}`;
  const contact: ContactBody = {
    contact: key,
    person: { target: 'RelatedPerson', elements },
    label,
    role: role ?? PERSONAL,
  };
  if (role === undefined) return { contact };
  const member: MemberBody = {
    action: 'add',
    person: `contact:${key}`,
    role,
    label,
    basis: 'CDA',
    scope: 'patient',
    trace: [['person', `${placeOf(target)}${at === '' ? '' : `.${at}`}.name`, 'rule:fhir-document']],
  };
  return { contact, member };
}
