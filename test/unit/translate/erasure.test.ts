import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync, readFileSync } from 'node:fs';
import { HOSPITAL, pam, segment, translated, type Fields } from '../../support/pam.js';

/** What PID contributes: element, field, value. */
function contributions(pid: Fields, segments: string[] = []): [string, string, unknown][] {
  const text = pam({ trigger: 'A31', at: '20260302080000', pid, pv1: null, visitSegments: segments });
  const [identity] = translated(text).facts;
  const elements = identity?.kind === 'identity' ? identity.body.patient.elements : [];
  return elements.map(({ path, field, value }) => [path, field, value]);
}

const ofField = (pid: Fields, field: string, segments: string[] = []) =>
  contributions(pid, segments).filter(([, from]) => from === field);

describe('a field that is `""` withdraws what it contributed', () => {
  it.each([
    ['address', 11, '""'],
    ['telecom', 13, '""'],
    ['telecom', 14, '""'],
    ['telecom', 40, '""'],
    ['name', 5, '""'],
    ['extension', 6, '""'],
    ['extension', 23, '""'],
    ['extension', 26, '""'],
    ['extension', 32, '""'],
    ['multipleBirthInteger', 25, '""'],
    ['maritalStatus', 16, '""'],
    ['deceasedDateTime', 29, '""'],
  ])('%s of PID-%d', (path, field, text) => {
    expect(ofField({ [field]: text }, `PID-${field}`)).toEqual([[path, `PID-${field}`, null]]);
  });

  it.each([
    ['telecom', 13, '^PRN^PH^^^^^^^^^""'],
    ['telecom', 13, '^NET^Internet^""'],
    ['telecom', 13, '""~""'],
    ['address', 11, '""^""^""'],
    ['maritalStatus', 16, '""^""'],
    ['extension', 26, '""^""'],
    ['extension', 11, '^^""^^^^BDL^^""'],
  ])('and so does one of which nothing else is left: %s of PID-%d = %s', (path, field, text) => {
    const element = path === 'extension' && field === 11 ? 'address' : path;
    expect(ofField({ [field]: text }, `PID-${field}`)).toEqual([[element, `PID-${field}`, null]]);
  });

  it.each([
    ['PV2-22', 'PV2', { 22: '""' }],
    ['PV2-38', 'PV2', { 38: '""' }],
    ['PV1-10', 'PV1', { 10: '""' }],
    ['PV1-15', 'PV1', { 15: '""' }],
    ['PV1-36', 'PV1', { 36: '""' }],
  ] as const)('of the stay too: %s', (field, name, fields) => {
    const pv1 = name === 'PV1' ? fields : {};
    const pv2 = name === 'PV2' ? fields : {};
    const { facts } = translated(pam({ trigger: 'A02', at: '20260302080000', pv1, pv2 }));
    const movement = facts.find(({ kind }) => kind === 'movement');
    const elements = movement?.kind === 'movement' ? movement.body.encounter.elements : [];
    expect(elements.filter((element) => element.field === field).map(({ value }) => value)).toEqual([null]);
  });
});

describe('a component that is `""` is nothing, and leaves its neighbours', () => {
  it.each([
    ['a line', 11, '4 rue X^""^AUTUN', [{ line: ['4 rue X'], city: 'AUTUN' }]],
    ['a second repetition', 11, '^^AUTUN~""', [{ city: 'AUTUN' }]],
    ['a used name', 5, 'ESSAI^CAMILLE^^^^^L~""^""^^^^^D', [{ use: 'official', family: 'ESSAI', given: ['CAMILLE'] }]],
    ['a use', 13, '^""^PH^^^^^^^^^0102', [{ system: 'phone', value: '0102' }]],
  ])('%s of PID-%d', (_what, field, text, value) => {
    expect(ofField({ [field]: text }, `PID-${field}`)[0]?.[2]).toEqual(value);
  });

  it('a birth place has no code, but its town', () => {
    const [[, , value] = []] = ofField({ 11: '^^AUTUN^^^^BDL^^""' }, 'PID-11');
    expect(value).toMatchObject([{ valueAddress: { city: 'AUTUN' } }]);
    expect(JSON.stringify(value)).not.toContain('COG');
  });
});

describe('telephones of several fields', () => {
  it('are contributions of their own: PID-13 alone says nothing of PID-14', () => {
    expect(
      contributions({ 13: '0102' })
        .filter(([path]) => path === 'telecom')
        .map(([, field]) => field),
    ).toEqual(['PID-13']);
    expect(contributions({ 13: '""', 14: '0203' }).filter(([path]) => path === 'telecom')).toEqual([
      ['telecom', 'PID-13', null],
      ['telecom', 'PID-14', [{ system: 'phone', value: '0203', use: 'work' }]],
    ]);
  });
});

const FOLDER = 'mappings/examples/ADT_A01/';
const EXAMPLE =
  readdirSync(FOLDER)
    .filter((name) => name.endsWith('.hl7'))
    .map((name) => readFileSync(FOLDER + name, 'utf8'))[0] ?? '';

describe('`""`', () => {
  it('never leaves as a text, wherever it stands', () => {
    const lines = EXAMPLE.split(/[\r\n]+/).filter((line) => line !== '');
    const places = lines.flatMap((line, at) =>
      line.startsWith('MSH')
        ? []
        : line
            .split('|')
            .slice(1)
            .map((_, field) => [at, field + 1] as const),
    );
    const erased = fc.tuple(fc.constantFrom(...places), fc.constantFrom('""', '""^""', '^""', '""~""', '""^^""^""&""'));
    fc.assert(
      fc.property(fc.array(erased, { minLength: 1, maxLength: 12 }), (changes) => {
        const fields = lines.map((line) => line.split('|'));
        for (const [[at, field], text] of changes) (fields[at] ?? [])[field] = text;
        const { facts, mentions } = translated(fields.map((line) => line.join('|')).join('\r'));
        expect(JSON.stringify([facts, mentions])).not.toContain('\\"\\"');
      }),
    );
  });

  it('is no number: of patients, stays, contacts, units or professionals', () => {
    const text = pam({
      trigger: 'A01',
      at: '20260302080000',
      pid: { 3: `IPP1^^^${HOSPITAL}^PI~""^^^${HOSPITAL}^RRI`, 18: '""' },
      patientSegments: [
        segment('ROL', { 2: 'UC', 3: 'ODRP', 4: '""^BERTHIER' }),
        segment('NK1', { 2: 'A^B', 3: 'SPO', 33: '""' }),
      ],
      pv1: { 7: '""^FABRE', 8: '""' },
      zbe: { 1: '""', 2: '20260302080000', 4: 'INSERT', 7: '""^^^^^^UF^^^""', 9: 'H' },
    });
    const { facts, mentions } = translated(text);
    expect(mentions).toEqual([]);
    expect(facts.filter(({ kind }) => kind === 'member')).toEqual([]);
    expect(facts.find(({ kind }) => kind === 'movement')?.body).not.toHaveProperty('movement');
  });
});
