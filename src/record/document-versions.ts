import type { FactOf } from '../message/fact.js';
import { compareText, inRecordedOrder, instant } from '../message/order.js';
import type { Doubt } from '../message/stay.js';
import { UnionFind } from '../message/union-find.js';
import { uuid5 } from '../message/uuid.js';

export type DocumentFact = FactOf<'document'>;

/** One version of a document: all that came under its id. */
export interface DocumentVersion {
  id: string;
  /** The last wording of it: labels may change without a new version. */
  fact: DocumentFact;
  /** Messages that bring its bytes, or its deletion. */
  messages: ReadonlySet<string>;
  /** When the version was first recorded. */
  recordedAt: number;
  /** An id that was once deleted stays so. */
  deleted: boolean;
}

/** A document with its versions in their order. */
export interface ReducedDocument {
  /** The set, else the id, of the version that was recorded first. */
  key: string;
  /** The lowest first. */
  versions: readonly DocumentVersion[];
  /** The version in force; undefined where all that is not replaced was deleted. */
  current: DocumentVersion | undefined;
  doubts: readonly Doubt[];
}

/** Facts by the document that they are versions of: those that share a set or an id, named or replaced, and so on. */
export function documentsIn(facts: readonly DocumentFact[]): DocumentFact[][] {
  const groups = new UnionFind();
  const keysOf = ({ body }: DocumentFact) => [body.id, ...(body.set === undefined ? [] : [body.set]), ...body.replaces];
  for (const fact of facts) for (const key of keysOf(fact)) groups.join(fact.body.id, key);
  const documents = new Map<string, DocumentFact[]>();
  for (const fact of facts) {
    const name = groups.of(fact.body.id);
    documents.set(name, [...(documents.get(name) ?? []), fact]);
  }
  return [...documents.values()];
}

/** The versions of one document, whatever the order in which they came. */
export function reduceDocument(facts: readonly DocumentFact[]): ReducedDocument {
  const ordered = inRecordedOrder(facts);
  const doubts: Doubt[] = [];
  const versions = [...new Set(ordered.map(({ body }) => body.id))]
    .map((id) =>
      versionOf(
        id,
        ordered.filter(({ body }) => body.id === id),
        doubts,
      ),
    )
    .sort(compareVersions);
  const replaced = replacedVersions(versions, doubts);
  const [first] = ordered;
  return {
    key: first === undefined ? '' : (first.body.set ?? first.body.id),
    versions,
    current: versions.findLast(({ id, deleted }) => !deleted && !replaced.has(id)),
    doubts,
  };
}

/** The bytes that were recorded first under an id are its version; others may not take their place. */
function versionOf(id: string, facts: readonly DocumentFact[], doubts: Doubt[]): DocumentVersion {
  const uploads = facts.filter(({ body }) => body.request !== 'delete');
  const deletions = facts.filter(({ body }) => body.request === 'delete');
  const own = uploads.filter(({ body }) => body.sha1 === uploads[0]?.body.sha1);
  const reused = uploads.filter((fact) => !own.includes(fact));
  if (reused.length > 0) doubts.push(idReused(id, reused));
  const counted = [...deletions, ...own];
  return {
    id,
    fact: (own.at(-1) ?? deletions[0]) as DocumentFact,
    messages: new Set(counted.map(({ messageId }) => messageId)),
    recordedAt: Math.min(...counted.map(({ recordedAt }) => instant(recordedAt))),
    deleted: deletions.length > 0,
  };
}

/** By number, then as they were recorded. */
function compareVersions(a: DocumentVersion, b: DocumentVersion): number {
  return (
    (a.fact.body.version ?? 1) - (b.fact.body.version ?? 1) ||
    a.recordedAt - b.recordedAt ||
    instant(a.fact.sentAt) - instant(b.fact.sentAt) ||
    compareText(a.id, b.id)
  );
}

/**
 * Ids whose place another version takes: those that it names; where it names none that is there, all that are lower, since they are of its set.
 * Of two that replace each other, by others in between too, the higher does.
 */
function replacedVersions(versions: readonly DocumentVersion[], doubts: Doubt[]): Set<string> {
  const places = new Map(versions.map(({ id }, place) => [id, place]));
  const parentsById = new Map(versions.map(({ id, fact }) => [id, parentsOf(fact)]));
  const replaced = new Set<string>();
  for (const [place, { id, fact }] of versions.entries()) {
    const parents = parentsById.get(id) ?? [];
    const present = parents.filter((parent) => places.has(parent));
    for (const parent of present) {
      const isLower = (places.get(parent) ?? 0) < place;
      if (isLower || !reaches(parent, id, parentsById)) replaced.add(parent);
    }
    if (present.length > 0 || (parents.length === 0 && fact.body.request !== 'replace')) continue;
    doubts.push(parentUnknown(id, fact));
    for (const lower of versions.slice(0, place)) replaced.add(lower.id);
  }
  return replaced;
}

/** Does one version replace another, by others in between too? */
function reaches(from: string, to: string, parents: ReadonlyMap<string, readonly string[]>): boolean {
  const seen = new Set<string>();
  const next = [from];
  for (let id = next.pop(); id !== undefined; id = next.pop()) {
    if (id === to) return true;
    if (seen.has(id)) continue;
    seen.add(id);
    next.push(...(parents.get(id) ?? []));
  }
  return false;
}

/** The ids that a version says it replaces, itself never. */
export function parentsOf({ body }: DocumentFact): string[] {
  return [...new Set(body.replaces)].filter((parent) => parent !== body.id);
}

function idReused(id: string, facts: readonly DocumentFact[]): Doubt {
  return {
    key: `document-id|${uuid5(id)}`,
    reason: 'document-id-reused',
    field: 'ClinicalDocument/id',
    text: 'the id of a document came again with other bytes; the version recorded first holds',
    messages: messagesOf(facts),
    parks: true,
  };
}

function parentUnknown(id: string, { messageId }: DocumentFact): Doubt {
  return {
    key: `document-parent|${uuid5(id)}`,
    reason: 'document-version',
    field: 'ClinicalDocument/relatedDocument',
    text: 'a document replaces a version that never came; it takes the place of those of its set that are lower',
    messages: [messageId],
  };
}

function messagesOf(facts: readonly DocumentFact[]): string[] {
  return [...new Set(facts.map(({ messageId }) => messageId))];
}
