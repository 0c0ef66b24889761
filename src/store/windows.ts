import { documentStay } from '../message/document.js';
import type { Fact } from '../message/fact.js';
import { resourceId } from '../message/uuid.js';
import type { PatientRequest, PatientWindow } from '../message/translation.js';
import { placeRequests, type Placed } from './clusters.js';
import { receiptsAbout, receiptsOfCluster } from './earlier-receipts.js';
import { FACT_COLUMNS, factOf, factsOfDocument, type FactRow } from './facts.js';
import { loadOtherStays } from './memberships.js';
import { prepared, type Queryable, type Statement } from './pool.js';
import { birthsOf, byCluster, emptyWindow, outdatedUntil, windowsOf, type Key } from './window-rows.js';

/** The identifiers of clusters, and of each the fact recorded last that no longer matters. */
const KEYS: Statement = [
  'windows-keys',
  `
  SELECT identifier.key, asked.cluster, identifier.recorded_at AS "recordedAt", outdated.recorded_text AS "outdatedUntil"
  FROM unnest($1::bigint[]) AS asked (cluster)
  CROSS JOIN LATERAL (
    SELECT key, recorded_at FROM identifier WHERE identifier.cluster = asked.cluster OFFSET 0) AS identifier
  LEFT JOIN LATERAL (
    SELECT recorded_text FROM fact
    WHERE fact.patient = identifier.key AND known_until IS NULL AND stay IS NULL AND documents IS NULL AND NOT in_force
    ORDER BY recorded_at DESC
    LIMIT 1) AS outdated ON true`,
];

const factsWhere = (condition: string) =>
  `LATERAL (SELECT ${FACT_COLUMNS} FROM fact WHERE ${condition} OFFSET 0) AS probe`;

/**
 * What still matters of no stay, all of the stays, what the messages gave before, all versions of the documents, and what documents say of
 * stays that began about then.
 */
const FACTS: Statement = [
  'windows-facts',
  `
  SELECT asked.cluster, probe.*
  FROM unnest($1::text[], $2::bigint[]) AS asked (key, cluster)
  CROSS JOIN ${factsWhere('patient = asked.key AND known_until IS NULL AND stay IS NULL AND documents IS NULL AND in_force')}
  UNION ALL
  SELECT asked.cluster, probe.*
  FROM unnest($3::text[], $4::bigint[]) AS asked (stay, cluster)
  CROSS JOIN ${factsWhere('fact.stay = asked.stay AND known_until IS NULL AND in_force')}
  UNION ALL
  SELECT asked.cluster, ${FACT_COLUMNS}
  FROM unnest($5::bigint[], $6::bigint[]) AS asked (message_id, cluster)
  CROSS JOIN LATERAL (SELECT * FROM fact WHERE fact.message_id = asked.message_id OFFSET 0) AS fact
  WHERE fact.known_until IS NULL AND fact.stay IS NULL AND fact.documents IS NULL AND NOT fact.in_force
  UNION ALL
  SELECT asked.cluster, probe.*
  FROM unnest($7::text[], $8::bigint[]) AS asked (document, cluster)
  CROSS JOIN ${factsOfDocument('asked.document', FACT_COLUMNS)}
  UNION ALL
  SELECT asked.cluster, probe.*
  FROM unnest($9::text[], $10::bigint[], $11::timestamptz[], $12::timestamptz[]) AS asked (key, cluster, from_at, to_at)
  CROSS JOIN ${factsWhere("stay_patient = asked.key AND known_until IS NULL AND stay_at BETWEEN asked.from_at AND asked.to_at AND in_force AND kind = 'visit'")}`,
];

/** Every fact of a cluster. */
const WHOLE: Statement = [
  'windows-whole',
  `
  SELECT probe.*
  FROM unnest($1::text[]) AS asked (key)
  CROSS JOIN ${factsWhere('patient = asked.key AND known_until IS NULL')}`,
];

/**
 * Locks and unites the people that the requests speak of, and loads what each request touches.
 * @param options what left a circle before `endedSince` is not loaded; `again` where a try before this one ended in a conflict
 * @returns one window for each request, the same one for those that share a cluster; and the keys of each cluster
 */
export async function loadWindows(
  client: Queryable,
  requests: readonly PatientRequest[],
  { endedSince, again }: { endedSince: string; again: boolean },
): Promise<{ windows: PatientWindow[]; keysOf: Map<string, string[]> }> {
  const placed = await placeRequests(client, requests, again);
  const clusters = [...new Set(placed.map(({ cluster }) => cluster))];
  const keys = await keysOfClusters(client, clusters);
  const stays = pairsOf(placed, (of) => of.stays);
  const documents = pairsOf(placed, (of) => of.documents);
  const facts = await loadFacts(client, {
    keys,
    stays,
    documents,
    placed,
    messages: requests.map(({ messageId }) => messageId),
  });
  const receipts = await receiptsAbout(client, { stay: stays, document: documents });
  const patients = keys.map(({ key, cluster }) => ({ cluster, id: resourceId('Patient', key) }));
  const folded = [...stays.names, ...documents.names.map(documentStay)];
  const ids = patients.map(({ id }) => id);
  const otherStays = await loadOtherStays(client, ids, folded, endedSince);
  const around = placed.flatMap((of) => (of.around === undefined ? [] : [{ cluster: of.cluster, times: of.around }]));
  const windows = windowsOf(clusters, { keys, facts, patients, receipts, otherStays, around });
  return {
    windows: placed.map(({ cluster }) => windows.get(cluster) ?? emptyWindow(cluster)),
    keysOf: new Map([...byCluster(keys)].map(([cluster, own]) => [cluster, own.map(({ key }) => key)])),
  };
}

/** Names, each with the cluster that it is of. */
interface Named {
  names: string[];
  clusters: string[];
}

function pairsOf(placed: readonly Placed[], listOf: (of: Placed) => readonly string[]): Named {
  const clusters = new Map(placed.flatMap((of) => listOf(of).map((name): [string, string] => [name, of.cluster])));
  return { names: [...clusters.keys()], clusters: [...clusters.values()] };
}

interface FactsAsked {
  keys: readonly Key[];
  stays: Named;
  documents: Named;
  placed: readonly Placed[];
  /** Ids of the messages that ask, in the order of `placed`. */
  messages: readonly string[];
}

async function loadFacts(
  client: Queryable,
  { keys, stays, documents, placed, messages }: FactsAsked,
): Promise<(FactRow & { cluster: string })[]> {
  const around = placed.flatMap(({ cluster, around: times }) =>
    keys.flatMap((row) =>
      row.cluster === cluster && times !== undefined ? [{ key: row.key, cluster, ...times }] : [],
    ),
  );
  const { rows } = await prepared<FactRow & { cluster: string }>(client, FACTS, [
    keys.map(({ key }) => key),
    keys.map(({ cluster }) => cluster),
    stays.names,
    stays.clusters,
    messages,
    placed.map(({ cluster }) => cluster),
    documents.names,
    documents.clusters,
    around.map(({ key }) => key),
    around.map(({ cluster }) => cluster),
    around.map(({ from }) => from),
    around.map(({ to }) => to),
  ]);
  return rows;
}

/** Every fact of the window's cluster; then no projection is needed. */
export async function loadWholeWindow(client: Queryable, window: PatientWindow): Promise<PatientWindow> {
  const keys = (await keysOfClusters(client, [window.cluster])).map(({ key }) => key);
  const { rows } = await prepared<FactRow>(client, WHOLE, [keys]);
  return wholeWindow(client, window, keys, rows.map(factOf));
}

/** The whole window of the cluster of an anchor, as it stands; undefined where nobody knows the anchor. */
export async function readWholeWindow(client: Queryable, anchor: string): Promise<PatientWindow | undefined> {
  const keys = await keysBeside(client, anchor);
  const [first] = keys;
  if (first === undefined) return undefined;
  const list = keys.map(({ key }) => key);
  const { rows } = await prepared<FactRow>(client, WHOLE, [list]);
  const window = { ...emptyWindow(first.cluster), anchors: birthsOf(keys), outdatedUntil: outdatedUntil(keys) };
  return wholeWindow(client, window, list, rows.map(factOf));
}

async function wholeWindow(
  client: Queryable,
  window: PatientWindow,
  keys: readonly string[],
  facts: Fact[],
): Promise<PatientWindow> {
  const stays = new Set(
    facts.flatMap(({ stay, documents = [] }) => [...(stay === undefined ? [] : [stay]), ...documents]),
  );
  const receipts = await receiptsOfCluster(client, keys, [...stays], window.cluster);
  return { ...window, facts, whole: true, memberships: new Map(), firstMember: new Map(), receipts };
}

const CLUSTER_OF: Statement = ['windows-cluster-of', `SELECT cluster FROM identifier WHERE key = $1`];

/** The identifiers of the cluster that this one belongs to. */
export async function keysBeside(client: Queryable, anchor: string): Promise<Key[]> {
  const { rows } = await prepared<{ cluster: string }>(client, CLUSTER_OF, [anchor]);
  return rows.length === 0 ? [] : keysOfClusters(client, [rows[0]?.cluster ?? '']);
}

async function keysOfClusters(client: Queryable, clusters: readonly string[]): Promise<Key[]> {
  return (await prepared<Key>(client, KEYS, [clusters])).rows;
}
