import { INS, SYSTEMS } from '../fhir/systems.js';
import type { Converter, PartSource } from './converter.js';

const INS_TYPES: ReadonlyMap<string, { use: string; code: string }> = new Map([
  [INS.nir, { use: 'official', code: 'INS-NIR' }],
  [INS.nia, { use: 'temp', code: 'INS-NIA' }],
  [INS.test, { use: 'official', code: 'INS-NIR-TEST' }],
  [INS.demo, { use: 'official', code: 'INS-NIR-DEMO' }],
]);

/** Type and use by CX-5, as FR Core 2.1.0 has them (fhir-fr §1.1). */
const TYPES: Readonly<Record<string, { use?: string; system: string; code: string }>> = {
  PI: { use: 'usual', system: SYSTEMS.v20203, code: 'PI' },
  RRI: { use: 'secondary', system: SYSTEMS.v20203, code: 'RRI' },
  NH: { use: 'official', system: SYSTEMS.v20203, code: 'NH' },
  NDP: { use: 'secondary', system: SYSTEMS.fr0203, code: 'NDP' },
  'INS-C': { use: 'secondary', system: SYSTEMS.fr0203, code: 'INS-C' },
  MR: { system: SYSTEMS.v20203, code: 'MR' },
  SS: { system: SYSTEMS.v20203, code: 'SS' },
  PPN: { system: SYSTEMS.v20203, code: 'PPN' },
  PN: { system: SYSTEMS.v20203, code: 'PN' },
};

const PARTS: readonly PartSource[] = [
  ['value', 1],
  ['system', 4],
  ['type', 5],
  ['use', 5],
];

/**
 * CX → Identifier. An INS is taken only from an identity that PID-32 calls VALI; its dates (CX-7, CX-8) mean nothing (pam-fr §2.3).
 */
export const cxIdentifier: Converter = (field, { authorities, qualified }) => {
  const value = field.value(1);
  if (value === '' || value === '""') return undefined;
  const system = authorities.systemOf(field.authority(4));
  const type = field.value(5);
  if (type === 'INS') {
    const known = INS_TYPES.get(system);
    if (!qualified || known === undefined) return undefined;
    return { value: { use: known.use, type: coding(SYSTEMS.fr0203, known.code), system, value }, parts: PARTS };
  }
  const known = Object.hasOwn(TYPES, type) ? TYPES[type] : undefined;
  if (known === undefined)
    return { value: { ...(type === '' ? {} : { type: { text: type } }), system, value }, parts: PARTS };
  const use = known.use === undefined ? {} : { use: known.use };
  return { value: { ...use, type: coding(known.system, known.code), system, value }, parts: PARTS };
};

const VISIT_PARTS: readonly PartSource[] = [
  ['value', 1],
  ['system', 4],
];

/** PV1-19 → the stay's identifier, type VN. */
export const cxVisitNumber: Converter = (field, { authorities }) => {
  const value = field.value(1);
  if (value === '' || value === '""') return undefined;
  const system = authorities.systemOf(field.authority(4));
  return { value: { type: coding(SYSTEMS.identifierType, 'VN'), system, value }, parts: VISIT_PARTS };
};

/** PID-18 → the account, known by its number alone. */
export const cxAccount: Converter = (field, { authorities }) => {
  const value = field.value(1);
  if (value === '' || value === '""') return undefined;
  const system = authorities.systemOf(field.authority(4));
  const parts: readonly PartSource[] = [['identifier', 1]];
  return { value: { type: 'Account', identifier: { type: coding(SYSTEMS.v20203, 'AN'), system, value } }, parts };
};

function coding(system: string, code: string) {
  return { coding: [{ system, code }] };
}
