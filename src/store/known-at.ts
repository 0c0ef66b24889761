import type { Fact } from '../message/fact.js';
import { instant } from '../message/order.js';
import type { AnchorBirth, PatientWindow } from '../message/translation.js';
import { FACT_COLUMNS, factOf, type FactRow } from './facts.js';
import { prepared, type Queryable, type Statement } from './pool.js';
import { emptyWindow } from './window-rows.js';
import { keysBeside } from './windows.js';

const OWNER: Statement = [
  'known-at-owner',
  `SELECT patient FROM fact WHERE stay = $1 AND known_until IS NULL ORDER BY message_id, position LIMIT 1`,
];

/** What the gateway had read at an instant and had not read otherwise until then: still so, or read otherwise later. */
const FACTS: Statement = [
  'known-at-facts',
  `
  SELECT probe.*
  FROM unnest($1::text[]) AS asked (key)
  CROSS JOIN LATERAL (
    SELECT ${FACT_COLUMNS} FROM fact
    WHERE patient = asked.key AND known_until IS NULL AND known_from <= $2::timestamptz OFFSET 0) AS probe
  UNION ALL
  SELECT probe.*
  FROM unnest($1::text[]) AS asked (key)
  CROSS JOIN LATERAL (
    SELECT ${FACT_COLUMNS} FROM fact
    WHERE patient = asked.key AND known_until > $2::timestamptz AND known_from <= $2::timestamptz OFFSET 0) AS probe`,
];

/** Whom a question about earlier knowledge is about: an anchor, or whoever has a stay. */
export type KnownAtSubject = { anchor: string } | { stay: string };

/**
 * The whole window of a patient's cluster as it was known at an instant, for the folds: identifiers that were joined since are in it, and
 * the folds tell the people apart as they did then. What the territory was called then, `readVersionAt` gives.
 * @param at ISO 8601 with offset
 * @returns undefined where nobody knows the anchor or the stay
 */
export async function windowKnownAt(
  client: Queryable,
  subject: KnownAtSubject,
  at: string,
): Promise<PatientWindow | undefined> {
  const anchor = 'anchor' in subject ? subject.anchor : await ownerOf(client, subject.stay);
  const keys = anchor === undefined ? [] : await keysBeside(client, anchor);
  const [first] = keys;
  if (first === undefined) return undefined;
  const { rows } = await prepared<FactRow>(client, FACTS, [keys.map(({ key }) => key), at]);
  const facts = rows.map(factOf);
  return { ...emptyWindow(first.cluster), facts, whole: true, anchors: birthsOf(facts) };
}

async function ownerOf(client: Queryable, stay: string): Promise<string | undefined> {
  return (await prepared<{ patient: string }>(client, OWNER, [stay])).rows[0]?.patient;
}

/** When each anchor was first recorded, as far as these facts say. */
function birthsOf(facts: readonly Fact[]): AnchorBirth[] {
  const births = new Map<string, string>();
  for (const { patient, recordedAt } of facts) {
    const earlier = births.get(patient);
    if (earlier === undefined || instant(recordedAt) < instant(earlier)) births.set(patient, recordedAt);
  }
  return [...births].map(([anchor, recordedAt]) => ({ anchor, recordedAt }));
}
