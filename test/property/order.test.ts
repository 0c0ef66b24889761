import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Fact } from '../../src/message/fact.js';
import {
  FOLD,
  foldedBytes,
  foldedOf,
  HOSPITAL,
  movement,
  pam,
  professional,
  segment,
  translated,
} from '../support/pam.js';
import { permutations } from '../support/random.js';

const DOCTOR = professional('10999000011', 'BERTHIER', 'Claire');
const OTHER = professional('10999000029', 'MOREL', 'Antoine');
const family = (doctor: string) => segment('ROL', { 2: 'UC', 3: 'ODRP', 4: doctor });
const trusted = segment('NK1', { 1: '1', 2: 'ESSAI^LUCIE^^^^^L', 3: 'CHD', 7: 'K', 33: `PC1^^^${HOSPITAL}^PN` });
const bed = (unit: string, room = '12') => `${unit}^${room}^A^${HOSPITAL}`;

const planned = pam({
  trigger: 'A05',
  at: '20260301090000',
  pv2: { 8: '20260302080000', 9: '20260306' },
  zbe: movement('M0', '20260301090000', 'INSERT', { unit: '2040' }),
});
const admitted = pam({
  trigger: 'A01',
  at: '20260302081000',
  patientSegments: [family(DOCTOR), trusted],
  pv1: { 3: bed('2040'), 5: `P1^^^${HOSPITAL}^VN`, 7: OTHER, 17: OTHER, 44: '20260302080000' },
  zbe: movement('M1', '20260302080000', 'INSERT', { unit: '2040' }),
});
const moved = pam({
  trigger: 'A02',
  at: '20260303100500',
  pv1: { 3: bed('3070', '4') },
  zbe: movement('M2', '20260303100000', 'INSERT', { unit: '3070' }),
});
const movedAgain = pam({
  trigger: 'A02',
  at: '20260304100500',
  pv1: { 3: bed('4020', '7') },
  zbe: movement('M3', '20260304100000', 'INSERT', { nature: 'H', unit: '4020' }),
});
const unmoved = pam({
  trigger: 'A12',
  at: '20260304110000',
  pv1: { 3: bed('3070', '4') },
  zbe: movement('M3', '20260304100000', 'CANCEL', { original: 'A02' }),
});
const corrected = pam({
  trigger: 'Z99',
  at: '20260304120000',
  pv1: { 3: bed('3071', '5'), 7: DOCTOR },
  zbe: movement('M2', '20260303093000', 'UPDATE', { original: 'A02', unit: '3071' }),
});
const discharged = pam({
  trigger: 'A03',
  at: '20260306150000',
  pv1: { 3: bed('3070', '4'), 36: '3', 45: '20260306143000' },
  zbe: movement('M4', '20260306143000', 'INSERT', { unit: '3070' }),
});
const readmitted = pam({
  trigger: 'A13',
  at: '20260306160000',
  zbe: movement('M4', '20260306143000', 'CANCEL', { original: 'A03' }),
});
const renamed = pam({
  trigger: 'A31',
  at: '20260305090000',
  pid: { 5: 'ESSAI-VALIDE^CAMILLE^CAMILLE ANDREE^^^^L', 32: 'PROV' },
  patientSegments: [family(OTHER)],
  pv1: null,
});
const notAdmitted = pam({
  trigger: 'A11',
  at: '20260302090000',
  zbe: movement('M1', '20260302080000', 'CANCEL', { original: 'A01' }),
});

/** Five messages about one stay; the fifth column says what the last word on it must be. */
const STAYS: [name: string, messages: string[], status: string][] = [
  ['an admission, a transfer cancelled, a discharge', [admitted, moved, movedAgain, unmoved, discharged], 'finished'],
  ['a corrected transfer and a discharge', [planned, admitted, moved, corrected, discharged], 'finished'],
  ['a cancelled discharge', [admitted, moved, discharged, readmitted, corrected], 'in-progress'],
  ['an admission cancelled after a pre-admission', [planned, admitted, notAdmitted, moved, unmoved], 'planned'],
  ['an identity that changes in between', [admitted, moved, renamed, corrected, discharged], 'finished'],
];

/** Facts as the store gives them: each message keeps the facts it had, whenever it came. */
const factsInOrder = (messages: readonly { text: string; id: string }[]): Fact[] =>
  messages.flatMap(({ text, id }) => translated(text, id).facts);

describe('the order of arrival', () => {
  it.each(STAYS)('changes no byte of %s, over all 120 orders', (_name, texts, status) => {
    const messages = texts.map((text, index) => ({ text, id: String(index + 1) }));
    const expected = foldedBytes(factsInOrder(messages));
    expect(foldedOf<{ status: string }>('Encounter', factsInOrder(messages))).toMatchObject([{ status }]);
    expect(expected).toMatch(/CareTeam\/.*\n/);
    expect(expected).toMatch(/CarePlan\//);
    for (const order of permutations(messages)) expect(foldedBytes(factsInOrder(order))).toBe(expected);
  });

  it('changes nothing either when messages come twice, under ids of their own', () => {
    const stay = fc.constantFrom(...STAYS.map(([, texts]) => texts));
    const deliveries = stay.chain((texts) =>
      fc.array(fc.nat(texts.length - 1), { maxLength: 6 }).chain((repeats) => {
        const all = [...texts.keys(), ...repeats];
        return fc.tuple(
          fc.constant(texts),
          fc.shuffledSubarray([...all.keys()], { minLength: all.length }),
          fc.constant(all),
        );
      }),
    );
    fc.assert(
      fc.property(deliveries, ([texts, order, all]) => {
        const once = foldedBytes(texts.flatMap((text, index) => translated(text, String(index)).facts));
        const arrived = order.flatMap((at) => translated(texts[all[at] ?? 0] ?? '', String(at + 100)).facts);
        expect(foldedBytes(arrived)).toBe(once);
      }),
      { numRuns: 150 },
    );
  });

  it('changes no byte of any invented history of stays, corrections and identities', () => {
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (texts, random) => {
        const messages = texts.map((text, index) => ({ text, id: String(index + 1) }));
        const keyed = messages.map((message) => ({ message, key: random.next().value as number }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ message }) => message);
        expect(foldedBytes(factsInOrder(shuffled), { ...FOLD, hospitalMembersStayDays: 3 })).toBe(
          foldedBytes(factsInOrder(messages), { ...FOLD, hospitalMembersStayDays: 3 }),
        );
      }),
      { numRuns: 200 },
    );
  });
});

const stamp = fc.integer({ min: 0, max: 9 * 24 }).map((hours) => {
  const day = String(1 + Math.floor(hours / 24)).padStart(2, '0');
  return `202603${day}${String(hours % 24).padStart(2, '0')}0000`;
});
const unit = fc.constantFrom('1010', '2040', '3070');
const doctor = fc.constantFrom(DOCTOR, OTHER, '');
const CANCELLED: Record<string, string> = { A11: 'A01', A12: 'A02', A13: 'A03', A38: 'A05' };

/** Any message of the mapped triggers, about few stays and movements, so that they meet. */
const anyMessage = fc
  .record({
    trigger: fc.constantFrom('A01', 'A04', 'A05', 'A02', 'A03', 'A11', 'A12', 'A13', 'A38', 'Z99', 'A28', 'A31'),
    at: stamp,
    effective: stamp,
    id: fc.constantFrom('M1', 'M2', 'M3', 'M4'),
    stay: fc.constantFrom('V1', 'V2'),
    unit,
    nature: fc.constantFrom('HMS', 'H', 'M', 'S', 'L', 'D', 'C'),
    doctor,
    ins: fc.boolean(),
    reliability: fc.constantFrom('VALI', 'PROV', ''),
    family: fc.constantFrom('ESSAI', 'MODELE'),
    erased: fc.boolean(),
  })
  .map((one) => {
    const identity = one.trigger === 'A28' || one.trigger === 'A31';
    const action = one.trigger === 'Z99' ? 'UPDATE' : one.trigger in CANCELLED ? 'CANCEL' : 'INSERT';
    const original = CANCELLED[one.trigger] ?? (action === 'UPDATE' ? 'A02' : '');
    const ins = one.ins ? `~150016907100121^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS` : '';
    return pam({
      trigger: one.trigger,
      at: one.at,
      pid: { 3: `IPP1^^^${HOSPITAL}^PI${ins}`, 5: `${one.family}^CAMILLE^CAMILLE^^^^L`, 32: one.reliability },
      patientSegments: one.doctor === '' ? [] : [family(one.doctor), trusted],
      pv1: identity
        ? null
        : { 3: bed(one.unit), 7: one.erased ? '""' : one.doctor, 19: `${one.stay}^^^${HOSPITAL}^VN` },
      pv2: { 9: one.erased ? '""' : '20260309' },
      ...(identity
        ? {}
        : { zbe: movement(one.id, one.effective, action, { original, nature: one.nature, unit: one.unit }) }),
    });
  });
const history = fc.array(anyMessage, { minLength: 2, maxLength: 12 });
