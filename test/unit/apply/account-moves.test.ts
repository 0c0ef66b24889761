import { describe, expect, it } from '@jest/globals';
import type { Encounter, Patient } from 'fhir/r4.js';
import { AGNES, BRUNO, MemoryGateway, rol, sent } from '../../support/applied.js';
import { HOSPITAL, movement, pam, segment, type PamParts } from '../../support/pam.js';
import { permutations } from '../../support/random.js';

const ipp = (value: string) => `${value}^^^${HOSPITAL}^PI`;
const account = (value: string) => `${value}^^^${HOSPITAL}^AN`;
const FAMILY = { P1: 'ESSAI', P2: 'MODELE', P3: 'AUTRE' } as const;
type Person = keyof typeof FAMILY;
const pid = (person: Person) => ({ 3: ipp(person), 5: `${FAMILY[person]}^CAMILLE^^^^^L`, 7: '19500101' });

const identity = (day: string, person: Person) =>
  pam({
    trigger: 'A31',
    at: `202603${day}080000`,
    pv1: null,
    pid: pid(person),
    patientSegments: [rol(person === 'P1' ? AGNES : BRUNO)],
  });

interface Visit extends Partial<PamParts> {
  stay?: string;
  of?: string;
}
const visit = (trigger: string, day: string, person: Person, { stay = 'V1', of = 'A1', ...more }: Visit = {}) =>
  pam({
    trigger,
    at: `202603${day}080000`,
    zbe: movement(`${stay}-${trigger}`, `202603${day}080000`),
    ...more,
    pid: { ...pid(person), 18: account(of) },
    pv1: { 19: stay === '' ? '' : `${stay}^^^${HOSPITAL}^VN`, ...more.pv1 },
  });
const moved = (day: string, to: Person, from: Person, of = 'A1') =>
  pam({ trigger: 'A44', at: `202603${day}080000`, pv1: null, pid: { ...pid(to), 18: account(of) } }).replace(
    /\rPV1.*/,
    `\rMRG|${ipp(from)}||${account(of)}`,
  );

/** Family name of the patient of each stay, by its number. */
const owners = (gateway: MemoryGateway) =>
  Object.fromEntries(
    gateway.resources<Encounter>('Encounter').map(({ identifier = [], subject }) => {
      const patient = gateway
        .resources<Patient>('Patient')
        .find(({ id }) => `Patient/${id ?? ''}` === subject?.reference);
      return [identifier.find(({ type }) => type?.coding?.[0]?.code === 'VN')?.value, patient?.name?.[0]?.family];
    }),
  );

async function inEveryOrder(texts: readonly string[]): Promise<MemoryGateway> {
  const gateways: MemoryGateway[] = [];
  for (const order of permutations(texts)) {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...order);
    gateways.push(gateway);
  }
  const [first = new MemoryGateway(), ...others] = gateways;
  for (const other of others) {
    expect(other.everything().sort()).toEqual(first.everything().sort());
    expect(other.openItems()).toEqual(first.openItems());
  }
  return first;
}

const [P1, P2] = [identity('01', 'P1'), identity('01', 'P2')];
const admitted = visit('A01', '02', 'P1');

describe('a move of an account (A44), in whatever order it comes,', () => {
  it.each<[string, string[], Record<string, string>]>([
    ['makes its stay the other patient’s', [P1, P2, admitted, moved('03', 'P2', 'P1')], { V1: 'MODELE' }],
    [
      'makes every stay of it so, and no other stay',
      [
        P2,
        admitted,
        visit('A01', '02', 'P1', { stay: 'V2' }),
        visit('A01', '02', 'P1', { stay: 'V3', of: 'A2' }),
        moved('03', 'P2', 'P1'),
      ],
      { V1: 'MODELE', V2: 'MODELE', V3: 'ESSAI' },
    ],
    [
      'is followed by what is said of it under him',
      [admitted, moved('03', 'P2', 'P1'), visit('A03', '04', 'P2')],
      { V1: 'MODELE' },
    ],
    [
      'and back again ends where it began',
      [P2, admitted, moved('03', 'P2', 'P1'), moved('04', 'P1', 'P2')],
      { V1: 'ESSAI' },
    ],
    [
      'may be followed by another',
      [P2, identity('01', 'P3'), admitted, moved('03', 'P2', 'P1'), moved('04', 'P3', 'P2')],
      { V1: 'AUTRE' },
    ],
    ['twice is once', [P2, admitted, moved('03', 'P2', 'P1'), moved('04', 'P2', 'P1')], { V1: 'MODELE' }],
    [
      'takes along what names the account alone',
      [
        P2,
        admitted,
        visit('A02', '03', 'P1', { stay: '', zbe: movement('M2', '20260303080000') }),
        moved('04', 'P2', 'P1'),
      ].slice(),
      { V1: 'MODELE' },
    ],
    ['into an unknown patient has no effect', [admitted, moved('03', 'P2', 'P1')], { V1: 'ESSAI' }],
    ['from an unknown patient has no effect', [P2, moved('03', 'P2', 'P1')], {}],
    ['of an unknown account has no effect', [P1, P2, admitted, moved('03', 'P2', 'P1', 'A9')], { V1: 'ESSAI' }],
    [
      'of an account of somebody else has no effect',
      [P2, identity('01', 'P3'), admitted, moved('03', 'P2', 'P3')],
      { V1: 'ESSAI' },
    ],
  ])('%s', async (_what, texts, expected) => {
    const gateway = await inEveryOrder(texts);
    expect(owners(gateway)).toEqual(expected);
    expect(gateway.openItems()).toEqual([]);
  });

  it('says nothing of the patient to whom it goes', async () => {
    const gateway = await inEveryOrder([P2, admitted, moved('03', 'P2', 'P1').replace('MODELE', 'ERREUR')]);
    expect(owners(gateway)).toEqual({ V1: 'MODELE' });
  });

  it('leaves what the first patient’s sender says of it later to be looked at', async () => {
    const late = visit('A03', '04', 'P1');
    const gateway = await inEveryOrder([P2, admitted, moved('03', 'P2', 'P1'), late]);
    expect(owners(gateway)).toEqual({ V1: 'MODELE' });
    expect(gateway.only<Encounter>('Encounter').status).toBe('in-progress');
    expect(gateway.openItems()).toEqual(['stay-of-another-patient']);
  });

  it('settles what was said under the second patient before the move came', async () => {
    const gateway = new MemoryGateway();
    const [, , early] = await gateway.takeAll(P2, admitted, visit('A03', '04', 'P2'));
    expect(early?.state).toBe('parked');
    const step = await gateway.take(moved('03', 'P2', 'P1'));
    expect(step.otherStates).toEqual([{ messageId: '3', state: 'translated' }]);
    expect(gateway.only<Encounter>('Encounter')).toMatchObject({ status: 'finished' });
    expect(owners(gateway)).toEqual({ V1: 'MODELE' });
  });

  it('takes the stay back from those who were told of it under the first patient, and tells the second one’s', async () => {
    const gateway = new MemoryGateway();
    const [, , step] = await gateway.takeAll(P1, P2, admitted);
    expect(step && sent(step)).toEqual(['admission to agnes']);
    const move = await gateway.take(moved('03', 'P2', 'P1'));
    expect(sent(move)).toEqual(['admission-cancelled to agnes', 'admission to bruno']);
    for (const { endpoint, resources } of move.deliveries) {
      const patients = resources
        .filter((reference) => reference.startsWith('Patient/'))
        .map((reference) => gateway.resource(reference));
      expect(patients).toMatchObject([{ name: [{ family: endpoint === 'agnes' ? 'ESSAI' : 'MODELE' }] }]);
    }
  });

  it('takes no relative of the first patient along', async () => {
    const relative = segment('NK1', { 1: '1', 2: 'PROCHE^LUCIE^^^^^L', 3: 'CHD', 7: 'K', 33: `PC1^^^${HOSPITAL}^PN` });
    const gateway = await inEveryOrder([
      P2,
      visit('A01', '02', 'P1', { patientSegments: [relative] }),
      moved('03', 'P2', 'P1'),
    ]);
    expect(gateway.memberships().filter(({ person }) => person.startsWith('RelatedPerson/'))).toEqual([]);
  });

  it.each<[string, string[], string]>([
    ['the move', [P1, P2, admitted, visit('A01', '02', 'P1', { stay: 'V2' })], moved('03', 'P2', 'P1')],
    ['the second patient', [P1, admitted, moved('03', 'P2', 'P1')], P2],
    [
      'the second patient’s number, which another lists,',
      [P1, admitted, moved('03', 'P2', 'P1')],
      identity('02', 'P3').replace(ipp('P3'), `${ipp('P3')}~${ipp('P2')}`),
    ],
  ])('shows what it would from all facts when %s comes', async (_what, texts, last) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(...texts);
    expect(gateway.theShortWay(last)).toBeUndefined();
    await gateway.take(last);
    const afresh = new MemoryGateway();
    await afresh.takeAll(last, ...texts);
    expect(gateway.everything().sort()).toEqual(afresh.everything().sort());
    expect(Object.values(owners(gateway))).not.toContain('ESSAI');
  });

  it('changes what comes late of its stay by the short way', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(P1, P2, admitted, moved('04', 'P2', 'P1'));
    const late = visit('A02', '03', 'P1', { zbe: movement('M2', '20260303080000', 'INSERT', { unit: '3070' }) });
    const { short, long } = await gateway.bothWays(late);
    expect(short).toEqual(long);
    expect(owners(gateway)).toEqual({ V1: 'MODELE' });
  });
});
