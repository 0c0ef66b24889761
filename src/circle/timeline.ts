import type { Fact, MemberBody } from '../message/fact.js';
import { inEffectiveOrder, instant } from '../message/order.js';

export type MemberFact = Extract<Fact, { kind: 'member' }>;

/** One time somebody spent in the circle, in one role. */
export interface Membership {
  body: MemberBody;
  stay: string | undefined;
  from: string;
  to?: string;
  /** What said that it began, and that it ended. */
  begun: MemberFact;
  ended?: MemberFact;
}

/**
 * The memberships that member facts tell, in the order in which they hold. There is one médecin traitant at a time: the next one
 * declared ends the one before.
 */
export function membershipsOf(facts: readonly MemberFact[]): Membership[] {
  const groups = new Map<string, MemberFact[]>();
  for (const fact of inEffectiveOrder(facts)) {
    const key = fact.body.role.code === 'PCP' ? 'PCP' : fact.body.member;
    groups.set(key, [...(groups.get(key) ?? []), fact]);
  }
  return [...groups.values()].flatMap(timeline);
}

function timeline(facts: MemberFact[]): Membership[] {
  let memberships: Membership[] = [];
  for (const fact of facts.sort((a, b) => instant(beginOf(a)) - instant(beginOf(b)))) {
    const { body } = fact;
    if (body.action === 'withdraw') memberships = memberships.filter((one) => one.body.member !== body.member);
    else if (body.action === 'end') endMembership(memberships, fact);
    else addMembership(memberships, fact);
  }
  return memberships;
}

function beginOf(fact: MemberFact): string {
  if (fact.body.action === 'add') return fact.body.begin ?? fact.effectiveAt;
  return fact.body.action === 'end' ? (fact.body.end ?? fact.effectiveAt) : fact.effectiveAt;
}

function endMembership(memberships: Membership[], fact: MemberFact): void {
  const open = memberships.find((one) => one.to === undefined && one.body.member === fact.body.member);
  if (open === undefined) return;
  open.to = fact.body.end ?? fact.effectiveAt;
  open.ended = fact;
}

function addMembership(memberships: Membership[], fact: MemberFact): void {
  const { body } = fact;
  const open = memberships.find((one) => one.to === undefined);
  if (open !== undefined && open.body.member === body.member) {
    open.body = { ...open.body, ...body };
    if (body.end !== undefined) Object.assign(open, { to: body.end, ended: fact });
    return;
  }
  if (open !== undefined) Object.assign(open, { to: beginOf(fact), ended: fact });
  const membership: Membership = { body, stay: fact.stay, from: beginOf(fact), begun: fact };
  memberships.push(body.end === undefined ? membership : { ...membership, to: body.end, ended: fact });
}
