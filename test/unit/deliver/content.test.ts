import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { movement, pam, professional, segment } from '../../support/pam.js';
import { DOCTOR, openStages, type Stages } from '../../support/stages.js';
import { startTestVendor, type TestVendor } from '../../support/vendor.js';

let stages: Stages;
let vendor: TestVendor;
beforeEach(async () => {
  stages = await openStages();
  vendor = await startTestVendor();
});
afterEach(async () => {
  await vendor.close();
  await stages.close();
});

const DECLARED = segment('ROL', { 1: '1', 2: 'UC', 3: 'ODRP', 4: professional(DOCTOR.rpps, DOCTOR.family) });

/** A movement of the stay at an hour of 2 March 2026. */
function moved(trigger: string, hour: string, id: string, place = '2040^12^A', unit = '2040'): string {
  return pam({
    trigger,
    at: `20260302${hour}0000`,
    patientSegments: [DECLARED],
    pv1: { 3: place },
    zbe: movement(id, `20260302${hour}0000`, 'INSERT', { unit }),
  });
}

const TYPES = ['CarePlan', 'CareTeam', 'Encounter', 'Patient'];

describe('a movement that changes no resource', () => {
  it.each([
    ['an admission said again under another movement', [moved('A01', '08', 'M1'), moved('A01', '08', 'M2')]],
    [
      'a transfer to the place where the patient is',
      [moved('A01', '08', 'M1'), moved('A02', '09', 'M2', '3050^1'), moved('A02', '10', 'M3', '3050^1')],
    ],
    [
      'two of them in a row',
      [moved('A01', '08', 'M1'), moved('A01', '08', 'M2'), moved('A01', '08', 'M3'), moved('A03', '12', 'M4')],
    ],
    [
      'one between two that change something',
      [
        moved('A01', '08', 'M1'),
        moved('A02', '09', 'M2', '3050^1'),
        moved('A02', '10', 'M3', '3050^1'),
        moved('A03', '12', 'M4'),
      ],
    ],
  ])('is delivered with its patient and stay, and blocks nobody: %s', async (_what, messages) => {
    await stages.translate(...messages);
    const outcomes = await stages.deliver(vendor.url);
    expect(outcomes.map(({ next }) => next.state)).toEqual(messages.map(() => 'delivered'));
    for (const { sent } of outcomes)
      expect(sent.map((reference) => reference.split('/')[0])).toEqual(expect.arrayContaining(TYPES));
    expect(await vendor.communications()).toHaveLength(messages.length);
  });

  it('carries the same content when it is translated in one batch with what it repeats', async () => {
    const messages = [moved('A01', '08', 'M1'), moved('A01', '08', 'M2'), moved('A02', '09', 'M3', '3050^1')];
    await stages.translateTogether(...messages);
    const outcomes = await stages.deliver(vendor.url);
    expect(outcomes.map(({ next }) => next.state)).toEqual(['delivered', 'delivered', 'delivered']);
    const pinned = outcomes.map(({ sent }) => sent.filter((reference) => reference.startsWith('Encounter/')));
    expect(pinned[1]).toEqual(pinned[0]);
    expect(pinned[2]).not.toEqual(pinned[0]);
  });
});
