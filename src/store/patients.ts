import type { Fact, PatientIdentifier } from '../message/fact.js';
import { identifierKey } from '../message/id.js';
import type { LoadedPatients, ToldBefore } from '../message/translation.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** Sorted by hash, so that two transactions never wait for each other in a ring. */
const LOCK: Statement = [
  'patients-lock',
  `
  SELECT pg_advisory_xact_lock(hash)
  FROM (SELECT DISTINCT hashtextextended(key, 0) AS hash FROM unnest($1::text[]) AS key ORDER BY hash) AS sorted`,
];

const CLUSTERS: Statement = [
  'patients-clusters',
  `
  SELECT identifier.system, identifier.value, identifier.type, identifier.cluster
  FROM unnest($1::text[], $2::text[], $3::text[]) AS asked (system, value, type)
  JOIN identifier USING (system, value, type)`,
];

const MEMBERS: Statement = [
  'patients-members',
  `SELECT system || '|' || value AS key, cluster FROM identifier WHERE cluster = ANY ($1::bigint[])`,
];

const NEW_CLUSTERS: Statement = [
  'patients-new-clusters',
  `SELECT nextval('cluster_id') AS cluster FROM generate_series(1, $1)`,
];

const UNITE: Statement = ['patients-unite', `UPDATE identifier SET cluster = $2 WHERE cluster = ANY ($1::bigint[])`];

const ADD: Statement = [
  'patients-add',
  `
  INSERT INTO identifier (system, value, type, cluster)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[])
  ON CONFLICT (system, value, type) DO NOTHING`,
];

const FACTS: Statement = [
  'patients-facts',
  `
  SELECT members.cluster, fact.message_id || '.' || fact.position AS id, fact.message_id AS "messageId", fact.patient, fact.stay,
    fact.kind, fact.body, fact.effective_text AS "effectiveAt", fact.recorded_text AS "recordedAt", fact.mapping
  FROM unnest($1::text[], $2::bigint[]) AS members (key, cluster)
  JOIN fact ON fact.patient = members.key AND fact.superseded_at IS NULL`,
];

const STAYS: Statement = [
  'patients-stays',
  `SELECT DISTINCT stay, patient FROM fact WHERE stay = ANY ($1::text[]) AND superseded_at IS NULL`,
];

const TOLD: Statement = [
  'patients-told',
  `
  SELECT receipt.id AS "receiptId", receipt.movement, receipt.member, receipt.label, receipt.role, delivery.endpoint
  FROM receipt
  JOIN delivery ON delivery.receipt_id = receipt.id
  WHERE receipt.stay = ANY ($1::text[]) AND receipt.decision = 'told'`,
];

/** The statements of this family, for the plan test. */
export const PATIENT_STATEMENTS = { CLUSTERS, MEMBERS, FACTS, STAYS, TOLD };

/**
 * Locks the patients and stays, gives every identifier its cluster, unites the clusters that one message speaks of together,
 * and loads what is known of them.
 */
export async function loadPatients(
  client: Queryable,
  request: { identifiers: PatientIdentifier[][]; stays: string[] },
): Promise<LoadedPatients> {
  const linkable = request.identifiers.map((list) => list.filter(({ erased }) => erased !== true));
  const keys = linkable.flat().map(keyOf);
  await prepared(client, LOCK, [[...new Set([...keys, ...request.stays.map((stay) => `stay ${stay}`)])]]);
  const groups = await cluster(client, linkable);
  const members = await prepared<{ key: string; cluster: string }>(client, MEMBERS, [[...new Set(groups)]]);
  // Those who come by another identifier of the same people must wait too.
  await prepared(client, LOCK, [members.rows.map(({ key }) => key)]);
  const facts = await prepared<FactRow>(client, FACTS, [
    members.rows.map(({ key }) => key),
    members.rows.map((row) => row.cluster),
  ]);
  const stays = await prepared<{ stay: string; patient: string }>(client, STAYS, [request.stays]);
  const told = await prepared<ToldBefore>(client, TOLD, [request.stays]);
  return {
    clusters: groups,
    facts: factsByCluster(facts.rows),
    stayOwner: new Map(stays.rows.map(({ stay, patient }) => [stay, patient])),
    told: told.rows,
  };
}

function keyOf({ system, value }: PatientIdentifier): string {
  return identifierKey(system, value);
}

function typedKey({ system, value, type }: Pick<PatientIdentifier, 'system' | 'value' | 'type'>): string {
  return `${type} ${identifierKey(system, value)}`;
}

/** Union of the identifiers that messages name together, in memory; then written. Gives each request its cluster. */
async function cluster(client: Queryable, requests: PatientIdentifier[][]): Promise<string[]> {
  const distinct = [...new Map(requests.flat().map((item) => [typedKey(item), item])).values()];
  const known = await prepared<PatientIdentifier & { cluster: string }>(client, CLUSTERS, triple(distinct));
  const clusterOf = new Map(known.rows.map((row) => [typedKey(row), row.cluster]));
  const merged = new Map<string, string>();
  const root = (id: string): string => {
    const next = merged.get(id);
    return next === undefined ? id : root(next);
  };
  const strangers = requests.filter((list) => !list.some((item) => clusterOf.has(typedKey(item)))).length;
  const fresh = await newClusters(client, strangers);
  const groups = requests.map((list) => {
    const found = [...new Set(list.flatMap((item) => clusterOf.get(typedKey(item)) ?? []).map(root))].sort(byNumber);
    const target = found[0] ?? fresh.pop() ?? '0';
    for (const other of found.slice(1)) merged.set(other, target);
    for (const item of list) clusterOf.set(typedKey(item), target);
    return target;
  });
  for (const from of merged.keys()) await prepared(client, UNITE, [[from], root(from)]);
  const written = new Set(known.rows.map(typedKey));
  const added = distinct.filter((item) => !written.has(typedKey(item)));
  const targets = added.map((item) => root(clusterOf.get(typedKey(item)) ?? '0'));
  if (added.length > 0) await prepared(client, ADD, [...triple(added), targets]);
  return groups.map(root);
}

async function newClusters(client: Queryable, count: number): Promise<string[]> {
  if (count === 0) return [];
  return (await prepared<{ cluster: string }>(client, NEW_CLUSTERS, [count])).rows.map((row) => row.cluster);
}

function triple(list: readonly Pick<PatientIdentifier, 'system' | 'value' | 'type'>[]): string[][] {
  return [list.map(({ system }) => system), list.map(({ value }) => value), list.map(({ type }) => type)];
}

function byNumber(a: string, b: string): number {
  return Number(BigInt(a) - BigInt(b));
}

type FactRow = Omit<Fact, 'stay' | 'body'> & { cluster: string; stay: string | null; body: string };

function factsByCluster(rows: FactRow[]): Map<string, Fact[]> {
  const found = new Map<string, Fact[]>();
  for (const { cluster: id, stay, body, ...rest } of rows) {
    const known = { ...rest, ...(stay === null ? {} : { stay }), body: JSON.parse(body) as unknown } as Fact;
    const list = found.get(id);
    if (list === undefined) found.set(id, [known]);
    else list.push(known);
  }
  return found;
}
