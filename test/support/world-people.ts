import { INS_TEST } from './pam.js';

/** How a hospital names the authority of its numbers: HD with an OID, with a FINESS of the legal entity or the site, HD-1 alone, or nothing. */
export type AuthorityKind = 'iso' | 'finess-m' | 'finess-n' | 'name' | 'none';

/** PAM.FR with all that it asks; HL7 v2.5 from abroad with or without ZBE. */
export type Feed = 'pam' | 'abroad-with-zbe' | 'abroad';

export interface Hospital {
  authority: AuthorityKind;
  feed: Feed;
  /** CX-5 of the hospital's own numbers. */
  numbers: 'PI' | 'MR';
}

/**
 * What a person has of the first one of the world: nothing; all but the given name, with the INS copied by mistake (twin); the INS alone
 * (namesake); everything, as somebody whom another hospital knows under a number of its own (same).
 */
export type Likeness = 'nobody' | 'twin' | 'namesake' | 'same';

export interface Person {
  likeness: Likeness;
  sex: 'F' | 'M';
  ins: 'right' | 'wrong-key' | 'none';
  /** The number under which a hospital knows somebody is moved by this: two hospitals have one number for two people. */
  shift: number;
}

/** Types of CX-5 that a message may carry beside the hospital's own number. */
export const OTHER_TYPES = ['INS', 'SS', 'NH', 'AN', 'PPN', 'MR'] as const;
export type OtherType = (typeof OTHER_TYPES)[number];

export interface Traits {
  family: string;
  given: string;
  /** YYYYMMDD. */
  birth: string;
  sex: 'F' | 'M';
}

const FAMILIES = ['ESSAI', 'MODELE', 'FICTIF', 'INVENTE'];
const GIVEN = ['CAMILLE', 'DOMINIQUE', 'CLAUDE', 'ALIX'];
const BIRTHS = ['19500101', '19720229', '20010715', '19881231'];
/** Texts of the world's number, three digits wide, keep the worlds of one store apart. */
export const three = (number: number): string => String(number).padStart(3, '0');

/** HD of a hospital of that world; empty where it names none. */
export function authorityOf(kind: AuthorityKind, hospital: number, world: number): string {
  const name = facilityOf(hospital, world);
  const finess = finessOf(hospital, world);
  switch (kind) {
    case 'iso':
      return `${name}&2.999.${world + 100}.${hospital + 1}&ISO`;
    case 'finess-m':
      return `${name}&${finess}&M`;
    case 'finess-n':
      return `${name}&${finess}&N`;
    case 'name':
      return name;
    case 'none':
      return '';
  }
}

/** FINESS number of a hospital of that world. */
export function finessOf(hospital: number, world: number): string {
  return `99${three(world)}${hospital + 1}000`;
}

/** The OID that stands for that authority in a document; one of a hospital that names none, which its messages do not use. */
export function rootOf(kind: AuthorityKind, hospital: number, world: number): string {
  if (kind === 'finess-m' || kind === 'finess-n') return `1.2.250.1.71.4.2.2.${finessOf(hospital, world)}`;
  return `2.999.${world + 100}.${hospital + 1}`;
}

/** MSH-4 of a hospital of that world. */
export function facilityOf(hospital: number, world: number): string {
  return `CH-${three(world)}${'ABC'[hospital] ?? 'X'}`;
}

/** Name, birth and sex of a person as the hospitals have them. */
export function traitsOf(people: readonly Person[], index: number): Traits {
  const person = people[index] ?? { likeness: 'nobody', sex: 'F', ins: 'none', shift: 0 };
  const own: Traits = {
    family: FAMILIES[index] ?? 'ESSAI',
    given: GIVEN[index] ?? 'CAMILLE',
    birth: BIRTHS[index] ?? '19500101',
    sex: person.sex,
  };
  if (index === 0 || person.likeness === 'nobody' || person.likeness === 'namesake') return own;
  const first = traitsOf(people, 0);
  return person.likeness === 'same' ? first : { ...first, given: own.given };
}

/** The hospital's own number of a person, by itself: who has it in another hospital is somebody else where people are shifted. */
export function localNumber(people: readonly Person[], index: number, hospital: number, world: number): string {
  const moved = (index + hospital * (people[0]?.shift ?? 0)) % Math.max(1, people.length);
  return `W${world}P${moved + 1}`;
}

/** The 13 characters and the key of an INS of the test arc; documents have the one of a person whose messages have none. */
export function insOf(people: readonly Person[], index: number, world: number): string {
  const holder = people[index]?.likeness === 'nobody' ? index : 0;
  const { birth, sex } = traitsOf(people, holder);
  const matricule = `${sex === 'M' ? 1 : 2}${birth.slice(2, 6)}71${three(world)}${three(holder + 1)}`;
  const key = 97 - Number(BigInt(matricule) % 97n);
  const wrong = people[holder]?.ins === 'wrong-key';
  return `${matricule}${String(wrong ? (key % 97) + 1 : key).padStart(2, '0')}`;
}

/** One repetition of PID-3 beside the hospital's own number; undefined where the person has none of that type. */
export function otherIdentifier(
  type: OtherType,
  { people, person, authority, world }: { people: readonly Person[]; person: number; authority: string; world: number },
): string | undefined {
  switch (type) {
    case 'INS': {
      const holder = people[person]?.likeness === 'nobody' ? person : 0;
      return people[holder]?.ins === 'none' ? undefined : `${insOf(people, person, world)}^^^${INS_TEST}^INS`;
    }
    case 'SS':
      // One card for a family: the number of the insured, whoever is treated.
      return `W${world}S${(person >> 1) + 1}^^^SSA^SS`;
    case 'NH':
      return `W${world}N${(person >> 1) + 1}^^^${authority}^NH`;
    case 'AN':
      return `W${world}A1^^^${authority}^AN`;
    case 'PPN':
      return `W${world}Z${person + 1}^^^^PPN`;
    case 'MR':
      return `W${world}R${person + 1}^^^${authority}^MR`;
  }
}

/** The repetition of PID-3 that withdraws every INS. */
export const WITHDRAWN_INS = `""^^^${INS_TEST}^INS`;
