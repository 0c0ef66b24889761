import type { FhirResource, Practitioner } from 'fhir/r4.js';
import type { Mention, MentionRank } from '../message/fact.js';
import { ANNUAIRE } from '../fhir/systems.js';
import { canonicalJson } from '../message/canonical-json.js';
import { identifierKey } from '../message/identifier.js';
import { compareText, instant } from '../message/order.js';

/** One wording of a source about one resource of the territory, and when it was given. */
export interface MentionRow {
  type: string;
  id: string;
  source: string;
  rank: MentionRank;
  /** Milliseconds at which the source recorded it last, and first. */
  recordedAt: number;
  firstRecordedAt: number;
  /** The message that gave it last; null where a replay took that one back. */
  messageId: string | null;
  /** Of a Practitioner: `system|value`, and the family name under that number. */
  number: string | null;
  family: string | null;
  /** Canonical JSON of the resource. */
  body: string;
}

/**
 * The row that one mention of one message makes.
 * @param body canonical JSON of its resource
 */
export function mentionRow(
  { resource, rank, source, recordedAt }: Mention,
  messageId: string | null,
  body = canonicalJson(resource),
): MentionRow {
  const at = instant(recordedAt);
  return {
    type: resource.resourceType,
    id: resource.id,
    source,
    rank,
    recordedAt: at,
    firstRecordedAt: at,
    messageId,
    ...professionalOf(resource),
    body,
  };
}

function professionalOf(resource: FhirResource): { number: string | null; family: string | null } {
  if (resource.resourceType !== 'Practitioner') return { number: null, family: null };
  const { system, value } = resource.identifier?.[0] ?? {};
  const number = system === undefined || value === undefined ? null : identifierKey(system, value);
  return { number, family: resource.name?.[0]?.family ?? null };
}

/** The rows with one more; the same wording of the same source is one row. The order in which rows are added does not matter. */
export function withMention(rows: readonly MentionRow[], added: MentionRow): MentionRow[] {
  const same = rows.find((row) => isSameWording(row, added));
  if (same === undefined) return [...rows, added];
  const last = added.recordedAt >= same.recordedAt ? added : same;
  const rank = RANKS[added.rank] > RANKS[same.rank] ? added.rank : same.rank;
  const firstRecordedAt = Math.min(same.firstRecordedAt, added.firstRecordedAt);
  if (last === same && rank === same.rank && firstRecordedAt === same.firstRecordedAt) return [...rows];
  const merged: MentionRow = { ...last, rank, firstRecordedAt };
  return rows.map((row) => (row === same ? merged : row));
}

/**
 * Does the mention say once more what that source has said, so that no more than the time of its row changes, and no resource? Of such mentions
 * any number may be added at once, whatever each knows of the others.
 * @param rows those of the same resource
 */
export function isRepetition(rows: readonly MentionRow[], added: MentionRow): boolean {
  const same = rows.find((row) => isSameWording(row, added));
  if (same === undefined || RANKS[added.rank] > RANKS[same.rank]) return false;
  if (added.firstRecordedAt < same.firstRecordedAt) return false;
  return winner(withMention(rows, added))?.body === winner(rows)?.body;
}

function isSameWording(a: MentionRow, b: MentionRow): boolean {
  return a.type === b.type && a.id === b.id && a.source === b.source && a.body === b.body;
}

/** The rows as they are without the other wording that an earlier reading of one message gave of the resource. */
export function withoutReading(rows: readonly MentionRow[], reread: MentionRow): MentionRow[] {
  return rows.flatMap((row) => {
    const sameThing = row.type === reread.type && row.id === reread.id;
    if (!sameThing || row.messageId !== reread.messageId || row.body === reread.body) return [row];
    return row.firstRecordedAt === row.recordedAt ? [] : [{ ...row, recordedAt: row.firstRecordedAt, messageId: null }];
  });
}

/** Of all that is said of one resource: a name before a number alone, a feed before a document, then what was recorded last, then the greater content. */
export function winner(rows: readonly MentionRow[]): MentionRow | undefined {
  return rows.reduce<MentionRow | undefined>((best, row) => {
    return best === undefined || isBetter(row, best) ? row : best;
  }, undefined);
}

const RANKS: Readonly<Record<MentionRank, number>> = { document: 0, number: 1, name: 2 };

function isBetter(row: MentionRow, best: MentionRow): boolean {
  if (row.rank !== best.rank) return RANKS[row.rank] > RANKS[best.rank];
  if (row.recordedAt !== best.recordedAt) return row.recordedAt > best.recordedAt;
  return compareText(row.body, best.body) > 0;
}

/**
 * Whose number it is among the Practitioners that were mentioned with it: the family name recorded first, of two at once the
 * first by spelling, one that a document gives only where no feed gives any; a number without any name owns itself.
 * @param rows every row of one number
 */
export function ownerOf(rows: readonly MentionRow[]): string | undefined {
  const named = rows.filter(({ family }) => family !== null);
  const ofFeeds = named.filter(({ rank }) => rank !== 'document');
  const candidates = ofFeeds.length > 0 ? ofFeeds : named.length > 0 ? named : rows;
  const [first] = [...candidates].sort(
    (a, b) =>
      a.firstRecordedAt - b.firstRecordedAt || compareText(a.family ?? '', b.family ?? '') || compareText(a.id, b.id),
  );
  return first?.id;
}

/** How many people the family names under one number say that there are. */
export function peopleOf(rows: readonly MentionRow[]): number {
  return new Set(rows.flatMap(({ family, id }) => (family === null ? [] : [id]))).size;
}

/**
 * The resource as a mention gives it. A professional whose number is another's is known by his own id alone (RFC 4122 URN), and is not of
 * the profiles of the annuaire, which ask for the number.
 */
export function mentionedResource(row: MentionRow, owner: string | undefined): FhirResource & { id: string } {
  const resource = JSON.parse(row.body) as FhirResource & { id: string };
  if (resource.resourceType !== 'Practitioner' || owner === undefined || owner === row.id) return resource;
  const { meta, ...rest } = resource;
  const profile = (meta?.profile ?? []).filter((url) => !url.startsWith(ANNUAIRE));
  const unnumbered: Practitioner & { id: string } = {
    ...rest,
    ...(profile.length === 0 ? {} : { meta: { profile } }),
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${row.id}` }],
  };
  return unnumbered;
}
