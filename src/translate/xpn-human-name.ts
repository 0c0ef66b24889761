import { FR_CORE } from '../fhir/systems.js';
import type { Converter, PartSource } from './converter.js';

const USES: Readonly<Record<string, string>> = {
  L: 'official',
  D: 'usual',
  M: 'maiden',
  N: 'nickname',
  S: 'anonymous',
  '': 'official',
};
const BIRTH_LIST = `${FR_CORE}/fr-core-patient-birth-list-given-name`;

/**
 * XPN → HumanName. In French names XPN-2 is the first given name and XPN-3 the whole list, which repeats it: an extension, never
 * more `given` (pam-fr §5.1). Elsewhere XPN-3 holds further given names.
 */
export const xpnHumanName: Converter = (field, { message }) => {
  const family = clean(field.value(1));
  const first = clean(field.value(2));
  if (family === undefined && first === undefined) return undefined;
  const list = clean(field.value(3));
  const type = clean(field.value(7)) ?? '';
  const use = USES[type];
  const french = message.value('MSH-12.2') === 'FRA';
  const prefix = clean(field.value(5));
  const given = [first, french ? undefined : list].filter((name) => name !== undefined);
  const value = {
    ...(french && type === 'L' && list !== undefined ? { extension: [{ url: BIRTH_LIST, valueString: list }] } : {}),
    ...(use === undefined ? {} : { use }),
    ...(family === undefined ? {} : { family }),
    ...(given.length === 0 ? {} : { given }),
    ...(prefix === undefined ? {} : { prefix: [prefix] }),
  };
  return { value, parts: PARTS };
};

const PARTS: readonly PartSource[] = [
  ['use', 7],
  ['family', 1],
  ['given', 2],
  ['extension', 3],
  ['prefix', 5],
];

function clean(text: string): string | undefined {
  return text === '' || text === '""' ? undefined : text;
}
