import { SYSTEMS } from '../fhir/systems.js';

/** A number of a national register, and the code of its type (FR Core, table 0203). */
export interface NationalNumber {
  system: string;
  value: string;
  code: string;
}

/** Roots of IDNPS, the national numbers of professionals, and of IDNST, those of structures. */
export const PERSON_ROOT = '1.2.250.1.71.4.2.1';
export const STRUCTURE_ROOT = '1.2.250.1.71.4.2.2';

/** An RPPS, with the 8 of an IDNPS before it or without, written in groups or not; undefined where it is none. */
export function rppsOf(text: string): NationalNumber | undefined {
  const [, value] = /^8?(\d{11})$/.exec(withoutBlanks(text)) ?? [];
  return value === undefined ? undefined : { system: SYSTEMS.rpps, value, code: 'RPPS' };
}

/** An ADELI number, with the 0 of an IDNPS or without. */
export function adeliOf(text: string): NationalNumber | undefined {
  const [, value] = /^0?(\d[\dA-D]\d{7})$/.exec(withoutBlanks(text)) ?? [];
  return value === undefined ? undefined : { system: SYSTEMS.adeli, value, code: 'ADELI' };
}

/** An IDNPS: 8 and the RPPS, 0 and the ADELI number, or a number of another register. */
export function idnpsOf(text: string): NationalNumber {
  return rppsOf(text) ?? adeliOf(text) ?? { system: SYSTEMS.idnps, value: withoutBlanks(text), code: 'IDNPS' };
}

/** A FINESS number, with the 1 of an IDNST or without. */
export function finessOf(text: string): NationalNumber | undefined {
  const [, value] = /^1?(\d[\dAB]\d{7})$/.exec(withoutBlanks(text)) ?? [];
  return value === undefined ? undefined : { system: SYSTEMS.finess, value, code: 'FINEG' };
}

/** An IDNST: 1 and the FINESS, or a key of another register. */
export function idnstOf(text: string): NationalNumber {
  return finessOf(text) ?? { system: `urn:oid:${STRUCTURE_ROOT}`, value: withoutBlanks(text), code: 'IDNST' };
}

function withoutBlanks(text: string): string {
  return text.replaceAll(/\s/g, '');
}
