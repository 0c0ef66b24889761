import { describe, expect, it } from '@jest/globals';
import type { Event } from '../../../src/message/event.js';
import type { EarlierReceipt } from '../../../src/message/receipt.js';
import type { Membership } from '../../../src/message/membership.js';
import { buildDirectory } from '../../../src/route/directory.js';
import { route, routeLate, type RouteInput, type RoutingRule } from '../../../src/route/route.js';

const RPPS = 'https://rpps.esante.gouv.fr';
const ADMISSION: Event = {
  kind: 'admission',
  messageId: '1',
  patient: 'urn:oid:2.999.1|P1',
  about: { type: 'stay', key: 'urn:oid:2.999.1|V1' },
  thread: 'M1',
  effectiveAt: '2026-03-02T08:00:00+01:00',
  attributes: { nature: 'HMS', class: 'IMP', unit: '3070' },
};
const RULE: RoutingRule = { id: 'doctors', events: ['admission'], roles: ['PCP'] };

function member(change: Partial<Membership> = {}): Membership {
  return {
    person: 'PractitionerRole/agnes',
    role: { system: 'urn:roles', code: 'PCP', display: 'Médecin traitant' },
    label: 'AGNES',
    from: '2026-01-01T00:00:00+01:00',
    scope: 'patient',
    source: 'default',
    basis: 'ROL',
    hidden: false,
    restricted: false,
    fromDerived: false,
    toDerived: false,
    identifier: `${RPPS}|10999000011`,
    family: 'AGNES',
    origin: { messageId: '1', from: 'ROL-4', row: 'ROL-member:person' },
    ...change,
  };
}

function input(change: Partial<RouteInput> = {}): RouteInput {
  const directory = buildDirectory([{ rpps: '10999000011', family: 'AGNES', endpoint: 'agnes' }], []);
  return {
    circle: [member()],
    directory,
    rules: [RULE],
    receipts: [],
    resources: ['Patient/p'],
    cluster: '7',
    ...change,
  };
}

const reasons = (change: Partial<RouteInput>, event = ADMISSION) =>
  route(event, input(change)).receipts.map(({ reason }) => reason);

describe('a rule may ask for attributes of the event', () => {
  it.each<[string, RoutingRule['when'], string]>([
    ['its class', { class: ['IMP'] }, 'rule-tells'],
    ['one of several classes', { class: ['EMER', 'IMP'] }, 'rule-tells'],
    ['another class', { class: ['EMER'] }, 'no-rule'],
    ['its unit', { unit: ['3070'] }, 'rule-tells'],
    ['its class and another unit', { class: ['IMP'], unit: ['9999'] }, 'no-rule'],
    ['an attribute that it does not have', { mode: ['X'] }, 'no-rule'],
    ['one letter of its nature', { nature: ['D', 'M'] }, 'rule-tells'],
    ['a letter that its nature does not have', { nature: ['D'] }, 'no-rule'],
  ])('%s', (_what, when, reason) => {
    const event = { ...ADMISSION, attributes: { ...ADMISSION.attributes, nature: 'HMS' } };
    expect(reasons({ rules: [{ ...RULE, when }] }, event)).toEqual([reason]);
  });
});

describe('a rule names the role of whom it tells', () => {
  it.each([
    ['by its code', 'PCP', 'rule-tells'],
    ['by its system and code', 'urn:roles|PCP', 'rule-tells'],
    ['by the code of another system', 'urn:others|PCP', 'no-rule'],
    ['by another code of its system', 'urn:roles|PROV', 'no-rule'],
    ['by its system alone', 'urn:roles', 'no-rule'],
    ['as any', 'any', 'rule-tells'],
  ])('%s', (_what, role, reason) => {
    expect(reasons({ rules: [{ ...RULE, roles: [role] }] })).toEqual([reason]);
  });
});

describe('who is of the circle at the instant of an event', () => {
  it.each<[string, Partial<Membership>, string]>([
    ['from that instant on', { from: '2026-03-02T08:00:00+01:00' }, 'rule-tells'],
    ['from the second after', { from: '2026-03-02T08:00:01+01:00' }, 'membership-not-begun'],
    ['until that instant', { to: '2026-03-02T08:00:00+01:00' }, 'rule-tells'],
    ['until the second before', { to: '2026-03-02T07:59:59+01:00' }, 'membership-ended'],
    ['in another zone', { from: '2026-03-02T07:00:00Z', to: '2026-03-02T07:00:00Z' }, 'rule-tells'],
  ])('is told, who is not is not: %s', (_what, change, reason) => {
    expect(reasons({ circle: [member(change)] })).toEqual([reason]);
  });
});

describe('who is hidden in one role', () => {
  it.each<[string, Partial<Membership>[]]>([
    ['first', [{ hidden: true }, {}]],
    ['last', [{}, { hidden: true }]],
    ['in a stay that is over', [{}, { hidden: true, to: '2026-01-02T00:00:00+01:00' }]],
  ])('is told in none: %s', (_what, changes) => {
    expect(reasons({ circle: changes.map(member) })).toEqual(['must-not-be-notified']);
  });
});

describe('a lane', () => {
  it.each(['urn:oid:2.999.1|P1', 'urn:oid:2.999.2|B7', 'urn:oid:2.999.3|X'])(
    'is the endpoint’s and the cluster’s, whatever number names the patient (%s)',
    (patient) => {
      expect(route({ ...ADMISSION, patient }, input()).deliveries.map(({ lane }) => lane)).toEqual(['agnes|7']);
    },
  );
});

describe('an event of earlier', () => {
  const before = {
    receiptId: 'r',
    patient: ADMISSION.patient,
    about: ADMISSION.about.key,
    thread: 'M1',
    label: 'AGNES',
    role: 'PCP',
    deliveryId: 'd',
    reach: 'reached' as const,
  };
  const late = (change: Partial<RouteInput>) =>
    routeLate(ADMISSION, new Set(['PractitionerRole/agnes']), input(change)).deliveries.map(({ endpoint }) => endpoint);

  it('goes to a newcomer whom a rule tells, once for each address', () => {
    expect(late({})).toEqual(['agnes']);
    expect(late({ receipts: [{ ...before, member: 'PractitionerRole/agnes', endpoint: 'agnes' }] })).toEqual([]);
    expect(late({ receipts: [{ ...before, member: 'PractitionerRole/agnes', endpoint: 'former' }] })).toEqual([
      'agnes',
    ]);
  });

  it('leaves no receipt for one who would not be told, nor for others', () => {
    const nobody = routeLate(ADMISSION, new Set(['PractitionerRole/agnes']), input({ rules: [] }));
    const others = routeLate(ADMISSION, new Set(['PractitionerRole/bruno']), input());
    expect([nobody.receipts, others.receipts]).toEqual([[], []]);
  });
});

describe('a cancellation', () => {
  const earlier = (reach: EarlierReceipt['reach'], deliveryId: string, receiptId = 'r'): EarlierReceipt => ({
    receiptId,
    patient: ADMISSION.patient,
    about: ADMISSION.about.key,
    thread: ADMISSION.thread,
    member: 'PractitionerRole/x',
    label: 'x',
    role: 'PCP',
    endpoint: 'cpts',
    deliveryId,
    reach,
  });
  const withdrawn = (...receipts: EarlierReceipt[]) =>
    route({ ...ADMISSION, kind: 'admission-cancelled' }, input({ receipts })).withdrawals.map(
      ({ receiptId }) => receiptId,
    );

  it.each<[string, EarlierReceipt['reach']]>([
    ['arrived', 'reached'],
    ['is on its way', 'under-way'],
  ])('withdraws no receipt of which one delivery was passed by another that %s', (_what, reach) => {
    expect(withdrawn(earlier('shown', 'd1'), earlier(reach, 'd2'), earlier('none', 'd3', 'other'))).toEqual(['other']);
    expect(withdrawn(earlier('none', 'd1'), earlier(reach, 'd2'))).toEqual([]);
  });
});

describe('a professional of the circle in two roles, under two places of exercise', () => {
  const doctor = member();
  const attending = member({
    person: 'PractitionerRole/agnes-at-the-hospital',
    role: { system: 'urn:roles', code: 'ATTPHYS', display: 'Médecin responsable' },
    basis: 'PV1',
  });
  const circle = [attending, doctor];

  it('is told once, and has one receipt', () => {
    const { receipts, deliveries } = route(ADMISSION, input({ circle }));
    expect(receipts.map(({ member: person, reason }) => [person, reason])).toEqual([[doctor.person, 'rule-tells']]);
    expect(deliveries).toHaveLength(1);
  });

  it.each([
    ['accents and case', { family: 'Agnès' }, 1],
    ['the name', { family: 'BERTHIER' }, 2],
    ['the number', { identifier: `${RPPS}|10999000029` }, 2],
  ])('is one person where the two differ in %s: %j makes %d', (_what, change, count) => {
    expect(route(ADMISSION, input({ circle: [{ ...attending, ...change }, doctor] })).receipts).toHaveLength(count);
  });

  const earlier: EarlierReceipt = {
    receiptId: 'r',
    patient: ADMISSION.patient,
    about: ADMISSION.about.key,
    thread: ADMISSION.thread,
    member: doctor.person,
    label: 'AGNES',
    role: 'PCP',
    endpoint: 'agnes',
    deliveryId: 'd',
    reach: 'reached',
  };

  it('is not told again when the second role becomes known', () => {
    const rules = [{ ...RULE, roles: ['any'] }];
    const late = routeLate(ADMISSION, new Set([attending.person]), input({ circle, rules, receipts: [earlier] }));
    expect(late.receipts).toEqual([]);
  });

  it('is corrected once', () => {
    const { receipts } = route({ ...ADMISSION, kind: 'correction' }, input({ circle, receipts: [earlier] }));
    expect(receipts.map(({ member: person, reason }) => [person, reason])).toEqual([
      [doctor.person, 'was-told-before'],
    ]);
  });
});
