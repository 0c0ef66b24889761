import type { HumanName } from 'fhir/r4.js';
import type { XmlElement } from './element.js';
import { childrenOf, textOf } from './path.js';

/** HL7 v3 EntityNameUse. */
const USES: ReadonlyMap<string, NonNullable<HumanName['use']>> = new Map([
  ['L', 'official'],
  ['C', 'official'],
  ['OR', 'official'],
  ['P', 'nickname'],
  ['A', 'anonymous'],
  ['ASGN', 'temp'],
]);

/**
 * The names of a person (EN, PN), whole elements each: `BR` is the name of birth, official; `CL`, in older documents `SP`, the one that is
 * used. The given name `BR` is the first one of birth; without it the official name has all that no qualifier says more of, as it stands.
 */
export function readNames(name: XmlElement | undefined): HumanName[] {
  if (name === undefined || name.attributes['nullFlavor'] !== undefined) return [];
  const family = partsOf(name, 'family');
  const given = partsOf(name, 'given');
  const affixes = {
    ...list('prefix', valuesOf(partsOf(name, 'prefix'))),
    ...list('suffix', valuesOf(partsOf(name, 'suffix'))),
  };
  if (family.length === 0 && given.length === 0) {
    const text = textOf(name).replace(/\s+/g, ' ');
    return text === '' ? [] : [{ text }];
  }
  const birth = qualified(family, 'BR');
  const used = [...qualified(family, 'CL'), ...qualified(family, 'SP')];
  const usedGiven = qualified(given, 'CL');
  const plainGiven = valuesOf(
    given.filter(({ qualifiers }) => !SPECIAL.some((special) => qualifiers.includes(special))),
  );
  const birthGiven = qualified(given, 'BR').length > 0 ? qualified(given, 'BR') : plainGiven;
  const names: HumanName[] = [];
  if (birth.length > 0) names.push({ use: 'official', ...nameOf(birth, birthGiven), ...affixes });
  if (used.length > 0 || (usedGiven.length > 0 && birth.length > 0))
    names.push({
      use: 'usual',
      ...nameOf(used.length > 0 ? used : birth, usedGiven.length > 0 ? usedGiven : birthGiven),
      ...affixes,
    });
  if (names.length > 0) return names;
  const use = (name.attributes['use'] ?? '').split(/\s+/).map((token) => USES.get(token));
  const all = birthGiven.length > 0 ? birthGiven : usedGiven;
  return [{ ...(use[0] === undefined ? {} : { use: use[0] }), ...nameOf(valuesOf(family), all), ...affixes }];
}

const SPECIAL = ['BR', 'CL', 'SP'];

interface NamePart {
  value: string;
  qualifiers: string[];
}

function partsOf(name: XmlElement, part: string): NamePart[] {
  return childrenOf(name, part)
    .filter(({ attributes }) => attributes['nullFlavor'] === undefined)
    .map((element) => ({
      value: textOf(element).replace(/\s+/g, ' '),
      qualifiers: (element.attributes['qualifier'] ?? '').split(/\s+/).filter((qualifier) => qualifier !== ''),
    }))
    .filter(({ value }) => value !== '');
}

function valuesOf(parts: NamePart[]): string[] {
  return parts.map(({ value }) => value);
}

function qualified(parts: NamePart[], qualifier: string): string[] {
  return valuesOf(parts.filter(({ qualifiers }) => qualifiers.includes(qualifier)));
}

function nameOf(family: string[], given: string[]): HumanName {
  return { ...(family.length === 0 ? {} : { family: family.join(' ') }), ...list('given', given) };
}

function list<Name extends string>(name: Name, values: string[]): Partial<Record<Name, string[]>> {
  return values.length === 0 ? {} : ({ [name]: values } as Partial<Record<Name, string[]>>);
}
