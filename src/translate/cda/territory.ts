import type { Address, ContactPoint, HumanName, Organization, Practitioner, PractitionerRole } from 'fhir/r4.js';
import { readCoding } from '../../cda/concept.js';
import type { Place } from '../../cda/place.js';
import { CDS, FR_CORE, isIns, SYSTEMS } from '../../fhir/systems.js';
import type { FacilityRef } from '../../message/document.js';
import type { DoctorRef, Mention } from '../../message/fact.js';
import { identifierKey } from '../../message/identifier.js';
import { plainName } from '../../message/plain-name.js';
import { resourceId } from '../../message/uuid.js';
import { partyOf, personName, professionalNumber, structureName, structureNumber, type Party } from './party.js';
import type { CodeTable } from '../codes.js';
import type { Authorities } from '../identifiers.js';
import type { Issues } from '../issues.js';
import { MentionCollector } from '../mention-collector.js';
import { practitionerOf, practitionerRoleOf } from '../hl7v2/mentioned.js';
import { addressOf } from './address.js';
import { contactPointOf } from './telecom.js';

/** Code tables by which people and structures of a document are read. */
export interface PartyTables {
  addressUses: CodeTable;
  telecomUses: CodeTable;
}

type Named<R> = R & { id: string };

/** Collects the people and structures that a document mentions, with the ids they have for ever. What it says of them counts least. */
export class DocumentTerritory {
  private readonly collector = new MentionCollector();

  /** @param patient anchor of the patient: a professional without a number is known by his name, among those of this patient */
  constructor(
    private readonly source: string,
    private readonly patient: string,
    private readonly authorities: Authorities,
    private readonly issues: Issues,
  ) {}

  /** All that was mentioned, as recorded at that instant. */
  mentions(recordedAt: string): Mention[] {
    return this.collector.mentions(this.source, recordedAt);
  }

  /** Whoever plays a role: a professional, else the structure. A patient as author of his own document is neither. */
  party(entity: Place, tables: PartyTables): DoctorRef | undefined {
    const party = partyOf(entity);
    if (entity.children('id').some((id) => isIns(`urn:oid:${id.attribute('root')}`))) return undefined;
    if (party.organization === entity) return this.structure(entity, tables);
    return this.professional(party, tables) ?? this.structure(entity, tables);
  }

  /** A structure, where the element is one or names one. */
  organization(entity: Place, tables: PartyTables): FacilityRef | undefined {
    const { organization } = partyOf(entity);
    return organization && this.organizationOf(organization, organization, tables);
  }

  /** The structure for which somebody plays a role. */
  structure(entity: Place, tables: PartyTables): DoctorRef | undefined {
    const { organization } = partyOf(entity);
    const facility = organization && this.organizationOf(organization, entity, tables);
    if (facility === undefined) return undefined;
    const { organization: role, label, identifier } = facility;
    return { role, label, ...(identifier === undefined ? {} : { identifier }) };
  }

  private professional({ entity, person, organization }: Party, tables: PartyTables): DoctorRef | undefined {
    const number = professionalNumber(entity, this.authorities);
    const called = personName(person);
    const family = called?.name.family ?? '';
    const label = labelOf(called?.name) || (number?.value ?? '');
    if (label === '') return undefined;
    const { system, value, type } = number ?? this.unnumbered(label);
    const given = called?.name.given?.join(' ') ?? '';
    const practitioner = practitionerOf(system, value, type?.system ?? '', type?.code ?? '', family, given);
    const employer = organization && this.organizationOf(organization, organization, tables);
    const at = employer?.organization ?? '';
    const role = practitionerRoleOf(system, value, family, practitioner.id, label, 'ville', at);
    const from = number?.from ?? called?.from ?? entity;
    const parts = called === undefined ? {} : { name: called.from.path() };
    const source = { row: 'rule:party', from: from.path(), parts };
    this.collector.add(this.detailed(practitioner, called?.name, entity, tables), source, 'document');
    this.collector.add(this.placed(role, entity, tables), source, 'document');
    return {
      role: `PractitionerRole/${role.id}`,
      label,
      ...(number === undefined ? {} : { identifier: identifierKey(system, value) }),
      ...(family === '' ? {} : { family }),
    };
  }

  /** A person without a number has one of his patient and his name. */
  private unnumbered(label: string): { system: string; value: string; type?: { system: string; code: string } } {
    const id = resourceId('Practitioner', `unnumbered|${this.patient}|${plainName(label)}`);
    return { system: SYSTEMS.uri, value: `urn:uuid:${id}` };
  }

  private detailed(
    { identifier = [], ...practitioner }: Named<Practitioner>,
    name: HumanName | undefined,
    entity: Place,
    tables: PartyTables,
  ): Named<Practitioner> {
    const address = this.addresses(entity, tables);
    const [number] = identifier;
    const { type, ...untyped } = number ?? {};
    const typed = type?.coding?.[0]?.code !== '';
    return {
      ...practitioner,
      ...(number === undefined ? {} : { identifier: [typed ? number : untyped] }),
      ...(name === undefined ? {} : { name: [name] }),
      ...(address.length === 0 ? {} : { address }),
    };
  }

  private placed(role: Named<PractitionerRole>, entity: Place, tables: PartyTables): Named<PractitionerRole> {
    const coding = readCoding(entity.child('code')?.element);
    const telecom = this.telecoms(entity, tables);
    return {
      ...role,
      ...(coding === undefined ? {} : { code: [{ coding: [coding] }] }),
      ...(telecom.length === 0 ? {} : { telecom }),
    };
  }

  /** @param contact the element whose address and telecoms are the structure's, where it has none of its own */
  private organizationOf(organization: Place, contact: Place, tables: PartyTables): FacilityRef | undefined {
    const number = structureNumber(organization, this.authorities);
    const called = structureName(organization);
    const name = called?.text() ?? '';
    if (number === undefined && name === '') return undefined;
    const key =
      number === undefined
        ? `${this.authorities.own}|structure|${plainName(name)}`
        : identifierKey(number.system, number.value);
    const id = resourceId('Organization', key);
    const resource = this.organizationResource(id, number, name, { organization, contact, tables });
    const from = (number?.from ?? called ?? organization).path();
    this.collector.add(resource, { row: 'rule:party', from }, 'document');
    return {
      organization: `Organization/${id}`,
      label: resource.name ?? '',
      ...(number === undefined ? {} : { identifier: key }),
    };
  }

  private organizationResource(
    id: string,
    number: ReturnType<typeof structureNumber>,
    name: string,
    { organization, contact, tables }: { organization: Place; contact: Place; tables: PartyTables },
  ): Named<Organization> {
    const own = { telecom: this.telecoms(organization, tables), address: this.addresses(organization, tables) };
    const telecom = own.telecom.length > 0 ? own.telecom : this.telecoms(contact, tables);
    const address = own.address.length > 0 ? own.address : this.addresses(contact, tables);
    return {
      resourceType: 'Organization',
      id,
      meta: { profile: [`${FR_CORE}/fr-core-organization`, `${CDS}/cds-organization`] },
      identifier: [
        number === undefined
          ? { system: SYSTEMS.uri, value: `urn:uuid:${id}` }
          : {
              ...(number.type.code === 'IDNST' ? { use: 'official' as const } : {}),
              type: { coding: [number.type] },
              system: number.system,
              value: number.value,
            },
      ],
      active: true,
      name: name === '' ? `Établissement ${number?.value ?? ''}` : name,
      ...contactOf(organization, contact),
      ...(telecom.length === 0 ? {} : { telecom }),
      ...(address.length === 0 ? {} : { address }),
    };
  }

  private telecoms(place: Place, { telecomUses }: PartyTables): ContactPoint[] {
    return place
      .children('telecom')
      .flatMap((telecom) => (contactPointOf(telecom, telecomUses, this.issues)?.value as ContactPoint) ?? []);
  }

  private addresses(place: Place, { addressUses }: PartyTables): Address[] {
    return place
      .children('addr')
      .flatMap((address) => (addressOf(address, addressUses, this.issues)?.value as Address) ?? []);
  }
}

/** The person who plays the role for the structure is the one to ask for. */
function contactOf(organization: Place, contact: Place): Pick<Organization, 'contact'> {
  const person = contact.element === organization.element ? undefined : personName(partyOf(contact).person);
  return person === undefined ? {} : { contact: [{ name: person.name }] };
}

function labelOf(name: HumanName | undefined): string {
  if (name === undefined) return '';
  return [...(name.given ?? []), name.family ?? ''].join(' ').trim() || (name.text ?? '');
}
