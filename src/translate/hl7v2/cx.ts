import { INS, isIns, SYSTEMS } from '../../fhir/systems.js';
import type { PatientIdentifier } from '../../message/fact.js';
import { identifierKey } from '../../message/identifier.js';
import type { Converter, ConverterEntry, PartSource } from '../converter.js';
import { hasInsKey, isInsNumber } from '../identifiers.js';

/** The INS as FR Core writes it; undefined for a system that is none of the INS. */
export function insIdentifier(system: string, value: string) {
  const ins = INS_TYPES.get(system);
  return ins && { use: ins.use, type: coding(SYSTEMS.fr0203, ins.code), system, value };
}

const INS_TYPES: ReadonlyMap<string, { use: string; code: string }> = new Map([
  [INS.nir, { use: 'official', code: 'INS-NIR' }],
  [INS.nia, { use: 'temp', code: 'INS-NIA' }],
  [INS.test, { use: 'official', code: 'INS-NIR-TEST' }],
  [INS.demo, { use: 'official', code: 'INS-NIR-DEMO' }],
]);

const PARTS: readonly PartSource[] = [
  ['value', 1],
  ['system', 4],
  ['type', 5],
  ['use', 5],
];

/**
 * CX of PID-3 or MRG-1 → a number and whose it is. An INS whose key is wrong or whose authority is none of the INS is no INS; a number that
 * many people share joins nobody.
 */
export const cxPatientNumber: ConverterEntry = {
  gives: 'PatientNumber',
  make: () => (field, context) => {
    const { authorities, issues } = context;
    const type = field.value(5);
    const system = authorities.systemOf(field.authority(4));
    if (field.erased(1)) return { value: { system, value: '', type, erased: true } satisfies PatientIdentifier };
    const number: PatientIdentifier = { system, value: field.value(1), type };
    if (number.value === '') return undefined;
    if (authorities.isShared(system, number.value)) return { value: undefined };
    if (!isInsNumber(number)) return { value: number };
    if (isIns(system) && hasInsKey(number.value)) return { value: { ...number, type: 'INS' } };
    const at = field.path(isIns(system) ? 1 : 4);
    const text = isIns(system) ? 'the key of the INS is wrong' : 'the authority of the INS is none of the INS';
    issues.malformed(at, `${text}: it was set aside`);
    return undefined;
  },
};

/** CX → Identifier, by the table of CX-5. An INS is conveyed only with a validated identity; its dates (CX-7, CX-8) mean nothing. */
export const cxIdentifier: ConverterEntry = {
  gives: 'Identifier',
  make({ table }) {
    const types = table('CX-5');
    return (field, { authorities, qualified, issues }) => {
      const value = field.value(1);
      const system = authorities.systemOf(field.authority(4));
      if (value === '') return undefined;
      if (authorities.isShared(system, value)) return { value: undefined };
      const type = field.value(5);
      if (isInsNumber({ type, system })) {
        const ins = insIdentifier(system, value);
        if (!qualified || ins === undefined || !hasInsKey(value)) return undefined;
        return { value: ins, parts: PARTS };
      }
      const coded = issues.code(types, type, field.path(5));
      if (coded?.code !== undefined) {
        const named = { ...coded.set, type: coding(coded.system, coded.code), system, value };
        return { value: named, parts: PARTS, ...(coded.row && { row: coded.row }) };
      }
      const text = coded?.text ?? type;
      return { value: { ...coded?.set, ...(text === '' ? {} : { type: { text } }), system, value }, parts: PARTS };
    };
  },
};

/** CX → `system|value`; `""` is no number. */
export const cxNumber = entry('Number', (field, { authorities }) => {
  const value = field.value();
  return value === '' ? undefined : { value: identifierKey(authorities.systemOf(field.authority(4)), value) };
});

/** EI → `system|value`; its universal id counts without a type too. */
export const eiNumber = entry('Number', (field, { authorities }) => {
  const value = field.value(1);
  if (value === '') return undefined;
  const authority = { namespace: field.value(2), universalId: field.value(3), type: field.value(4) || 'N' };
  return { value: identifierKey(authorities.systemOf(authority), value) };
});

const VISIT_PARTS: readonly PartSource[] = [
  ['value', 1],
  ['system', 4],
];

/** CX → the stay's identifier, type VN. */
export const cxVisitNumber = entry('Identifier', (field, { authorities }) => {
  const value = field.value();
  if (value === '') return undefined;
  const system = authorities.systemOf(field.authority(4));
  return { value: { type: coding(SYSTEMS.identifierType, 'VN'), system, value }, parts: VISIT_PARTS };
});

/** CX → the account, known by its number alone. */
export const cxAccount = entry('Reference', (field, { authorities }) => {
  const value = field.value();
  if (value === '') return undefined;
  const system = authorities.systemOf(field.authority(4));
  const parts: readonly PartSource[] = [['identifier', 1]];
  return { value: { type: 'Account', identifier: { type: coding(SYSTEMS.v20203, 'AN'), system, value } }, parts };
});

function entry(gives: ConverterEntry['gives'], convert: Converter): ConverterEntry {
  return { gives, make: () => convert };
}

function coding(system: string, code: string) {
  return { coding: [{ system, code }] };
}
