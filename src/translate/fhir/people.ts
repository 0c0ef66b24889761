import type {
  Address,
  ContactPoint,
  FhirResource,
  HumanName,
  Identifier,
  Organization,
  Practitioner,
  PractitionerRole,
  Reference,
} from 'fhir/r4.js';
import { CDS, FR_CORE, SYSTEMS } from '../../fhir/systems.js';
import type { FacilityRef } from '../../message/document.js';
import type { DoctorRef } from '../../message/fact.js';
import { identifierKey } from '../../message/identifier.js';
import { plainName } from '../../message/plain-name.js';
import { resourceId } from '../../message/uuid.js';
import {
  adeliOf,
  finessOf,
  idnpsOf,
  idnstOf,
  PERSON_ROOT,
  rppsOf,
  STRUCTURE_ROOT,
  type NationalNumber,
} from '../national-numbers.js';
import type { MentionCollector } from '../mention-collector.js';
import { practitionerOf, practitionerRoleOf } from '../hl7v2/mentioned.js';
import { isOf, placeOf, type BundleResource, type BundleResources } from './bundle-resources.js';
import { take } from './take.js';

type Named<R> = R & { id: string };

interface TypedNumber {
  system: string;
  value: string;
  type: { system: string; code: string };
}

const ROW = 'rule:fhir-document';

/** The professionals and structures of a FHIR document, with the ids that they have here for ever. */
export class DocumentPeople {
  /** @param patient anchor of the patient: a professional without a number is known by his name, among those of this patient */
  constructor(
    private readonly resources: BundleResources,
    private readonly mentions: MentionCollector,
    private readonly patient: string,
    private readonly own: string,
  ) {}

  /** Whom a reference names: a professional, else a structure; undefined for anybody else, and for who has neither name nor number. */
  party(reference: Reference | undefined): DoctorRef | undefined {
    const target = this.resources.resolve(reference);
    if (target === undefined) return undefined;
    if (isOf(target, 'Practitioner')) return this.professional(target, undefined);
    if (isOf(target, 'PractitionerRole')) return this.inRole(target);
    const facility = this.organization(reference);
    if (facility === undefined) return undefined;
    const { organization: role, label, identifier } = facility;
    return { role, label, ...(identifier === undefined ? {} : { identifier }) };
  }

  /** The structure that a reference names. */
  organization(reference: Reference | undefined): FacilityRef | undefined {
    const target = this.resources.resolve(reference);
    if (target === undefined || !isOf(target, 'Organization')) return undefined;
    const { identifier, name: stated } = target.resource;
    const number = numbersOf(identifier, structureNumber)[0];
    const name = text(stated);
    if (number === undefined && name === '') return undefined;
    const key =
      number === undefined ? `${this.own}|structure|${plainName(name)}` : identifierKey(number.system, number.value);
    const resource = organizationOf(target.resource, resourceId('Organization', key), number, name);
    this.mention(resource, target);
    return {
      organization: `Organization/${resource.id}`,
      label: resource.name ?? '',
      ...(number === undefined ? {} : { identifier: key }),
    };
  }

  private inRole(target: BundleResource<PractitionerRole>): DoctorRef | undefined {
    const practitioner = this.resources.resolve(target.resource.practitioner);
    if (practitioner !== undefined && isOf(practitioner, 'Practitioner'))
      return this.professional(practitioner, target);
    const facility = this.organization(target.resource.organization);
    return facility && { role: facility.organization, label: facility.label };
  }

  private professional(
    target: BundleResource<Practitioner>,
    role: BundleResource<PractitionerRole> | undefined,
  ): DoctorRef | undefined {
    const { resource } = target;
    const numbers = numbersOf(resource.identifier, professionalNumber);
    const number = numbers.find(({ system }) => system === SYSTEMS.rpps) ?? numbers[0];
    const names = (list('HumanName', resource.name) as HumanName[]).slice(0, 1);
    const [name] = names;
    const label = labelOf(name) || (number?.value ?? '');
    if (label === '') return undefined;
    const { system, value, type } = number ?? this.unnumbered(label);
    const family = name?.family ?? '';
    const given = name?.given?.join(' ') ?? '';
    const { identifier = [], ...made } = practitionerOf(system, value, type.system, type.code, family, given);
    const employer = this.organization(role?.resource.organization)?.organization ?? '';
    const placed = practitionerRoleOf(system, value, family, made.id, label, 'ville', employer);
    const plain = identifier.map(({ type: _, ...untyped }) => untyped);
    this.mention({ ...made, identifier: type.code === '' ? plain : identifier, ...filled('name', names) }, target);
    const code = list('CodeableConcept', role?.resource.code);
    const telecom = list('ContactPoint', role?.resource.telecom ?? resource.telecom);
    this.mention(
      { ...placed, ...filled('code', code), ...filled('telecom', telecom) } as typeof placed,
      role ?? target,
    );
    return {
      role: `PractitionerRole/${placed.id}`,
      label,
      ...(number === undefined ? {} : { identifier: identifierKey(system, value) }),
      ...(family === '' ? {} : { family }),
    };
  }

  private unnumbered(label: string): TypedNumber {
    const id = resourceId('Practitioner', `unnumbered|${this.patient}|${plainName(label)}`);
    return { system: SYSTEMS.uri, value: `urn:uuid:${id}`, type: { system: '', code: '' } };
  }

  private mention(resource: FhirResource & { id: string }, target: BundleResource): void {
    this.mentions.add(resource, { row: ROW, from: placeOf(target) }, 'document');
  }
}

function organizationOf(
  { telecom, address }: Organization,
  id: string,
  number: TypedNumber | undefined,
  name: string,
): Named<Organization> {
  return {
    resourceType: 'Organization',
    id,
    meta: { profile: [`${FR_CORE}/fr-core-organization`, `${CDS}/cds-organization`] },
    identifier: [
      number === undefined
        ? { system: SYSTEMS.uri, value: `urn:uuid:${id}` }
        : { type: { coding: [number.type] }, system: number.system, value: number.value },
    ],
    active: true,
    name: name === '' ? `Établissement ${number?.value ?? ''}` : name,
    ...filled('telecom', list('ContactPoint', telecom) as ContactPoint[]),
    ...filled('address', list('Address', address) as Address[]),
  };
}

/** A number of a professional; under the system of a national register what has not its form is none. */
function professionalNumber(system: string, value: string): TypedNumber | undefined {
  const readers = new Map([
    [SYSTEMS.rpps, rppsOf],
    [SYSTEMS.adeli, adeliOf],
    [`urn:oid:${PERSON_ROOT}`, idnpsOf],
  ]);
  return numberIn(readers, { system, value }, 'EI');
}

function structureNumber(system: string, value: string): TypedNumber | undefined {
  const readers = new Map([
    [SYSTEMS.finess, finessOf],
    [`urn:oid:${STRUCTURE_ROOT}`, idnstOf],
  ]);
  return numberIn(readers, { system, value }, 'XX');
}

/** @param other type of a number of no register (table 0203) */
function numberIn(
  readers: ReadonlyMap<string, (text: string) => NationalNumber | undefined>,
  { system, value }: { system: string; value: string },
  other: string,
): TypedNumber | undefined {
  const reader = readers.get(system);
  if (reader === undefined) return { system, value, type: { system: SYSTEMS.v20203, code: other } };
  const national = reader(value);
  return national && { ...national, type: { system: SYSTEMS.fr0203, code: national.code } };
}

function numbersOf(
  identifiers: unknown,
  typed: (system: string, value: string) => TypedNumber | undefined,
): TypedNumber[] {
  return (list('Identifier', identifiers) as Identifier[])
    .flatMap(({ system = '', value = '' }) => typed(system, value) ?? [])
    .sort((a, b) => Number(isNational(b)) - Number(isNational(a)));
}

function isNational({ system }: TypedNumber): boolean {
  return system === SYSTEMS.rpps || system === SYSTEMS.finess;
}

/** The elements of a list that have the form of a datatype. */
export function list(type: string, values: unknown): unknown[] {
  return (Array.isArray(values) ? values : []).flatMap((value: unknown) => take(type, value, () => undefined) ?? []);
}

function filled<T>(name: string, values: T[]): Record<string, T[]> {
  return values.length === 0 ? {} : { [name]: values };
}

/** A name as people are called by it. */
export function labelOf(name: HumanName | undefined): string {
  if (name === undefined) return '';
  return [...(name.given ?? []), name.family ?? ''].join(' ').trim() || (name.text ?? '');
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : '';
}
