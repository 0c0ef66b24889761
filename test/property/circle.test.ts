import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { careTeam } from '../../src/circle/care-team.js';
import { patientMemberships, stayMemberships } from '../../src/circle/members.js';
import { membersAt } from '../../src/circle/members-at.js';
import { participations } from '../../src/circle/participants.js';
import { canonicalJson } from '../../src/message/canonical-json.js';
import type { Contact, Membership } from '../../src/message/membership.js';
import { instant } from '../../src/message/order.js';
import { membership, OPTIONS, presence, ROLE, statement, stayOf, type Statement } from '../support/members.js';

const HOUR = 3_600_000;
const ORIGIN = Date.parse('2026-03-01T00:00:00Z');
const at = (hours: number) => new Date(ORIGIN + hours * HOUR).toISOString();

const CONTACTS: ReadonlyMap<string, Contact> = new Map([
  ['1', { person: 'RelatedPerson/lucie', label: 'LUCIE ESSAI', hidden: false }],
  ['2', { person: 'RelatedPerson/paul', label: 'PAUL ESSAI', hidden: true }],
]);
const PEOPLE = ['PractitionerRole/a', 'PractitionerRole/b', 'PractitionerRole/c', 'contact:1', 'contact:2'];
const ROLES = [ROLE.PCP, ROLE.PCP, ROLE.PROV, ROLE.ECON];
const STAY = 'urn:oid:2.999.1|V1';

const hour = fc.integer({ min: 0, max: 200 });
const bound = fc.option(fc.oneof(hour.map(at), fc.constant(null), fc.constant('2026-03-04')), {
  nil: undefined,
  freq: 2,
});

/** Any statements about few people, so that they meet: instants of one hour are frequent. */
const anyStatements = (stay?: string) =>
  fc
    .array(
      fc.record({
        recorded: hour,
        sent: fc.integer({ min: 0, max: 1 }),
        effective: hour,
        source: fc.constantFrom('a', 'b'),
        person: fc.constantFrom(...PEOPLE),
        role: fc.constantFrom(...ROLES),
        action: fc.constantFrom('add' as const, 'add' as const, 'end' as const),
        label: fc.constantFrom('x', 'y'),
        movement: fc.constantFrom('M1', 'M2', 'M3'),
        begin: bound,
        end: bound,
      }),
      { maxLength: 14 },
    )
    .map((all) =>
      all.map(({ recorded, sent, effective, source, begin, end, ...body }, index): Statement => {
        const times = { ...(begin === undefined ? {} : { begin }), ...(end === undefined ? {} : { end }) };
        return {
          ...statement({ id: `${String(index)}.0`, on: 1, source, ...body, ...times, ...(stay ? { stay } : {}) }),
          messageId: String(index),
          recordedAt: at(recorded),
          sentAt: at(recorded + sent),
          effectiveAt: at(effective),
        };
      }),
    );

const shuffled = <T>(items: T[]) =>
  fc.shuffledSubarray(items, { minLength: items.length }).map((other): [T[], T[]] => [items, other]);

const anyMemberships = fc.array(
  fc
    .record({
      person: fc.constantFrom('PractitionerRole/a', 'PractitionerRole/b'),
      role: fc.constantFrom(ROLE.PCP, ROLE.PROV),
      label: fc.constantFrom('', 'A', 'B'),
      from: hour,
      length: fc.option(fc.integer({ min: 0, max: 60 }), { nil: undefined }),
      source: fc.constantFrom('a', 'b'),
      stay: fc.constantFrom('V1', 'V2'),
      hidden: fc.boolean(),
      restricted: fc.boolean(),
    })
    .map(({ from, length, ...parts }) =>
      membership({ ...parts, from: at(from), ...(length === undefined ? {} : { to: at(from + length) }) }),
    ),
  { maxLength: 8 },
);

const teamAt = (memberships: readonly Membership[], hours: number, firstMember?: string) => {
  const options = { ...OPTIONS, now: at(hours), circleShowsEndedDays: 1 };
  const input = { anchor: 'urn:oid:2.999.1|IPP1', patientId: 'p1', memberships, options };
  const { team, nextChange } = careTeam(firstMember === undefined ? input : { ...input, firstMember });
  return { bytes: canonicalJson(team?.resource ?? null), nextChange };
};

describe('the order of arrival', () => {
  it('of statements changes no membership for life, nor what is in force', () => {
    fc.assert(
      fc.property(anyStatements().chain(shuffled), ([all, other]) => {
        const folded = patientMemberships(all, CONTACTS);
        const refolded = patientMemberships(other, CONTACTS);
        expect(refolded.memberships).toEqual(folded.memberships);
        expect([...refolded.outdated].sort()).toEqual([...folded.outdated].sort());
      }),
      { numRuns: 200 },
    );
  });

  it('of statements changes no membership of a stay', () => {
    const stay = stayOf({ start: at(20), end: at(150), void: new Set(['M2']), presences: [presence()] });
    fc.assert(
      fc.property(anyStatements(STAY).chain(shuffled), ([all, other]) => {
        const folded = stayMemberships(stay, all, CONTACTS, OPTIONS);
        expect(stayMemberships(stay, other, CONTACTS, OPTIONS)).toEqual(folded);
        for (const { from, to } of folded.slice(1)) {
          expect(instant(from)).toBeGreaterThanOrEqual(Math.min(instant(at(20)), instant(to ?? from)));
          expect(instant(to ?? '')).toBeLessThanOrEqual(instant(at(150)));
          expect(instant(from)).toBeLessThanOrEqual(instant(to ?? ''));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('of memberships changes no byte of the CareTeam', () => {
    fc.assert(
      fc.property(anyMemberships.chain(shuffled), hour, ([all, other], now) => {
        expect(teamAt(other, now)).toEqual(teamAt(all, now));
      }),
      { numRuns: 200 },
    );
  });
});

describe('statements that are outdated', () => {
  it('can be left out for ever, whatever is recorded later', () => {
    let outdatedCount = 0;
    fc.assert(
      fc.property(anyStatements(), hour, (all, present) => {
        const earlier = all.filter(({ recordedAt }) => instant(recordedAt) <= instant(at(present)));
        const later = all.filter((fact) => !earlier.includes(fact));
        const { outdated } = patientMemberships(earlier, CONTACTS);
        outdatedCount += outdated.length;
        const inForce = earlier.filter(({ id }) => !outdated.includes(id));
        expect(patientMemberships([...inForce, ...later], CONTACTS).memberships).toEqual(
          patientMemberships(all, CONTACTS).memberships,
        );
        expect(patientMemberships(inForce, CONTACTS)).toEqual({
          memberships: patientMemberships(earlier, CONTACTS).memberships,
          outdated: [],
        });
      }),
      { numRuns: 500 },
    );
    expect(outdatedCount).toBeGreaterThan(50);
  });

  it('do not add up: repeated for ever, statements without news leave two in force', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 40 }), fc.constantFrom(...ROLES), bound, (count, role, end) => {
        const all = Array.from({ length: count }, (_, index) => ({
          ...statement({ id: `${String(index)}.0`, on: 1, role, ...(end === undefined ? {} : { end }) }),
          recordedAt: at(index),
          effectiveAt: at(index),
        }));
        const inForce = count - patientMemberships(all, CONTACTS).outdated.length;
        expect(inForce).toBeLessThanOrEqual(typeof end === 'string' ? 3 : 2);
      }),
    );
  });
});

/** Statements as they come about in the world: one at a time, true when they are recorded. */
const plainStatements = (role: Statement['body']['role']) =>
  fc
    .array(
      fc.record({
        source: fc.constantFrom('a', 'b'),
        person: fc.constantFrom('A', 'B', 'C'),
        action: fc.constantFrom('add' as const, 'add' as const, 'end' as const),
      }),
      { maxLength: 16 },
    )
    .map((all) =>
      all.map((body, index) => ({
        ...statement({ id: `${String(index)}.0`, on: 1, role, ...body }),
        recordedAt: at(index),
        sentAt: at(index),
        effectiveAt: at(index),
      })),
    );

/** Who is a nurse at that time: whoever was declared last and not dismissed, by any source. */
function nursesAt(statements: readonly Statement[]): string[] {
  const present = new Set<string>();
  for (const { source, body } of statements)
    if (body.action === 'add') present.add(`${source}|${body.person}`);
    else present.delete(`${source}|${body.person}`);
  return [...new Set([...present].map((key) => key.slice(2)))].sort();
}

/** Who is the family doctor: the last one whom a source declared anew, unless he was dismissed. */
function familyDoctorAt(statements: readonly Statement[]): string[] {
  const views = new Map<string, string>();
  let present: string | undefined;
  for (const { source, body } of statements) {
    if (body.action === 'add') {
      if (views.get(source) !== body.person) present = body.person;
      views.set(source, body.person);
    } else {
      if (views.get(source) === body.person) views.delete(source);
      if (present === body.person) present = undefined;
    }
  }
  return present === undefined ? [] : [present];
}

describe('the members as of an instant', () => {
  it.each([
    ['nurses', ROLE.PROV, nursesAt],
    ['family doctor', ROLE.PCP, familyDoctorAt],
  ])('are those whom the statements until then leave: %s', (_, role, model) => {
    fc.assert(
      fc.property(plainStatements(role), fc.nat(16), (all, hours) => {
        const { memberships } = patientMemberships([...all].reverse(), CONTACTS);
        const present = membersAt(memberships, at(hours + 0.5)).map(({ person }) => person);
        expect([...new Set(present)].sort()).toEqual(model(all.slice(0, hours + 1)));
      }),
      { numRuns: 500 },
    );
  });

  it('never hold two family doctors, whatever begins and ends are stated', () => {
    fc.assert(
      fc.property(anyStatements(), hour, (all, hours) => {
        const { memberships } = patientMemberships(all, CONTACTS);
        const doctors = membersAt(memberships, at(hours + 0.5)).filter(({ role }) => role.code === 'PCP');
        expect(new Set(doctors.map(({ person }) => person)).size).toBeLessThanOrEqual(1);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the CareTeam', () => {
  it('changes by itself at the next change and not before', () => {
    fc.assert(
      fc.property(anyMemberships, hour, fc.nat(400), (memberships, now, ahead) => {
        const { bytes, nextChange } = teamAt(memberships, now);
        const until = nextChange === null ? Number.POSITIVE_INFINITY : (instant(nextChange) - ORIGIN) / HOUR;
        expect(until).toBeGreaterThan(now);
        expect(teamAt(memberships, Math.min(now + ahead, until - 0.001)).bytes).toBe(bytes);
      }),
      { numRuns: 500 },
    );
  });

  it('is the same without those who left before the window, if the begin of the first of them is given', () => {
    fc.assert(
      fc.property(anyMemberships, hour, (memberships, now) => {
        const isOld = ({ to }: Membership) => to !== undefined && instant(to) <= instant(at(now - 24));
        const [firstMember] = memberships
          .filter((member) => isOld(member) && !member.hidden)
          .map(({ from }) => from)
          .sort();
        const recent = memberships.filter((member) => !isOld(member));
        expect(teamAt(recent, now, firstMember)).toEqual(teamAt(memberships, now));
      }),
      { numRuns: 200 },
    );
  });

  it('comes to rest by its next changes, as if it were folded at the end', () => {
    fc.assert(
      fc.property(anyMemberships, (memberships) => {
        let { bytes, nextChange } = teamAt(memberships, 0);
        for (let changes = 0; nextChange !== null && changes < 100; changes++)
          ({ bytes, nextChange } = teamAt(memberships, (instant(nextChange) - ORIGIN) / HOUR));
        expect(bytes).toBe(teamAt(memberships, 10_000).bytes);
      }),
      { numRuns: 300 },
    );
  });

  it('shows one person in one role at one time once, and at each instant those who are members', () => {
    fc.assert(
      fc.property(anyMemberships, hour, (memberships, hours) => {
        const moment = instant(at(hours + 0.5));
        const within = ({ from, to }: { from: string; to?: string | undefined }) =>
          instant(from) <= moment && (to === undefined || moment <= instant(to));
        const keys = participations(memberships)
          .filter(within)
          .map(({ last }) => `${last.person}|${last.role.code}`);
        expect(new Set(keys).size).toBe(keys.length);
        expect(new Set(keys)).toEqual(
          new Set(membersAt(memberships, at(hours + 0.5)).map(({ person, role }) => `${person}|${role.code}`)),
        );
      }),
      { numRuns: 500 },
    );
  });
});
