import { isIns } from '../fhir/systems.js';
import type { Fact, FactOf } from '../message/fact.js';
import { splitIdentifier } from '../message/identifier.js';
import { compareText, inRecordedOrder, instant } from '../message/order.js';
import type { Doubt } from '../message/stay.js';
import { uuid5 } from '../message/uuid.js';
import {
  anchorIdentity,
  changesNumbers,
  keyOf,
  numberOf,
  strictTraits,
  type AnchorIdentity,
  type IdentityFact,
} from './identity.js';
import { numberChanges, type ReplacedNumber } from './number-changes.js';

/** One patient: the anchors whose facts are about him, the one that names him first. */
export interface PatientGroup {
  anchors: AnchorIdentity[];
  /** Anchors that a merge replaced (A40). */
  merged: ReadonlySet<string>;
  /** Numbers of his that are no longer in force (A47). */
  replaced: readonly ReplacedNumber[];
}

/** The people of a cluster of identifiers, and what about them somebody must look at. */
export interface Parting {
  groups: PatientGroup[];
  doubts: Doubt[];
  /** Ids of the facts of changes of numbers (A47) that have effect. */
  changes: string[];
}

/**
 * Parts a cluster into patients. Two anchors are one patient where a merge says so, where one lists the other among its own numbers, or where
 * they share a national identity and their strict traits agree; an INS with other traits never joins two people, and is doubtful.
 * @param births when each anchor was first recorded, milliseconds; of those without an entry the facts say it
 */
export function partPatients(facts: readonly Fact[], births: ReadonlyMap<string, number>): Parting {
  const { merges, doubts } = mergesOf(facts.filter((fact) => fact.kind === 'merge'));
  const merged = new Set(merges.keys());
  const isMerge = (a: string, b: string) => merges.get(a) === b || merges.get(b) === a;
  const identities = facts.filter((fact) => fact.kind === 'identity');
  const changing = identities.filter(changesNumbers);
  const statements = changing.length === 0 ? identities : identities.filter((fact) => !changesNumbers(fact));
  const parted = partAnchors(statements, { births, merged, isOne: isMerge });
  if (changing.length === 0) {
    const groups = parted.map((anchors) => groupOf(anchors, merged, []));
    return { groups, doubts: [...doubts, ...sharedIns(groups)], changes: [] };
  }
  const changes = numberChanges(changing, parted);
  const links = new Set(changes.links.flatMap(([a, b]) => [`${a} ${b}`, `${b} ${a}`]));
  const groups = partAnchors([...statements, ...changes.facts], {
    births: birthsWith(changes.facts, parted.flat()),
    merged,
    isOne: (a, b) => isMerge(a, b) || links.has(`${a} ${b}`),
  }).map((anchors) => groupOf(anchors, merged, changes.replaced));
  const standing = [...doubts, ...changes.doubts, ...sharedIns(groups)];
  return { groups, doubts: standing, changes: changes.facts.map(({ id }) => id) };
}

/** A change of numbers names its anchor too. */
function birthsWith(changes: readonly IdentityFact[], anchors: readonly AnchorIdentity[]): Map<string, number> {
  const earliest = new Map(anchors.map(({ anchor, birth }) => [anchor, birth]));
  for (const { patient, recordedAt } of changes)
    earliest.set(patient, Math.min(earliest.get(patient) ?? Infinity, instant(recordedAt)));
  return earliest;
}

interface Joins {
  /** When each anchor was first recorded, milliseconds. */
  births: ReadonlyMap<string, number>;
  merged: ReadonlySet<string>;
  /** Are two anchors one patient whatever is said of them? */
  isOne: (a: string, b: string) => boolean;
}

/** The anchors of each patient. */
function partAnchors(facts: readonly IdentityFact[], { births, merged, isOne }: Joins): AnchorIdentity[][] {
  const anchors = [...byAnchor(facts)]
    .map(([anchor, own]) => anchorIdentity(anchor, own, births.get(anchor) ?? birthOf(own)))
    .sort((a, b) => compareRank(a, b, merged));
  return joined(anchors, (a, b) => isOne(a.anchor, b.anchor) || samePerson(a, b));
}

function groupOf(
  anchors: readonly AnchorIdentity[],
  merged: ReadonlySet<string>,
  changes: readonly ReplacedNumber[],
): PatientGroup {
  const own = new Set(anchors.map(({ anchor }) => anchor));
  const replaced = changes.filter(({ patient }) => own.has(patient));
  const past = replaced.length === 0 ? merged : new Set([...merged, ...replaced.map(({ number }) => number)]);
  return { anchors: [...anchors].sort((a, b) => compareRank(a, b, past)), merged, replaced };
}

/** When an anchor was first recorded, milliseconds. */
function birthOf(facts: readonly Pick<Fact, 'recordedAt'>[]): number {
  return Math.min(...facts.map(({ recordedAt }) => instant(recordedAt)));
}

function byAnchor(facts: readonly IdentityFact[]): Map<string, IdentityFact[]> {
  const anchors = new Map<string, IdentityFact[]>();
  for (const fact of facts) anchors.set(fact.patient, [...(anchors.get(fact.patient) ?? []), fact]);
  return anchors;
}

/**
 * Which anchor each merged one goes to, in recorded order. A merge that would lead back to what it replaces contradicts an earlier one: it
 * has no effect.
 */
function mergesOf(facts: readonly FactOf<'merge'>[]): { merges: Map<string, string>; doubts: Doubt[] } {
  const merges = new Map<string, string>();
  const doubts: Doubt[] = [];
  for (const { body } of inRecordedOrder(facts)) {
    if (merges.get(body.replaced) === body.survivor) continue;
    if (leadsTo(body.survivor, body.replaced, merges)) doubts.push(inverseMerge(body));
    else merges.set(body.replaced, body.survivor);
  }
  return { merges, doubts };
}

function leadsTo(from: string, to: string, merges: ReadonlyMap<string, string>): boolean {
  for (let at: string | undefined = from; at !== undefined; at = merges.get(at)) if (at === to) return true;
  return false;
}

function inverseMerge({ replaced, survivor }: FactOf<'merge'>['body']): Doubt {
  const text =
    'a merge (A40) contradicts an earlier one: the patient that it keeps was replaced by the one that it replaces';
  return { key: `merge|${uuid5(`${replaced}|${survivor}`)}`, reason: 'identity-conflict', field: 'MRG-1', text };
}

/** What nothing replaced first, hospitals' numbers before others, an INS last; then the one recorded first, then the smallest. */
function compareRank(a: AnchorIdentity, b: AnchorIdentity, merged: ReadonlySet<string>): number {
  return (
    Number(merged.has(a.anchor)) - Number(merged.has(b.anchor)) ||
    strengthOf(a) - strengthOf(b) ||
    a.birth - b.birth ||
    compareText(a.anchor, b.anchor)
  );
}

function strengthOf({ anchor, type }: AnchorIdentity): number {
  if (type === 'PI') return 0;
  return type === 'INS' || isIns(splitIdentifier(anchor).system) ? 2 : 1;
}

function samePerson(a: AnchorIdentity, b: AnchorIdentity): boolean {
  if (lists(a, b.anchor) || lists(b, a.anchor)) return true;
  return sharesIns(a, b) && strictTraits(a.contributions) === strictTraits(b.contributions);
}

function lists(identity: AnchorIdentity, anchor: string): boolean {
  return [...identity.identifiers.values()].some(
    ({ identifier: { system = '', value = '' }, type }) => type !== 'INS' && numberOf({ system, value }) === anchor,
  );
}

function sharesIns(a: AnchorIdentity, b: AnchorIdentity): boolean {
  const keys = new Set(a.ins.map(keyOf));
  return b.ins.some((ins) => keys.has(keyOf(ins)));
}

/** The connected parts of a relation. */
function joined<T>(items: readonly T[], related: (a: T, b: T) => boolean): T[][] {
  let parts: T[][] = [];
  for (const item of items) {
    const touched = parts.filter((part) => part.some((member) => related(member, item)));
    parts = [...parts.filter((part) => !touched.includes(part)), [...touched.flat(), item]];
  }
  return parts;
}

/** One INS on two people: other strict traits are another person, and somebody must find out whose it is. */
function sharedIns(groups: readonly PatientGroup[]): Doubt[] {
  const bearers = new Map<string, Set<PatientGroup>>();
  for (const group of groups)
    for (const { ins } of group.anchors)
      for (const key of ins.map(keyOf)) bearers.set(key, (bearers.get(key) ?? new Set()).add(group));
  const text =
    'two patients have one INS and other strict traits (birth name, first given name, sex, birth date); neither was joined to the other';
  return [...bearers]
    .filter(([, people]) => people.size > 1)
    .map(([key]) => ({ key: `ins|${uuid5(key)}`, reason: 'identity-conflict', field: 'PID-3', text }));
}
