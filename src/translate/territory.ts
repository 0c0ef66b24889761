import { SYSTEMS, type AssigningAuthority } from '../fhir/systems.js';
import { canonicalJsonOnce, identifierKey } from '../message/id.js';
import type { Mention, Place, UnitRef } from '../message/fact.js';
import {
  establishmentOf,
  locationOf,
  practitionerOf,
  practitionerRoleOf,
  tracesOf,
  unitOrganization,
  type MentionSource,
} from './mentioned.js';
import type { Authorities } from './identifiers.js';
import type { FieldReader } from './reader.js';

/** A professional as a field names one. */
export interface NamedProfessional {
  /** `PractitionerRole/<id>`. */
  role: string;
  label: string;
  /** `system|value`. */
  identifier: string;
  family: string;
}

/** A number of a professional, in the system it belongs to. */
interface ProfessionalNumber {
  field: FieldReader;
  system: string;
  value: string;
  /** Of the identifier, a Coding. */
  type: { system: string; code: string };
}

/** Mentions without a name of their own lose against any that has one, whenever recorded. */
const WEAKEST = '0001-01-01T00:00:00Z';

/** Collects the organisations, places and professionals that a message mentions, with the ids they have for ever (DESIGN §4). */
export class Territory {
  private readonly found = new Map<string, Mention>();
  /** Units and hospitals said already: a message says the same one up to six times. */
  private readonly units = new Map<string, UnitRef>();
  private readonly hospitals = new Map<string, string>();

  constructor(
    private readonly recordedAt: string,
    private readonly authorities: Authorities,
  ) {}

  get mentions(): Mention[] {
    return [...this.found.values()];
  }

  /** XCN → Practitioner and PractitionerRole. Repetitions of one person under several numbers are one person, by RPPS first. */
  professional(readers: readonly FieldReader[], context: string): NamedProfessional | undefined {
    const named = readers.flatMap((field) => this.numbered(field) ?? []);
    const chosen = named.find(({ system }) => system === SYSTEMS.rpps) ?? named[0];
    if (chosen === undefined) return undefined;
    const { field, system, value, type } = chosen;
    const family = text(field.value(2));
    const given = text(field.value(3));
    const label = [given, family].filter((part) => part !== '').join(' ') || value;
    const practitioner = practitionerOf(system, value, type.system, type.code, family, given);
    const role = practitionerRoleOf(system, value, practitioner.id, label, context);
    const parts = { name: field.path(2), organization: 'PV1-3' };
    this.add(practitioner, { row: 'XCN-Practitioner', from: field.path(1), parts }, family !== '');
    this.add(role, { row: 'XCN-PractitionerRole', from: field.path(1), parts }, family !== '');
    const identifier = identifierKey(system, value);
    return { role: `PractitionerRole/${role.id}`, label, identifier, family };
  }

  /** RPPS and IDNPS normalise to 11 digits (an IDNPS is 8 and the RPPS, 0 and the ADELI number); other numbers stay local. */
  private numbered(field: FieldReader): ProfessionalNumber | undefined {
    const number = text(field.value(1));
    if (number === '') return undefined;
    const type = field.value(13);
    const national = field.value(9, 2) === '1.2.250.1.71.4.2.1' || type === 'RPPS' || type === 'IDNPS';
    const coded = (code: string) => ({ system: SYSTEMS.fr0203, code });
    if (national && /^8\d{11}$/.test(number))
      return { field, system: SYSTEMS.rpps, value: number.slice(1), type: coded('RPPS') };
    if (national && /^\d{11}$/.test(number)) return { field, system: SYSTEMS.rpps, value: number, type: coded('RPPS') };
    if (type === 'ADELI' || (national && /^0\d{9}$/.test(number)))
      return { field, system: SYSTEMS.adeli, value: number.replace(/^0(?=\d{9}$)/, ''), type: coded('ADELI') };
    return {
      field,
      system: this.authorities.systemOf(field.authority(9)),
      value: number,
      type: { system: SYSTEMS.v20203, code: 'EI' },
    };
  }

  /** The hospital behind an authority that carries a FINESS number: `Organization/<id>`, or '' where it carries none. */
  hospital(authority: AssigningAuthority, from: string): string {
    const { namespace, universalId, type } = authority;
    if ((type !== 'M' && type !== 'N') || universalId === '') return '';
    const key = `${type}|${universalId}|${namespace}`;
    const said = this.hospitals.get(key);
    if (said !== undefined) return said;
    const organization = establishmentOf(universalId, type === 'M' ? 'FINEJ' : 'FINEG', namespace);
    this.add(organization, { row: 'HD-Organization', from }, namespace !== '');
    this.hospitals.set(key, `Organization/${organization.id}`);
    return `Organization/${organization.id}`;
  }

  /** DLD-1 or the like: an establishment by its FINESS number alone. */
  finess(field: FieldReader): string {
    const organization = establishmentOf(field.value(), 'FINEG', '');
    this.add(organization, { row: 'FINESS-Organization', from: field.path(1) }, false);
    return `Organization/${organization.id}`;
  }

  /** XON of ZBE-7 and ZBE-8 → the UF. */
  unit(field: FieldReader): UnitRef | undefined {
    const code = text(field.value(10)) || text(field.value(3));
    if (code === '') return undefined;
    return this.unitOf(code, text(field.value(1)), field.authority(6), field.path(10));
  }

  private unitOf(code: string, name: string, authority: AssigningAuthority, from: string): UnitRef {
    const key = [code, name, authority.namespace, authority.universalId, authority.type].join('|');
    const unit = this.units.get(key) ?? this.newUnit(code, name, authority, from);
    this.units.set(key, unit);
    return unit;
  }

  private newUnit(code: string, name: string, authority: AssigningAuthority, from: string): UnitRef {
    const system = this.authorities.systemOf(authority);
    const label = name === '' ? `UF ${code}` : name;
    const organization = unitOrganization(system, code, label, this.hospital(authority, from));
    this.add(organization, { row: 'XON-Organization', from }, name !== '');
    return { organization: `Organization/${organization.id}`, label, code, identifier: identifierKey(system, code) };
  }

  /** PL → UF, room and bed: Locations that lead to each other and to their UF (pam-fr §5.2). `known` is the UF by its full name. */
  place(field: FieldReader, known: UnitRef | undefined): Place | undefined {
    const [unitCode, room, bed] = [1, 2, 3].map((component) => text(field.value(component))) as [
      string,
      string,
      string,
    ];
    if (unitCode === '' && room === '' && bed === '') return undefined;
    const authority = field.authority(4);
    const unit =
      unitCode === ''
        ? undefined
        : known?.code === unitCode
          ? known
          : this.unitOf(unitCode, '', authority, field.path(1));
    const levels = [
      { value: unitCode, type: 'wa', name: unit?.label ?? unitCode },
      { value: room, type: 'ro', name: `Chambre ${room}` },
      { value: bed, type: 'bd', name: `Lit ${bed}` },
    ].filter(({ value }) => value !== '');
    let path = this.authorities.systemOf(authority);
    let parent: string | undefined;
    for (const level of levels) {
      path = `${path}|${level.type} ${level.value}`;
      const location = locationOf(path, level.type, level.name, unit?.organization ?? '', parent ?? '');
      const named = level.type !== 'wa' || !level.name.startsWith('UF ');
      this.add(location, { row: 'PL-Location', from: field.path() }, named);
      parent = `Location/${location.id}`;
    }
    const label = levels.map(({ name }) => name).join(', ');
    return {
      ...(parent === undefined ? {} : { location: parent }),
      ...(unit === undefined ? {} : { unit: unit.organization }),
      label,
    };
  }

  /** Of two mentions in one message the named one wins, then the greater content. */
  private add(resource: Mention['resource'], source: MentionSource, named: boolean): void {
    const key = `${resource.resourceType}/${resource.id}`;
    const recordedAt = named ? this.recordedAt : WEAKEST;
    const known = this.found.get(key);
    if (known === undefined || outweighs({ resource, recordedAt }, known))
      this.found.set(key, { resource, recordedAt, trace: tracesOf(resource, source) });
  }
}

function outweighs(one: Pick<Mention, 'resource' | 'recordedAt'>, other: Mention): boolean {
  if (one.recordedAt !== other.recordedAt) return one.recordedAt !== WEAKEST;
  return canonicalJsonOnce(one.resource) > canonicalJsonOnce(other.resource);
}

function text(value: string): string {
  return value === '""' ? '' : value.trim();
}
