import type { Fact } from '../message/fact.js';
import type { Membership } from '../message/membership.js';
import { instant } from '../message/order.js';
import type { Person } from './people.js';
import type { FoldedWindow } from './window.js';

/** Does a message speak of what no longer matters, or of whom the facts are about, so that only all facts show what it changes? */
export function reachesBack(facts: readonly Fact[], { outdatedUntil }: FoldedWindow): boolean {
  return facts.some(
    ({ kind, stay, recordedAt }) =>
      kind === 'merge' ||
      (stay === undefined && outdatedUntil !== undefined && instant(recordedAt) <= instant(outdatedUntil)),
  );
}

/**
 * Do other stays change too? They do where the people of the cluster are parted otherwise, where a circle begins or ends to be, where
 * somebody is hidden, and where somebody comes to be a member of the patient, who may be entitled to events that are not among the facts.
 */
export function needsWhole(before: FoldedWindow, after: FoldedWindow): boolean {
  return (
    after.people.some((person) => changesOtherStays(person, before)) ||
    partingOf(before) !== partingWithin(before, after)
  );
}

/** Which anchors are which person, the first of each names him. */
function partingOf({ people }: FoldedWindow): string {
  return people
    .map(({ anchors }) => anchors.join(' '))
    .sort()
    .join('\n');
}

/** The same of those anchors only that were there before: a stranger with a number of his own changes nobody. */
function partingWithin(before: FoldedWindow, after: FoldedWindow): string {
  const anchors = new Set(before.people.flatMap((person) => person.anchors));
  return partingOf({
    ...after,
    people: after.people.filter((person) => person.anchors.some((anchor) => anchors.has(anchor))),
  });
}

function changesOtherStays(person: Person, before: FoldedWindow): boolean {
  const earlier = before.people.find(({ anchor }) => anchor === person.anchor);
  if (earlier === undefined) return false;
  if (earlier.team !== person.team || earlier.hidden !== person.hidden) return true;
  // He may be entitled to events of any stay: one without members, planned or without staff, leaves no row to ask.
  return newcomers(earlier.memberships.get(null) ?? [], person.memberships.get(null) ?? []).some(
    ({ hidden }) => !hidden,
  );
}

/** Memberships that are there now and were not, or not so. */
export function newcomers(before: readonly Membership[], after: readonly Membership[]): Membership[] {
  const kept = new Set(before);
  const changed = after.filter((membership) => !kept.has(membership));
  if (changed.length === 0) return [];
  const times = new Set(before.map(timesOf));
  return changed.filter((membership) => !times.has(timesOf(membership)));
}

function timesOf({ person, role, from, to, hidden, stay }: Membership): string {
  return [person, role.code, from, to, hidden, stay].join('|');
}
