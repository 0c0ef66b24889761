import type { Fact } from '../message/fact.js';
import type { Membership } from '../message/membership.js';
import { canonicalJson } from '../message/canonical-json.js';
import { instant } from '../message/order.js';
import { changesNumbers } from '../record/identity.js';
import { stayEntries, type StayEntry } from '../record/visit-matching.js';
import type { Person, StayFacts } from './people.js';
import { isLasting, type FoldedWindow } from './window.js';

/** Does a message speak of what no longer matters, or of whom the facts are about, so that only all facts show what it changes? */
export function reachesBack(facts: readonly Fact[], { outdatedUntil }: FoldedWindow): boolean {
  return facts.some(
    (fact) =>
      fact.kind === 'merge' ||
      fact.kind === 'move' ||
      changesNumbers(fact) ||
      (isLasting(fact) && outdatedUntil !== undefined && instant(fact.recordedAt) <= instant(outdatedUntil)),
  );
}

/**
 * Do other stays change too? They do where the people of the cluster are parted or numbered otherwise, where a circle begins or ends to be, where
 * somebody is hidden, and where somebody comes to be a member of the patient, who may be entitled to events that are not among the facts.
 */
export function needsWhole(before: FoldedWindow, after: FoldedWindow): boolean {
  return (
    after.people.some((person) => changesOtherStays(person, before) || changesOtherDocuments(person, before, after)) ||
    visitTimes(after).some((at) => !isAround(at, after)) ||
    [...after.stays.values()].some(({ own }) => isVisitedAlone(own)) ||
    before.reassignments.join('\n') !== after.reassignments.join('\n') ||
    partingOf(before) !== partingWithin(before, after)
  );
}

/**
 * Do documents that are not loaded change? Those do that tell of a stay which is another for them now, and those may that tell of one which
 * began, or began otherwise, at a time about which nothing was loaded. What a document said of a stay and counts again is to be marked so.
 */
function changesOtherDocuments(person: Person, before: FoldedWindow, after: FoldedWindow): boolean {
  const earlier = before.people.find(({ anchor }) => anchor === person.anchor);
  const revived = [...person.stayOf.keys()].some((document) =>
    before.superseded.some(({ body }) => body.document === document),
  );
  if (revived || earlier === undefined) return revived;
  const loaded = new Set([...after.documents.values()].flatMap(({ own }) => own.reduced.versions.map(({ id }) => id)));
  const documents = new Set([...earlier.stayOf.keys(), ...person.stayOf.keys()]);
  return (
    [...documents].some(
      (document) => !loaded.has(document) && stayOf(document, earlier) !== stayOf(document, person),
    ) || entriesBetween(earlier, person).some((at) => !isAround(at, after))
  );
}

/**
 * When the stays begin of which the loaded documents tell, in any of their versions: which stay each of them means shows only where everything
 * about that time was loaded, and the message itself may speak of none.
 */
function visitTimes({ documents, facts }: FoldedWindow): string[] {
  const versions = [...documents.values()].flatMap(({ own, strangers }) => [...own.facts, ...strangers]);
  const ids = new Set(versions.map(({ body }) => body.id));
  return facts.flatMap((fact) => {
    const begin = fact.kind === 'visit' && ids.has(fact.body.document) ? fact.body.begin : undefined;
    return begin === undefined ? [] : [begin];
  });
}

/**
 * Is it a stay that documents alone let begin, and of which something else is said? By its time it may be another of the feed, whose movements are
 * loaded only where the message brings documents.
 */
function isVisitedAlone({ facts, reduced }: StayFacts): boolean {
  return (
    reduced.stay === undefined &&
    facts.some(({ kind }) => kind === 'visit') &&
    facts.some(({ kind }) => kind !== 'visit')
  );
}

/** The stay that a document tells of, as the document shows it. */
function stayOf(document: string, { stayOf: stays, stays: folded }: Person): string {
  const key = stays.get(document) ?? '';
  const stay = folded.get(key)?.stay;
  return `${key}|${stay === undefined ? '' : 'encounter'}|${stay?.plan === undefined ? '' : 'plan'}`;
}

/** When stays of movements begin that begin otherwise than before. */
function entriesBetween(before: Person, after: Person): string[] {
  return [...new Set([...before.stays.keys(), ...after.stays.keys()])].flatMap((key) => {
    const [was, now] = [before.stays.get(key)?.from, after.stays.get(key)?.from];
    if (was === now) return [];
    const [earlier, later] = [was, now].map((from) => (from === undefined ? [] : stayEntries(from.reduced))) as [
      StayEntry[],
      StayEntry[],
    ];
    return canonicalJson(earlier) === canonicalJson(later) ? [] : [...earlier, ...later].map(({ at }) => at);
  });
}

/** Was everything loaded that documents say of stays at that time? */
function isAround(at: string, { around }: FoldedWindow): boolean {
  const moment = instant(at);
  return around?.some(({ from, to }) => instant(from) <= moment - NEAR && moment + NEAR <= instant(to)) ?? true;
}

/** A visit and its stay begin within a day of each other; either may be given as a day. */
const NEAR = 2 * 86_400_000;

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
