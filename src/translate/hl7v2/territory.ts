import type { AssigningAuthority } from '../../fhir/systems.js';
import { identifierKey } from '../../message/identifier.js';
import type { DoctorRef, Mention, MentionRank, Place, UnitRef } from '../../message/fact.js';
import type { Authorities } from '../identifiers.js';
import {
  establishmentOf,
  hospitalOf,
  locationOf,
  practitionerOf,
  practitionerRoleOf,
  unitOrganization,
} from './mentioned.js';
import { MentionCollector } from '../mention-collector.js';
import { professionalsOf } from './professional.js';
import type { FieldReader } from './reader.js';

/** Where a professional exercises: in town, or at the source's own hospital. */
export type Exercise = 'ville' | 'hospital';

/** A professional, and the repetition that names him. */
export interface NamedDoctor {
  doctor: DoctorRef;
  from: string;
}

/** Collects the organisations, places and professionals that a message mentions, with the ids they have for ever. */
export class Territory {
  private readonly collector = new MentionCollector();
  /** Units and hospitals of the message: it names the same one up to six times. */
  private readonly units = new Map<string, UnitRef>();
  private readonly unitsByCode = new Map<string, UnitRef>();
  private readonly hospitals = new Map<string, string>();

  constructor(
    private readonly source: string,
    private readonly authorities: Authorities,
  ) {}

  /** All that was mentioned, as recorded at that instant. */
  mentions(recordedAt: string): Mention[] {
    return this.collector.mentions(this.source, recordedAt);
  }

  /** XCN with all its repetitions → Practitioners and their roles, where they exercise. */
  professionals(field: FieldReader, exercise: Exercise): NamedDoctor[] {
    return professionalsOf(field, this.authorities).map(({ field: from, system, value, type, family, given }) => {
      const label = [given, family].filter((part) => part !== '').join(' ') || value;
      const practitioner = practitionerOf(system, value, type.system, type.code, family, given);
      const at = exercise === 'ville' ? '' : this.ownHospital(from.path());
      const where = exercise === 'ville' ? 'ville' : this.authorities.own;
      const role = practitionerRoleOf(system, value, family, practitioner.id, label, where, at);
      const rank: MentionRank = family === '' ? 'number' : 'name';
      const parts = { name: from.path(2), organization: 'MSH-4' };
      this.collector.add(practitioner, { row: 'XCN-Practitioner', from: from.path(1), parts }, rank);
      this.collector.add(role, { row: 'XCN-PractitionerRole', from: from.path(1), parts }, rank);
      const identifier = identifierKey(system, value);
      const doctor = { role: `PractitionerRole/${role.id}`, label, identifier, ...(family === '' ? {} : { family }) };
      return { doctor, from: from.path() };
    });
  }

  private ownHospital(from: string): string {
    const hospital = hospitalOf(this.authorities.own, this.authorities.hospital);
    this.collector.add(hospital, { row: 'HD-Organization', from: 'MSH-4', parts: { identifier: from } }, 'number');
    return `Organization/${hospital.id}`;
  }

  /** The hospital behind an authority that carries a FINESS number: `Organization/<id>`, or '' where it carries none. */
  private hospital(authority: AssigningAuthority, from: string): string {
    const { namespace, universalId, type } = authority;
    if ((type !== 'M' && type !== 'N') || universalId === '') return '';
    const key = `${type}|${universalId}|${namespace}`;
    const before = this.hospitals.get(key);
    if (before !== undefined) return before;
    const organization = establishmentOf(universalId, type === 'M' ? 'FINEJ' : 'FINEG', namespace);
    this.collector.add(organization, { row: 'HD-Organization', from }, namespace === '' ? 'number' : 'name');
    this.hospitals.set(key, `Organization/${organization.id}`);
    return `Organization/${organization.id}`;
  }

  /** DLD-1 or the like: an establishment by its FINESS number alone. */
  finess(field: FieldReader): string {
    const organization = establishmentOf(field.value(), 'FINEG', '');
    this.collector.add(organization, { row: 'FINESS-Organization', from: field.path(1) }, 'number');
    return `Organization/${organization.id}`;
  }

  /** XON → the UF: its code in XON-10, else XON-3. */
  unit(field: FieldReader): UnitRef | undefined {
    const code = field.value(10).trim() || field.value(3).trim();
    if (code === '') return undefined;
    return this.unitOf(code, field.value(1).trim(), field.authority(6), field.path(10));
  }

  /** A component that holds the code of a UF of the source's own, and no more. */
  unitOfCode(field: FieldReader): UnitRef | undefined {
    const code = field.value().trim();
    return code === '' ? undefined : this.unitOf(code, '', NO_AUTHORITY, field.path());
  }

  private unitOf(code: string, name: string, authority: AssigningAuthority, from: string): UnitRef {
    const system = this.authorities.systemOf(authority);
    const key = identifierKey(system, code);
    const before = this.units.get(key);
    // One unit has one label in a message: its name, wherever the message gives it.
    if (before !== undefined && (name === '' || before.label === name)) return before;
    const label = name === '' ? `UF ${code}` : name;
    const organization = unitOrganization(system, code, label, this.hospital(authority, from));
    this.collector.add(organization, { row: 'XON-Organization', from }, name === '' ? 'number' : 'name');
    const unit = { organization: `Organization/${organization.id}`, label, code, identifier: key };
    this.units.set(key, unit);
    this.unitsByCode.set(code, unit);
    return unit;
  }

  /**
   * PL → UF, room and bed: Locations that lead to each other and to their UF. A UF that the message named by the same code is the one that
   * is meant, whatever authority stands here: senders write their legal entity in one field and their site in the other.
   */
  place(field: FieldReader): Place | undefined {
    const [unitCode = '', room = '', bed = ''] = [1, 2, 3].map((component) => field.value(component).trim());
    if (unitCode === '' && room === '' && bed === '') return undefined;
    const authority = field.authority(4);
    const unit =
      unitCode === ''
        ? undefined
        : (this.unitsByCode.get(unitCode) ?? this.unitOf(unitCode, '', authority, field.path(1)));
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
      const rank = level.type === 'wa' && level.name === `UF ${unitCode}` ? 'number' : 'name';
      this.collector.add(location, { row: 'PL-Location', from: field.path() }, rank);
      parent = `Location/${location.id}`;
    }
    const label = levels.map(({ name }) => name).join(', ');
    return { ...(parent === undefined ? {} : { location: parent }), ...(unit === undefined ? {} : { unit }), label };
  }
}

const NO_AUTHORITY: AssigningAuthority = { namespace: '', universalId: '', type: '' };
