import { ROLES } from '../../fhir/roles.js';
import { SYSTEMS } from '../../fhir/systems.js';
import type { DoctorRef, MemberBody } from '../../message/fact.js';
import type { Contributions, PartNames } from '../contributions.js';

type Role = MemberBody['role'];

export const MEMBER_PARTS: PartNames = new Map(
  ['person', 'role', 'action', 'begin', 'end'].map((part) => [part, part]),
);

/** A segment that names professionals of the circle, as its rows read it. */
export interface MemberReading {
  read: Contributions;
  /** Name of the segment: the basis of the statement. */
  basis: string;
  /** Does it stand before PV1? Then it speaks of the patient, whatever stay the message is of. */
  beforeVisit: boolean;
}

/** What the message is about: a stay and its movement, where it is about one. */
export interface VisitContext {
  visit: boolean;
  movement: string | undefined;
}

/**
 * Statements about professionals of the circle. The family doctor is named once: PD1-4 counts where no ROL names one, and so on in the order
 * of the message map.
 */
export function professionalMembers(readings: readonly MemberReading[], visit: VisitContext): MemberBody[] {
  const members = readings.map((reading) => membersOf(reading, visit));
  const familyBasis = members.flat().find(isFamilyDoctor)?.basis;
  return members.flat().filter((member) => !isFamilyDoctor(member) || member.basis === familyBasis);
}

function isFamilyDoctor({ role }: MemberBody): boolean {
  return role.code === ROLES.familyDoctor.code;
}

function membersOf({ read, basis, beforeVisit }: MemberReading, { visit, movement }: VisitContext): MemberBody[] {
  const people = read.filled<DoctorRef[]>('person') ?? [];
  const role = withDisplay(read.filled<Partial<Role>>('role'));
  const action = read.filled<string>('action') === 'end' ? 'end' : 'add';
  const ofPatient = read.filled<string>('scope') === 'patient' || beforeVisit || !visit;
  return people.map(({ role: person, label, identifier, family }, index) => ({
    action,
    person,
    role,
    label,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
    basis,
    ...scopeOf(ofPatient, movement),
    ...periodOf(read),
    trace: read.traces(MEMBER_PARTS).filter(([to]) => !to.startsWith('person[') || to.startsWith(`person[${index}]`)),
  }));
}

export function withDisplay(role: Partial<Role> | undefined): Role {
  if (role?.code === undefined) return ROLES.provider;
  return { system: role.system ?? SYSTEMS.roleClass, code: role.code, display: role.display ?? role.code };
}

/** A statement of the stay goes with the movement that it came with. */
export function scopeOf(ofPatient: boolean, movement: string | undefined): Pick<MemberBody, 'scope' | 'movement'> {
  if (ofPatient) return { scope: 'patient' };
  return { scope: 'stay', ...(movement === undefined ? {} : { movement }) };
}

export function periodOf(read: Contributions): Pick<MemberBody, 'begin' | 'end'> {
  const begin = read.value<string>('begin');
  const end = read.value<string>('end');
  return { ...(begin === undefined ? {} : { begin }), ...(end === undefined ? {} : { end }) };
}
