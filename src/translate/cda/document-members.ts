import { ROLES } from '../../fhir/roles.js';
import type { DoctorRef } from '../../message/fact.js';
import type { MemberBody } from '../../message/member.js';
import { contactOf, type ContactReading } from '../hl7v2/contact.js';
import type { Contributions } from '../contributions.js';
import type { Issues } from '../issues.js';
import { boundsOf } from './bounds.js';
import type { CdaContext } from './format.js';
import type { DocumentReading } from './document-reading.js';
import { MEMBER_PARTS, withDisplay } from '../hl7v2/members.js';

/** The basis of all that documents state of the circle. */
const BASIS = 'CDA';

/** The professionals and structures whom the header names. */
export function headerMembers(reading: DocumentReading, context: CdaContext): MemberBody[] {
  return reading.each('member', context).flatMap(({ read }) => membersOf(read, context.issues));
}

/** Each member once in a role; who has one of his own is not a mere professional beside it. */
export function distinctMembers(members: readonly MemberBody[]): MemberBody[] {
  const keys = members.map(keyOf);
  const distinct = members.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
  const inRole = new Set(distinct.filter((member) => !isProvider(member)).map(({ person }) => person));
  return distinct.filter((member) => !isProvider(member) || !inRole.has(member.person));
}

function keyOf({ person, role }: MemberBody): string {
  return [person, role.system, role.code].join('|');
}

function isProvider({ role }: MemberBody): boolean {
  return role.code === ROLES.provider.code && role.system === ROLES.provider.system;
}

/** Members as rows read them of an element. */
export function membersOf(read: Contributions, issues: Issues): MemberBody[] {
  const bounds = boundsOf(read, issues);
  const people = read.filled<DoctorRef[]>('person') ?? [];
  const role = withDisplay(read.filled<Partial<MemberBody['role']>>('role'));
  return people.map(({ role: person, label, identifier, family }) => ({
    action: 'add',
    person,
    role,
    label,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
    basis: BASIS,
    scope: read.filled<string>('scope') === 'stay' ? 'stay' : 'patient',
    ...bounds,
    trace: read.traces(MEMBER_PARTS),
  }));
}

/** The relatives whom the header names, with their roles in the circle. */
export function headerContacts(reading: DocumentReading, context: CdaContext): ContactReading[] {
  const persons = new Map(
    reading.each('RelatedPerson', context).map(({ place, elements }) => [place.element, elements]),
  );
  const visit = { visit: false, movement: undefined };
  return reading
    .each('contact', context)
    .flatMap(({ place, read }) => contactOf(read, persons.get(place.element) ?? [], visit, BASIS) ?? []);
}
