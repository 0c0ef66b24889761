import type { HumanName, RelatedPerson } from 'fhir/r4.js';
import type { ContactBody, Element, Fragment, MemberBody } from '../../message/fact.js';
import type { Contributions, PartNames } from '../contributions.js';
import { periodOf, scopeOf, type VisitContext } from './members.js';

type Role = MemberBody['role'];

/** The role of a relative who is in no other: R4 v3-RoleClass. */
const PERSONAL: Role = {
  system: 'http://terminology.hl7.org/CodeSystem/v3-RoleClass',
  code: 'PRS',
  display: 'personal relationship',
};

const PARTS: PartNames = new Map([
  ['key', 'person'],
  ['role', 'role'],
  ['begin', 'begin'],
  ['end', 'end'],
]);

/** What one NK1, or one relatedEntity of a document, gives: the contact, and his membership where he has a role in the circle. */
export interface ContactReading {
  contact: ContactBody;
  member?: MemberBody;
}

/**
 * One NK1 or relatedEntity → a contact. He is known by NK1-33, else by his name and relation, and always within his patient. undefined where he has neither
 * role nor relation: an employer or an insurer is nobody's relative.
 * @param person contributions to RelatedPerson
 * @param basis what makes the statement
 */
export function contactOf(
  read: Contributions,
  person: Element[],
  visit: VisitContext,
  basis = 'NK1',
): ContactReading | undefined {
  const role = read.filled<Role>('role');
  const relation = read.filled<string>('relation');
  if (role === undefined && relation === undefined) return undefined;
  const label = nameOf(person);
  const key = read.filled<string>('key') ?? `${label}|${relation ?? ''}`;
  const notify = read.value<string>('doNotNotify');
  const fragment: Fragment = { target: 'RelatedPerson', elements: person };
  const contact: ContactBody = {
    contact: key,
    person: fragment,
    label,
    role: role ?? PERSONAL,
    ...(notify === undefined ? {} : { doNotNotify: notify === 'yes' }),
  };
  if (role === undefined) return { contact };
  const member: MemberBody = {
    action: 'add',
    person: `contact:${key}`,
    role,
    label: label === '' ? role.display : label,
    basis,
    ...scopeOf(read.filled<string>('scope') !== 'stay' || !visit.visit, visit.movement),
    ...periodOf(read),
    trace: [...read.traces(PARTS), ...nameTraces(person, read.filled('key') === undefined)],
  };
  return { contact, member };
}

/** Without a number the name is what the contact is known by. */
function nameTraces(person: readonly Element[], named: boolean): MemberBody['trace'] {
  const [first] = person.find(({ path }) => path === 'name')?.trace ?? [];
  return named && first !== undefined ? [['person', first[1], first[2]]] : [];
}

function nameOf(person: readonly Element[]): string {
  const names = person.find(({ path }) => path === 'name')?.value as RelatedPerson['name'] | null | undefined;
  const name: HumanName | undefined = names?.[0];
  return [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
}
