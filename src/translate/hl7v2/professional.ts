import { SYSTEMS } from '../../fhir/systems.js';
import { plainName } from '../../message/plain-name.js';
import type { Authorities } from '../identifiers.js';
import type { FieldReader } from './reader.js';

/** A professional as an XCN names one: a number, in the system it belongs to, and a family name. */
export interface XcnProfessional {
  field: FieldReader;
  system: string;
  value: string;
  /** Of the identifier, a Coding. */
  type: { system: string; code: string };
  family: string;
  given: string;
}

/**
 * The people whom the repetitions of an XCN name. Repetitions with one family name are one person under several numbers, by RPPS first; a
 * name without a number is nobody, see `unnumberedOf`.
 */
export function professionalsOf(field: FieldReader, authorities: Authorities): XcnProfessional[] {
  const people = new Map<string, XcnProfessional>();
  for (const repetition of field.repetitions()) {
    const person = professionalOf(repetition, authorities);
    if (person === undefined) continue;
    const key = person.family === '' ? `${person.system}|${person.value}` : plainName(person.family);
    const same = people.get(key);
    if (same === undefined || (same.system !== SYSTEMS.rpps && person.system === SYSTEMS.rpps)) people.set(key, person);
  }
  return [...people.values()];
}

/** The repetitions that name somebody by a family name alone, whom no other repetition gives a number. */
export function unnumberedOf(field: FieldReader): FieldReader[] {
  const repetitions = field.repetitions();
  const isNumbered = (repetition: FieldReader) => repetition.value(1).trim() !== '';
  const family = (repetition: FieldReader) => plainName(repetition.value(2).trim());
  const numbered = new Set(repetitions.filter(isNumbered).map(family));
  return repetitions.filter(
    (repetition) => !isNumbered(repetition) && family(repetition) !== '' && !numbered.has(family(repetition)),
  );
}

function professionalOf(field: FieldReader, authorities: Authorities): XcnProfessional | undefined {
  const number = field.value(1).trim();
  if (number === '') return undefined;
  const names = { field, family: field.value(2).trim(), given: field.value(3).trim() };
  return { ...names, ...numberOf(number, field, authorities) };
}

/** RPPS and IDNPS normalise to 11 digits (an IDNPS is 8 and the RPPS, 0 and the ADELI number); other numbers stay local. */
function numberOf(number: string, field: FieldReader, authorities: Authorities) {
  const type = field.value(13);
  const national = field.value(9, 2) === '1.2.250.1.71.4.2.1' || type === 'RPPS' || type === 'IDNPS';
  const coded = (code: string) => ({ system: SYSTEMS.fr0203, code });
  if (national && /^8\d{11}$/.test(number))
    return { system: SYSTEMS.rpps, value: number.slice(1), type: coded('RPPS') };
  if (national && /^\d{11}$/.test(number)) return { system: SYSTEMS.rpps, value: number, type: coded('RPPS') };
  if (type === 'ADELI' || (national && /^0\d{9}$/.test(number)))
    return { system: SYSTEMS.adeli, value: number.replace(/^0(?=\d{9}$)/, ''), type: coded('ADELI') };
  const system = authorities.systemOf(field.authority(9));
  return { system, value: number, type: { system: SYSTEMS.v20203, code: 'EI' } };
}
