import { describe, expect, it } from '@jest/globals';
import type { CarePlan, Encounter } from 'fhir/r4.js';
import { foldWhole } from '../../../src/apply/window.js';
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

const bed = (unit: string) => `${unit}^12^A^${HOSPITAL}`;
const FABRE = professional('10999000102', 'FABRE', 'Hélène');
const KACI = professional('10999000110', 'KACI', 'Samir');

const encounter = (...texts: string[]): Encounter | undefined => foldedOf<Encounter>('Encounter', factsOf(texts))[0];
const plan = (...texts: string[]): CarePlan | undefined => foldedOf<CarePlan>('CarePlan', factsOf(texts))[0];
const doubts = (...texts: string[]): string[] =>
  [...foldWhole(factsOf(texts), FOLD).doubts.values()].map(({ reason }) => reason);

const CANCELS = ['A11', 'A13', 'A25', 'A26', 'A27', 'A52', 'A53', 'A55'];

/** A message of the stay V1, in March 2026, with ZBE. */
function message(
  trigger: string,
  day: string,
  id: string,
  more: Partial<PamParts> & { original?: string } = {},
): string {
  const { original, ...parts } = more;
  const at = `202603${day}0000`;
  const action = CANCELS.includes(trigger) || original !== undefined ? 'CANCEL' : 'INSERT';
  return pam({ trigger, at, zbe: movement(id, at, action, original === undefined ? {} : { original }), ...parts });
}

/** The same of a feed without ZBE. */
const abroad = (trigger: string, day: string, more: Partial<PamParts> = {}) =>
  pam({ trigger, at: `202603${day}0000`, version: '2.5', ...more });

const arrival = message('A04', '0208', 'M1', { pv1: { 2: 'E', 3: bed('2000') } });

describe('a change of class (A06, A07)', () => {
  const inward = message('A06', '0214', 'M2', { pv1: { 2: 'I', 3: bed('2040') } });

  it('goes on with the stay under the new class, the old one and its place closed', () => {
    expect(encounter(arrival, inward)).toMatchObject({
      status: 'in-progress',
      class: { code: 'IMP' },
      classHistory: [{ class: { code: 'EMER' }, period: { end: '2026-03-02T14:00:00+01:00' } }],
      period: { start: '2026-03-02T08:00:00+01:00' },
      location: [{ status: 'completed' }, { status: 'active', location: { display: 'UF 2040, Chambre 12, Lit A' } }],
    });
  });

  it('of a stay that nobody knew begins it', () => {
    expect(encounter(inward)).toMatchObject({ status: 'in-progress', class: { code: 'IMP' } });
  });

  it('is cancelled by the opposite event with CANCEL, and not by the event alone', () => {
    const opposite = (more: { original?: string }) =>
      message('A07', '0215', 'original' in more ? 'M2' : 'M3', { ...more, pv1: { 2: 'E', 3: bed('2000') } });
    expect(encounter(arrival, inward, opposite({ original: 'A06' }))).toEqual(encounter(arrival));
    expect(encounter(arrival, inward, opposite({}))?.classHistory).toHaveLength(2);
  });

  it('whose cancellation comes first leaves the stay as it was', () => {
    const cancelled = message('A07', '0215', 'M2', { original: 'A06' });
    expect(encounter(arrival, cancelled, inward)).toEqual(encounter(arrival));
  });
});

describe('a leave (A21)', () => {
  const leave = message('A21', '0318', 'M2', { pv2: { 47: '202603051800' } });
  const back = message('A22', '0519', 'M3', { pv1: { 3: bed('2040') } });

  it('keeps the stay open and the bed reserved, with the expected return in the plan', () => {
    expect(encounter(arrival, leave)).toMatchObject({
      status: 'onleave',
      statusHistory: [{ status: 'in-progress' }],
      location: [{ status: 'active' }],
    });
    expect(plan(arrival, leave)).toMatchObject({
      status: 'on-hold',
      activity: [
        { detail: { code: { text: 'Retour prévu' }, scheduledPeriod: { start: '2026-03-05T18:00:00+01:00' } } },
      ],
    });
  });

  it('ends with the return, in the bed that the return names', () => {
    expect(encounter(arrival, leave, back)).toMatchObject({
      status: 'in-progress',
      statusHistory: [{ status: 'in-progress' }, { status: 'onleave' }],
      location: [{ status: 'completed' }, { status: 'active', location: { display: 'UF 2040, Chambre 12, Lit A' } }],
    });
    expect(plan(arrival, leave, back)?.activity).toBeUndefined();
  });

  it('is cancelled with its return, in whatever order these come', () => {
    const cancels = [message('A53', '0600', 'M3'), message('A52', '0600', 'M2')];
    expect(encounter(arrival, leave, back, ...cancels)).toEqual(encounter(arrival));
    expect(encounter(arrival, ...cancels, back, leave)).toEqual(encounter(arrival));
  });

  it('of a feed without ZBE is known by its own time, and cancelled by the stay alone', () => {
    const stay = abroad('A01', '0208');
    expect(encounter(stay, abroad('A21', '0318'))?.status).toBe('onleave');
    expect(encounter(stay, abroad('A21', '0318'), abroad('A52', '0319'))?.status).toBe('in-progress');
  });
});

describe('a change of doctor (A54)', () => {
  const stay = message('A01', '0208', 'M1', { pv1: { 7: FABRE } });
  const change = message('A54', '0308', 'M2', { pv1: { 7: KACI, 3: bed('9999') } });
  const doctors = (...texts: string[]) =>
    encounter(...texts)?.participant?.map(({ individual, period }) => [individual?.display, period?.end]);

  it('closes the doctor before and opens the new one, and moves nobody', () => {
    expect(doctors(stay, change)).toEqual([
      ['Hélène FABRE', '2026-03-03T08:00:00+01:00'],
      ['Samir KACI', undefined],
    ]);
    expect(encounter(stay, change)?.location).toBeUndefined();
  });

  it('cancelled leaves the doctor before', () => {
    expect(doctors(stay, change, message('A55', '0309', 'M2'))).toEqual([['Hélène FABRE', undefined]]);
  });
});

describe('what is pending', () => {
  it('a discharge (A16) is expected at PV2-9, else at EVN-3, and no more once it is cancelled (A25)', () => {
    const at = (text: string) => plan(arrival, text)?.activity?.[0]?.detail?.scheduledPeriod?.start;
    const event = (text: string) => text.replace(/^(EVN\|.*)$/m, '$1|20260305');
    expect(at(message('A16', '0308', 'M2', { pv2: { 9: '20260304' } }))).toBe('2026-03-04');
    expect(at(event(message('A16', '0308', 'M2')))).toBe('2026-03-05');
    expect(at(event(message('A02', '0308', 'M2')))).toBeUndefined();
    expect(
      plan(arrival, message('A16', '0308', 'M2', { pv2: { 9: '20260304' } }), message('A25', '0309', 'M2')),
    ).toEqual(plan(arrival));
  });

  it('a transfer (A15) reserves a place (PV1-42) until the patient is there, or is not to be moved (A26)', () => {
    const pending = message('A15', '0308', 'M2', { pv1: { 3: bed('2000'), 42: bed('3070') } });
    const places = (...texts: string[]) =>
      encounter(...texts)?.location?.map(({ status, location }) => [status, location.display]);
    const here = ['active', 'UF 2000, Chambre 12, Lit A'];
    expect(places(arrival, pending)).toEqual([here, ['reserved', 'UF 3070, Chambre 12, Lit A']]);
    expect(places(arrival, pending, message('A26', '0309', 'M2'))).toEqual([here]);
    const moved = message('A02', '0310', 'M3', { pv1: { 3: bed('3070') } });
    expect(places(arrival, pending, moved)?.map(([status]) => status)).toEqual(['completed', 'active']);
  });

  it('an admission (A14) plans a stay, which its cancellation (A27) calls off', () => {
    const pending = message('A14', '0208', 'M1', { pv2: { 8: '20260310' } });
    expect(encounter(pending)).toMatchObject({ status: 'planned', period: { start: '2026-03-10' } });
    expect(encounter(pending, message('A27', '0308', 'M1'))?.status).toBe('cancelled');
  });
});

describe('an update (A08)', () => {
  const stay = abroad('A01', '0208', { pv1: { 2: 'I', 3: bed('2000'), 7: FABRE } });

  it('corrects what the latest movement said, without history, and keeps its time', () => {
    const update = abroad('A08', '0310', { pv1: { 2: 'I', 3: bed('2040'), 7: KACI } });
    expect(encounter(stay, update)).toMatchObject({
      status: 'in-progress',
      period: { start: '2026-03-02T08:00:00+01:00' },
      location: [{ status: 'active', location: { display: 'UF 2040, Chambre 12, Lit A' } }],
      participant: [{ individual: { display: 'Samir KACI' }, period: { start: '2026-03-02T08:00:00+01:00' } }],
    });
  });

  it.each(['20260305', '""'])('keeps the time of the movement whatever EVN-6 says (%s)', (occurred) => {
    const update = abroad('A08', '0310', { pv1: { 3: bed('2000') } }).replace(/^(EVN\|.*)$/m, `$1||||${occurred}`);
    expect(encounter(stay, update)?.period).toEqual({ start: '2026-03-02T08:00:00+01:00' });
  });

  it('says how the patient left where it comes after the discharge', () => {
    const update = abroad('A08', '0610', { pv1: { 36: '6', 45: '202603051000' } });
    expect(encounter(stay, abroad('A03', '0512'), update)).toMatchObject({
      status: 'finished',
      period: { end: '2026-03-05T10:00:00+01:00' },
      hospitalization: { dischargeDisposition: { coding: [{ code: expect.anything() }] } },
    });
  });

  it('of a stay that nobody knows makes none, and is no fault', () => {
    const update = abroad('A08', '0310', { pv1: { 3: bed('2040') } });
    expect([encounter(update), doubts(update)]).toEqual([undefined, []]);
    expect(encounter(update, stay)).toEqual(encounter(stay, update));
  });

  it.each([
    ['without PV1', (text: string) => text.replace(/\rPV1.*$/, '')],
    [
      'with the PV1 of identity messages',
      (text: string) => text.replace(/\rPV1.*$/, `\r${segment('PV1', { 2: 'N' })}`),
    ],
    ['with a PV1 that names no stay', (text: string) => text.replace(/\rPV1.*$/, `\r${segment('PV1', { 2: 'O' })}`)],
  ])('%s is about the patient alone', (_what, change) => {
    const facts = factsOf([change(abroad('A08', '0310', { pid: { 5: 'CORRIGE^CAMILLE^^^^^L' } }))]);
    expect(facts.map(({ kind }) => kind)).toEqual(['identity']);
  });
});
