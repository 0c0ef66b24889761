import { describe, expect, it } from '@jest/globals';
import type { CareTeam, RelatedPerson } from 'fhir/r4.js';
import type { CircleMember, FoldOptions } from '../../../src/message/folded.js';
import { remember } from '../../../src/work/apply-message.js';
import {
  factsOf,
  FOLD,
  foldedOf,
  HOSPITAL,
  movement,
  pam,
  professional,
  segment,
  type PamParts,
} from '../../support/pam.js';

const BERTHIER = professional('10999000011', 'BERTHIER', 'Claire');
const MOREL = professional('10999000029', 'MOREL', 'Antoine');
const FABRE = professional('10999000102', 'FABRE', 'Hélène');
const rol = (kind: string, who: string, more = {}) => segment('ROL', { 2: 'UC', 3: kind, 4: who, ...more });
const nk1 = (name: string, kind: string, more = {}) =>
  segment('NK1', { 1: '1', 2: `${name}^LUCIE^^^^^L`, 7: kind, 33: `${name}^^^${HOSPITAL}^PN`, ...more });

function message(trigger: string, day: string, id: string, more: Partial<PamParts> = {}): string {
  const at = `202603${day}0000`;
  return pam({ trigger, at, zbe: movement(id, at, 'INSERT', { unit: '2040' }), ...more });
}

const admitted = (more: Partial<PamParts> = {}) =>
  message('A01', '0208', 'M1', { patientSegments: [rol('ODRP', BERTHIER)], pv1: { 7: FABRE }, ...more });
const discharged = message('A03', '0615', 'M2');
const cancelled = pam({
  trigger: 'A11',
  at: '20260302100000',
  zbe: movement('M1', '20260302080000', 'CANCEL', { original: 'A01' }),
});
const identity = (day: string, ...patientSegments: string[]) =>
  pam({ trigger: 'A31', at: `202603${day}0000`, patientSegments, pv1: null });

const circle = (texts: string[], options: FoldOptions = FOLD): CareTeam | undefined =>
  foldedOf<CareTeam>('CareTeam', factsOf(texts), options)[0];
const members = (texts: string[], options: FoldOptions = FOLD): CircleMember[] =>
  remember(factsOf(texts), options).picture.patients.flatMap((one) => one.members);
/** Each member shown: role, name, and from when to when, as days. */
const shown = (texts: string[], options: FoldOptions = FOLD) =>
  circle(texts, options)?.participant?.map(({ role, member, period }) =>
    [role?.[0]?.coding?.[0]?.code, member?.display, period?.start?.slice(5, 10), period?.end?.slice(5, 10)]
      .join(' ')
      .trim(),
  );

describe('the circle', () => {
  it('holds the family doctor, the hospital’s doctor and unit, each with the time of entry', () => {
    expect(shown([admitted()])).toEqual(
      expect.arrayContaining(['PCP Claire BERTHIER 03-02', 'ATTPHYS Hélène FABRE 03-02', 'PROV Unité 2040 03-02']),
    );
    expect(circle([admitted()])).toMatchObject({ status: 'active', name: 'Cercle de soins' });
  });

  it('begins with the first member, an identity message’s family doctor included', () => {
    expect(shown([identity('0108', rol('ODRP', BERTHIER))])).toEqual(['PCP Claire BERTHIER 03-01']);
  });

  it('is not there while nobody has ever been of it', () => {
    expect(circle([identity('0108')])).toBeUndefined();
  });

  it('is one for life: a second stay adds its people to it', () => {
    const second = message('A01', '0908', 'M9', { pv1: { 7: MOREL, 19: `V2^^^${HOSPITAL}^VN` } });
    const texts = [admitted(), discharged, second];
    expect(foldedOf('CareTeam', factsOf(texts))).toHaveLength(1);
    expect(shown(texts)).toEqual(
      expect.arrayContaining([
        'ATTPHYS Hélène FABRE 03-02 03-06',
        'ATTPHYS Antoine MOREL 03-09',
        'PCP Claire BERTHIER 03-02',
      ]),
    );
  });

  it('has one family doctor at a time: the next one ends the one before', () => {
    const texts = [admitted(), identity('0408', rol('ODRP', MOREL))];
    expect(shown(texts)?.filter((one) => one.startsWith('PCP'))).toEqual([
      'PCP Claire BERTHIER 03-02 03-04',
      'PCP Antoine MOREL 03-04',
    ]);
  });

  it('counts the same family doctor said again once, from the first time', () => {
    const texts = [admitted(), identity('0408', rol('ODRP', BERTHIER))];
    expect(shown(texts)?.filter((one) => one.startsWith('PCP'))).toEqual(['PCP Claire BERTHIER 03-02']);
  });

  it('lets a family doctor go when ROL-2 says DE', () => {
    const texts = [admitted(), identity('0408', rol('ODRP', BERTHIER, { 2: 'DE' }))];
    expect(shown(texts)).toContain('PCP Claire BERTHIER 03-02 03-04');
  });

  it('takes the family doctor from PD1-4 where no ROL names one', () => {
    expect(shown([identity('0108', segment('PD1', { 4: MOREL }))])).toEqual(['PCP Antoine MOREL 03-01']);
    expect(shown([identity('0108', segment('PD1', { 4: MOREL }), rol('ODRP', BERTHIER))])).toEqual([
      'PCP Claire BERTHIER 03-01',
    ]);
  });

  it('knows a doctor by his RPPS whether or not its IDNPS prefix is written', () => {
    const prefixed = identity('0408', rol('ODRP', professional('810999000011', 'BERTHIER', 'Claire')));
    expect(shown([admitted(), prefixed])?.filter((one) => one.startsWith('PCP'))).toHaveLength(1);
  });
});

describe('a discharge', () => {
  it('ends the hospital’s members, not the family doctor, nor the circle', () => {
    expect(shown([admitted(), discharged])).toEqual(
      expect.arrayContaining([
        'PCP Claire BERTHIER 03-02',
        'ATTPHYS Hélène FABRE 03-02 03-06',
        'PROV Unité 2040 03-02 03-06',
      ]),
    );
    expect(circle([admitted(), discharged])?.status).toBe('active');
  });

  it('ends them some days later where configured', () => {
    expect(shown([admitted(), discharged], { hospitalMembersStayDays: 5 })).toContain(
      'ATTPHYS Hélène FABRE 03-02 03-11',
    );
  });

  it('makes the circle inactive when nobody is left in it', () => {
    const alone = circle([admitted({ patientSegments: [] }), discharged]);
    expect([alone?.status, alone?.period?.end?.slice(0, 10)]).toEqual(['inactive', '2026-03-06']);
  });
});

describe('a transfer of responsibility', () => {
  it('ends the unit left and begins the unit reached at the same instant', () => {
    const moved = pam({
      trigger: 'A02',
      at: '20260303100000',
      zbe: movement('M3', '20260303100000', 'INSERT', { unit: '3070' }),
    });
    expect(shown([admitted(), moved])).toEqual(
      expect.arrayContaining(['PROV Unité 2040 03-02 03-03', 'PROV Unité 3070 03-03']),
    );
  });
});

describe('a cancelled admission', () => {
  it('takes the hospital’s members out as if they had never been in', () => {
    expect(shown([admitted(), cancelled])).toEqual(['PCP Claire BERTHIER 03-02']);
  });
});

describe('relatives', () => {
  it('who are trusted persons (NK1-7 K) belong to the stay and leave with it', () => {
    const texts = [admitted({ patientSegments: [nk1('ESSAI', 'K')] }), discharged];
    expect(shown(texts)).toContain('NOK LUCIE ESSAI 03-02 03-06');
    expect(members(texts).find(({ role }) => role === 'NOK')?.scope).toBe('stay');
  });

  it('of other kinds belong to the patient: representatives (R), people to call (C)', () => {
    const texts = [admitted({ patientSegments: [nk1('ESSAI', 'R'), nk1('MODELE', 'C')] }), discharged];
    expect(shown(texts)).toEqual(expect.arrayContaining(['GUARD LUCIE ESSAI 03-02', 'ECON LUCIE MODELE 03-02']));
  });

  it('who must not be notified (P) are neither told nor shown', () => {
    const texts = [admitted({ patientSegments: [nk1('ESSAI', 'P')] })];
    expect(shown(texts)?.some((one) => one.includes('ESSAI'))).toBe(false);
    expect(foldedOf<RelatedPerson>('RelatedPerson', factsOf(texts))).toEqual([]);
    expect(members(texts).filter(({ doNotNotify }) => doNotNotify)).toHaveLength(1);
  });

  it('leave when NK1-9 says so', () => {
    const texts = [admitted({ patientSegments: [nk1('ESSAI', 'C', { 9: '20260304' })] })];
    expect(shown(texts)).toContain('ECON LUCIE ESSAI 03-02 03-04');
  });

  it('are one person under one contact number, whatever their name becomes', () => {
    const renamed = identity('0408', nk1('ESSAI', 'C', { 2: 'MODELE^LUCIE^^^^^L' }));
    const texts = [admitted({ patientSegments: [nk1('ESSAI', 'C')] }), renamed];
    expect(foldedOf<RelatedPerson>('RelatedPerson', factsOf(texts))).toMatchObject([{ name: [{ family: 'MODELE' }] }]);
  });

  it('have a valid resource though nothing but a first name is known', () => {
    const [person] = foldedOf<RelatedPerson>(
      'RelatedPerson',
      factsOf([admitted({ patientSegments: [nk1('', 'C', { 2: '^LUCIE', 33: '' })] })]),
    );
    expect(person).toMatchObject({
      name: [{ given: ['LUCIE'], _family: { extension: [{ valueCode: 'unknown' }] } }],
      telecom: [{ system: 'phone', _value: { extension: [{ valueCode: 'unknown' }] } }],
      relationship: [{ coding: [{ code: 'ECON' }] }],
    });
    expect(person?.identifier).toHaveLength(1);
  });
});

describe('the circle as of a date', () => {
  it('holds who was in it then, and nobody who came later', () => {
    const texts = [identity('0108', rol('ODRP', BERTHIER)), admitted({ patientSegments: [] }), discharged];
    const asOf = (day: string) => shown(texts, { ...FOLD, asOf: `2026-03-${day}T12:00:00+01:00` });
    expect(asOf('01')).toEqual(['PCP Claire BERTHIER 03-01']);
    expect(asOf('03')).toContain('ATTPHYS Hélène FABRE 03-02');
    expect(asOf('07')).toContain('ATTPHYS Hélène FABRE 03-02 03-06');
  });
});
