import type { Fact } from '../message/fact.js';
import { compareText, inRecordedOrder, instant } from '../message/order.js';
import type { EarlierReceipt } from '../message/receipt.js';
import type { Doubt, FoldOptions } from '../message/stay.js';
import type { PatientWindow } from '../message/translation.js';
import { uuid5 } from '../message/uuid.js';
import { partPatients, type Parting, type PatientGroup } from '../record/groups.js';
import { changesNumbers } from '../record/identity.js';
import type { MovementFact } from '../record/movement.js';
import { reduceStay } from '../record/stay.js';
import type { VisitFact } from '../record/visit.js';
import { moveAccounts } from './account-moves.js';
import { documentDoubts, ownedDocuments, visitsInForce, type OwnedDocument } from './documents.js';
import { foldPerson, type Elsewhere, type Person, type StayFacts } from './people.js';
import { placeUnnumbered } from './unnumbered.js';

/**
 * All that is known of the people of one window, folded. Replaced by each message, never edited, so that a failing message leaves no trace.
 */
export interface FoldedWindow {
  cluster: string;
  facts: readonly Fact[];
  /** Every fact of the cluster is among `facts`. */
  whole: boolean;
  /** When each anchor was first recorded, in UTC. */
  births: ReadonlyMap<string, string>;
  /** Latest recordedAt of a fact of no stay that is left out. */
  outdatedUntil: string | undefined;
  elsewhere: Elsewhere;
  receipts: readonly EarlierReceipt[];
  /** Times about which everything is loaded that documents say of stays; absent: always. */
  around?: PatientWindow['around'];
  people: readonly Person[];
  /** Changes of numbers (A47) and moves of accounts (A44) that have effect. */
  reassignments: readonly string[];
  doubts: ReadonlyMap<string, Doubt>;
  stays: ReadonlyMap<string, OwnedStay>;
  documents: ReadonlyMap<string, OwnedDocument>;
  /** What documents say of stays: what versions in force say without a number, and what no longer counts. */
  unnumbered: readonly VisitFact[];
  superseded: readonly VisitFact[];
  /** Facts that name an account only, at the stays where they were placed, by id. */
  placed: ReadonlyMap<string, Fact>;
  /** Facts that have no effect: of an account without one open stay. */
  unplaced: readonly Fact[];
}

/** A stay and whose it is: of several people who claim it the one who was recorded first. */
export interface OwnedStay {
  owner: PatientGroup;
  /** The owner's facts, reduced; a stay of which they are the same is the same object. */
  own: StayFacts;
  /** Facts of others, which have no effect. */
  strangers: readonly Fact[];
}

const NOWHERE: Elsewhere = { memberships: new Map(), firstMember: new Map() };

/** Folds what the store loaded. */
export function foldWindow(window: PatientWindow, options: FoldOptions): FoldedWindow {
  const { cluster, facts, anchors, memberships, firstMember, outdatedUntil, receipts, around } = window;
  // Of somebody unknown until now there is nothing else.
  const whole = window.whole || anchors.length === 0;
  const births = new Map(anchors.map(({ anchor, recordedAt }) => [anchor, recordedAt]));
  return foldFacts(
    { cluster, facts, whole, births, outdatedUntil, elsewhere: { memberships, firstMember }, receipts, around },
    options,
  );
}

/** The fold of some facts and nothing else, e.g. of one message on its own. */
export function foldWhole(facts: readonly Fact[], options: FoldOptions): FoldedWindow {
  const births = new Map();
  return foldFacts(
    { cluster: '', facts, whole: true, births, outdatedUntil: undefined, elsewhere: NOWHERE, receipts: [] },
    options,
  );
}

export type WindowFacts = Omit<
  FoldedWindow,
  'people' | 'reassignments' | 'doubts' | 'stays' | 'documents' | 'unnumbered' | 'superseded' | 'placed' | 'unplaced'
>;

/** Folds the facts of a window; what did not change since `before` is taken from there. */
export function foldFacts(window: WindowFacts, options: FoldOptions, before?: FoldedWindow): FoldedWindow {
  const lasting = window.facts.filter(isLasting);
  const { groups, doubts, changes, births } = parting(lasting, window);
  const groupOf = new Map(groups.flatMap((group) => group.anchors.map(({ anchor }) => [anchor, group] as const)));
  const moved = moveAccounts(window.facts, groups, before?.placed ?? new Map());
  const placed = placeUnnumbered(moved.facts, groupOf, before?.placed ?? new Map());
  const documents = ownedDocuments(window.facts, groupOf, before?.documents ?? new Map());
  const { inForce, superseded } = visitsInForce(window.facts, documents);
  const counted = superseded.length === 0 ? placed.facts : placed.facts.filter((fact) => !isAmong(fact, superseded));
  const stays = ownedStays(counted, groupOf, options, before);
  const unnumbered = inForce.filter(({ stay }) => stay === undefined);
  const reassignments = [...changes, ...moved.moves];
  const folded = { ...window, births, reassignments, stays, documents, unnumbered, superseded };
  const standing = [...doubts, ...placed.doubts, ...doubtsOf(stays), ...documentDoubts(documents)];
  return {
    ...folded,
    people: groups.map((group) => foldGroup(group, folded, options, before)),
    placed: new Map(placed.facts.flatMap((fact) => (fact.stay === undefined ? [] : [[fact.id, fact]]))),
    unplaced: placed.unplaced,
    doubts: new Map(standing.map((doubt) => [doubt.key, doubt])),
  };
}

/** Is it a fact of the patient himself, of no stay and no document? */
export function isLasting({ stay, kind }: Fact): boolean {
  return stay === undefined && kind !== 'document' && kind !== 'visit';
}

function isAmong(fact: Fact, facts: readonly Fact[]): boolean {
  return fact.kind === 'visit' && facts.includes(fact);
}

function doubtsOf(stays: ReadonlyMap<string, OwnedStay>): Doubt[] {
  return [...[...stays.values()].flatMap(({ own }) => own.reduced.doubts), ...claimedStays(stays)];
}

function foldGroup(
  group: PatientGroup,
  {
    facts,
    births,
    elsewhere,
    stays,
    documents,
    unnumbered,
  }: WindowFacts & Pick<FoldedWindow, 'stays' | 'documents' | 'unnumbered'>,
  options: FoldOptions,
  before: FoldedWindow | undefined,
): Person {
  const anchors = new Set(group.anchors.map(({ anchor }) => anchor));
  const owned = [...stays.values()].filter(({ owner }) => owner === group);
  const input = {
    group,
    facts: facts.filter((fact) => isLasting(fact) && anchors.has(fact.patient)),
    stays: owned.map(({ own }) => own),
    documents: [...documents.values()].flatMap(({ owner, own }) => (owner === group ? [own] : [])),
    visits: unnumbered.filter(({ patient }) => anchors.has(patient)),
    elsewhere,
    births,
  };
  return foldPerson(
    input,
    options,
    before?.people.find(({ anchor }) => anchor === group.anchors[0]?.anchor),
  );
}

/** The people of the facts, and when each of their anchors was first recorded. */
function parting(lasting: readonly Fact[], window: WindowFacts): Parting & { births: Map<string, string> } {
  const births = bornAt(lasting, window);
  const milliseconds = new Map([...births].map(([anchor, recordedAt]) => [anchor, instant(recordedAt)]));
  const parted = partPatients(lasting, milliseconds);
  if (parted.changes.length === 0) return { ...parted, births };
  for (const { anchor, birth } of parted.groups.flatMap(({ anchors }) => anchors))
    if (milliseconds.get(anchor) !== birth) births.set(anchor, new Date(birth).toISOString());
  return { ...parted, births };
}

/** Of what is whole the facts say when an anchor was first recorded; else the earlier of what the store knows and what is new. */
function bornAt(lasting: readonly Fact[], { births: stored, whole }: WindowFacts): Map<string, string> {
  const births = new Map(whole ? [] : stored);
  for (const fact of lasting) {
    const { kind, patient, recordedAt } = fact;
    if (kind !== 'identity' || changesNumbers(fact)) continue;
    const birth = births.get(patient);
    if (birth === undefined || instant(recordedAt) < instant(birth))
      births.set(patient, new Date(recordedAt).toISOString());
  }
  return births;
}

function ownedStays(
  facts: readonly Fact[],
  groupOf: ReadonlyMap<string, PatientGroup>,
  options: FoldOptions,
  before: FoldedWindow | undefined,
): Map<string, OwnedStay> {
  return new Map(
    [...byStay(facts)]
      .sort(([a], [b]) => compareText(a, b))
      .flatMap(([key, claims]): [string, OwnedStay][] => {
        const owner = groupOf.get(claimantOf(claims));
        if (owner === undefined) return [];
        const own = claims.filter(({ patient }) => groupOf.get(patient) === owner);
        const strangers = claims.filter(({ patient }) => groupOf.get(patient) !== owner);
        const earlier = before?.stays.get(key)?.own;
        if (earlier !== undefined && sameFacts(earlier.facts, own)) return [[key, { owner, own: earlier, strangers }]];
        const reduced = reduceStay(key, movementsIn(own), options.asOf);
        return [[key, { owner, own: { facts: own, reduced }, strangers }]];
      }),
  );
}

function byStay(facts: readonly Fact[]): Map<string, Fact[]> {
  const stays = new Map<string, Fact[]>();
  for (const fact of facts)
    if (fact.stay !== undefined) {
      const list = stays.get(fact.stay);
      if (list === undefined) stays.set(fact.stay, [fact]);
      else list.push(fact);
    }
  return stays;
}

function movementsIn(facts: readonly Fact[]): MovementFact[] {
  return facts.filter((fact): fact is MovementFact => fact.kind === 'movement');
}

/** The anchor under which the stay was first recorded to begin; a stay number is never moved by who names it later. */
function claimantOf(claims: readonly Fact[]): string {
  const people = new Set(claims.map(({ patient }) => patient));
  if (people.size === 1) return claims[0]?.patient ?? '';
  const ordered = inRecordedOrder(movementsIn(claims));
  const first = ordered.find(({ body }) => body.action === 'INSERT') ?? ordered[0];
  return first?.patient ?? inRecordedOrder(claims)[0]?.patient ?? '';
}

function sameFacts(a: readonly Fact[], b: readonly Fact[]): boolean {
  return a.length === b.length && a.every((fact, index) => fact === b[index]);
}

function messagesOf(facts: readonly Fact[]): string[] {
  return [...new Set(facts.map(({ messageId }) => messageId))];
}

function claimedStays(stays: ReadonlyMap<string, OwnedStay>): Doubt[] {
  const text = 'the visit number belongs to another patient; an account move (A44) or a merge (A40) would move it';
  return [...stays].flatMap(([key, { strangers }]) =>
    [...new Set(strangers.map(({ patient }) => patient))].map((patient) => ({
      key: `stay-of-another-patient|${uuid5(`${key}|${patient}`)}`,
      reason: 'stay-of-another-patient',
      field: 'PV1-19',
      text,
      messages: messagesOf(strangers.filter((fact) => fact.patient === patient)),
      // A document says more than of which stay it is: it alone is without effect.
      parks: strangers.some((fact) => fact.patient === patient && fact.kind !== 'visit'),
    })),
  );
}
