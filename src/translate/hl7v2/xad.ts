import { FR_CORE, SYSTEMS } from '../../fhir/systems.js';
import type { Converted, ConverterEntry, PartSource } from '../converter.js';
import type { FieldReader } from './reader.js';

const PARTS: readonly PartSource[] = [
  ['use', 7],
  ['type', 7],
  ['line', 1],
  ['city', 3],
  ['state', 4],
  ['postalCode', 5],
  ['country', 6],
];

/** XAD → Address, by the table of XAD-7; of type BDL the birth place, which is an extension of Patient and never an address. */
export const xadAddress: ConverterEntry = {
  gives: 'Address',
  make({ table, extension }) {
    const types = table('XAD-7');
    const birthPlaceUrl = extension('birth-place');
    return (field, { issues }) => {
      const type = field.value(7);
      if (type === 'BDL') return birthPlace(field, birthPlaceUrl);
      const line = [...field.value(1).split('^'), ...field.value(2).split('^')].filter((part) => part !== '');
      if (line.length === 0 && field.value(3) === '' && field.value(5) === '') return undefined;
      const coded = issues.code(types, type, field.path(7));
      const value = {
        ...coded?.set,
        ...(coded?.code === undefined ? {} : { use: coded.code }),
        ...(line.length === 0 ? {} : { line }),
        ...named('city', field.value(3)),
        ...named('state', field.value(4)),
        ...named('postalCode', field.value(5)),
        ...named('country', country(field.value(6))),
      };
      return { value, parts: PARTS, ...(coded?.row && { row: coded.row }) };
    };
  },
};

/** The COG code of the commune (XAD-9) goes to FR Core's INSEE code; a country code (99…) is not in its value set, so stays text. */
function birthPlace(field: FieldReader, url: string): Converted | undefined {
  const code = field.value(9);
  const commune = /^(\d{2}|2[AB])\d{3}$/.test(code) && !code.startsWith('99');
  const insee = { url: `${FR_CORE}/fr-core-address-insee-code`, valueCoding: { system: SYSTEMS.commune, code } };
  const valueAddress = {
    ...(commune ? { extension: [insee] } : code === '' ? {} : { text: `COG ${code}` }),
    ...named('city', field.value(3)),
    ...named('country', country(field.value(6))),
  };
  if (Object.keys(valueAddress).length === 0) return undefined;
  return { value: { url, valueAddress }, parts: [['valueAddress', 9]], element: 'extension' };
}

/** Some senders write INSEE's `100` for France. */
function country(code: string): string {
  return code === '100' ? 'FRA' : code;
}

function named(name: string, value: string): Record<string, string> {
  return value === '' ? {} : { [name]: value };
}
