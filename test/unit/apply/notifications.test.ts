import { describe, expect, it } from '@jest/globals';
import { applyToWhole, type ApplyContext } from '../../../src/apply/apply.js';
import { foldWhole } from '../../../src/apply/window.js';
import { buildDirectory } from '../../../src/route/directory.js';
import { movement, pam, professional, segment, translated, type PamParts } from '../../support/pam.js';

const DOCTOR = { rpps: '10999000011', family: 'BERTHIER', endpoint: 'logiciel' };
const AT = '20260302080000';
const context: ApplyContext = {
  directory: buildDirectory([DOCTOR], []),
  rules: [{ id: 'doctors', events: ['admission', 'transfer', 'discharge'], roles: ['PCP'] }],
  lateSince: '2026-01-01T00:00:00Z',
  fold: { now: '2026-04-01T00:00:00Z', zone: 'Europe/Paris', hospitalMembersStayDays: 0, circleShowsEndedDays: 90 },
};

/** The family doctor, declared for life, as of the movement of the message. */
const declared = [segment('ROL', { 2: 'UC', 3: 'ODRP', 4: professional(DOCTOR.rpps, DOCTOR.family) })];

/** What each message tells, by kind of event and movement, in the order of the lane. */
function toldBy(...messages: Partial<PamParts>[]): string[][] {
  let window = foldWhole([], context.fold);
  return messages.map((parts, index) => {
    const id = String(index + 1);
    const translation = translated(pam({ trigger: 'A01', at: AT, ...parts }), id);
    const applied = applyToWhole(id, translation, window, context);
    window = applied.window;
    const receipts = applied.steps.flatMap((step) => step.receipts);
    return applied.steps
      .flatMap(({ deliveries }) => deliveries)
      .map(({ receiptId }) => {
        const event = receipts.find((receipt) => receipt.id === receiptId)?.event;
        return `${event?.kind ?? ''} ${event?.thread.split('|').at(-1) ?? ''}`;
      });
  });
}

const admitted = (id: string, at = AT, unit = '2040') => ({ at, zbe: movement(id, at, 'INSERT', { unit }) });
const moved = { trigger: 'A02', ...admitted('M2', '20260303080000', '3070') };

describe('who comes to be of the circle late', () => {
  it('is told of what stands, before what the message changes', () => {
    const late = { ...moved, patientSegments: declared };
    const since = (at: string) => ({ ...late, zbe: movement('M2', at, 'INSERT', { unit: '3070' }) });
    expect(toldBy(admitted('M1'), late)).toEqual([[], ['transfer M2']]);
    expect(toldBy(admitted('M1'), since(AT))).toEqual([[], ['admission M1', 'transfer M2']]);
  });

  it('is told once of an admission that the hospital numbers twice', () => {
    const again = { ...admitted('M9'), patientSegments: declared };
    expect(toldBy(admitted('M1'), again)).toEqual([[], ['admission M9']]);
    expect(toldBy(admitted('M1'), admitted('M5'), again)).toEqual([[], [], ['admission M9']]);
  });

  it.each([
    ['time', admitted('M9', '20260302090000'), ['admission M9']],
    ['unit', admitted('M9', AT, '3070'), ['admission M1', 'admission M9']],
  ])('is told of both where they are of another %s, as far as he was there', (_what, other, told) => {
    expect(toldBy(admitted('M1'), { ...other, patientSegments: declared })).toEqual([[], told]);
  });
});
