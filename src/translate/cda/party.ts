import type { HumanName } from 'fhir/r4.js';
import type { Place } from '../../cda/place.js';
import { SYSTEMS } from '../../fhir/systems.js';
import type { Coding } from 'fhir/r4.js';
import { numberOf } from './identifier.js';
import { nameInUseOf } from './name.js';
import type { Authorities } from '../identifiers.js';
import { idnpsOf, idnstOf, PERSON_ROOT, STRUCTURE_ROOT, type NationalNumber } from '../national-numbers.js';

/** Who plays a role in a document (assignedAuthor, associatedEntity, intendedRecipient …), and for which structure. */
export interface Party {
  entity: Place;
  person: Place | undefined;
  organization: Place | undefined;
}

const PERSONS = ['assignedPerson', 'associatedPerson', 'informationRecipient', 'relatedPerson', 'guardianPerson'];
const ORGANIZATIONS = [
  'representedOrganization',
  'scopingOrganization',
  'receivedOrganization',
  'guardianOrganization',
];

/** An element that plays a role, or the structure itself (custodian, serviceProviderOrganization, participantRole of an entry). */
export function partyOf(entity: Place): Party {
  const first = (names: string[]) => names.map((name) => entity.child(name)).find((place) => place !== undefined);
  const structure = entity.element.name.endsWith('Organization') || isStructure(entity);
  return { entity, person: first(PERSONS), organization: structure ? entity : first(ORGANIZATIONS) };
}

/** A participant of an entry that has no professional's number is a structure. */
function isStructure(role: Place): boolean {
  const roots = role.children('id').map((id) => id.attribute('root'));
  return role.element.name === 'participantRole' && !roots.includes(PERSON_ROOT);
}

/** The name of a structure; a participant of an entry has it from what plays the role. */
export function structureName(structure: Place): Place | undefined {
  return structure.child('name') ?? structure.child('playingEntity')?.child('name');
}

/** A number in its system, and the coding of its type. */
export interface TypedNumber {
  system: string;
  value: string;
  type: Required<Pick<Coding, 'system' | 'code'>>;
  from: Place;
}

/** The number of a professional: an RPPS before any other. */
export function professionalNumber(entity: Place, authorities: Authorities): TypedNumber | undefined {
  const numbers = entity
    .children('id')
    .flatMap((id) => typed(id, authorities, { root: PERSON_ROOT, read: idnpsOf, other: 'EI' }) ?? []);
  return numbers.find(({ system }) => system === SYSTEMS.rpps) ?? numbers[0];
}

/** The number of a structure: a FINESS before any other. */
export function structureNumber(organization: Place, authorities: Authorities): TypedNumber | undefined {
  const numbers = organization
    .children('id')
    .flatMap((id) => typed(id, authorities, { root: STRUCTURE_ROOT, read: idnstOf, other: 'XX' }) ?? []);
  return numbers.find(({ system }) => system === SYSTEMS.finess) ?? numbers[0];
}

/** @param register the root of national numbers, how they are read, and the type of any other number (table 0203) */
function typed(
  from: Place,
  authorities: Authorities,
  register: { root: string; read: (text: string) => NationalNumber; other: string },
): TypedNumber | undefined {
  const number = numberOf(from, authorities);
  if (number === undefined) return undefined;
  if (from.attribute('root') !== register.root)
    return { ...number, type: { system: SYSTEMS.v20203, code: register.other }, from };
  const { system, value, code } = register.read(number.value);
  return { system, value, type: { system: SYSTEMS.fr0203, code }, from };
}

/** The name under which a person works: the one in use, with its place. */
export function personName(person: Place | undefined): { name: HumanName; from: Place } | undefined {
  const from = person?.child('name');
  const name = from && nameInUseOf(from);
  return from === undefined || name === undefined ? undefined : { name, from };
}
