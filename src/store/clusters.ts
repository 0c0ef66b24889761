import { GatewayError } from '../message/failure.js';
import type { PatientRequest } from '../message/translation.js';
import { UnionFind } from '../message/union-find.js';
import { lockNames, tryNames } from './locks.js';
import { linkable, reach, reachNamed, type Linkable, type Lockable, type Reached } from './reached.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const NEW_CLUSTERS: Statement = ['clusters-new', `SELECT nextval('cluster_id') AS cluster FROM generate_series(1, $1)`];

const UNITE: Statement = [
  'clusters-unite',
  `
  UPDATE identifier SET cluster = input.root
  FROM unnest($1::bigint[], $2::bigint[]) AS input (absorbed, root)
  WHERE identifier.cluster = input.absorbed`,
];

/** What is due of an absorbed cluster queues up with what is due of the other, in the order in which it was decided. */
const MOVE_LANES: Statement = [
  'clusters-move-lanes',
  `
  WITH RECURSIVE due (endpoint) AS (
    (SELECT endpoint FROM delivery WHERE state = 'due' ORDER BY endpoint LIMIT 1)
    UNION ALL
    SELECT (
      SELECT delivery.endpoint FROM delivery
      WHERE delivery.state = 'due' AND delivery.endpoint > due.endpoint ORDER BY delivery.endpoint LIMIT 1)
    FROM due WHERE due.endpoint IS NOT NULL
  ), moves AS MATERIALIZED (
    SELECT due.endpoint || '|' || absorbed AS earlier, due.endpoint || '|' || root AS lane
    FROM due, unnest($1::bigint[], $2::bigint[]) AS input (absorbed, root)
    WHERE due.endpoint IS NOT NULL
  )
  UPDATE delivery SET lane = moves.lane
  FROM moves
  WHERE delivery.state = 'due' AND delivery.lane = moves.earlier`,
];

const ADD: Statement = [
  'clusters-add',
  `
  INSERT INTO identifier (key, system, value, type, cluster)
  SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
  ON CONFLICT (key) DO NOTHING`,
];

/** Where a request belongs, under the locks of all that it leads to. */
export interface Placed {
  /** Root cluster. */
  cluster: string;
  /** The stays asked for, those of the accounts, those about the time, and those that the message's earlier facts and its documents are of. */
  stays: string[];
  /** All keys of the documents, those of their other versions included. */
  documents: string[];
  around: PatientRequest['around'];
}

/**
 * Gives every identifier its cluster, unites the clusters that one request leads to, and those of requests that share an identifier, a stay,
 * an account or a document. Whoever comes by another way to the same people waits until this transaction ends.
 * @param again a try before this one ended in a conflict
 * @returns one for each request
 * @throws GatewayError store-conflict where another transaction is about to unite some of these clusters: then all is tried again
 */
export async function placeRequests(
  client: Queryable,
  requests: readonly PatientRequest[],
  again: boolean,
): Promise<Placed[]> {
  const reached = await reachLocked(client, requests, again);
  const clusters = await rootsOf(client, requests, reached);
  await addIdentifiers(client, requests, clusters, reached);
  const stays = requests.map(() => new Set<string>());
  const documents = requests.map(() => new Set<string>());
  for (const { request, stay, document } of reached) {
    if (stay !== null) stays[request]?.add(stay);
    if (document !== null) documents[request]?.add(document);
  }
  return requests.map(({ around }, request) => ({
    cluster: clusters[request] ?? '',
    stays: [...(stays[request] ?? [])],
    documents: [...(documents[request] ?? [])],
    around,
  }));
}

/**
 * What the requests lead to under the locks of all of it: what another transaction joined to it meanwhile is locked as well.
 * @param again a try before this one met such names held: then all that is reached is waited for, and not only what the requests name
 */
async function reachLocked(client: Queryable, requests: readonly PatientRequest[], again: boolean): Promise<Reached[]> {
  const held = namesOf(requests, await (again ? reach(client, requests) : reachNamed(client, requests)));
  await lockNames(client, [...held]);
  for (;;) {
    const reached = await reach(client, requests);
    const missing = [...namesOf(requests, reached)].filter((name) => !held.has(name));
    if (missing.length === 0) return reached;
    if (!(await tryNames(client, missing)))
      throw new GatewayError('store-conflict', 'patients were joined by another gateway at the same time');
    for (const name of missing) held.add(name);
  }
}

/** Names of the locks: of what may get a cluster only now, of the stays, and of the clusters. */
function namesOf(requests: readonly PatientRequest[], reached: readonly Lockable[]): Set<string> {
  return new Set([
    ...requests.flatMap((request) => linkable(request).map(({ key }) => `identifier ${key}`)),
    ...reached.flatMap(({ stay }) => (stay === null ? [] : [`stay ${stay}`])),
    ...reached.flatMap(({ document }) => (document === null ? [] : [`document ${document}`])),
    ...reached.flatMap(({ cluster }) => (cluster === null ? [] : [`cluster ${cluster}`])),
  ]);
}

/** The root cluster of each request: the smallest of those that it and the requests beside it lead to, or a new one. */
async function rootsOf(
  client: Queryable,
  requests: readonly PatientRequest[],
  reached: readonly Reached[],
): Promise<string[]> {
  const groups = new UnionFind();
  for (const [index, request] of requests.entries())
    for (const { key } of linkable(request)) groups.join(`request ${index}`, `identifier ${key}`);
  for (const { request, stay, document, cluster } of reached) {
    if (stay !== null) groups.join(`request ${request}`, `stay ${stay}`);
    if (document !== null) groups.join(`request ${request}`, `document ${document}`);
    if (cluster !== null) groups.join(`request ${request}`, `cluster ${cluster}`);
  }
  const roots = new Map<string, string>();
  const clusters = [...new Set(reached.flatMap(({ cluster }) => cluster ?? []))].sort(byNumber);
  const absorbed: [cluster: string, root: string][] = [];
  for (const cluster of clusters) {
    const group = groups.of(`cluster ${cluster}`);
    const root = roots.get(group);
    if (root === undefined) roots.set(group, cluster);
    else absorbed.push([cluster, root]);
  }
  const homeless = new Set(
    requests.map((_, request) => groups.of(`request ${request}`)).filter((group) => !roots.has(group)),
  );
  const fresh = await newClusters(client, homeless.size);
  for (const [index, group] of [...homeless].entries()) roots.set(group, fresh[index] ?? '');
  if (absorbed.length > 0) {
    const pairs = [absorbed.map(([cluster]) => cluster), absorbed.map(([, root]) => root)];
    await prepared(client, UNITE, pairs);
    await prepared(client, MOVE_LANES, pairs);
  }
  return requests.map((_, request) => roots.get(groups.of(`request ${request}`)) ?? '');
}

async function newClusters(client: Queryable, count: number): Promise<string[]> {
  if (count === 0) return [];
  return (await prepared<{ cluster: string }>(client, NEW_CLUSTERS, [count])).rows.map((row) => row.cluster);
}

async function addIdentifiers(
  client: Queryable,
  requests: readonly PatientRequest[],
  clusters: readonly string[],
  reached: readonly Reached[],
): Promise<void> {
  const stored = new Set(reached.flatMap(({ key, cluster }) => (cluster === null ? [] : (key ?? []))));
  const added = new Map<string, Linkable & { cluster: string }>();
  for (const [index, request] of requests.entries())
    for (const identifier of linkable(request))
      if (!stored.has(identifier.key) && !added.has(identifier.key))
        added.set(identifier.key, { ...identifier, cluster: clusters[index] ?? '' });
  if (added.size === 0) return;
  const rows = [...added.values()];
  await prepared(client, ADD, [
    rows.map(({ key }) => key),
    rows.map(({ system }) => system),
    rows.map(({ value }) => value),
    rows.map(({ type }) => type),
    rows.map(({ cluster }) => cluster),
  ]);
}

function byNumber(a: string, b: string): number {
  return Number(BigInt(a) - BigInt(b));
}
