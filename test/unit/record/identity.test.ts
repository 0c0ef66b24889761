import { describe, expect, it } from '@jest/globals';
import type { Patient, RelatedPerson } from 'fhir/r4.js';
import { factsOf, foldedOf, HOSPITAL, INS_TEST, pam, segment, translated, type Fields } from '../../support/pam.js';

const INS = `279037101400144^^^${INS_TEST}^INS`;
const FR_CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition';
const QUALIFIED: Fields = {
  5: 'ESSAI^CAMILLE^CAMILLE ANDREE^^^^L',
  7: '19790328',
  11: '^^^^^^BDL^^71014',
  32: 'VALI',
};

/** An identity message of that day of March 2026. */
function identity(day: string, pid: Fields, segments: string[] = [], patientSegments: string[] = []): string {
  return pam({ trigger: 'A31', at: `202603${day}080000`, pid, pv1: null, visitSegments: segments, patientSegments });
}
const withIns = (ipp = 'IPP1', authority = HOSPITAL) => `${ipp}^^^${authority}^PI~${INS}`;

const patients = (...texts: string[]): Patient[] => foldedOf<Patient>('Patient', factsOf(texts));
const only = (...texts: string[]): Patient | undefined => patients(...texts)[0];
const codes = (patient: Patient | undefined) => patient?.identifier?.map(({ type }) => type?.coding?.[0]?.code);

describe('an INS', () => {
  it('is of the Patient when PID-32 says VALI, who then claims the INS profile', () => {
    const patient = only(identity('02', { ...QUALIFIED, 3: withIns() }));
    expect(codes(patient)).toEqual(['INS-NIR-TEST', 'PI']);
    expect(patient?.meta?.profile).toEqual([`${FR_CORE}/fr-core-patient-ins`]);
  });

  it.each(['PROV', 'DOUT', ''])('is set aside, and told once a sender, when PID-32 says "%s"', (status) => {
    const text = identity('02', { ...QUALIFIED, 3: withIns(), 32: status });
    expect(codes(only(text))).toEqual(['PI']);
    expect(only(text)?.meta?.profile).toEqual([`${FR_CORE}/fr-core-patient`]);
    expect(translated(text).issues).toMatchObject([
      { blocking: false, reason: 'field-invalid', field: 'PID-3', key: 'field-invalid|ins-not-qualified' },
    ]);
  });

  it('is set aside when the hospital corrected the birth date (ZFD-4)', () => {
    const text = identity('02', { ...QUALIFIED, 3: withIns() }, ['ZFD||||Y']);
    expect(codes(only(text))).toEqual(['PI']);
    expect(translated(text).issues).toHaveLength(1);
  });

  it('leaves when the identity is downgraded, and comes back when it is validated again', () => {
    const validated = identity('02', { ...QUALIFIED, 3: withIns() });
    const downgraded = identity('03', { 32: 'PROV' });
    const again = identity('04', { ...QUALIFIED, 3: withIns() });
    expect(codes(only(validated, downgraded))).toEqual(['PI']);
    expect(codes(only(downgraded, validated))).toEqual(['PI']);
    expect(codes(only(validated, downgraded, again))).toEqual(['INS-NIR-TEST', 'PI']);
  });

  it('leaves when the sender erases it under the INS authority', () => {
    const erased = identity('03', { 3: `IPP1^^^${HOSPITAL}^PI~""^^^${INS_TEST}^INS`, 32: 'VALI' });
    expect(codes(only(identity('02', { ...QUALIFIED, 3: withIns() }), erased))).toEqual(['PI']);
  });

  it('takes the place of the one before', () => {
    const other = `IPP1^^^${HOSPITAL}^PI~279037101400243^^^${INS_TEST}^INS`;
    const patient = only(identity('02', { ...QUALIFIED, 3: withIns() }), identity('03', { ...QUALIFIED, 3: other }));
    expect(patient?.identifier?.map(({ value }) => value)).toEqual(['279037101400243', 'IPP1']);
  });

  it('billed under the same OID (CX-5 NH) is no INS', () => {
    const text = identity('02', { 3: `IPP1^^^${HOSPITAL}^PI~279037101400144^^^${INS_TEST}^NH`, 32: 'VALI' });
    expect(codes(only(text))).toEqual(['NH', 'PI']);
  });
});

describe('two hospitals with one INS', () => {
  const here = identity('02', { ...QUALIFIED, 3: withIns() });
  const there = (pid: Fields) => identity('03', { ...QUALIFIED, 3: withIns('B7', 'CH-AUTRE&2.999.72&ISO'), ...pid });

  it('have one patient where the strict traits agree, accents and case aside', () => {
    const [survivor, replaced, ...others] = patients(here, there({ 5: 'Éssai^CAMILLE^CAMILLE ANDREE^^^^L' }));
    expect(others).toEqual([]);
    expect(survivor).toMatchObject({ active: true, link: [{ type: 'replaces' }] });
    expect(codes(survivor)).toEqual(['INS-NIR-TEST', 'PI', 'PI']);
    expect(replaced).toMatchObject({
      active: false,
      identifier: [{ value: 'B7' }],
      link: [{ type: 'replaced-by', other: { reference: `Patient/${survivor?.id ?? ''}` } }],
    });
  });

  it.each([
    ['name', { 5: 'MODELE^CAMILLE^CAMILLE ANDREE^^^^L' }],
    ['birth date', { 7: '19790329' }],
    ['sex', { 8: 'M' }],
  ])('have two patients where the %s differs', (_trait, pid) => {
    expect(patients(here, there(pid)).map(({ active, link }) => [active, link])).toEqual([
      [true, undefined],
      [true, undefined],
    ]);
  });

  it('keep the id of the patient first seen, whatever arrives first', () => {
    const ids = (...texts: string[]) =>
      patients(...texts)
        .map(({ id, active }) => `${id ?? ''} ${String(active)}`)
        .sort();
    expect(ids(there({}), here)).toEqual(ids(here, there({})));
  });
});

describe('an identity', () => {
  it('keeps what a later message does not say, and loses what it erases', () => {
    const first = identity('02', { 13: '^PRN^PH^^^^^^^^^0102030405', 16: 'M', 29: '20260301' });
    const later = identity('03', { 16: '""', 5: 'MODELE^CAMILLE^^^^^L' });
    expect(only(first, later)).toMatchObject({ telecom: [{ value: '0102030405' }], name: [{ family: 'MODELE' }] });
    expect(only(first, later)?.maritalStatus).toBeUndefined();
    expect(only(later, first)).toEqual(only(first, later));
  });

  it.each([
    ['ESSAI^^^^^^L', [{ family: 'ESSAI' }]],
    ['^CAMILLE^^^^^L', [{ given: ['CAMILLE'] }]],
    ['ESSAI^^^^^^L~USAGE^CAMILLE^^^^^D', [{ family: 'ESSAI' }, { use: 'usual', family: 'USAGE', given: ['CAMILLE'] }]],
    ['ESSAI^CAMILLE^^^^^L', [{ use: 'official', family: 'ESSAI', given: ['CAMILLE'] }]],
  ])('named %s has an official name only where it is whole', (name, expected) => {
    expect(only(identity('02', { 5: name }))?.name).toEqual(expected);
  });

  it('says the death once, by its date if there is one', () => {
    const dated = identity('02', { 29: '20260301', 30: 'Y' });
    const flagged = identity('03', { 30: 'Y' });
    expect(only(dated)).toMatchObject({ deceasedDateTime: '2026-03-01' });
    expect(only(dated, flagged)).toEqual(only(dated));
    expect(only(dated, flagged, identity('04', { 30: 'N' }))?.deceasedBoolean).toBe(false);
  });

  it('whose record is protected (PD1-12) is marked restricted, and its circle', () => {
    const family = `ROL||UC|ODRP|10999000011^BERTHIER^Claire^^^^^^ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO^L^^^RPPS`;
    const text = identity('02', {}, [], [`PD1||||||||||||Y`, family]);
    expect(only(text)?.meta?.security).toMatchObject([{ code: 'R' }]);
    expect(foldedOf('CareTeam', factsOf([text]))).toMatchObject([{ meta: { security: [{ code: 'R' }] } }]);
    expect(only(text, identity('03', {}, [], ['PD1||||||||||||N']))?.meta?.security).toBeUndefined();
  });

  it('of somebody born abroad keeps the country code as text and does not claim the INS profile', () => {
    const patient = only(identity('02', { ...QUALIFIED, 3: withIns(), 11: '^^^^^^BDL^^99131' }));
    expect(patient?.meta?.profile).toEqual([`${FR_CORE}/fr-core-patient`]);
    expect(patient?.extension).toContainEqual(expect.objectContaining({ valueAddress: { text: 'COG 99131' } }));
  });

  it('is anchored on the hospital’s number before any other, on the INS only where there is none', () => {
    const anchor = (three: string) => translated(identity('02', { 3: three, 32: 'VALI' })).facts[0]?.patient;
    expect(anchor(`${INS}~IPP1^^^${HOSPITAL}^PI`)).toBe('urn:oid:2.999.71.1|IPP1');
    expect(anchor(`${INS}~X9^^^${HOSPITAL}^PPN`)).toBe('urn:oid:2.999.71.1|X9');
    expect(anchor(INS)).toBe('urn:oid:1.2.250.1.213.1.4.10|279037101400144');
  });

  it('that nothing names stops its message', () => {
    expect(translated(identity('02', { 3: '' }))).toMatchObject({
      facts: [],
      issues: [{ blocking: true, reason: 'field-missing', field: 'PID-3' }],
    });
  });
});

describe('a contact of two patients', () => {
  const contact = (ipp: string, number: string, name: string) =>
    pam({
      trigger: 'A28',
      at: '20260302080000',
      pid: { 3: `${ipp}^^^${HOSPITAL}^PI` },
      patientSegments: [segment('NK1', { 1: '1', 2: `${name}^^^^^L`, 3: 'MTH', 7: 'C', 33: number })],
      pv1: null,
    });

  it.each([`PC1^^^${HOSPITAL}^PN`, '1', '""', '1^^^CH-ESSAI^PN'])('under number %s is a person for each', (number) => {
    const people = foldedOf<RelatedPerson>(
      'RelatedPerson',
      factsOf([contact('IPP1', number, 'MARTIN^ANNE'), contact('IPP2', number, 'MARTIN^ANNE')]),
    );
    expect(new Set(people.map(({ id }) => id)).size).toBe(2);
    expect(new Set(people.map(({ patient }) => patient.reference)).size).toBe(2);
    expect(new Set(people.flatMap(({ identifier }) => identifier?.map(({ value }) => value))).size).toBe(2);
  });
});
