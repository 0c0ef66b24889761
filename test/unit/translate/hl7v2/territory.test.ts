import { describe, expect, it } from '@jest/globals';
import type { FhirResource } from 'fhir/r4.js';
import {
  HOSPITAL,
  movement,
  pam,
  professional,
  segment,
  translated,
  type Fields,
  type PamParts,
} from '../../../support/pam.js';

const HOSPITAL_LEGAL = 'CH-ESSAI&000990001&M';

function mentioned(type: string, parts: Partial<PamParts>): FhirResource[] {
  const text = pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000'), ...parts });
  return translated(text)
    .mentions.map(({ resource }) => resource as FhirResource)
    .filter(({ resourceType }) => resourceType === type);
}

describe('a professional', () => {
  const doctor = (text: string) => mentioned('Practitioner', { pv1: { 8: text } });

  it.each([
    ['10999000011^BERTHIER^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^RPPS', 'https://rpps.esante.gouv.fr', '10999000011'],
    [
      '810999000011^BERTHIER^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^IDNPS',
      'https://rpps.esante.gouv.fr',
      '10999000011',
    ],
    ['711234567^BERTHIER^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^ADELI', 'https://adeli.esante.gouv.fr', '711234567'],
    ['0711234567^BERTHIER^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^IDNPS', 'https://adeli.esante.gouv.fr', '711234567'],
    [`D7^BERTHIER^Claire^^^^^^${HOSPITAL}^L^^^EI`, 'urn:oid:2.999.71.1', 'D7'],
  ])('%s', (text, system, value) => {
    expect(doctor(text)).toMatchObject([
      { identifier: [{ system, value }], name: [{ family: 'BERTHIER', given: ['Claire'] }] },
    ]);
  });

  it('in two repetitions is one, by his RPPS', () => {
    const adeli = '711234567^BERTHIER^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^ADELI';
    expect(doctor(`${adeli}~${professional('10999000011', 'BERTHIER', 'Claire')}`)).toMatchObject([
      { identifier: [{ value: '10999000011' }] },
    ]);
  });

  it('without a number is nobody', () => {
    expect(doctor('^BERTHIER^Claire')).toEqual([]);
  });

  const missingNumbers = (parts: Partial<PamParts>) =>
    translated(pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000'), ...parts }))
      .issues.filter(({ reason }) => reason === 'field-missing')
      .map(({ field, blocking }) => [field, blocking]);

  it.each<[string, Partial<PamParts>, string[]]>([
    [
      'the family doctor',
      { patientSegments: [segment('ROL', { 2: 'UC', 3: 'ODRP', 4: '^BERTHIER^Claire' })] },
      ['ROL-4.1'],
    ],
    ['a doctor of the hospital', { pv1: { 7: '^FABRE^Hélène', 17: ' ^FABRE' } }, ['PV1-7.1', 'PV1-17.1']],
    ['one of two', { pv1: { 8: `${professional('10999000029', 'MOREL')}~^BERTHIER` } }, ['PV1-8.1']],
    ['one whom PD1-4 names', { patientSegments: [segment('PD1', { 4: '^BERTHIER' })] }, ['PD1-4.1']],
  ])('without a number is somebody to look at: %s', (_who, parts, fields) => {
    expect(missingNumbers(parts)).toEqual(fields.map((field) => [field, false]));
  });

  it.each([
    ['given by another repetition', `^Berthier~${professional('10999000011', 'BERTHIER')}`],
    ['erased', '""^""'],
    ['not named at all', `^^^^^^^^${HOSPITAL}`],
  ])('whose number is %s is nothing to look at', (_what, text) => {
    expect(missingNumbers({ pv1: { 8: text } })).toEqual([]);
  });

  it('of the annuaire claims its profiles, one known by ADELI alone does not', () => {
    const profiles = (text: string) => doctor(text).map(({ meta }) => meta?.profile?.length);
    expect(profiles(professional('10999000011', 'BERTHIER'))).toEqual([2]);
    expect(profiles('711234567^BERTHIER^Claire^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^ADELI')).toEqual([1]);
  });

  it('has a role in town and another in the hospital', () => {
    const who = professional('10999000011', 'BERTHIER');
    const roles = mentioned('PractitionerRole', {
      pv1: { 3: `2040^12^A^${HOSPITAL_LEGAL}`, 7: who, 8: who },
    });
    expect(roles.map((role) => 'organization' in role)).toEqual(expect.arrayContaining([true, false]));
  });
});

describe('a unit', () => {
  it('is an Organization of its hospital, by the name that ZBE-7 gives', () => {
    const ward = `Chirurgie^^^^^${HOSPITAL_LEGAL}^UF^^^2040`;
    const zbe = { ...movement('M1', '20260302080000'), 7: ward, 8: ward };
    const [hospital, unit, ...others] = mentioned('Organization', { zbe });
    expect(others).toEqual([]);
    expect(hospital).toMatchObject({ identifier: [{ type: { coding: [{ code: 'FINEJ' }] }, value: '000990001' }] });
    expect(unit).toMatchObject({
      name: 'Chirurgie',
      identifier: [{ value: '2040' }],
      partOf: { reference: `Organization/${hospital?.id ?? ''}` },
    });
  });

  it('keeps its name though PV1-3 says its code alone', () => {
    const zbe = movement('M1', '20260302080000', 'INSERT', { unit: '2040' });
    const [unit] = mentioned('Organization', { zbe, pv1: { 3: `2040^^^${HOSPITAL}` } });
    expect(unit).toMatchObject({ name: 'Unité 2040' });
  });
});

describe('a place', () => {
  it('is a bed in a room in a unit, each leading to the next', () => {
    const places = mentioned('Location', { pv1: { 3: `2040^12^A^${HOSPITAL}` } });
    expect(places.map((place) => 'name' in place && place.name)).toEqual(['UF 2040', 'Chambre 12', 'Lit A']);
    const [unit, room, bed] = places;
    expect(room).toMatchObject({ partOf: { reference: `Location/${unit?.id ?? ''}` } });
    expect(bed).toMatchObject({ partOf: { reference: `Location/${room?.id ?? ''}` } });
  });

  it('of the same name in two hospitals is two places', () => {
    const id = (authority: string) => mentioned('Location', { pv1: { 3: `2040^12^A^${authority}` } }).at(-1)?.id;
    expect(id(HOSPITAL)).not.toBe(id('CH-AUTRE&2.999.72&ISO'));
  });
});

describe('a mention', () => {
  const ranks = (pv1: Fields) => {
    const text = pam({ trigger: 'A01', at: '20260302080000', zbe: movement('M1', '20260302080000'), pv1 });
    return translated(text).mentions.map(({ resource, rank, source, recordedAt }) => [
      resource.resourceType,
      rank,
      source,
      recordedAt,
    ]);
  };
  const at = '2026-03-02T08:00:00+01:00';

  it('says whether it names or only numbers, who said so and when', () => {
    expect(ranks({ 8: professional('10999000011', 'BERTHIER') })).toEqual([
      ['Practitioner', 'name', 'default', at],
      ['PractitionerRole', 'name', 'default', at],
    ]);
    expect(ranks({ 8: professional('10999000011', '', '') })).toEqual([
      ['Practitioner', 'number', 'default', at],
      ['PractitionerRole', 'number', 'default', at],
    ]);
    expect(ranks({ 3: `2040^^^${HOSPITAL}` })).toEqual([
      ['Organization', 'number', 'default', at],
      ['Location', 'number', 'default', at],
    ]);
  });
});

describe('a professional is a number and a family name', () => {
  const ids = (...people: string[]) =>
    people.map((text) => mentioned('Practitioner', { pv1: { 8: text } }).map(({ id }) => id)[0]);

  it.each([
    ['LEFEVRE-MARTIN', 'Lefèvre Martin', true],
    ["D'ORMESSON", 'dormesson', true],
    ['BERTHIER', 'DUPONT', false],
    ['BERTHIER', '', false],
  ])('%s and %s under one number are one person: %s', (a, b, same) => {
    const [first, second] = ids(professional('10999000011', a), professional('10999000011', b));
    expect(first === second).toBe(same);
  });

  it.each([
    ['two numbers of two people', `${professional('10999000011', 'A')}~${professional('10999000029', 'B')}`, 2],
    [
      'two numbers of one',
      `711234567^ABBA^^^^^^^&1.2.250.1.71.4.2.1&ISO^L^^^ADELI~${professional('10999000011', 'Abba')}`,
      1,
    ],
    ['three people, one twice', `D1^A~D2^B~D3^C~D4^a`, 3],
    ['a name without a number beside one with', `^BERTHIER~${professional('10999000029', 'B')}`, 1],
  ])('%s in PV1-7 are so many doctors', (_what, text, count) => {
    const { facts } = translated(pam({ trigger: 'A01', at: '20260302080000', pv1: { 7: text } }));
    const body = facts.find(({ kind }) => kind === 'movement')?.body;
    expect(body).toMatchObject({ doctors: { ATND: Array.from({ length: count }, () => expect.anything()) } });
    expect(body).toMatchObject({
      trace: expect.arrayContaining([['doctors.ATND[0]', expect.stringMatching(/^PV1-7/), 'PV1-movement:attending']]),
    });
  });

  it('exercises at the hospital of the source, whatever PV1-3 says of the place', () => {
    const role = (pl: string) =>
      mentioned('PractitionerRole', { pv1: { 3: pl, 7: professional('10999000011', 'BERTHIER') } }).map(({ id }) => id);
    expect(role(`2040^^^${HOSPITAL_LEGAL}`)).toEqual(role(''));
    expect(role(`2040^^^${HOSPITAL}`)).toEqual(role(''));
    expect(role('')).not.toEqual(
      mentioned('PractitionerRole', { pv1: { 8: professional('10999000011', 'BERTHIER') } }).map(({ id }) => id),
    );
  });
});

describe('consent to the DMP (ZFA)', () => {
  const consent = (zfa: Record<number, string>) => {
    const text = pam({
      trigger: 'A01',
      at: '20260302080000',
      zbe: movement('M1', '20260302080000'),
      visitSegments: [segment('ZFA', zfa)],
    });
    return translated(text).facts.find(({ kind }) => kind === 'consent')?.body;
  };

  it('is a fact of the patient, with its dates', () => {
    expect(consent({ 9: 'IO', 10: '20260301', 11: 'IC', 12: '20260302' })).toMatchObject({
      dmpFeeding: 'IO',
      dmpFeedingAt: '2026-03-01T00:00:00+01:00',
      dmpConsultation: 'IC',
      dmpConsultationAt: '2026-03-02T00:00:00+01:00',
    });
  });

  it('not collected is no refusal, and the fields of older versions say nothing', () => {
    expect(consent({ 9: 'NA', 11: 'NA' })).toMatchObject({ dmpFeeding: 'NA', dmpConsultation: 'NA' });
    expect(consent({ 4: 'N', 5: '20260301' })).toBeUndefined();
  });
});
