import { documentMemberships } from '../circle/members.js';
import { documentStay } from '../message/document.js';
import type { Fact } from '../message/fact.js';
import type { Contact, Membership } from '../message/membership.js';
import { inRecordedOrder } from '../message/order.js';
import type { Doubt, FoldedDocument } from '../message/stay.js';
import { resourceId, uuid5 } from '../message/uuid.js';
import { documentMembers, foldedDocument } from '../record/document.js';
import { isRestricted } from '../record/document-reference.js';
import { documentsIn, reduceDocument, type DocumentFact, type ReducedDocument } from '../record/document-versions.js';
import type { PatientGroup } from '../record/groups.js';
import type { VisitFact } from '../record/visit.js';

/** The facts of a document, and its versions reduced. */
export interface DocumentFacts {
  facts: readonly DocumentFact[];
  reduced: ReducedDocument;
}

/** A document and whose it is: of several people the one for whom it was recorded first. */
export interface OwnedDocument {
  owner: PatientGroup;
  /** The owner's facts, reduced; a document of which they are the same is the same object. */
  own: DocumentFacts;
  /** Facts of others, which have no effect. */
  strangers: readonly DocumentFact[];
}

/** The documents among some facts, by key. */
export function ownedDocuments(
  facts: readonly Fact[],
  groupOf: ReadonlyMap<string, PatientGroup>,
  before: ReadonlyMap<string, OwnedDocument>,
): Map<string, OwnedDocument> {
  const documents = documentsIn(facts.filter((fact): fact is DocumentFact => fact.kind === 'document'));
  return new Map(
    documents.flatMap((claims): [string, OwnedDocument][] => {
      const owner = groupOf.get(inRecordedOrder(claims)[0]?.patient ?? '');
      if (owner === undefined) return [];
      const own = claims.filter(({ patient }) => groupOf.get(patient) === owner);
      const strangers = claims.filter((fact) => !own.includes(fact));
      const reduced = reduceDocument(own);
      const earlier = before.get(reduced.key)?.own;
      const same = earlier !== undefined && sameFacts(earlier.facts, own);
      return [[reduced.key, { owner, own: same ? earlier : { facts: own, reduced }, strangers }]];
    }),
  );
}

function sameFacts(a: readonly Fact[], b: readonly Fact[]): boolean {
  return a.length === b.length && a.every((fact, index) => fact === b[index]);
}

/** What about documents somebody must look at. */
export function documentDoubts(documents: ReadonlyMap<string, OwnedDocument>): Doubt[] {
  return [...documents].flatMap(([key, { own, strangers }]) => [
    ...own.reduced.doubts,
    ...(strangers.length === 0 ? [] : [claimedDocument(key, strangers)]),
  ]);
}

function claimedDocument(key: string, strangers: readonly DocumentFact[]): Doubt {
  return {
    key: `document-of-another-patient|${uuid5(key)}`,
    reason: 'document-id-reused',
    field: 'ClinicalDocument/id',
    text: 'the id or the set of a document is that of a document of another patient',
    messages: [...new Set(strangers.map(({ messageId }) => messageId))],
    parks: true,
  };
}

/**
 * Which visits count: those of versions in force. Of a document that is not among the facts the versions that do not count are not either.
 */
export function visitsInForce(
  facts: readonly Fact[],
  documents: ReadonlyMap<string, OwnedDocument>,
): { inForce: VisitFact[]; superseded: VisitFact[] } {
  const byId = new Map(
    [...documents.values()].flatMap((document) =>
      [...document.own.facts, ...document.strangers].map(({ body }) => [body.id, document] as const),
    ),
  );
  const visits = facts.filter((fact): fact is VisitFact => fact.kind === 'visit');
  const counts = ({ messageId, body }: VisitFact) => {
    const document = byId.get(body.document);
    if (document === undefined) return true;
    const { current } = document.own.reduced;
    return !body.withdrawn && current?.id === body.document && current.messages.has(messageId);
  };
  return { inForce: visits.filter(counts), superseded: visits.filter((visit) => !counts(visit)) };
}

/** A document of a patient, and what it was folded from. */
export interface PersonDocument {
  from: DocumentFacts;
  /** What it belongs to. */
  context: string;
  /** `Encounter/<id>` and `CarePlan/<id>` of the stay that the version in force tells of. */
  stay: readonly string[];
  document: FoldedDocument;
}

/** What a document of a patient belongs to, beside the stay. */
export interface DocumentSurroundings {
  patientId: string;
  teamId: string | undefined;
  /** Stay key, by id of the version that tells of it. */
  stayOf: ReadonlyMap<string, string>;
  /** Does the stay of that key have an Encounter, and a plan? */
  stays: ReadonlyMap<string, { stay: { plan?: unknown } }>;
}

/** The documents of a patient; one of which nothing changed since `before` is taken from there. */
export function foldDocuments(
  documents: readonly DocumentFacts[],
  { patientId, teamId, stayOf, stays }: DocumentSurroundings,
  before: ReadonlyMap<string, PersonDocument>,
): Map<string, PersonDocument> {
  return new Map(
    documents.map((from) => {
      const { reduced } = from;
      const key = stayOf.get(reduced.current?.id ?? '');
      const stay = key === undefined ? undefined : stays.get(key)?.stay;
      const encounter = stay && `Encounter/${resourceId('Encounter', key ?? '')}`;
      const stayPlan = stay?.plan === undefined ? undefined : `CarePlan/${resourceId('CarePlan', key ?? '')}`;
      const context = [patientId, teamId, encounter, stayPlan].join('|');
      const earlier = before.get(reduced.key);
      if (earlier?.from === from && earlier.context === context) return [reduced.key, earlier];
      const document = foldedDocument(reduced, { patientId, teamId, encounter, stayPlan });
      const belongings = [encounter, stayPlan].filter((reference) => reference !== undefined);
      return [reduced.key, { from, context, stay: belongings, document }];
    }),
  );
}

/** Whom the documents put in the circle, by the name under which they stand in its projection. */
export function documentCircles(
  documents: readonly DocumentFacts[],
  contacts: ReadonlyMap<string, Contact>,
): [string, Membership[]][] {
  return documents.map(({ reduced }) => {
    const { key, current } = reduced;
    const restricted = current !== undefined && isRestricted(current.fact.body);
    return [documentStay(key), documentMemberships(key, documentMembers(reduced), contacts, restricted)];
  });
}
