import { describe, expect, it } from '@jest/globals';
import type { CarePlan, Encounter } from 'fhir/r4.js';
import { foldWhole } from '../../../src/apply/window.js';
import { factsOf, FOLD, foldedOf, HOSPITAL, movement, pam, professional, type PamParts } from '../../support/pam.js';

const bed = (unit: string, room: string) => `${unit}^${room}^A^${HOSPITAL}`;
const FABRE = professional('10999000102', 'FABRE', 'Hélène');
const KACI = professional('10999000110', 'KACI', 'Samir');

const encounter = (...texts: string[]): Encounter | undefined => foldedOf<Encounter>('Encounter', factsOf(texts))[0];
const plan = (...texts: string[]): CarePlan | undefined => foldedOf<CarePlan>('CarePlan', factsOf(texts))[0];
const pending = (...texts: string[]): string[] =>
  [...foldWhole(factsOf(texts), FOLD).doubts.values()].map(({ reason }) => reason);

/** A message of the stay V1; `day` is that of March 2026 at which it takes effect and was recorded, unless told otherwise. */
function message(trigger: string, day: string, id: string, more: Partial<PamParts> & Zbe = {}): string {
  const { action = ACTIONS[trigger] ?? 'INSERT', original, nature, historic, unit, recorded, ...parts } = more;
  const at = `202603${day}0000`;
  const zbe = {
    ...(original && { original }),
    ...(nature && { nature }),
    ...(historic && { historic }),
    ...(unit && { unit }),
  };
  return pam({ trigger, at: recorded ?? at, zbe: movement(id, at, action, zbe), ...parts });
}

interface Zbe {
  action?: string;
  original?: string;
  nature?: string;
  historic?: string;
  unit?: string;
  /** EVN-2, where the movement was recorded at another time than it took place. */
  recorded?: string;
}
const ACTIONS: Readonly<Record<string, string>> = { Z99: 'UPDATE', A11: 'CANCEL', A12: 'CANCEL', A13: 'CANCEL' };

const admission = message('A01', '0208', 'M1', { unit: '2040', pv1: { 3: bed('2040', '12'), 7: FABRE } });

describe('an admission', () => {
  it('puts the patient in his bed, with his doctor and his unit, from ZBE-2 on', () => {
    expect(encounter(admission)).toMatchObject({
      status: 'in-progress',
      class: { code: 'IMP' },
      period: { start: '2026-03-02T08:00:00+01:00' },
      location: [{ status: 'active', location: { display: 'Unité 2040, Chambre 12, Lit A' } }],
      participant: [{ type: [{ coding: [{ code: 'ATND' }] }], individual: { display: 'Hélène FABRE' } }],
      serviceProvider: { display: 'Unité 2040' },
    });
  });

  it.each([
    ['A1', 'http://terminology.hl7.org/CodeSystem/v2-0009', undefined],
    ['QQ', expect.stringMatching(/^urn:trait-d-union:codes:/), 'QQ'],
  ])('keeps an arrangement %s in the system that has it', (code, system, text) => {
    const [arrangement] =
      encounter(message('A01', '0208', 'M1', { pv1: { 15: code } }))?.hospitalization?.specialArrangement ?? [];
    expect(arrangement?.coding?.at(-1)).toMatchObject({ system, code });
    if (text !== undefined) expect(arrangement).toMatchObject({ text });
  });

  it('begins at PV1-44 where the message says it', () => {
    expect(encounter(message('A01', '0208', 'M1', { pv1: { 44: '20260302073000' } }))?.period).toEqual({
      start: '2026-03-02T07:30:00+01:00',
    });
  });

  it.each([
    ['E', 'EMER'],
    ['O', 'AMB'],
    ['R', 'AMB'],
    ['V', 'VR'],
  ])('as A04 of class %s is an Encounter %s in progress', (patientClass, code) => {
    const found = encounter(message('A04', '0208', 'M1', { pv1: { 2: patientClass } }));
    expect(found).toMatchObject({ status: 'in-progress', class: { code } });
  });

  it('at home (PV1-21 06) has class HH, whatever PV1-2 says', () => {
    expect(encounter(message('A01', '0208', 'M1', { pv1: { 21: '06' } }))?.class.code).toBe('HH');
  });

  it('twice under one movement number is one movement, the fields of both kept', () => {
    const found = encounter(admission, message('A01', '0208', 'M1', { pv1: { 17: KACI }, recorded: '20260302090000' }));
    expect(found?.participant?.map(({ individual }) => individual?.display)).toEqual(['Hélène FABRE', 'Samir KACI']);
    expect(found?.location?.[0]?.location.display).toBe('Unité 2040, Chambre 12, Lit A');
  });
});

describe('a pre-admission', () => {
  const planned = message('A05', '0109', 'M0', { pv2: { 8: '20260302080000', 9: '20260306' }, unit: '2040' });

  it('plans a stay from the expected admission on, with a draft plan', () => {
    expect(encounter(planned)).toMatchObject({ status: 'planned', period: { start: '2026-03-02T08:00:00+01:00' } });
    expect(plan(planned)).toMatchObject({ status: 'draft', title: 'Séjour hospitalier – Unité 2040' });
  });

  it('becomes history when the patient comes', () => {
    expect(encounter(planned, admission)).toMatchObject({
      status: 'in-progress',
      statusHistory: [{ status: 'planned' }],
    });
  });

  it('holds again when the admission it announced is cancelled', () => {
    const known = message('A01', '0208', 'M1', { pv1: { 3: bed('2040', '12'), 5: `P1^^^${HOSPITAL}^VN` } });
    const cancelled = message('A11', '0208', 'M1', { original: 'A01', recorded: '20260302100000' });
    expect(encounter(planned, known, cancelled)).toMatchObject({ status: 'planned' });
    expect(plan(planned, known, cancelled)?.status).toBe('draft');
    expect(encounter(known, cancelled)).toMatchObject({ status: 'planned' });
  });
});

describe('a transfer', () => {
  const moved = (nature: string) =>
    message('A02', '0310', 'M2', { unit: '3070', nature, pv1: { 3: bed('3070', '4') } });
  const units = (nature: string) => {
    const found = encounter(admission, moved(nature));
    return [found?.location?.map(({ location }) => location.display), found?.serviceProvider?.display];
  };

  it('of bed and responsibility (HMS) closes the old bed when the new one begins', () => {
    expect(encounter(admission, moved('HMS'))?.location).toMatchObject([
      { status: 'completed', period: { end: '2026-03-03T10:00:00+01:00' } },
      { status: 'active', period: { start: '2026-03-03T10:00:00+01:00' } },
    ]);
  });

  it.each(['H', 'L'])('of hosting alone (%s) moves the bed, not the medical unit', (nature) => {
    expect(units(nature)).toEqual([['Unité 2040, Chambre 12, Lit A', 'Unité 3070, Chambre 4, Lit A'], 'Unité 2040']);
  });

  it('of medical responsibility alone (M) moves the unit, not the bed', () => {
    expect(units('M')).toEqual([['Unité 2040, Chambre 12, Lit A'], 'Unité 3070']);
  });

  it.each(['S', 'D'])('of care or tariff alone (%s) moves neither', (nature) => {
    expect(units(nature)).toEqual([['Unité 2040, Chambre 12, Lit A'], 'Unité 2040']);
  });

  it('cancelled leaves the patient where he was', () => {
    const cancelled = message('A12', '0310', 'M2', { original: 'A02', recorded: '20260303120000' });
    expect(encounter(admission, moved('HMS'), cancelled)).toEqual(encounter(admission));
  });

  it('cancelled before it came has no effect, and is looked at until it comes', () => {
    const cancelled = message('A12', '0310', 'M2', { original: 'A02' });
    expect(encounter(cancelled, admission, moved('HMS'))).toEqual(encounter(admission));
    expect(pending(cancelled, admission)).toEqual(['movement-unknown']);
    expect(pending(cancelled, admission, moved('HMS'))).toEqual([]);
  });

  it('inserted in the past (ZBE-5 Y) stands between what came before and after it', () => {
    const late = message('A02', '0212', 'M3', {
      unit: '1010',
      historic: 'Y',
      pv1: { 3: bed('1010', '1') },
      recorded: '20260304080000',
    });
    expect(
      encounter(admission, moved('HMS'), late)?.location?.map(({ location, period }) => [
        location.display,
        period?.start,
      ]),
    ).toEqual([
      ['Unité 2040, Chambre 12, Lit A', '2026-03-02T08:00:00+01:00'],
      ['Unité 1010, Chambre 1, Lit A', '2026-03-02T12:00:00+01:00'],
      ['Unité 3070, Chambre 4, Lit A', '2026-03-03T10:00:00+01:00'],
    ]);
  });
});

describe('a discharge', () => {
  const discharged = message('A03', '0615', 'M4', {
    pv1: { 3: bed('3070', '9'), 36: '3', 37: '710000001', 45: '20260306143000' },
    visitSegments: ['ZFM||7||2'],
  });

  it('finishes the stay at PV1-45, with its circumstance, and moves nobody', () => {
    const found = encounter(admission, discharged);
    expect(found).toMatchObject({
      status: 'finished',
      period: { end: '2026-03-06T14:30:00+01:00' },
    });
    const codes = found?.hospitalization?.dischargeDisposition?.coding?.map(({ code }) => code);
    expect(codes).toEqual(['3', 'other-hcf', '7', 'rehab', '2']);
    expect(found?.location).toHaveLength(1);
    expect(found?.location?.[0]).toMatchObject({ status: 'completed', period: { end: '2026-03-06T14:30:00+01:00' } });
  });

  it('completes the plan, with the way out and where to', () => {
    const details = plan(admission, discharged)?.activity?.map(({ detail }) => [
      detail?.code?.text,
      detail?.description,
    ]);
    expect(plan(admission, discharged)?.status).toBe('completed');
    expect(details).toEqual([
      [
        'Sortie',
        'Décision médicale, Transfert vers un autre établissement, Vers des soins médicaux et de réadaptation',
      ],
      ['Destination à la sortie', 'Établissement 710000001'],
    ]);
  });

  it('says the destination by its kind where no establishment is named', () => {
    const home = message('A03', '0615', 'M4', { visitSegments: ['ZFM||8'] });
    const details = plan(admission, home)?.activity?.map(({ detail }) => detail?.description);
    expect(details).toEqual(['Domicile', 'Domicile']);
  });

  it('cancelled reopens the stay as if it had not been', () => {
    const cancelled = message('A13', '0615', 'M4', { original: 'A03', recorded: '20260306160000' });
    expect(encounter(admission, discharged, cancelled)).toEqual(encounter(admission));
    expect(plan(admission, discharged, cancelled)).toEqual(plan(admission));
  });

  it('that nobody was admitted for is a stay in itself', () => {
    expect(encounter(discharged)).toMatchObject({ status: 'finished', statusHistory: [{ status: 'in-progress' }] });
  });
});

describe('a cancelled admission', () => {
  const cancelled = message('A11', '0208', 'M1', { original: 'A01', recorded: '20260302100000' });

  it('leaves a cancelled stay without bed, history or people, and revokes its plan', () => {
    const found = encounter(admission, cancelled);
    expect(found?.status).toBe('cancelled');
    expect([found?.location, found?.statusHistory, found?.participant]).toEqual([undefined, undefined, undefined]);
    expect(plan(admission, cancelled)?.status).toBe('revoked');
  });
});

describe('a correction (Z99)', () => {
  const moved = message('A02', '0310', 'M2', { unit: '3070', pv1: { 3: bed('3070', '4') } });
  const corrected = message('Z99', '0309', 'M2', {
    original: 'A02',
    unit: '4020',
    pv1: { 3: bed('4020', '7') },
    recorded: '20260304080000',
  });

  it('replaces what the movement said, its time included', () => {
    const found = encounter(admission, moved, corrected);
    expect(found?.location?.[1]).toMatchObject({
      location: { display: 'Unité 4020, Chambre 7, Lit A' },
      period: { start: '2026-03-03T09:00:00+01:00' },
    });
    expect(found?.location).toHaveLength(2);
  });

  it('waits, and is told, until the movement it names arrives', () => {
    expect(pending(admission, corrected)).toEqual(['movement-unknown']);
    expect(encounter(admission, corrected)).toEqual(encounter(admission));
    expect(encounter(corrected, admission, moved)).toEqual(encounter(admission, moved, corrected));
    expect(pending(admission, corrected, moved)).toEqual([]);
  });

  it('of the class alone (C) leaves no history of the class that was wrong', () => {
    const found = encounter(
      admission,
      message('Z99', '0208', 'M1', {
        original: 'A01',
        nature: 'C',
        pv1: { 2: 'O' },
        recorded: '20260302120000',
      }),
    );
    expect(found?.class.code).toBe('AMB');
    expect(found?.classHistory).toBeUndefined();
  });

  it('with "" takes back what was said, and leaves the rest', () => {
    const expected = message('A01', '0208', 'M1', { pv1: { 10: '174' }, pv2: { 3: '^Chute', 9: '20260309' } });
    const erased = message('Z99', '0208', 'M1', {
      original: 'A01',
      pv1: { 10: '""' },
      pv2: { 9: '""' },
      recorded: '20260302120000',
    });
    const estimated = (found: Encounter | undefined) => found?.extension?.map(({ valueDate }) => valueDate);
    expect(estimated(encounter(expected))).toEqual(['2026-03-09']);
    const found = encounter(expected, erased);
    expect([estimated(found), found?.serviceType, found?.reasonCode]).toEqual([
      undefined,
      undefined,
      [{ text: 'Chute' }],
    ]);
  });
});

describe('the expected discharge', () => {
  const expected = message('A01', '0208', 'M1', { pv2: { 9: '20260309' } });

  it('is an activity of the plan, done once the patient has left', () => {
    const status = (found: CarePlan | undefined) =>
      found?.activity?.map(({ detail }) => [detail?.code?.text, detail?.status]);
    expect(status(plan(expected))).toEqual([['Sortie prévue', 'scheduled']]);
    expect(status(plan(expected, message('A03', '0615', 'M4')))).toEqual([
      ['Sortie prévue', 'completed'],
      ['Sortie', 'completed'],
    ]);
  });

  it('leaves the Encounter when the stay is finished', () => {
    expect(encounter(expected, message('A03', '0615', 'M4'))?.extension).toBeUndefined();
  });
});

describe('a protected visit (PV2-22)', () => {
  it('is marked restricted, its plan too, until N says otherwise', () => {
    const secret = message('A01', '0208', 'M1', { pv2: { 22: 'Y' } });
    const open = message('Z99', '0208', 'M1', { original: 'A01', pv2: { 22: 'N' }, recorded: '20260302120000' });
    const restricted = [{ code: 'R' }];
    expect(encounter(secret)?.meta).toMatchObject({ security: restricted });
    expect(plan(secret)?.meta).toMatchObject({ security: restricted });
    expect(encounter(secret, open)?.meta?.security).toBeUndefined();
  });
});

describe('an identity message', () => {
  it.each(['A28', 'A31'])('%s makes a patient and never a stay, whatever PV1 holds', (trigger) => {
    const text = pam({ trigger, at: '20260302080000', pv1: { 3: bed('2040', '12') } });
    expect(foldedOf('Patient', factsOf([text]))).toHaveLength(1);
    expect(foldedOf('Encounter', factsOf([text]))).toEqual([]);
  });
});

describe('a feed that names no movement', () => {
  const abroad = (trigger: string, at: string, pv1 = {}) => pam({ trigger, at, version: '2.5.1', pv1 });

  it('is understood by its events and their times', () => {
    const found = encounter(
      abroad('A01', '20260302080000', { 3: bed('2040', '12') }),
      abroad('A02', '20260303100000', { 3: bed('3070', '4') }),
      abroad('A03', '20260306140000'),
    );
    expect(found).toMatchObject({ status: 'finished', period: { end: '2026-03-06T14:00:00+01:00' } });
    expect(found?.location).toHaveLength(2);
  });

  it('cancels an admission by its stay alone', () => {
    expect(encounter(abroad('A01', '20260302080000'), abroad('A11', '20260302090000'))?.status).toBe('cancelled');
  });
});
