import { FR_CORE, SYSTEMS } from '../fhir/systems.js';
import type { Converter, PartSource } from './converter.js';
import type { FieldReader } from './reader.js';

export const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const ADDRESS_USE: Readonly<Record<string, string>> = {
  H: 'home',
  B: 'work',
  O: 'work',
  C: 'temp',
  VA: 'temp',
  ASE: 'temp',
  BA: 'old',
  BI: 'billing',
};

/** XAD → Address; of type BDL the birth place, which is an extension of Patient and never an address (pam-fr §5.1). */
export const birthPlaceOrAddress: Converter = (field) =>
  field.value(7) === 'BDL' ? birthPlace(field) : address(field);

function address(field: FieldReader) {
  const type = field.value(7);
  const line = [...field.value(1).split('^'), ...field.value(2).split('^')].filter((part) => part !== '');
  const use = ADDRESS_USE[type];
  const value = {
    ...(use === undefined ? {} : { use }),
    ...(type === 'M' || type === 'SH' ? { type: 'postal' } : {}),
    ...(line.length === 0 ? {} : { line }),
    ...named('city', field.value(3)),
    ...named('state', field.value(4)),
    ...named('postalCode', field.value(5)),
    ...named('country', country(field.value(6))),
  };
  return line.length === 0 && field.value(3) === '' && field.value(5) === ''
    ? undefined
    : { value, parts: ADDRESS_PARTS };
}

const ADDRESS_PARTS: readonly PartSource[] = [
  ['use', 7],
  ['line', 1],
  ['city', 3],
  ['state', 4],
  ['postalCode', 5],
  ['country', 6],
];

/** The COG code of the commune (XAD-9) goes to FR Core's INSEE code; a country code (99…) is not in its value set, so stays text. */
function birthPlace(field: FieldReader) {
  const code = field.value(9);
  const commune = /^(\d{2}|2[AB])\d{3}$/.test(code) && !code.startsWith('99');
  const insee = { url: `${FR_CORE}/fr-core-address-insee-code`, valueCoding: { system: SYSTEMS.commune, code } };
  const valueAddress = {
    ...(commune ? { extension: [insee] } : code === '' ? {} : { text: `COG ${code}` }),
    ...named('city', field.value(3)),
    ...named('country', country(field.value(6))),
  };
  if (Object.keys(valueAddress).length === 0) return undefined;
  return {
    value: { url: BIRTH_PLACE, valueAddress },
    parts: [['valueAddress', 9]] as const,
    element: 'extension',
  };
}

/** Some senders write INSEE's `100` for France (pam-fr §7). */
function country(code: string): string {
  return code === '100' ? 'FRA' : code;
}

const TELECOM_USE: Readonly<Record<string, string>> = {
  PRN: 'home',
  VHN: 'temp',
  WPN: 'work',
  PRS: 'mobile',
  ORN: 'home',
  EMR: 'temp',
};
const EQUIPMENT: Readonly<Record<string, string>> = {
  FX: 'fax',
  BP: 'pager',
  Internet: 'email',
  'X.400': 'email',
  MD: 'other',
  TDD: 'other',
  TTY: 'other',
};

/** XTN → ContactPoint: the number in XTN-12, XTN-1 from abroad; an e-mail address in XTN-4 (pam-fr §2.4). */
export const xtnContactPoint: Converter = (field) => {
  const email = field.value(2) === 'NET' || EQUIPMENT[field.value(3)] === 'email';
  const component = email ? 4 : field.value(12) === '' ? 1 : 12;
  const number = field.value(component);
  if (number === '' || number === '""') return undefined;
  const system = email ? 'email' : (EQUIPMENT[field.value(3)] ?? 'phone');
  const use = field.value(3) === 'CP' ? 'mobile' : TELECOM_USE[field.value(2)];
  const parts: readonly PartSource[] = [
    ['value', component],
    ['system', 3],
    ['use', 2],
  ];
  return { value: { system, value: number, ...(use === undefined ? {} : { use }) }, parts };
};

function named(name: string, value: string): Record<string, string> {
  return value === '' || value === '""' ? {} : { [name]: value };
}
