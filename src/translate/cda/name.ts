import type { HumanName } from 'fhir/r4.js';
import type { Place } from '../../cda/place.js';
import { BIRTH_LIST } from '../../fhir/systems.js';
import type { Converted, PartSource } from '../converter.js';

/** A part of a name: what it says, where, and its qualifiers. */
interface NamePart {
  text: string;
  at: string;
  qualifiers: readonly string[];
}

/**
 * EN → the names of a person. Of a family name or given name BR is the one of birth, CL and the older SP the one in use; a given name
 * without qualifier beside one of birth is the whole list of the birth certificate, which repeats it: an extension, never more `given`.
 */
export function namesOf(place: Place): Converted[] {
  if (place.isNull) return [];
  const families = partsOf(place, 'family');
  const givens = partsOf(place, 'given');
  if (families.length === 0 && givens.length === 0) return textAlone(place);
  const around = { prefix: partsOf(place, 'prefix'), suffix: partsOf(place, 'suffix') };
  const birth = nameOfBirth(families, givens);
  const used = nameInUse(families, givens);
  const whole = used === undefined && !families.some(isOf('BR')) && !givens.some(isOf('BR'));
  return [
    ...(birth === undefined ? [] : [written(whole ? undefined : 'official', birth, around)]),
    ...(used === undefined ? [] : [written('usual', used, around)]),
  ];
}

/** The one name under which somebody is met: that in use, else that of birth. */
export function nameInUseOf(place: Place): HumanName | undefined {
  const names = namesOf(place).map(({ value }) => value as HumanName);
  return names.at(-1);
}

/** Parts of one name. */
interface Selected {
  families: readonly NamePart[];
  givens: readonly NamePart[];
  list?: NamePart | undefined;
}

function nameOfBirth(families: readonly NamePart[], givens: readonly NamePart[]): Selected | undefined {
  const family = families.filter(isOf('BR'));
  const first = givens.filter(isOf('BR'));
  const plain = givens.filter(isPlain);
  const names = family.length > 0 ? family : families.filter(isPlain);
  if (names.length === 0 && first.length === 0) return undefined;
  if (first.length === 0) return { families: names, givens: plain };
  return { families: names, givens: first, list: plain[0] };
}

function nameInUse(families: readonly NamePart[], givens: readonly NamePart[]): Selected | undefined {
  const family = families.filter(isOf('CL', 'SP'));
  const given = givens.filter(isOf('CL', 'SP'));
  if (family.length === 0 && given.length === 0) return undefined;
  const birth = nameOfBirth(families, givens);
  return {
    families: family.length > 0 ? family : (birth?.families ?? []),
    givens: given.length > 0 ? given : (birth?.givens ?? []),
  };
}

function isOf(...qualifiers: string[]) {
  return (part: NamePart) => part.qualifiers.some((qualifier) => qualifiers.includes(qualifier));
}

function isPlain(part: NamePart): boolean {
  return !isOf('BR', 'CL', 'SP')(part);
}

function partsOf(place: Place, name: string): NamePart[] {
  return place
    .children(name)
    .map((part) => ({ text: part.value(), at: part.path(), qualifiers: part.attribute('qualifier').split(/\s+/) }))
    .filter(({ text }) => text !== '');
}

function textAlone(place: Place): Converted[] {
  const text = place.text();
  return text === '' ? [] : [{ value: { text } satisfies HumanName }];
}

function written(
  use: 'official' | 'usual' | undefined,
  { families, givens, list }: Selected,
  { prefix, suffix }: Readonly<Record<'prefix' | 'suffix', readonly NamePart[]>>,
): Converted {
  const texts = (parts: readonly NamePart[]) => parts.map(({ text }) => text);
  const value: HumanName = {
    ...(list === undefined ? {} : { extension: [{ url: BIRTH_LIST, valueString: list.text }] }),
    ...(use === undefined ? {} : { use }),
    ...(families.length === 0 ? {} : { family: texts(families).join(' ') }),
    ...(givens.length === 0 ? {} : { given: texts(givens) }),
    ...(prefix.length === 0 ? {} : { prefix: texts(prefix).slice(0, 1) }),
    ...(suffix.length === 0 ? {} : { suffix: texts(suffix) }),
  };
  const from = (name: string, part: NamePart | undefined): PartSource[] =>
    part === undefined ? [] : [[name, part.at]];
  const parts = [
    ...from('family', families[0]),
    ...from('given', givens[0]),
    ...from('extension', list),
    ...from('prefix', prefix[0]),
    ...from('suffix', suffix[0]),
  ];
  return { value, parts };
}
