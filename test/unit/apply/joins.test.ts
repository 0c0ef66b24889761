import { describe, expect, it } from '@jest/globals';
import type { CareTeam, Encounter, Patient } from 'fhir/r4.js';
import { AGNES, BRUNO, MemoryGateway, rol, sent } from '../../support/applied.js';
import { HOSPITAL, INS_TEST, movement, pam, type Fields, type PamParts } from '../../support/pam.js';

const INS = `279037101400144^^^${INS_TEST}^INS`;
const A = `IPP1^^^${HOSPITAL}^PI`;
const B = 'B7^^^CH-AUTRE&2.999.72&ISO^PI';
const TRAITS: Fields = { 5: 'ESSAI^CAMILLE^CAMILLE^^^^L', 7: '19790328', 8: 'F', 32: 'VALI' };

const visit = (trigger: string, at: string, stay: string, pid: Fields, more: Partial<PamParts> = {}) =>
  pam({
    trigger,
    at,
    zbe: movement(`${stay}-${trigger}`, at),
    pid: { ...TRAITS, ...pid },
    pv1: { 19: `${stay}^^^CH-AUTRE&2.999.72&ISO^VN` },
    patientSegments: [rol(AGNES)],
    ...more,
  });
const identity = (at: string, pid: Fields, trigger = 'A31') =>
  pam({ trigger, at, pv1: null, pid: { ...TRAITS, ...pid } });

const active = (gateway: MemoryGateway) => gateway.resources<Patient>('Patient').filter((patient) => patient.active);
const teams = (gateway: MemoryGateway) => gateway.resources<CareTeam>('CareTeam');
const numberOf = (patient: Patient | undefined) =>
  patient?.identifier?.find(({ use, type }) => use !== 'old' && type?.coding?.[0]?.code === 'PI')?.value;

describe('two hospitals that know one person', () => {
  const here = identity('20260301080000', { 3: `${A}~${INS}` });
  const there = visit('A01', '20260305080000', 'V7', { 3: `${B}~${INS}` });

  it('give one patient under the number recorded first, in whatever order they come', async () => {
    const ids: (string | undefined)[] = [];
    for (const order of [
      [here, there],
      [there, here],
    ]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      const [patient, ...more] = active(gateway);
      expect(more).toEqual([]);
      expect(patient?.link?.map(({ type }) => type)).toEqual(['replaces']);
      expect(gateway.only<Encounter>('Encounter').subject?.reference).toBe(`Patient/${patient?.id ?? ''}`);
      ids.push(patient?.id);
    }
    expect(ids[0]).toBe(ids[1]);
  });

  it('tell whoever was told of the patient who goes that another took his place, before anything else', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(there);
    const gone = active(gateway)[0]?.id;
    const step = await gateway.take(here);
    // Then that her stay is his.
    expect(sent(step)).toEqual(['patient-replaced to agnes', 'correction to agnes']);
    const team = teams(gateway).find(({ subject }) => subject?.reference === `Patient/${gone ?? ''}`);
    expect(step.deliveries[0]?.resources).toEqual([`Patient/${gone ?? ''}`, `CareTeam/${team?.id ?? ''}`]);
  });

  it('leave the replaced circle readable, ended, with a link to the one that goes on', async () => {
    const gateway = new MemoryGateway();
    await gateway.take(there);
    const before = teams(gateway)[0]?.id;
    await gateway.take(here);
    const [ended, ...others] = teams(gateway).filter(({ status }) => status === 'inactive');
    expect(others).toEqual([]);
    expect(ended).toMatchObject({ id: before, extension: [{ valueReference: {} }] });
    expect(ended?.participant).toBeUndefined();
    const successor = teams(gateway).find(({ status }) => status === 'active');
    expect(ended?.extension?.[0]?.valueReference?.reference).toBe(`CareTeam/${successor?.id ?? ''}`);
  });

  it('tell nobody where nobody was told of the one who goes', async () => {
    const gateway = new MemoryGateway();
    const [, step] = await gateway.takeAll(here, there);
    expect(step && sent(step)).toEqual(['admission to agnes']);
    const [, second] = await new MemoryGateway().takeAll(identity('20260305080000', { 3: `${B}~${INS}` }), here);
    expect(second && sent(second)).toEqual([]);
  });

  it('keep one lane: what is decided later of the stay follows what was decided before', async () => {
    const gateway = new MemoryGateway();
    const first = await gateway.take(there);
    await gateway.take(here);
    const cancel = visit(
      'A11',
      '20260306080000',
      'V7',
      { 3: B },
      {
        zbe: movement('V7-A01', '20260305080000', 'CANCEL', { original: 'A01' }),
      },
    );
    const second = await gateway.take(cancel);
    expect(sent(second)).toEqual(['admission-cancelled to agnes']);
    expect(second.deliveries[0]?.lane).toBe(first.deliveries[0]?.lane);
  });

  it('join the circles: the family doctor of one hospital is told of the other’s stay', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(
      visit('A01', '20260301080000', 'V1', { 3: `${A}~${INS}` }, { patientSegments: [rol(AGNES)] }),
      visit('A01', '20260305080000', 'V7', { 3: `${B}~${INS}` }, { patientSegments: [] }),
    );
    expect(gateway.steps.map(sent)).toEqual([['admission to agnes'], ['admission to agnes']]);
  });

  it('that turn out late to know one person give the doctor of the one what lasts of the other’s', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(
      visit('A01', '20260301080000', 'V1', { 3: A, 32: 'PROV' }, { patientSegments: [rol(BRUNO)] }),
      visit('A01', '20260305080000', 'V7', { 3: `${B}~${INS}` }, { patientSegments: [] }),
    );
    const step = await gateway.take(identity('20260306080000', { 3: `${A}~${INS}` }));
    expect(active(gateway)).toHaveLength(1);
    expect(sent(step)).toEqual(['admission to bruno']);
  });
});

describe('a joined patient whose trait is corrected is two again', () => {
  const joined = async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(
      visit('A01', '20260301080000', 'V1', { 3: `${A}~${INS}` }),
      visit('A01', '20260305080000', 'V7', { 3: `${B}~${INS}` }, { patientSegments: [rol(AGNES)] }),
    );
    return gateway;
  };

  it.each<[string, Fields]>([
    ['the birth date', { 7: '19790329' }],
    ['the given name', { 5: 'ESSAI^CLEMENCE^CLEMENCE^^^^L' }],
    ['the sex', { 8: 'M' }],
  ])('%s: each has his stay, and who was told of it is corrected', async (_what, traits) => {
    const gateway = await joined();
    const step = await gateway.take(identity('20260306080000', { 3: `${B}~${INS}`, ...traits }));
    expect(active(gateway).map(numberOf).sort()).toEqual(['B7', 'IPP1']);
    const subjects = gateway.resources<Encounter>('Encounter').map(({ subject }) => subject?.reference);
    expect(new Set(subjects).size).toBe(2);
    expect(gateway.openItems()).toEqual(['identity-conflict']);
    // The stay is taken back under the Patient that she was told of, he is corrected, and it is told as the other's.
    expect(sent(step)).toEqual(['admission-cancelled to agnes', 'correction to agnes', 'admission to agnes']);
    const patients = step.deliveries.map(({ resources }) => resources.filter((key) => key.startsWith('Patient/')));
    expect(patients.every((list) => list.length === 1)).toBe(true);
  });

  it('and one again when it is corrected back', async () => {
    const gateway = await joined();
    await gateway.take(identity('20260306080000', { 3: `${B}~${INS}`, 8: 'M' }));
    await gateway.take(identity('20260307080000', { 3: `${B}~${INS}` }));
    expect(active(gateway)).toHaveLength(1);
    expect(gateway.openItems()).toEqual([]);
    expect(teams(gateway).filter(({ status }) => status === 'active')).toHaveLength(1);
  });

  it('who was told of him before the join learns that he is himself again', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(
      visit('A01', '20260305080000', 'V7', { 3: `${B}~${INS}` }),
      identity('20260301080000', { 3: `${A}~${INS}` }),
    );
    const step = await gateway.take(identity('20260306080000', { 3: `${A}~${INS}`, 8: 'M' }));
    expect(sent(step)).toContain('correction to agnes');
    const about = step.events.map(({ about: { type, key } }) => `${type} ${key.split('|')[1] ?? ''}`);
    expect(about).toContain('patient B7');
  });
});

describe('a merge (A40)', () => {
  const number = (ipp: string) => `${ipp}^^^${HOSPITAL}^PI`;
  const merge = (at: string, survivor: string, replaced: string) =>
    pam({ trigger: 'A40', at, pv1: null, pid: { 3: number(survivor), ...TRAITS } }).replace(
      /\rPV1.*/,
      `\rMRG|${number(replaced)}`,
    );
  const person = (ipp: string, day: string) => identity(`202603${day}080000`, { 3: number(ipp), 32: '' });
  const P1 = person('P1', '01');
  const P2 = person('P2', '02');
  const P3 = person('P3', '03');
  const all = (gateway: MemoryGateway) => active(gateway).map(numberOf).sort();

  it.each<[string, string[], string[]]>([
    ['keeps the number that stays', [P1, P2, merge('20260304080000', 'P2', 'P1')], ['P2']],
    [
      'of a chain keeps the last',
      [P1, P2, P3, merge('20260304080000', 'P2', 'P1'), merge('20260305080000', 'P3', 'P2')],
      ['P3'],
    ],
    [
      'of a chain told the other way round keeps the last too',
      [P1, P2, P3, merge('20260304080000', 'P3', 'P2'), merge('20260305080000', 'P2', 'P1')],
      ['P3'],
    ],
    ['twice is once', [P1, P2, merge('20260304080000', 'P2', 'P1'), merge('20260305080000', 'P2', 'P1')], ['P2']],
    ['of a number that nobody knows knows it from then on', [P2, merge('20260304080000', 'P2', 'P1')], ['P2']],
    ['into a number that nobody knows makes it', [P1, merge('20260304080000', 'P2', 'P1')], ['P2']],
    ['before the number it replaces is heard of holds', [P2, merge('20260304080000', 'P2', 'P1'), P1], ['P2']],
  ])('%s, in whatever order', async (_what, texts, expected) => {
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(all(gateway)).toEqual(expected);
      expect(gateway.openItems()).toEqual([]);
    }
  });

  it.each<[string, string[], string[]]>([
    ['of two', [P1, P2, merge('20260304080000', 'P2', 'P1'), merge('20260305080000', 'P1', 'P2')], ['P2']],
    [
      'of three',
      [
        P1,
        P2,
        P3,
        merge('20260304080000', 'P2', 'P1'),
        merge('20260305080000', 'P3', 'P2'),
        merge('20260306080000', 'P1', 'P3'),
      ],
      ['P3'],
    ],
    [
      'recorded before the one it contradicts: the later one is the one to look at',
      [P1, P2, merge('20260305080000', 'P2', 'P1'), merge('20260304080000', 'P1', 'P2')],
      ['P1'],
    ],
  ])('that is the inverse of an earlier one has no effect, and is looked at: %s', async (_what, texts, expected) => {
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      expect(all(gateway)).toEqual(expected);
      expect(gateway.openItems()).toEqual(['identity-conflict']);
    }
  });

  it('corrects no demographics', async () => {
    const gateway = new MemoryGateway();
    const survivor = identity('20260301080000', { 3: number('P2'), 5: 'VRAI^CAMILLE', 32: '' });
    const replaced = identity('20260302080000', {
      3: number('P1'),
      5: 'AUTRE^CAMILLE',
      13: '^PRN^PH^^^^^^^^^0300000001',
      32: '',
    });
    await gateway.takeAll(survivor, replaced, merge('20260304080000', 'P2', 'P1'));
    expect(active(gateway)[0]).toMatchObject({ name: [{ family: 'VRAI' }], telecom: [{ value: '0300000001' }] });
  });

  it('tells those who were told of the patient that goes, and moves his stays', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(visit('A01', '20260302080000', 'V1', { 3: number('P1'), 32: '' }), P2);
    const step = await gateway.take(merge('20260304080000', 'P2', 'P1'));
    expect(sent(step)).toEqual(['patient-replaced to agnes', 'correction to agnes']);
    expect(step.deliveries[1]?.resources).toEqual(
      expect.arrayContaining([
        `Patient/${active(gateway)[0]?.id ?? ''}`,
        `Encounter/${gateway.only<Encounter>('Encounter').id ?? ''}`,
      ]),
    );
    expect(gateway.only<Encounter>('Encounter').subject?.reference).toBe(`Patient/${active(gateway)[0]?.id ?? ''}`);
    expect(
      teams(gateway)
        .map(({ status }) => status)
        .sort(),
    ).toEqual(['active', 'inactive']);
  });

  it('leaves the number that it replaced readable, and old on the one that stays', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(P1, P2, merge('20260304080000', 'P2', 'P1'));
    const [survivor] = active(gateway);
    expect(survivor?.identifier).toContainEqual(expect.objectContaining({ use: 'old', value: 'P1' }));
    const stub = gateway.resources<Patient>('Patient').find((patient) => patient.active === false);
    expect(stub).toMatchObject({ identifier: [{ value: 'P1' }], link: [{ type: 'replaced-by' }] });
  });

  it('lets a later message under the replaced number speak of the survivor', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(P1, P2, merge('20260304080000', 'P2', 'P1'));
    await gateway.take(visit('A01', '20260305080000', 'V1', { 3: number('P1'), 32: '' }));
    expect(gateway.only<Encounter>('Encounter').subject?.reference).toBe(`Patient/${active(gateway)[0]?.id ?? ''}`);
  });
});
