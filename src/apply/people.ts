import type { Meta, Reference } from 'fhir/r4.js';
import { careTeam } from '../circle/care-team.js';
import { patientMemberships, stayMemberships } from '../circle/members.js';
import { canonicalJson } from '../message/canonical-json.js';
import type { Fact, FactOf } from '../message/fact.js';
import type { Contact, Membership } from '../message/membership.js';
import { inRecordedOrder, instant } from '../message/order.js';
import { referenceTo, type FoldedResource } from '../message/resource.js';
import type { Sourced } from '../message/sourced.js';
import type { FoldedStay, FoldOptions } from '../message/stay.js';
import { resourceId } from '../message/uuid.js';
import { contactsOf } from '../record/contacts.js';
import type { PatientGroup } from '../record/groups.js';
import { patientOf } from '../record/patient.js';
import { foldedStay, type ReducedStay } from '../record/stay.js';
import type { VisitFact } from '../record/visit.js';
import { placeVisits, type PlacedVisits } from '../record/visit-matching.js';
import { replacedResources } from './replaced-resources.js';
import { documentCircles, foldDocuments, type DocumentFacts, type PersonDocument } from './documents.js';

/** A folded resource with its canonical JSON. */
export interface Written {
  folded: FoldedResource;
  body: string;
}

/** The facts of a stay, and its movements reduced. */
export interface StayFacts {
  facts: readonly Fact[];
  reduced: ReducedStay;
}

/** A stay of a patient with its members, and what they were folded from. */
export interface PersonStay {
  from: StayFacts;
  /** What documents say of it. */
  visits: readonly VisitFact[];
  stay: FoldedStay;
  /** How the contacts were called, and which of them were hidden. */
  contacts: string;
  members: readonly Membership[];
}

/** One patient folded: what is about him beside his stays, his stays, and his circle. */
export interface Person {
  anchor: string;
  /** Anchors whose facts are his, `anchor` first. */
  anchors: readonly string[];
  patientId: string;
  /** References of the resources of his own: Patient, CareTeam. */
  patient: string;
  team: string | undefined;
  stays: ReadonlyMap<string, PersonStay>;
  documents: ReadonlyMap<string, PersonDocument>;
  /** Stay key, by id of the version of a document that tells of it. */
  stayOf: ReadonlyMap<string, string>;
  /** Memberships of no stay (null), of each stay that is folded, and of each document. */
  memberships: ReadonlyMap<string | null, readonly Membership[]>;
  /** All of them, and those of stays that are not folded. */
  circle: readonly Membership[];
  /** When the resources next change by themselves. */
  nextChange: string | null;
  /** Contacts that are neither told nor shown. */
  hidden: string;
  resources: ReadonlyMap<string, Written>;
}

/** What of a patient is not among the facts that are folded. */
export interface Elsewhere {
  /** Rows of the projection of stays that are not folded, by Patient id. */
  memberships: ReadonlyMap<string, readonly Membership[]>;
  /** Begin of the earliest membership among them, by Patient id. */
  firstMember: ReadonlyMap<string, string>;
}

export interface PersonInput {
  group: PatientGroup;
  /** His facts of no stay. */
  facts: readonly Fact[];
  stays: readonly StayFacts[];
  documents: readonly DocumentFacts[];
  /** What documents in force say of stays without a number. */
  visits: readonly VisitFact[];
  elsewhere: Elsewhere;
  /** When each anchor was first recorded. */
  births: ReadonlyMap<string, string>;
}

/**
 * Folds one patient. A stay that did not change since `before`, under the same Patient and with or without a circle as then, is taken from
 * there.
 */
export function foldPerson(input: PersonInput, options: FoldOptions, before?: Person): Person {
  const { group, facts, elsewhere } = input;
  const anchors = group.anchors.map((identity) => identity.anchor);
  const [anchor = ''] = anchors;
  const patientId = resourceId('Patient', anchor);
  const contacts = contactsOf(ofKind(facts, 'contact'), anchor);
  const placed = visitsOf(input, anchor);
  const stays = foldStays(input.stays, { patientId, contacts: contacts.byKey, placed }, options, before);
  const own = patientMemberships(ofKind(facts, 'member'), contacts.byKey).memberships;
  const memberships = new Map<string | null, readonly Membership[]>([
    [null, own],
    ...[...stays].map(([key, { members }]) => [key, members] as const),
    ...documentCircles(input.documents, contacts.byKey),
  ]);
  const circle = [...[...memberships.values()].flat(), ...(elsewhere.memberships.get(patientId) ?? [])];
  const firstMember = elsewhere.firstMember.get(patientId);
  const patient = patientOf(group, doctorsOf(own, options.now));
  const { team, nextChange } = careTeam({
    anchor,
    patientId,
    memberships: circle,
    ...(firstMember === undefined ? {} : { firstMember }),
    options,
  });
  const shared = team && { ...team, resource: { ...team.resource, meta: protectedAs(team, patient) } };
  const surroundings = { patientId, teamId: team?.resource.id, stayOf: placed.stayOf, stays };
  const documents = foldDocuments(input.documents, surroundings, before?.documents ?? new Map());
  const ownResources = [patient, ...contacts.resources, ...(shared ? [shared] : []), ...replacedResources(input)];
  return {
    anchor,
    anchors,
    patientId,
    patient: referenceTo(patient.resource),
    team: team && referenceTo(team.resource),
    stays,
    documents,
    stayOf: placed.stayOf,
    memberships,
    circle,
    nextChange,
    hidden: [...contacts.byKey].flatMap(([key, { hidden }]) => (hidden ? [key] : [])).join(' '),
    resources: writeAll(ownResources, { stays, documents }, team?.resource.id, before),
  };
}

/** Which stays the documents mean. */
function visitsOf({ stays, visits }: PersonInput, anchor: string): PlacedVisits {
  const numbered = stays.map(({ facts, reduced }) => ({ reduced, visits: inRecordedOrder(ofKind(facts, 'visit')) }));
  return placeVisits(numbered, inRecordedOrder(visits), anchor);
}

/** The stays of which facts tell, and those that documents tell of without a number. */
function foldStays(
  numbered: readonly StayFacts[],
  { patientId, contacts, placed }: { patientId: string; contacts: ReadonlyMap<string, Contact>; placed: PlacedVisits },
  options: FoldOptions,
  before: Person | undefined,
): Map<string, PersonStay> {
  const keys = new Set(numbered.map(({ reduced }) => reduced.key));
  const stays = [...numbered, ...[...placed.visitsOf.keys()].filter((key) => !keys.has(key)).map(unmoved)];
  const names = [...contacts]
    .map(([key, { person, label, hidden }]) => [key, person, label, hidden].join('|'))
    .join('\n');
  return new Map(
    stays.flatMap((from): [string, PersonStay][] => {
      const { key } = from.reduced;
      const earlier = before?.patientId === patientId ? before.stays.get(key) : undefined;
      const visits = placed.visitsOf.get(key) ?? [];
      const same = earlier !== undefined && isSame(earlier.from, from) && sameVisits(earlier.visits, visits);
      if (same && earlier.contacts === names) return [[key, earlier]];
      const stay = same ? earlier.stay : foldedStay(from.reduced, patientId, visits);
      if (stay === undefined) return [];
      const members = stayMemberships(stay, ofKind(from.facts, 'member'), contacts, options);
      return [[key, { from, visits, stay, contacts: names, members }]];
    }),
  );
}

/** A stay of which no movement tells. */
function unmoved(key: string): StayFacts {
  return { facts: [], reduced: { key, movements: [], doubts: [], void: new Set() } };
}

function isSame(a: StayFacts, b: StayFacts): boolean {
  return a === b || (a.facts.length === 0 && b.facts.length === 0);
}

function sameVisits(a: readonly VisitFact[], b: readonly VisitFact[]): boolean {
  return a.length === b.length && a.every((visit, index) => visit === b[index]);
}

/** Every resource with its bytes; those of a stay that is the same object as before are not written again. */
function writeAll(
  own: readonly FoldedResource[],
  { stays, documents }: Pick<Person, 'stays' | 'documents'>,
  teamId: string | undefined,
  before: Person | undefined,
): Map<string, Written> {
  const written = new Map<string, Written>();
  for (const folded of own) written.set(referenceTo(folded.resource), { folded, body: canonicalJson(folded.resource) });
  const sameTeam = before?.team === (teamId === undefined ? undefined : `CareTeam/${teamId}`);
  for (const [key, { stay }] of stays) {
    const plan = `CarePlan/${resourceId('CarePlan', key)}`;
    const encounter = referenceTo(stay.encounter.resource);
    const same = sameTeam && before?.stays.get(key)?.stay === stay;
    const [kept, keptPlan] = same ? [before.resources.get(encounter), before.resources.get(plan)] : [];
    written.set(encounter, kept ?? writtenOf(stay.encounter));
    if (stay.plan !== undefined) written.set(plan, keptPlan ?? writtenOf(stay.plan(teamId)));
  }
  for (const [key, { document }] of documents) {
    const same = before?.documents.get(key)?.document === document;
    for (const folded of document.resources) {
      const reference = referenceTo(folded.resource);
      written.set(reference, (same ? before.resources.get(reference) : undefined) ?? writtenOf(folded));
    }
  }
  return written;
}

function writtenOf(folded: FoldedResource): Written {
  return { folded, body: canonicalJson(folded.resource) };
}

function ofKind<Kind extends Fact['kind']>(facts: readonly Fact[], kind: Kind): FactOf<Kind>[] {
  return facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind);
}

/** The declared family doctors of now are Patient.generalPractitioner too. */
function doctorsOf(memberships: readonly Membership[], now: string): Sourced<Reference>[] {
  const at = instant(now);
  const present = memberships.filter(
    ({ role, hidden, from, to }) =>
      role.code === 'PCP' && !hidden && instant(from) <= at && (to === undefined || instant(to) > at),
  );
  // Two sources may declare one doctor.
  return [...new Map(present.map((membership) => [membership.person, membership])).values()].map(
    ({ person, label, origin }) => ({
      value: { reference: person, ...(label === '' ? {} : { display: label }) },
      ...origin,
    }),
  );
}

/** A protected patient's circle is protected too. */
function protectedAs(team: FoldedResource, patient: FoldedResource): Meta {
  const security = [...(team.resource.meta?.security ?? []), ...(patient.resource.meta?.security ?? [])];
  const distinct = security.filter(({ code }, index) => security.findIndex((label) => label.code === code) === index);
  return { ...team.resource.meta, ...(distinct.length === 0 ? {} : { security: distinct }) };
}
