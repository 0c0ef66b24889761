import { describe, expect, it } from '@jest/globals';
import type { Encounter } from 'fhir/r4.js';
import { peopleAt } from '../../../src/apply/time-travel.js';
import { AGNES, BRUNO, MemoryGateway, rol } from '../../support/applied.js';
import { movement, pam, type Fields, type PamParts } from '../../support/pam.js';

const visit = (trigger: string, at: string, zbe: Fields, more: Partial<PamParts> = {}) =>
  pam({ trigger, at, zbe, ...more });
const bed = (letter: string): Partial<PamParts> => ({ pv1: { 3: `3070^12^${letter}` } });
const ADMITTED = visit('A01', '20260301080000', movement('M1', '20260301080000'), bed('A'));
const moved = (day: string, recorded = day, historic = 'N') =>
  visit('A02', `202603${recorded}100000`, movement('M2', `202603${day}080000`, 'INSERT', { historic }), bed('B'));
const removed = (day: string) =>
  visit('Z99', '20260320080000', movement('M2', `202603${day}080000`, 'UPDATE', { original: 'A02' }));

/** Who and where, as of noon of that day of March, as it is known after these messages. */
async function asOf(day: string, texts: readonly string[]) {
  const gateway = new MemoryGateway();
  await gateway.takeAll(...texts);
  const { zone, hospitalMembersStayDays, circleShowsEndedDays } = gateway.context().fold;
  const fold = { zone, hospitalMembersStayDays, circleShowsEndedDays };
  const [person] = peopleAt(gateway.wholeWindow(), `2026-03-${day}T12:00:00+01:00`, fold);
  const encounter = person?.encounters[0]?.resource as Encounter | undefined;
  return {
    status: encounter?.status,
    place: encounter?.location?.find(({ status }) => status === 'active')?.location.display?.slice(-1),
    members: person?.members.map(({ label }) => label) ?? [],
  };
}

describe('as of an instant, a movement counts when it took place as it is known now', () => {
  it.each<[string, string, string[], string]>([
    ['moved on the 10th, corrected to the 2nd', '05', [ADMITTED, moved('10'), removed('02')], 'B'],
    ['moved on the 2nd, corrected to the 10th', '05', [ADMITTED, moved('02'), removed('10')], 'A'],
    ['moved on the 2nd, corrected to the 10th', '10', [ADMITTED, moved('02'), removed('10')], 'B'],
    ['moved on the 2nd, as was said on the 15th', '05', [ADMITTED, moved('02', '15', 'Y')], 'B'],
    ['corrected before the movement itself was heard of', '05', [ADMITTED, removed('02'), moved('10')], 'B'],
  ])('%s: asked of the %s', async (_what, day, texts, place) => {
    expect((await asOf(day, texts)).place).toBe(place);
  });

  it.each<[string, string, string | undefined]>([
    ['before the admission', '00', undefined],
    ['during the stay', '05', 'in-progress'],
    ['after the discharge', '12', 'finished'],
  ])('and the status is that of the day: %s', async (_what, day, status) => {
    const discharged = visit('A03', '20260311080000', movement('M4', '20260311080000'));
    const texts = [ADMITTED, discharged];
    const known = day === '00' ? await asOfFebruary(texts) : (await asOf(day, texts)).status;
    expect(known).toBe(status);
  });

  it('a movement cancelled later never took place', async () => {
    const cancel = visit('A12', '20260320080000', movement('M2', '20260302080000', 'CANCEL', { original: 'A02' }));
    expect((await asOf('05', [ADMITTED, moved('02'), cancel])).place).toBe('A');
  });
});

async function asOfFebruary(texts: readonly string[]): Promise<string | undefined> {
  const gateway = new MemoryGateway();
  await gateway.takeAll(...texts);
  const [person] = peopleAt(gateway.wholeWindow(), '2026-02-20T12:00:00+01:00', gateway.context().fold);
  return (person?.encounters[0]?.resource as Encounter | undefined)?.status;
}

describe('as of an instant, the circle is that of the day', () => {
  const declared = (who: typeof AGNES, at: string, times = {}) =>
    pam({ trigger: 'A31', at, pv1: null, patientSegments: [rol(who, times)] });

  it.each<[string, string, string[], string[]]>([
    [
      'who was replaced since',
      '05',
      [declared(AGNES, '20260301080000'), declared(BRUNO, '20260310080000')],
      ['Alix AGNES'],
    ],
    ['who replaced him', '12', [declared(AGNES, '20260301080000'), declared(BRUNO, '20260310080000')], ['Alix BRUNO']],
    [
      'who was dismissed later as of before',
      '05',
      [declared(AGNES, '20260301080000'), declared(AGNES, '20260310080000', { action: 'DE', end: '20260304' })],
      [],
    ],
    [
      'who was declared later as of before',
      '05',
      [declared(AGNES, '20260310080000', { begin: '20260302' })],
      ['Alix AGNES'],
    ],
    [
      'who was of a stay that is over',
      '05',
      [
        visit('A01', '20260301080000', movement('M1', '20260301080000'), {
          visitSegments: [rol(BRUNO, { role: 'AT' })],
        }),
        visit('A03', '20260311080000', movement('M4', '20260311080000')),
      ],
      ['Alix BRUNO'],
    ],
  ])('%s', async (_what, day, texts, members) => {
    for (const order of [texts, [...texts].reverse()]) expect((await asOf(day, order)).members).toEqual(members);
  });
});
