import type { CareTeamParticipant, Extension } from 'fhir/r4.js';
import { period } from '../fhir/period.js';
import { OWN } from '../fhir/systems.js';
import type { Membership } from '../message/membership.js';
import { compareText, instant } from '../message/order.js';
import type { Origin } from '../message/resource.js';
import { later } from './calendar.js';

/** One person in one role over one time, and the memberships that make it, by begin. */
export interface Participation {
  from: string;
  to: string | undefined;
  /** The membership that lasts longest. */
  last: Membership;
  memberships: [Membership, ...Membership[]];
}

/**
 * Joins the memberships of one person in one role whose times meet: stated by two sources or in several stays they are one participation.
 * @returns by begin, then person, then role
 */
export function participations(memberships: readonly Membership[]): Participation[] {
  const open = new Map<string, Participation>();
  const all: Participation[] = [];
  for (const { membership, begin } of inOrder(memberships)) {
    const { from, to } = membership;
    const key = keyOf(membership);
    const current = open.get(key);
    if (current !== undefined && (current.to === undefined || begin <= instant(current.to))) {
      join(current, membership);
    } else {
      const next: Participation = { from, to, last: membership, memberships: [membership] };
      open.set(key, next);
      all.push(next);
    }
  }
  return all;
}

function join(participation: Participation, membership: Membership): void {
  participation.memberships.push(membership);
  const { to } = participation;
  if (to === undefined) return;
  if (membership.to !== undefined && later(to, membership.to) === to) return;
  participation.to = membership.to;
  participation.last = membership;
}

/** By begin, in milliseconds. */
function inOrder(memberships: readonly Membership[]): { membership: Membership; begin: number }[] {
  return memberships
    .map((membership) => ({ membership, begin: instant(membership.from) }))
    .sort((a, b) => a.begin - b.begin || compareText(textOf(a.membership), textOf(b.membership)));
}

function keyOf({ person, role }: Membership): string {
  return [person, role.code, role.system].join('|');
}

function textOf(membership: Membership): string {
  const { from, to, source, basis, stay, label } = membership;
  return [keyOf(membership), from, to ?? '', source, basis, stay ?? '', label].join('|');
}

/** CareTeam.participant of a participation; a bound of its period that no source gives is marked as derived. */
export function participantOf(participation: Participation): CareTeamParticipant {
  const { from, to, last, memberships } = participation;
  const { person, role } = last;
  const extension = derivedBounds(participation);
  const label = [last, ...memberships].map((membership) => membership.label).find((text) => text !== '');
  return {
    role: [{ coding: [role] }],
    member: { reference: person, ...(label === undefined ? {} : { display: label }) },
    period: { ...(extension.length === 0 ? {} : { extension }), ...period(from, to) },
  };
}

/** The bounds that each membership with that bound derives: what one source gives is given. */
function derivedBounds({ from, to, memberships }: Participation): Extension[] {
  const begins = memberships.filter((membership) => instant(membership.from) === instant(from));
  const ends = memberships.filter((membership) => to !== undefined && instant(membership.to ?? '') === instant(to));
  const start = begins.every(({ fromDerived }) => fromDerived) ? ['start'] : [];
  const end = ends.length > 0 && ends.every(({ toDerived }) => toDerived) ? ['end'] : [];
  return [...start, ...end].map((valueCode) => ({ url: OWN.derivedBound, valueCode }));
}

/** Where a participant comes from: the statement or movement that began it, and the one that ended it. */
export function participantOrigins({ memberships, last }: Participation, index: number): Origin[] {
  const path = `participant[${String(index)}]`;
  const [first] = memberships;
  const end = last.ended ?? (last.to === undefined || last === first ? undefined : last.origin);
  return [{ path, ...first.origin }, ...(end === undefined ? [] : [{ path: `${path}.period.end`, ...end }])];
}
