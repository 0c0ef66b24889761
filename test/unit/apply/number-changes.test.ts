import { describe, expect, it } from '@jest/globals';
import type { Encounter, Patient } from 'fhir/r4.js';
import { AGNES, MemoryGateway, rol, sent } from '../../support/applied.js';
import { HOSPITAL, INS_TEST, movement, pam, type Fields, type PamParts } from '../../support/pam.js';
import { permutations } from '../../support/random.js';

const TRAITS: Fields = { 5: 'ESSAI^CAMILLE^CAMILLE^^^^L', 7: '19790328', 8: 'F' };
const INS = `279037101400144^^^${INS_TEST}^INS`;
const NEW_INS = `279037101400243^^^${INS_TEST}^INS`;
const NO_INS = `""^^^${INS_TEST}^INS`;
const ipp = (value: string) => `${value}^^^${HOSPITAL}^PI`;
const record = (value: string) => `${value}^^^${HOSPITAL}^MR`;

const identity = (day: string, numbers: string, pid: Fields = {}) =>
  pam({ trigger: 'A31', at: `202603${day}080000`, pv1: null, pid: { ...TRAITS, 3: numbers, ...pid } });
const admission = (day: string, numbers: string, stay = 'V1', more: Partial<PamParts> = {}) =>
  pam({
    trigger: 'A01',
    at: `202603${day}080000`,
    pid: { ...TRAITS, 3: numbers },
    pv1: { 19: `${stay}^^^${HOSPITAL}^VN` },
    zbe: movement(stay, `202603${day}080000`),
    patientSegments: [rol(AGNES)],
    ...more,
  });
const changed = (day: string, after: string, before: string, pid: Fields = {}) =>
  pam({ trigger: 'A47', at: `202603${day}080000`, pv1: null, pid: { ...TRAITS, 3: after, ...pid } }).replace(
    /\rPV1.*/,
    `\rMRG|${before}`,
  );

const active = (gateway: MemoryGateway) => gateway.resources<Patient>('Patient').filter((patient) => patient.active);
/** The numbers of each active patient, the old ones in brackets. */
const numbers = (gateway: MemoryGateway) =>
  active(gateway)
    .map(({ identifier = [] }) =>
      identifier
        .map(({ use, value = '' }) => (use === 'old' ? `(${value})` : value))
        .sort()
        .join(' '),
    )
    .sort();

/** Takes messages in every order: one end, byte for byte, whatever the order. */
async function inEveryOrder(texts: readonly string[]): Promise<MemoryGateway> {
  const gateways: MemoryGateway[] = [];
  for (const order of permutations(texts)) {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...order);
    gateways.push(gateway);
  }
  const [first = new MemoryGateway(), ...others] = gateways;
  for (const other of others) {
    expect(numbers(other)).toEqual(numbers(first));
    const ends = [first, other].map((gateway) => gateway.everything().filter((body) => !/messageId/.test(body)));
    expect(ends[1]?.sort()).toEqual(ends[0]?.sort());
    expect(other.openItems()).toEqual(first.openItems());
  }
  return first;
}

describe('a change of a patient’s number (A47), in whatever order it comes,', () => {
  it.each<[string, string[], string[]]>([
    [
      'to a free number lets the person go on under it',
      [identity('01', ipp('P1')), changed('02', ipp('P2'), ipp('P1'))],
      ['(P1) P2'],
    ],
    [
      'is followed by another',
      [identity('01', ipp('P1')), changed('02', ipp('P2'), ipp('P1')), changed('03', ipp('P3'), ipp('P2'))],
      ['(P1) (P2) P3'],
    ],
    [
      'and back again ends where it began',
      [identity('01', ipp('P1')), changed('02', ipp('P2'), ipp('P1')), changed('03', ipp('P1'), ipp('P2'))],
      ['(P2) P1'],
    ],
    [
      'holds for what is said under either number before and after',
      [
        identity('01', ipp('P1')),
        changed('03', ipp('P2'), ipp('P1')),
        identity('04', ipp('P2')),
        identity('02', ipp('P1')),
      ],
      ['(P1) P2'],
    ],
    [
      'to a number of another authority',
      [identity('01', record('M1')), changed('02', 'M9^^^CH-AUTRE&2.999.72&ISO^MR', record('M1'))],
      ['(M1) M9'],
    ],
    [
      'leaves the other numbers of the person as they are',
      [identity('01', `${ipp('P1')}~${record('M1')}`), changed('02', ipp('P2'), ipp('P1'))],
      ['(P1) M1 P2'],
    ],
    [
      'that names the patient by another number changes that one alone',
      [identity('01', `${ipp('P1')}~${record('M1')}`), changed('02', `${ipp('P1')}~${record('M2')}`, record('M1'))],
      ['M2 P1'],
    ],
    [
      'that holds nothing else finds him by the number that he lists',
      [identity('01', `${ipp('P1')}~${record('M1')}`), changed('02', record('M2'), record('M1'))],
      ['M2 P1'],
    ],
    [
      'that leaves it out takes it away',
      [identity('01', `${ipp('P1')}~${record('M1')}`), changed('02', ipp('P1'), record('M1'))],
      ['P1'],
    ],
    [
      'that erases it takes it away',
      [identity('01', `${ipp('P1')}~${record('M1')}`), changed('02', `${ipp('P1')}~""^^^${HOSPITAL}^MR`, record('M1'))],
      ['P1'],
    ],
    [
      'that takes away the number by which he is called leaves him under another of his',
      [identity('01', `${ipp('P1')}~${record('M1')}`), changed('02', `${record('M1')}~""^^^${HOSPITAL}^PI`, ipp('P1'))],
      ['M1'],
    ],
    [
      'does not keep away a number that is said again later',
      [
        identity('01', `${ipp('P1')}~${record('M1')}`),
        changed('02', ipp('P1'), record('M1')),
        identity('03', `${ipp('P1')}~${record('M1')}`),
      ],
      ['M1 P1'],
    ],
    [
      'after a merge renames whom it left',
      [
        identity('01', ipp('P1')),
        identity('01', ipp('P2')),
        changed('03', ipp('P3'), ipp('P2')),
        changed('02', ipp('P2'), ipp('P1')).replaceAll('A47', 'A40'),
      ],
      ['(P1) (P2) P3'],
    ],
  ])('%s', async (_what, texts, expected) => {
    const gateway = await inEveryOrder(texts);
    expect(numbers(gateway)).toEqual(expected);
    expect(gateway.openItems()).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    ['a number that nobody knows', [changed('02', ipp('P2'), ipp('P1'))], []],
    [
      'a number that nobody knows, of somebody whom nobody knows',
      [changed('02', `${ipp('P1')}~${record('M2')}`, record('M1'))],
      [],
    ],
    ['two unknown numbers in a row', [changed('02', ipp('P2'), ipp('P1')), changed('03', ipp('P3'), ipp('P2'))], []],
    [
      'an unknown number into that of a patient, who stays as he is',
      [identity('01', ipp('P2')), changed('02', ipp('P2'), ipp('P1'))],
      ['P2'],
    ],
  ])('has no effect on %s', async (_what, texts, expected) => {
    const gateway = await inEveryOrder(texts);
    expect(numbers(gateway)).toEqual(expected);
    expect(gateway.openItems()).toEqual([]);
  });

  it.each<[string, string[], string[]]>([
    [
      'a patient of before',
      [identity('01', ipp('P1')), identity('01', ipp('P2')), changed('02', ipp('P2'), ipp('P1'))],
      ['P1', 'P2'],
    ],
    [
      'a patient whom another change made',
      [
        identity('01', ipp('P1')),
        identity('01', ipp('P3')),
        changed('02', ipp('P2'), ipp('P1')),
        changed('03', ipp('P2'), ipp('P3')),
      ],
      ['(P1) P2', 'P3'],
    ],
    [
      'a patient whom another change of the same second made',
      [
        identity('01', ipp('P1')),
        identity('01', ipp('P3')),
        changed('02', ipp('P2'), ipp('P1')),
        changed('02', ipp('P2'), ipp('P3')),
      ],
      ['(P1) P2', 'P3'],
    ],
    [
      'another patient beside a number that stays',
      [
        identity('01', ipp('P1')),
        identity('01', record('M2')),
        changed('02', `${ipp('P1')}~${record('M2')}`, record('M1')),
      ],
      ['M2', 'P1'],
    ],
  ])('to the number of %s joins nobody, changes nothing and waits', async (_what, texts, expected) => {
    const gateway = await inEveryOrder(texts);
    expect(numbers(gateway)).toEqual(expected);
    expect(gateway.openItems()).toEqual(['identity-conflict']);
  });

  it('that waits takes effect by a merge of the two', async () => {
    const texts = [identity('01', ipp('P1')), identity('01', ipp('P2')), changed('02', ipp('P2'), ipp('P1'))];
    const gateway = new MemoryGateway();
    const [, , waiting] = await gateway.takeAll(...texts);
    expect(waiting?.state).toBe('parked');
    const step = await gateway.take(changed('03', ipp('P2'), ipp('P1')).replaceAll('A47', 'A40'));
    expect(step.otherStates).toEqual([{ messageId: '3', state: 'translated' }]);
    expect(numbers(gateway)).toEqual(['(P1) P2']);
  });
});

describe('a change of an INS (A47)', () => {
  const validated = { 32: 'VALI' };
  const before = identity('01', `${ipp('P1')}~${INS}`, validated);

  it.each<[string, string, string[]]>([
    ['replaces it', changed('02', `${ipp('P1')}~${NEW_INS}`, INS, validated), ['279037101400243 P1']],
    ['replaces it where it names the patient alone', changed('02', NEW_INS, INS, validated), ['279037101400243 P1']],
    ['erases it', changed('02', `${ipp('P1')}~${NO_INS}`, INS, validated), ['P1']],
    ['leaves it out', changed('02', ipp('P1'), INS, validated), ['P1']],
    [
      'takes it away with an identity that is no longer validated',
      changed('02', `${ipp('P1')}~${NO_INS}`, INS, { 32: 'PROV' }),
      ['P1'],
    ],
    [
      'takes it away where the new one is not validated',
      changed('02', `${ipp('P1')}~${NEW_INS}`, INS, { 32: '' }),
      ['P1'],
    ],
  ])('%s', async (_what, change, expected) => {
    expect(numbers(await inEveryOrder([before, change]))).toEqual(expected);
  });

  it('says how far the identity is trusted, and nothing else of the patient', async () => {
    const gateway = await inEveryOrder([
      before,
      changed('02', `${ipp('P1')}~${NO_INS}`, INS, { 5: 'AUTRE^ANNE^^^^^L', 32: 'PROV' }),
    ]);
    const [patient] = active(gateway);
    expect(patient?.name).toMatchObject([{ family: 'ESSAI' }]);
    expect(JSON.stringify(patient?.extension)).toContain('PROV');
  });
});

describe('a stay whose patient’s number changes', () => {
  it('is the same person’s under the new number, and who was told of it learns that once', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(admission('01', ipp('P1')));
    const step = await gateway.take(changed('02', ipp('P2'), ipp('P1')));
    expect(sent(step)).toEqual(['patient-replaced to agnes', 'correction to agnes']);
    const [patient] = active(gateway);
    expect(gateway.only<Encounter>('Encounter').subject?.reference).toBe(`Patient/${patient?.id ?? ''}`);
    expect(gateway.resources<Patient>('Patient').find((other) => other.active === false)).toMatchObject({
      identifier: [{ value: 'P1' }],
      link: [{ type: 'replaced-by', other: { reference: `Patient/${patient?.id ?? ''}` } }],
    });
  });

  it('of another patient is not touched by a change that has no effect', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission('01', ipp('P1')), admission('01', ipp('P2'), 'V2'));
    const step = await gateway.take(changed('02', ipp('P2'), ipp('P1')));
    expect(sent(step)).toEqual([]);
    expect(step.resources).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['the change', [admission('01', ipp('P1')), admission('02', ipp('P1'), 'V2')], changed('03', ipp('P2'), ipp('P1'))],
    [
      'the person of whom it waited',
      [changed('03', ipp('P2'), ipp('P1')), admission('04', ipp('P2'), 'V2')],
      admission('01', ipp('P1')),
    ],
    [
      'who had the new number before',
      [admission('02', ipp('P1')), changed('03', ipp('P2'), ipp('P1'))],
      admission('01', ipp('P2'), 'V2'),
    ],
  ])('shows what it would from all facts when %s comes', async (_what, texts, last) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...texts);
    expect(gateway.theShortWay(last)).toBeUndefined();
    const afresh = new MemoryGateway();
    await afresh.takeAll(last, ...texts);
    await gateway.take(last);
    expect(gateway.everything().sort()).toEqual(afresh.everything().sort());
  });
});
