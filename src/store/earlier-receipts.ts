import type { EarlierReceipt } from '../message/receipt.js';
import { prepared, type Queryable, type Statement } from './pool.js';

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

/** Who was told of the stays and documents, and where. */
const RECEIPTS: Statement = [
  'windows-receipts',
  `
  SELECT asked.cluster, ${receiptColumns('asked.cluster')}
  FROM unnest($1::text[], $2::bigint[], $3::text[]) AS asked (stay, cluster, type)
  CROSS JOIN ${ABOUT_STAY}
  CROSS JOIN ${ITS_DELIVERIES}
  WHERE receipt.about_type = asked.type AND receipt.decision = 'told'
  ORDER BY delivery.number`,
];

/** Who was told of the patients or of the stays and documents, and where. */
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
    WHERE about_type <> 'patient' AND decision = 'told'
  ) AS receipt
  CROSS JOIN ${ITS_DELIVERIES}
  ORDER BY delivery.number`,
];

/** Names of stays or documents, each with the cluster that it is of. */
interface Topics {
  names: readonly string[];
  clusters: readonly string[];
}

/** Who was told of these stays and documents, each with the cluster that asks, in the order of the deliveries. */
export async function receiptsAbout(
  client: Queryable,
  { stay, document }: Readonly<Record<'stay' | 'document', Topics>>,
): Promise<(EarlierReceipt & { cluster: string })[]> {
  const { rows } = await prepared<EarlierReceipt & { cluster: string }>(client, RECEIPTS, [
    [...stay.names, ...document.names],
    [...stay.clusters, ...document.clusters],
    [...stay.names.map(() => 'stay'), ...document.names.map(() => 'document')],
  ]);
  return rows;
}

/** Who was told of the patients of a cluster, or of these stays and documents. */
export async function receiptsOfCluster(
  client: Queryable,
  patients: readonly string[],
  topics: readonly string[],
  cluster: string,
): Promise<EarlierReceipt[]> {
  return (await prepared<EarlierReceipt>(client, RECEIPTS_WHOLE, [patients, topics, cluster])).rows;
}
