import { BIRTH_LIST } from '../../fhir/systems.js';
import type { ConverterEntry, PartSource } from '../converter.js';

const PARTS: readonly PartSource[] = [
  ['use', 7],
  ['family', 1],
  ['given', 2],
  ['extension', 3],
  ['prefix', 5],
];

/**
 * XPN → HumanName, by the table of XPN-7. Where the source fills XPN-3 as the INSi does, XPN-2 is the first given name and XPN-3 the whole
 * list, which repeats it: an extension, never more `given`. Elsewhere XPN-3 holds further given names.
 */
export const xpnHumanName: ConverterEntry = {
  gives: 'HumanName',
  make({ table }) {
    const types = table('XPN-7');
    return (field, { givenNames, issues }) => {
      const family = field.value(1);
      const first = field.value(2);
      if (family === '' && first === '') return undefined;
      const list = field.value(3);
      const type = field.value(7) || 'L';
      const coded = issues.code(types, type, field.path(7));
      const use = coded?.code;
      const whole = givenNames === 'insi';
      const prefix = field.value(5);
      const given = [first, whole ? '' : list].filter((name) => name !== '');
      const value = {
        ...(whole && type === 'L' && list !== '' ? { extension: [{ url: BIRTH_LIST, valueString: list }] } : {}),
        ...coded?.set,
        ...(use === undefined ? {} : { use }),
        ...(family === '' ? {} : { family }),
        ...(given.length === 0 ? {} : { given }),
        ...(prefix === '' ? {} : { prefix: [prefix] }),
      };
      return { value, parts: PARTS, ...(coded?.row && { row: coded.row }) };
    };
  },
};
