import type { Fact } from '../message/fact.js';
import { resourceId } from '../message/uuid.js';
import type { EarlierReceipt } from '../message/receipt.js';
import type { PatientRequest, PatientWindow } from '../message/translation.js';
import { placeRequests } from './clusters.js';
import { FACT_COLUMNS, factOf, type FactRow } from './facts.js';
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
    WHERE fact.patient = identifier.key AND known_until IS NULL AND stay IS NULL AND NOT in_force
    ORDER BY recorded_at DESC
    LIMIT 1) AS outdated ON true`,
];

const factsWhere = (condition: string) =>
  `LATERAL (SELECT ${FACT_COLUMNS} FROM fact WHERE ${condition} OFFSET 0) AS probe`;

/** What still matters of no stay, all of the stays, and what the messages gave before. */
const FACTS: Statement = [
  'windows-facts',
  `
  SELECT asked.cluster, probe.*
  FROM unnest($1::text[], $2::bigint[]) AS asked (key, cluster)
  CROSS JOIN ${factsWhere('patient = asked.key AND known_until IS NULL AND stay IS NULL AND in_force')}
  UNION ALL
  SELECT asked.cluster, probe.*
  FROM unnest($3::text[], $4::bigint[]) AS asked (stay, cluster)
  CROSS JOIN ${factsWhere('fact.stay = asked.stay AND known_until IS NULL')}
  UNION ALL
  SELECT asked.cluster, ${FACT_COLUMNS}
  FROM unnest($5::bigint[], $6::bigint[]) AS asked (message_id, cluster)
  CROSS JOIN LATERAL (SELECT * FROM fact WHERE fact.message_id = asked.message_id OFFSET 0) AS fact
  WHERE fact.known_until IS NULL AND fact.stay IS NULL AND NOT fact.in_force`,
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
 * What was decided after a delivery shows it too. What was delivered may stand in the lane of before its patient joined others; of what is
 * due the head of the lane alone may be under way.
 */
const laterReached = (cluster: string) => `
      EXISTS (
        SELECT FROM delivery AS later
        WHERE later.lane = ANY (ARRAY[delivery.lane, delivery.endpoint || '|' || ${cluster}])
          AND later.reached AND later.number > delivery.number)
      OR (
        SELECT later.claims > later.attempts FROM delivery AS later
        WHERE later.lane = delivery.endpoint || '|' || ${cluster} AND later.state = 'due' AND later.number > delivery.number
        ORDER BY later.number
        LIMIT 1)`;

const receiptColumns = (
  cluster: string,
) => `receipt.id AS "receiptId", receipt.patient, receipt.about_key AS about, receipt.thread, receipt.member, receipt.label,
    receipt.role, delivery.endpoint, delivery.id AS "deliveryId",
    CASE
      WHEN delivery.reached THEN 'reached'
      WHEN delivery.claims > delivery.attempts THEN 'under-way'
      WHEN ${laterReached(cluster)} THEN 'shown'
      ELSE 'none'
    END AS reach`;

const ABOUT_STAY = `LATERAL (SELECT * FROM receipt WHERE about_key = asked.stay OFFSET 0) AS receipt`;

const ITS_DELIVERIES = `LATERAL (SELECT * FROM delivery WHERE receipt_id = receipt.id OFFSET 0) AS delivery`;

/** Who was told of the stays, and where. */
const RECEIPTS: Statement = [
  'windows-receipts',
  `
  SELECT asked.cluster, ${receiptColumns('asked.cluster')}
  FROM unnest($1::text[], $2::bigint[]) AS asked (stay, cluster)
  CROSS JOIN ${ABOUT_STAY}
  CROSS JOIN ${ITS_DELIVERIES}
  WHERE receipt.about_type = 'stay' AND receipt.decision = 'told'
  ORDER BY delivery.number`,
];

/** Who was told of the patients or of the stays, and where. */
const RECEIPTS_WHOLE: Statement = [
  'windows-receipts-whole',
  `
  SELECT ${receiptColumns('$3::text')}
  FROM (
    SELECT probe.* FROM unnest($1::text[]) AS asked (patient)
    CROSS JOIN LATERAL (
      SELECT * FROM receipt WHERE receipt.patient = asked.patient AND decision = 'told' OFFSET 0) AS probe
    UNION
    SELECT receipt.* FROM unnest($2::text[]) AS asked (stay)
    CROSS JOIN ${ABOUT_STAY}
    WHERE about_type = 'stay' AND decision = 'told'
  ) AS receipt
  CROSS JOIN ${ITS_DELIVERIES}
  ORDER BY delivery.number`,
];

/**
 * Locks and unites the people that the requests speak of, and loads what each request touches.
 * @param endedSince what left a circle before is not loaded
 * @returns one window for each request, the same one for those that share a cluster; and the keys of each cluster
 */
export async function loadWindows(
  client: Queryable,
  requests: readonly PatientRequest[],
  endedSince: string,
): Promise<{ windows: PatientWindow[]; keysOf: Map<string, string[]> }> {
  const placed = await placeRequests(client, requests);
  const clusters = [...new Set(placed.map(({ cluster }) => cluster))];
  const keys = await keysOfClusters(client, clusters);
  const stays = new Map(
    placed.flatMap(({ cluster, stays: list }) => list.map((stay): [string, string] => [stay, cluster])),
  );
  const pairs = [[...stays.keys()], [...stays.values()]];
  const facts = await prepared<FactRow & { cluster: string }>(client, FACTS, [
    keys.map(({ key }) => key),
    keys.map(({ cluster }) => cluster),
    ...pairs,
    requests.map(({ messageId }) => messageId),
    placed.map(({ cluster }) => cluster),
  ]);
  const receipts = await prepared<EarlierReceipt & { cluster: string }>(client, RECEIPTS, pairs);
  const patients = keys.map(({ key, cluster }) => ({ cluster, id: resourceId('Patient', key) }));
  const ids = patients.map(({ id }) => id);
  const otherStays = await loadOtherStays(client, ids, [...stays.keys()], endedSince);
  const windows = windowsOf(clusters, { keys, facts: facts.rows, patients, receipts: receipts.rows, otherStays });
  return {
    windows: placed.map(({ cluster }) => windows.get(cluster) ?? emptyWindow(cluster)),
    keysOf: new Map([...byCluster(keys)].map(([cluster, own]) => [cluster, own.map(({ key }) => key)])),
  };
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
  const stays = new Set(facts.flatMap(({ stay }) => stay ?? []));
  const { rows: receipts } = await prepared<EarlierReceipt>(client, RECEIPTS_WHOLE, [keys, [...stays], window.cluster]);
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
