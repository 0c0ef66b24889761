import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Event, EventKind } from '../../src/message/event.js';
import type { Membership } from '../../src/message/membership.js';
import type { EarlierReceipt } from '../../src/message/receipt.js';
import { buildDirectory } from '../../src/route/directory.js';
import { route, routeLate, type Routed } from '../../src/route/route.js';

const RPPS = 'https://rpps.esante.gouv.fr';
const numbers = Array.from({ length: 6 }, (_, index) => `1000000000${index}`);
const directory = buildDirectory(
  numbers.slice(0, 4).map((rpps) => ({ rpps, family: 'MARTIN', endpoint: `endpoint-${rpps.slice(-1)}` })),
  [],
);
const rules = [{ id: 'medecins', events: ['admission'], roles: ['PCP'] }];
const input = {
  directory,
  rules,
  receipts: [] as EarlierReceipt[],
  resources: ['Patient/p', 'Encounter/e', 'CarePlan/c'],
  cluster: '7',
};
const STAY = 'sys|9';
const MOVEMENT = 'sys|312';
const BASE = {
  scope: 'patient',
  source: 'default',
  basis: 'ROL',
  restricted: false,
  fromDerived: false,
  toDerived: false,
  origin: { messageId: '1', from: 'ROL-4', row: 'ROL-member:person' },
} as const;
const roleOf = (code: string) => ({ system: 'urn:oid:2.999.5', code, display: code });

const member = fc
  .record({
    number: fc.constantFrom(...numbers),
    role: fc.constantFrom('PCP', 'NURSE'),
    family: fc.constantFrom('Martin', 'DURAND'),
    from: fc.constantFrom('2025-01-01T00:00:00+01:00', '2026-01-01T00:00:00+01:00', '2026-06-01T00:00:00+02:00'),
    to: fc.option(fc.constantFrom('2026-02-01T00:00:00+01:00', '2026-12-01T00:00:00+01:00'), { nil: undefined }),
    hidden: fc.boolean(),
  })
  .map(({ number, role, family, from, to, hidden }): Membership => ({
    ...BASE,
    person: `PractitionerRole/${number}`,
    role: roleOf(role),
    label: family,
    hidden,
    identifier: `${RPPS}|${number}`,
    family,
    from,
    ...(to === undefined ? {} : { to }),
  }));
const circle = fc.array(member, { maxLength: 10 });

function event(kind: EventKind, messageId: string): Event {
  const effectiveAt = '2026-03-06T11:00:00+01:00';
  const about = { type: 'stay', key: STAY } as const;
  return { kind, messageId, patient: 'sys|1', about, thread: MOVEMENT, effectiveAt, attributes: {} };
}

/** The receipts of those whom it tells, as a correction finds them. */
function earlierOf({ receipts, deliveries }: Routed): EarlierReceipt[] {
  return deliveries.flatMap(({ receiptId, endpoint }) =>
    receipts
      .filter(({ id }) => id === receiptId)
      .map(({ member: person, label, role }) => ({ ...earlier(receiptId, endpoint), member: person, label, role })),
  );
}

function earlier(receiptId: string, endpoint: string): EarlierReceipt {
  const whom = { member: 'PractitionerRole/1', label: 'MARTIN', role: 'PCP' };
  return {
    receiptId,
    patient: 'sys|1',
    about: STAY,
    thread: MOVEMENT,
    ...whom,
    endpoint,
    deliveryId: `delivery of ${receiptId}`,
    reach: 'reached',
  };
}

const recipients = (routed: Routed) =>
  earlierOf(routed)
    .map((receipt) => `${receipt.member}|${receipt.endpoint}`)
    .sort();

describe('route', () => {
  it('sends a correction to exactly those told of the original, whatever became of the circle', () => {
    fc.assert(
      fc.property(
        circle,
        circle,
        fc.constantFrom<EventKind>('correction', 'admission-cancelled', 'patient-replaced'),
        (then, now, kind) => {
          const original = route(event('admission', '1'), { ...input, circle: then });
          const receipts = earlierOf(original);
          const corrected = route(event(kind, '2'), { ...input, circle: now, rules: [], receipts });
          expect(recipients(corrected)).toEqual(recipients(original));
        },
      ),
    );
  });

  it('gives every member exactly one receipt, however many roles he has, and the same ones again on replay', () => {
    fc.assert(
      fc.property(circle, (members) => {
        const first = route(event('admission', '1'), { ...input, circle: members });
        const considered = first.receipts.map((receipt) => receipt.member).sort();
        expect(considered).toEqual([...new Set(members.map(({ person }) => person))].sort());
        expect(new Set(first.receipts.map(({ id }) => id)).size).toBe(first.receipts.length);
        expect(route(event('admission', '1'), { ...input, circle: members })).toEqual(first);
      }),
    );
  });

  it('makes one delivery for each receipt that says told, and none for the others', () => {
    fc.assert(
      fc.property(circle, (members) => {
        const { receipts, deliveries } = route(event('admission', '1'), { ...input, circle: members });
        const told = receipts.filter(({ decision }) => decision === 'told').map(({ id }) => id);
        expect(deliveries.map(({ receiptId }) => receiptId).sort()).toEqual(told.sort());
      }),
    );
  });

  it('tells a member whom any of his roles entitles, unless one of them forbids it', () => {
    const base = {
      ...BASE,
      person: 'PractitionerRole/0',
      label: 'MARTIN',
      identifier: `${RPPS}|${numbers[0] ?? ''}`,
      family: 'MARTIN',
      from: '2026-01-01T00:00:00+01:00',
      hidden: false,
    } as const;
    const nurse = { ...base, role: roleOf('NURSE') };
    const doctor = { ...base, role: roleOf('PCP') };
    const told = (circle: Membership[]) =>
      route(event('admission', '1'), { ...input, circle }).receipts.map(({ role, reason }) => [role, reason]);
    expect(told([nurse, doctor])).toEqual([['PCP', 'rule-tells']]);
    expect(told([doctor, nurse])).toEqual([['PCP', 'rule-tells']]);
    expect(told([doctor, { ...nurse, hidden: true }])).toEqual([['NURSE', 'must-not-be-notified']]);
  });

  it('corrects at both addresses whoever was told at two', () => {
    const receipts = ['a', 'b'].map((endpoint) => earlier(endpoint, endpoint));
    const routed = route(event('correction', '2'), { ...input, circle: [], receipts });
    expect(new Set(routed.receipts.map(({ id }) => id)).size).toBe(2);
    expect(routed.deliveries.map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
  });

  it('tells late only those newcomers whom a rule tells and who were not told, and says nothing of the others', () => {
    fc.assert(
      fc.property(circle, circle, (then, more) => {
        const original = route(event('admission', '1'), { ...input, circle: then });
        const receipts = earlierOf(original);
        const now = [...then, ...more];
        const newcomers = new Set(more.map(({ person }) => person));
        const late = routeLate(event('admission', '2'), newcomers, { ...input, circle: now, receipts });
        const entitled = recipients(route(event('admission', '2'), { ...input, circle: now }));
        const before = new Set(recipients(original));
        expect(recipients(late)).toEqual(
          entitled.filter((name) => !before.has(name) && newcomers.has(name.split('|')[0] ?? '')),
        );
        expect(late.receipts.every(({ decision }) => decision === 'told')).toBe(true);
      }),
    );
  });
});
