import { describe, expect, it } from '@jest/globals';
import type { Encounter } from 'fhir/r4.js';
import { AGNES, happened, MemoryGateway, rol, sent } from '../../support/applied.js';
import { HOSPITAL, pam, type PamParts } from '../../support/pam.js';

/** A message without ZBE: `A01 01T08` of March; EVN-6 where the event was at another time. */
function event(text: string, more: Partial<PamParts> = {}): string {
  const [trigger = '', day = '', happenedOn] = text.split(' ');
  const at = (moment: string) => `202603${moment.replace('T', '').replace(':', '')}`.padEnd(14, '0');
  const message = pam({ trigger, at: at(day), patientSegments: [rol(AGNES)], version: '2.5', ...more });
  return happenedOn === undefined ? message : message.replace(/EVN\|\|\d+/, `EVN||${at(day)}||||${at(happenedOn)}`);
}

async function encounterAfter(...events: (string | [string, Partial<PamParts>])[]) {
  const gateway = new MemoryGateway();
  for (const text of events) await gateway.take(typeof text === 'string' ? event(text) : event(...text));
  return { gateway, encounter: gateway.only<Encounter>('Encounter') };
}

describe('without ZBE, what was cancelled once can happen again', () => {
  it.each<[string, string[], string, string | undefined]>([
    [
      'discharged, cancelled, discharged',
      ['A01 01T08', 'A03 03T10', 'A13 03T11', 'A03 04T09'],
      'finished',
      '2026-03-04T09:00:00+01:00',
    ],
    ['discharged, cancelled', ['A01 01T08', 'A03 03T10', 'A13 03T11'], 'in-progress', undefined],
    [
      'discharged and cancelled twice',
      ['A01 01T08', 'A03 03T10', 'A13 03T11', 'A03 04T09', 'A13 04T10'],
      'in-progress',
      undefined,
    ],
    [
      'discharged again at the time of the first',
      ['A01 01T08', 'A03 03T10 03T10', 'A13 03T11', 'A03 03T12 03T10'],
      'finished',
      '2026-03-03T10:00:00+01:00',
    ],
    ['admitted, cancelled, admitted', ['A01 01T08', 'A11 01T09', 'A01 01T10'], 'in-progress', undefined],
    [
      'admitted, cancelled, admitted as of the first time',
      ['A01 01T08 01T08', 'A11 01T09', 'A01 01T10 01T08'],
      'in-progress',
      undefined,
    ],
    ['registered, cancelled, admitted', ['A04 01T08', 'A11 01T09', 'A01 01T10'], 'in-progress', undefined],
  ])('%s', async (_what, events, status, end) => {
    const { encounter } = await encounterAfter(...events);
    expect(encounter.status).toBe(status);
    expect(encounter.period?.end).toBe(end);
  });

  it('and each is told', async () => {
    const gateway = new MemoryGateway();
    const steps = await gateway.takeAll(
      ...['A01 01T08', 'A03 03T10', 'A13 03T11', 'A03 04T09'].map((text) => event(text)),
    );
    expect(steps.map(sent)).toEqual([
      ['admission to agnes'],
      ['discharge to agnes'],
      ['discharge-cancelled to agnes'],
      ['discharge to agnes'],
    ]);
  });
});

describe('a cancellation without ZBE undoes the last insert of its kind that was recorded before it', () => {
  const bed = (letter: string): Partial<PamParts> => ({ pv1: { 3: `3070^12^${letter}` } });
  const current = (encounter: Encounter) => encounter.location?.at(-1)?.location.display;

  it.each<[string, [string, Partial<PamParts>][], string]>([
    [
      'the only transfer',
      [
        ['A02 02T10', bed('B')],
        ['A12 02T11', {}],
      ],
      'Lit A',
    ],
    [
      'the second of two transfers',
      [
        ['A02 02T10', bed('B')],
        ['A02 02T12', bed('C')],
        ['A12 02T13', {}],
      ],
      'Lit B',
    ],
    [
      'both, one after the other',
      [
        ['A02 02T10', bed('B')],
        ['A02 02T12', bed('C')],
        ['A12 02T13', {}],
        ['A12 02T14', {}],
      ],
      'Lit A',
    ],
    [
      'the one recorded before it, not the one after',
      [
        ['A02 02T10', bed('B')],
        ['A12 02T11', {}],
        ['A02 02T12', bed('C')],
      ],
      'Lit C',
    ],
    [
      'the one recorded last, though it happened first',
      [
        ['A02 02T10', bed('B')],
        ['A02 02T12 02T09', bed('C')],
        ['A12 02T13', {}],
      ],
      'Lit B',
    ],
  ])('%s, in whatever order they arrive', async (_what, events, expected) => {
    const there = await encounterAfter(['A01 01T08', bed('A')], ...events);
    const back = await encounterAfter(...[...events].reverse(), ['A01 01T08', bed('A')]);
    expect(current(there.encounter)).toContain(expected);
    expect(back.encounter).toEqual(there.encounter);
  });

  it('of nothing is looked at until what it undoes comes', async () => {
    const gateway = new MemoryGateway();
    await gateway.takeAll(event('A01 01T08'), event('A12 02T11'));
    expect(gateway.openItems()).toEqual(['movement-unknown']);
    await gateway.take(event('A02 02T10', bed('B')));
    expect(gateway.openItems()).toEqual([]);
  });

  it.each<[string, string[], string, string | undefined]>([
    ['what it undoes', ['A03 03T10', 'A13 03T10'], 'in-progress', undefined],
    [
      'what comes in the place of what it undoes',
      ['A03 03T10', 'A13 03T11', 'A03 03T11'],
      'finished',
      '2026-03-03T11:00:00+01:00',
    ],
    ['an admission that it undoes', ['A01 03T10', 'A11 03T10'], 'in-progress', undefined],
  ])('in the very second of %s, whatever arrives first', async (_what, events, status, end) => {
    for (const order of [events, [...events].reverse()]) {
      const { encounter, gateway } = await encounterAfter('A01 01T08', ...order);
      expect([encounter.status, encounter.period?.end, gateway.openItems()]).toEqual([status, end, []]);
    }
  });
});

describe('without ZBE, an emergency and the admission that follows are two movements', () => {
  it.each<[string, [string, Partial<PamParts>][]]>([
    [
      'registered, then admitted',
      [
        ['A04 01T08', { pv1: { 2: 'E' } }],
        ['A01 01T14', { pv1: { 2: 'I' } }],
      ],
    ],
    [
      'both sent again',
      [
        ['A04 01T08', { pv1: { 2: 'E' } }],
        ['A01 01T14', { pv1: { 2: 'I' } }],
        ['A04 01T15 01T08', { pv1: { 2: 'E' } }],
      ],
    ],
    [
      'admitted twice',
      [
        ['A01 01T08', { pv1: { 2: 'E' } }],
        ['A01 01T14', { pv1: { 2: 'I' } }],
      ],
    ],
  ])('%s', async (_what, events) => {
    const { encounter, gateway } = await encounterAfter(...events);
    expect(encounter.class.code).toBe('IMP');
    expect(encounter.period?.start).toBe('2026-03-01T08:00:00+01:00');
    expect(encounter.classHistory?.map(({ class: { code } }) => code)).toEqual(['EMER']);
    expect(gateway.steps.map(happened).slice(0, 2)).toEqual([['admission'], ['admission']]);
  });
});

describe('a message of an account alone', () => {
  const account = { 18: `A1^^^${HOSPITAL}^AN` };
  const stay = (number: string): Partial<PamParts> => ({ pid: account, pv1: { 19: `${number}^^^${HOSPITAL}^VN` } });
  const alone: Partial<PamParts> = { pid: account, pv1: { 19: '' } };
  const statuses = (gateway: MemoryGateway) =>
    gateway
      .resources<Encounter>('Encounter')
      .map(({ identifier, status }) => `${identifier?.[0]?.value ?? ''} ${status}`)
      .sort();

  it.each<[string, [string, Partial<PamParts>][], string[], string[]]>([
    [
      'speaks of the one stay that it has',
      [
        ['A01 01T08', stay('V1')],
        ['A03 03T10', alone],
      ],
      ['V1 finished'],
      [],
    ],
    [
      'speaks of the open one of two',
      [
        ['A01 01T08', stay('V1')],
        ['A03 02T08', stay('V1')],
        ['A01 03T08', stay('V2')],
        ['A03 04T10', alone],
      ],
      ['V1 finished', 'V2 finished'],
      [],
    ],
    [
      'is parked where two are open',
      [
        ['A01 01T08', stay('V1')],
        ['A01 02T08', stay('V2')],
        ['A03 03T10', alone],
      ],
      ['V1 in-progress', 'V2 in-progress'],
      ['field-missing'],
    ],
    [
      'is parked where none is open',
      [
        ['A01 01T08', stay('V1')],
        ['A03 02T08', stay('V1')],
        ['A03 03T10', alone],
      ],
      ['V1 finished'],
      ['field-missing'],
    ],
    [
      'makes a stay of an account whose sender numbers none',
      [
        ['A01 01T08', alone],
        ['A03 03T10', alone],
      ],
      ['A1 finished'],
      [],
    ],
  ])('%s', async (_what, events, expected, items) => {
    const { gateway } = await accountAfter(...events);
    expect(statuses(gateway)).toEqual(expected);
    expect(gateway.openItems()).toEqual(items);
  });

  it('takes effect when the stay comes that it speaks of', async () => {
    const { gateway } = await accountAfter(['A03 03T10', alone], ['A01 01T08', stay('V1')]);
    expect(statuses(gateway)).toEqual(['V1 finished']);
    expect(gateway.openItems()).toEqual([]);
  });

  it('of two people is one stay of each', async () => {
    const other = { pid: { ...account, 3: `IPP2^^^${HOSPITAL}^PI`, 5: 'AUTRE^PERSONNE' } };
    const { gateway } = await accountAfter(
      ['A01 01T08', stay('V1')],
      ['A01 01T09', { ...stay('V2'), ...other }],
      ['A03 03T10', alone],
    );
    expect(statuses(gateway)).toEqual(['V1 finished', 'V2 in-progress']);
  });
});

async function accountAfter(...events: [string, Partial<PamParts>][]) {
  const gateway = new MemoryGateway();
  for (const [text, parts] of events) await gateway.take(event(text, parts));
  return { gateway };
}
