import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { StayEvent } from '../../src/message/delivery.js';
import type { CircleMember } from '../../src/message/folded.js';
import type { ToldBefore } from '../../src/message/translation.js';
import { buildDirectory } from '../../src/route/directory.js';
import { route, type Routed } from '../../src/route/route.js';

const RPPS = 'https://rpps.esante.gouv.fr';
const numbers = Array.from({ length: 6 }, (_, index) => `1000000000${index}`);
const directory = buildDirectory(
  numbers.slice(0, 4).map((rpps) => ({ rpps, family: 'MARTIN', endpoint: `endpoint-${rpps.slice(-1)}` })),
  [],
);
const rules = [{ id: 'medecins', events: ['admission'], roles: ['PCP'] }];
const resources = { patient: 'Patient/p', encounter: 'Encounter/e', plan: 'CarePlan/c' };

const member = fc
  .record({
    number: fc.constantFrom(...numbers),
    role: fc.constantFrom('PCP', 'NURSE'),
    family: fc.constantFrom('Martin', 'DURAND'),
    from: fc.option(fc.constantFrom('2026-01-01T00:00:00+01:00', '2026-06-01T00:00:00+02:00'), { nil: undefined }),
    to: fc.option(fc.constantFrom('2026-02-01T00:00:00+01:00', '2026-12-01T00:00:00+01:00'), { nil: undefined }),
    doNotNotify: fc.boolean(),
  })
  .map(({ number, role, family, from, to, doNotNotify }): CircleMember => ({
    reference: `PractitionerRole/${number}`,
    role,
    label: family,
    scope: 'patient',
    doNotNotify,
    identifier: `${RPPS}|${number}`,
    family,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }));
const circle = fc.array(member, { maxLength: 10 });

function event(kind: StayEvent['kind'], messageId: string): StayEvent {
  const effectiveAt = '2026-03-06T11:00:00+01:00';
  return { kind, messageId, patient: 'sys|1', stay: 'sys|9', movement: 'sys|312', effectiveAt };
}

function toldOf({ receipts, deliveries }: Routed): ToldBefore[] {
  return deliveries.flatMap(({ receiptId, endpoint }) =>
    receipts
      .filter(({ id }) => id === receiptId)
      .map(({ member: who, label, role }) => ({ receiptId, movement: 'sys|312', member: who, label, role, endpoint })),
  );
}

const recipients = (routed: Routed) =>
  toldOf(routed)
    .map((one) => `${one.member}|${one.endpoint}`)
    .sort();

describe('route', () => {
  it('sends a correction to exactly those told of the original, whatever became of the circle', () => {
    fc.assert(
      fc.property(
        circle,
        circle,
        fc.constantFrom<StayEvent['kind']>('correction', 'admission-cancelled'),
        (then, now, kind) => {
          const original = route(event('admission', '1'), { circle: then, directory, rules, told: [], resources });
          const told = toldOf(original);
          const corrected = route(event(kind, '2'), { circle: now, directory, rules: [], told, resources });
          expect(recipients(corrected)).toEqual(recipients(original));
        },
      ),
    );
  });

  it('gives every member exactly one receipt, however many roles he has, and the same ones again on replay', () => {
    fc.assert(
      fc.property(circle, (members) => {
        const input = { circle: members, directory, rules, told: [], resources };
        const first = route(event('admission', '1'), input);
        const considered = first.receipts.map((receipt) => receipt.member).sort();
        expect(considered).toEqual([...new Set(members.map((one) => one.reference))].sort());
        expect(new Set(first.receipts.map(({ id }) => id)).size).toBe(first.receipts.length);
        expect(route(event('admission', '1'), input)).toEqual(first);
      }),
    );
  });

  it('makes one delivery for each receipt that says told, and none for the others', () => {
    fc.assert(
      fc.property(circle, (members) => {
        const { receipts, deliveries } = route(event('admission', '1'), {
          circle: members,
          directory,
          rules,
          told: [],
          resources,
        });
        const told = receipts.filter(({ decision }) => decision === 'told').map(({ id }) => id);
        expect(deliveries.map(({ receiptId }) => receiptId).sort()).toEqual(told.sort());
      }),
    );
  });

  it('tells a member whom any of his roles entitles, unless one of them forbids it', () => {
    const base = {
      reference: 'PractitionerRole/0',
      label: 'MARTIN',
      scope: 'patient',
      identifier: `${RPPS}|${numbers[0]}`,
      family: 'MARTIN',
    } as const;
    const nurse = { ...base, role: 'NURSE', doNotNotify: false };
    const doctor = { ...base, role: 'PCP', doNotNotify: false };
    const told = (circle: CircleMember[]) =>
      route(event('admission', '1'), { circle, directory, rules, told: [], resources }).receipts.map(
        ({ role, reason }) => [role, reason],
      );
    expect(told([nurse, doctor])).toEqual([['PCP', 'rule-tells']]);
    expect(told([doctor, nurse])).toEqual([['PCP', 'rule-tells']]);
    expect(told([doctor, { ...nurse, doNotNotify: true }])).toEqual([['NURSE', 'must-not-be-notified']]);
  });

  it('corrects at both addresses whoever was told at two', () => {
    const told = ['a', 'b'].map((endpoint) => ({
      receiptId: endpoint,
      movement: 'sys|312',
      member: 'PractitionerRole/1',
      label: 'MARTIN',
      role: 'PCP',
      endpoint,
    }));
    const routed = route(event('correction', '2'), { circle: [], directory, rules, told, resources });
    expect(new Set(routed.receipts.map(({ id }) => id)).size).toBe(2);
    expect(routed.deliveries.map(({ endpoint }) => endpoint)).toEqual(['a', 'b']);
  });
});
