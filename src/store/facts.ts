import { GatewayError } from '../message/failure.js';
import type { Fact } from '../message/fact.js';
import { asciiJson } from '../message/canonical-json.js';
import { instant } from '../message/order.js';
import type { TranslationStep } from '../message/translation.js';
import { inOnePiece, prepared, type Queryable, type Statement } from './pool.js';

/** A fact as statements select it, and as `factOf` reads it. */
export const FACT_COLUMNS = `fact.message_id || '.' || fact.position AS id, fact.message_id AS "messageId", fact.source, fact.patient,
    fact.stay, fact.account, fact.documents, fact.kind, fact.body, fact.effective_text AS "effectiveAt", fact.recorded_text AS "recordedAt",
    fact.sent_text AS "sentAt", fact.mapping`;

/** The facts of the documents that a key names, as `probe`: columns of `fact`. */
export function factsOfDocument(key: string, columns: string): string {
  return `LATERAL (SELECT message_id, position FROM fact_document WHERE fact_document.key = ${key} OFFSET 0) AS named
    CROSS JOIN LATERAL (
      SELECT ${columns} FROM fact
      WHERE fact.message_id = named.message_id AND fact.position = named.position AND known_until IS NULL OFFSET 0) AS probe`;
}

/** A selected fact, and whatever else was selected with it. */
export type FactRow = Omit<Fact, 'stay' | 'account' | 'documents' | 'body'> & {
  stay: string | null;
  account: string | null;
  documents: string[] | null;
  body: string;
};

export function factOf({ stay, account, documents, body, ...row }: FactRow): Fact {
  return {
    ...row,
    ...(stay === null ? {} : { stay }),
    ...(account === null ? {} : { account }),
    ...(documents === null ? {} : { documents }),
    body: JSON.parse(body) as unknown,
  } as Fact;
}

const SUPERSEDE: Statement = [
  'facts-supersede',
  `
  UPDATE fact SET known_until = now()
  WHERE ctid = ANY (ARRAY (
    SELECT probe.ctid
    FROM unnest($1::bigint[]) AS input (message_id)
    CROSS JOIN LATERAL (SELECT ctid, known_until FROM fact WHERE fact.message_id = input.message_id OFFSET 0) AS probe
    WHERE probe.known_until IS NULL))`,
];

const INSERT: Statement = [
  'facts-insert',
  `
  INSERT INTO fact (message_id, position, source, patient, stay, account, documents, kind, body, effective_at, recorded_at, sent_at,
    effective_text, recorded_text, sent_text, mapping, stay_patient, stay_at, in_force)
  SELECT message_id, position, source, patient, stay, account, string_to_array(documents, E'\x1f'), kind,
    convert_from(substring($13::bytea FROM start FOR length), 'UTF8'), effective_text::timestamptz, recorded_text::timestamptz,
    sent_text::timestamptz, effective_text, recorded_text, sent_text, mapping, CASE WHEN stay_at_text IS NOT NULL THEN patient END,
    stay_at_text::timestamptz, in_force
  FROM unnest($1::bigint[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[],
    $11::text[], $12::boolean[], $14::int[], $15::int[], $16::text[], $17::text[])
    AS input (message_id, position, source, patient, stay, account, kind, effective_text, recorded_text, sent_text, mapping, in_force, start,
      length, documents, stay_at_text)`,
];

/** A message that is read again gives the same place another fact. */
const NAME: Statement = [
  'facts-name',
  `
  INSERT INTO fact_document (key, message_id, position)
  SELECT DISTINCT key, message_id, position FROM unnest($1::text[], $2::bigint[], $3::int[]) AS input (key, message_id, position)
  ON CONFLICT DO NOTHING`,
];

/** All facts of these anchors, but for those listed. */
const RENEW: Statement = [
  'facts-renew',
  `
  UPDATE fact SET in_force = true
  WHERE patient = ANY ($1::text[]) AND known_until IS NULL AND NOT in_force
    AND message_id || '.' || position <> ALL ($2::text[])`,
];

const OUTDATE: Statement = [
  'facts-outdate',
  `
  UPDATE fact SET in_force = false
  WHERE ctid = ANY (ARRAY (
    SELECT probe.ctid
    FROM unnest($1::bigint[], $2::int[]) AS input (message_id, position)
    CROSS JOIN LATERAL (
      SELECT ctid, known_until, in_force FROM fact
      WHERE fact.message_id = input.message_id AND fact.position = input.position
      OFFSET 0) AS probe
    WHERE probe.known_until IS NULL AND probe.in_force))`,
];

/** What the transaction knows of the people that its messages speak of. */
export interface Loaded {
  /** Message → root cluster. */
  clusterOf: ReadonlyMap<string, string>;
  /** Root cluster → the keys of its identifiers. */
  keysOf: ReadonlyMap<string, readonly string[]>;
}

/**
 * Writes what the steps say anew, ends what they supersede, and marks which facts still matter.
 * @throws GatewayError store-rejected for a fact of a patient whom the message does not identify: nothing would ever find it again
 */
export async function saveFacts(client: Queryable, steps: readonly TranslationStep[], loaded: Loaded): Promise<void> {
  const facts = steps.flatMap((step) => step.facts);
  const keys = new Set([...loaded.keysOf.values()].flat());
  if (facts.some(({ patient }) => !keys.has(patient)))
    throw new GatewayError('store-rejected', 'a fact is about a patient whom its message does not identify');
  const superseding = steps.flatMap(({ supersedes, messageId }) => (supersedes ? (messageId ?? []) : []));
  if (superseding.length > 0) await prepared(client, SUPERSEDE, [superseding]);
  const { outdated, renewed } = forceOf(steps, loaded);
  if (renewed.length > 0)
    await prepared(client, RENEW, [renewed.flatMap((cluster) => loaded.keysOf.get(cluster) ?? []), [...outdated]]);
  if (facts.length > 0) await insert(client, facts, outdated);
  const named = facts.flatMap(({ id, documents = [] }) => documents.map((key) => ({ key, ...placeOf(id) })));
  if (named.length > 0)
    await prepared(client, NAME, [
      named.map(({ key }) => key),
      named.map(({ messageId }) => messageId),
      named.map(({ position }) => position),
    ]);
  const written = new Set(facts.map(({ id }) => id));
  const earlier = [...outdated].filter((id) => !written.has(id)).map(placeOf);
  if (earlier.length > 0)
    await prepared(client, OUTDATE, [
      earlier.map(({ messageId }) => messageId),
      earlier.map(({ position }) => position),
    ]);
}

/** A step that saw every fact of its cluster says of all what is outdated, whatever the steps before it said; other steps add to it. */
function forceOf(
  steps: readonly TranslationStep[],
  { clusterOf }: Loaded,
): { outdated: Set<string>; renewed: string[] } {
  const outdated = new Map<string, Set<string>>();
  const renewed = new Set<string>();
  for (const step of steps) {
    const cluster = clusterOf.get(step.messageId ?? '') ?? '';
    if (step.reconsiders) renewed.add(cluster);
    const earlier = step.reconsiders ? [] : (outdated.get(cluster) ?? []);
    outdated.set(cluster, new Set([...earlier, ...step.outdated]));
  }
  return { outdated: new Set([...outdated.values()].flatMap((ids) => [...ids])), renewed: [...renewed] };
}

async function insert(client: Queryable, facts: readonly Fact[], outdated: ReadonlySet<string>): Promise<void> {
  await prepared(client, INSERT, [
    facts.map(({ messageId }) => messageId),
    facts.map(({ id }) => placeOf(id).position),
    facts.map(({ source }) => source),
    facts.map(({ patient }) => patient),
    facts.map(({ stay }) => stay ?? null),
    facts.map(({ account }) => account ?? null),
    facts.map(({ kind }) => kind),
    facts.map(({ effectiveAt }) => effectiveAt),
    facts.map(({ recordedAt }) => recordedAt),
    facts.map(({ sentAt }) => sentAt),
    facts.map(({ mapping }) => mapping),
    facts.map(({ id }) => !outdated.has(id)),
    ...inOnePiece(facts.map(({ body }) => asciiJson(JSON.stringify(body)))),
    facts.map(({ documents }) => documents?.join('\x1f') ?? null),
    facts.map(stayAt),
  ]);
}

/** When a movement takes effect, or a document says that a stay began, as the folds compare them. */
function stayAt(fact: Fact): string | null {
  const at = fact.kind === 'movement' ? fact.effectiveAt : fact.kind === 'visit' ? fact.body.begin : undefined;
  return at === undefined ? null : new Date(instant(at)).toISOString();
}

/** `<message id>.<n>` as its two parts. */
function placeOf(id: string): { messageId: string; position: number } {
  const dot = id.lastIndexOf('.');
  return { messageId: id.slice(0, dot), position: Number(id.slice(dot + 1)) };
}
