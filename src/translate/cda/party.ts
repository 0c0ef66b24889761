import type { HumanName } from 'fhir/r4.js';
import type { Place } from '../../cda/place.js';
import { SYSTEMS } from '../../fhir/systems.js';
import type { Coding } from 'fhir/r4.js';
import { numberOf } from './identifier.js';
import { nameInUseOf } from './name.js';
import type { Authorities } from '../identifiers.js';

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

const PERSON_ROOT = '1.2.250.1.71.4.2.1';
const STRUCTURE_ROOT = '1.2.250.1.71.4.2.2';

/** The number of a professional: an RPPS before any other. An IDNPS is 8 and the RPPS, or 0 and the ADELI number; some write them without. */
export function professionalNumber(entity: Place, authorities: Authorities): TypedNumber | undefined {
  const numbers = entity.children('id').flatMap((id) => professionalId(id, authorities) ?? []);
  return numbers.find(({ system }) => system === SYSTEMS.rpps) ?? numbers[0];
}

function professionalId(from: Place, authorities: Authorities): TypedNumber | undefined {
  const number = numberOf(from, authorities);
  if (number === undefined) return undefined;
  const type = (code: string) => ({ type: { system: SYSTEMS.fr0203, code }, from });
  if (from.attribute('root') !== PERSON_ROOT) return { ...number, type: { system: SYSTEMS.v20203, code: 'EI' }, from };
  const value = withoutBlanks(number.value);
  const [, rpps] = /^8?(\d{11})$/.exec(value) ?? [];
  if (rpps !== undefined) return { system: SYSTEMS.rpps, value: rpps, ...type('RPPS') };
  const [, adeli] = /^0?(\d[\dA-D]\d{7})$/.exec(value) ?? [];
  if (adeli !== undefined) return { system: SYSTEMS.adeli, value: adeli, ...type('ADELI') };
  return { system: SYSTEMS.idnps, value, ...type('IDNPS') };
}

/** A national number written in groups is the same number. */
function withoutBlanks(number: string): string {
  return number.replaceAll(/\s/g, '');
}

/** The number of a structure: a FINESS before any other. An IDNST is 1 and the FINESS, or a key of another register. */
export function structureNumber(organization: Place, authorities: Authorities): TypedNumber | undefined {
  const numbers = organization.children('id').flatMap((id) => structureId(id, authorities) ?? []);
  return numbers.find(({ system }) => system === SYSTEMS.finess) ?? numbers[0];
}

function structureId(from: Place, authorities: Authorities): TypedNumber | undefined {
  const number = numberOf(from, authorities);
  if (number === undefined) return undefined;
  const type = (code: string) => ({ type: { system: SYSTEMS.fr0203, code }, from });
  if (from.attribute('root') !== STRUCTURE_ROOT)
    return { ...number, type: { system: SYSTEMS.v20203, code: 'XX' }, from };
  const value = withoutBlanks(number.value);
  const [, finess] = /^1?(\d[\dAB]\d{7})$/.exec(value) ?? [];
  if (finess !== undefined) return { system: SYSTEMS.finess, value: finess, ...type('FINEG') };
  return { system: `urn:oid:${STRUCTURE_ROOT}`, value, ...type('IDNST') };
}

/** The name under which a person works: the one in use, with its place. */
export function personName(person: Place | undefined): { name: HumanName; from: Place } | undefined {
  const from = person?.child('name');
  const name = from && nameInUseOf(from);
  return from === undefined || name === undefined ? undefined : { name, from };
}
