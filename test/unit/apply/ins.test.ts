import { describe, expect, it } from '@jest/globals';
import type { Encounter, Patient } from 'fhir/r4.js';
import { AGNES, MemoryGateway, rol, sent } from '../../support/applied.js';
import { HOSPITAL, INS_TEST, movement, pam, type Fields } from '../../support/pam.js';

const INS = '279037101400144';
const OTHER = '2.999.72';
const number = (ipp: string, authority = HOSPITAL) => `${ipp}^^^${authority}^PI`;
const ins = (value = INS) => `${value}^^^${INS_TEST}^INS`;
const TRAITS: Fields = { 5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L', 7: '19790328', 8: 'F', 32: 'VALI' };
/** Hospital A knows IPP1, hospital B knows B7. */
const A = number('IPP1');
const B = number('B7', `CH-AUTRE&${OTHER}&ISO`);

const identity = (day: string, pid: Fields, segments: string[] = []) =>
  pam({ trigger: 'A31', at: `202603${day}080000`, pv1: null, pid: { ...TRAITS, ...pid }, visitSegments: segments });

const insOf = (patient: Patient) =>
  patient.identifier?.filter(({ type }) => type?.coding?.[0]?.code?.startsWith('INS')).map(({ value }) => value) ?? [];

describe('an INS that was withdrawn stays away until it is said again', () => {
  const validated = identity('02', { 3: `${A}~${ins()}` });

  it.each<[string, string]>([
    ['the identity is provisional', identity('03', { 3: A, 32: 'PROV' })],
    ['the identity is doubtful', identity('03', { 3: A, 32: 'DOUT' })],
    ['the identity is fictitious, and the INS still there', identity('03', { 3: `${A}~${ins()}`, 32: 'FICT' })],
    ['the INS is erased with the downgrade', identity('03', { 3: `${A}~""^^^${INS_TEST}^INS`, 32: 'PROV' })],
    ['the INS is erased, the identity validated', identity('03', { 3: `${A}~""^^^${INS_TEST}^INS` })],
    ['the hospital corrected the birth date', identity('03', { 3: A, 7: '19790329' }, ['ZFD||||Y'])],
    [
      'the hospital corrected the birth date, the INS still there',
      identity('03', { 3: `${A}~${ins()}` }, ['ZFD||||Y']),
    ],
  ])('where %s', async (_what, withdrawal) => {
    const afterwards = identity('04', { 3: A });
    for (const order of [
      [validated, withdrawal, afterwards],
      [afterwards, withdrawal, validated],
      [withdrawal, afterwards, validated],
    ]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      const patient = gateway.only<Patient>('Patient');
      expect(insOf(patient)).toEqual([]);
      expect(patient.meta?.profile?.[0]).not.toContain('patient-ins');
      await gateway.take(identity('05', { 3: `${A}~${ins()}` }));
      expect(insOf(gateway.only<Patient>('Patient'))).toEqual([INS]);
    }
  });

  it.each(['VAL', 'VALI'])('and under the status %s is one', async (status) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(identity('02', { 3: `${A}~${ins()}`, 32: status }), identity('03', { 3: A, 32: status }));
    expect(insOf(gateway.only<Patient>('Patient'))).toEqual([INS]);
  });

  it('parts whom it joined, and somebody who is told of neither by the other’s number', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(identity('02', { 3: `${A}~${ins()}` }), identity('03', { 3: `${B}~${ins()}` }));
    expect(gateway.resources<Patient>('Patient').filter(({ active }) => active)).toHaveLength(1);
    await gateway.take(identity('04', { 3: B, 32: 'PROV' }));
    expect(gateway.resources<Patient>('Patient').map(({ active }) => active)).toEqual([true, true]);
  });
});

describe('one INS with other strict traits is two people and a work item', () => {
  it.each<[string, Fields]>([
    ['another birth name', { 5: 'MODELE^CAMILLE^CAMILLE ANDREE^^^^L' }],
    ['another first given name: twins', { 5: 'ESSAI^CLEMENCE^CLEMENCE^^^^L' }],
    ['another sex', { 8: 'M' }],
    ['another birth date', { 7: '19790329' }],
    ['a birth date of which the day is unknown', { 7: '197903' }],
    ['no birth date', { 7: '' }],
  ])('%s, in whatever order', async (_what, traits) => {
    const texts = [identity('02', { 3: `${A}~${ins()}` }), identity('03', { 3: `${B}~${ins()}`, ...traits })];
    for (const order of [texts, [...texts].reverse()]) {
      const gateway = new MemoryGateway();
      await gateway.takeAll(...order);
      const patients = gateway.resources<Patient>('Patient');
      expect(patients.map(({ active }) => active)).toEqual([true, true]);
      expect(patients.map(({ link }) => link)).toEqual([undefined, undefined]);
      expect(gateway.openItems()).toEqual(['identity-conflict']);
    }
  });

  it.each<[string, Fields]>([
    ['case and accents', { 5: 'Éssaï^camille^camille andree^^^^L' }],
    ['a hyphen in a further given name', { 5: 'ESSAI^CAMILLE^CAMILLE ANDRÉE-LISE^^^^L' }],
    ['a name in use beside the birth name', { 5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L~USAGE^CAMILLE^^^^^D' }],
  ])('and where they differ by %s it is one person', async (_what, traits) => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(identity('02', { 3: `${A}~${ins()}` }), identity('03', { 3: `${B}~${ins()}`, ...traits }));
    expect(gateway.resources<Patient>('Patient').filter(({ active }) => active)).toHaveLength(1);
    expect(gateway.openItems()).toEqual([]);
  });

  it('the item closes when the trait is corrected, and opens when a trait is', async () => {
    const gateway = new MemoryGateway();
    const wrong = identity('03', { 3: `${B}~${ins()}`, 7: '19790329' });
    await gateway.takeAll(identity('02', { 3: `${A}~${ins()}` }), wrong);
    await gateway.take(identity('04', { 3: `${B}~${ins()}` }));
    expect(gateway.openItems()).toEqual([]);
    await gateway.take(identity('05', { 3: `${A}~${ins()}`, 8: 'M' }));
    expect(gateway.openItems()).toEqual(['identity-conflict']);
  });
});

describe('a stay never changes its person', () => {
  const visit = (trigger: string, at: string, id: string, pid: Fields) =>
    pam({ trigger, at, zbe: movement(id, at), pid: { ...TRAITS, ...pid }, patientSegments: [rol(AGNES)] });
  const admission = visit('A01', '20260302080000', 'M1', { 3: `${A}~${ins()}` });

  it.each<[string, Fields]>([
    ['who shares the INS with other traits', { 3: `${number('IPP2')}~${ins()}`, 5: 'MODELE^CAMILLE^^^^^L' }],
    ['who is a stranger', { 3: number('IPP2'), 5: 'MODELE^CAMILLE^^^^^L' }],
    ['who is a twin under one INS', { 3: `${number('IPP2')}~${ins()}`, 5: 'ESSAI^CLEMENCE^CLEMENCE^^^^L' }],
  ])('by a message of somebody %s: it is parked, and tells nobody', async (_what, pid) => {
    const gateway = new MemoryGateway();
    await gateway.take(admission);
    const before = gateway.only<Encounter>('Encounter');
    const step = await gateway.take(visit('A02', '20260303080000', 'M2', pid));
    expect([step.state, sent(step)]).toEqual(['parked', []]);
    expect(gateway.only('Encounter')).toEqual(before);
    expect(gateway.openItems()).toContain('stay-of-another-patient');
  });

  it('whoever’s message arrives first: it is his who was recorded to be admitted first', async () => {
    const stranger = visit('A02', '20260303080000', 'M2', { 3: number('IPP2'), 5: 'MODELE^CAMILLE^^^^^L' });
    const gateway = new MemoryGateway();
    await gateway.takeAll(stranger, admission);
    const encounter = gateway.only<Encounter>('Encounter');
    const owner = gateway
      .resources<Patient>('Patient')
      .find(({ identifier }) => identifier?.some(({ value }) => value === 'IPP1'));
    expect(encounter.subject?.reference).toBe(`Patient/${owner?.id ?? ''}`);
    expect(encounter.period?.start).toBe('2026-03-02T08:00:00+01:00');
    expect(gateway.openItems()).toEqual(['stay-of-another-patient']);
  });

  it('and what was told of the stranger before is corrected', async () => {
    const first = visit('A01', '20260303080000', 'M2', { 3: number('IPP2'), 5: 'MODELE^CAMILLE^^^^^L' });
    const gateway = new MemoryGateway();
    expect(sent(await gateway.take(first))).toEqual(['admission to agnes']);
    const step = await gateway.take(admission);
    expect(sent(step).sort()).toEqual(['admission to agnes', 'admission-cancelled to agnes']);
  });

  it('but the numbers of one person are one person', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(admission, visit('A02', '20260303080000', 'M2', { 3: `${number('IPP2')}~${ins()}` }));
    expect(gateway.openItems()).toEqual([]);
    expect(gateway.steps[1]?.state).toBe('translated');
  });
});
