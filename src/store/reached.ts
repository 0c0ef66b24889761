import { stayOfAccount } from '../message/account-stay.js';
import type { PatientIdentifier } from '../message/fact.js';
import { identifierKey } from '../message/identifier.js';
import type { PatientRequest } from '../message/translation.js';
import { factsOfDocument } from './facts.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/**
 * What the requests lead to: the clusters of their identifiers, their stays and the stays of their accounts with the clusters of those
 * whose stays they are, and where the messages' earlier facts stand. The stays of an account belong together where a message named it alone,
 * whoever names one of them.
 */
const REACHED: Statement = [
  'clusters-reached',
  `
  WITH RECURSIVE earlier AS (
    SELECT request, patient, stay, documents
    FROM unnest($7::int[], $8::bigint[]) AS asked (request, message_id)
    CROSS JOIN LATERAL (
      SELECT patient, stay, documents, known_until FROM fact WHERE fact.message_id = asked.message_id OFFSET 0) AS probe
    WHERE probe.known_until IS NULL
  ), document AS (
    SELECT * FROM (
      SELECT request, key FROM unnest($11::int[], $12::text[]) AS asked (request, key)
      UNION
      SELECT request, unnest(documents) FROM earlier
    ) AS asked
    UNION
    SELECT document.request, unnest(probe.documents)
    FROM document
    CROSS JOIN ${factsOfDocument('document.key', 'documents')}
  ), version AS (
    SELECT DISTINCT document.request, probe.patient, probe.stay
    FROM document
    CROSS JOIN ${factsOfDocument('document.key', 'patient, stay')}
  ), person AS (
    SELECT DISTINCT asked.request, beside.key
    FROM unnest($1::int[], $2::text[]) AS asked (request, key)
    JOIN unnest($13::int[], $14::timestamptz[], $15::timestamptz[]) AS around (request, from_at, to_at) USING (request)
    JOIN identifier ON identifier.key = asked.key
    JOIN identifier AS beside ON beside.cluster = identifier.cluster
  ), named AS (
    SELECT request, stay FROM unnest($3::int[], $4::text[]) AS asked (request, stay)
    UNION
    SELECT asked.request, probe.stay
    FROM (
      SELECT request, account FROM unnest($5::int[], $6::text[], $9::text[], $10::boolean[]) AS asked (request, account, unnumbered, alone)
      WHERE alone OR (SELECT true FROM fact WHERE fact.stay = asked.unnumbered AND known_until IS NULL LIMIT 1)
    ) AS asked
    CROSS JOIN LATERAL (
      SELECT stay FROM fact
      WHERE fact.account = asked.account AND kind = 'movement' AND stay IS NOT NULL AND known_until IS NULL OFFSET 0) AS probe
    UNION
    SELECT request, stay FROM earlier WHERE stay IS NOT NULL
    UNION
    SELECT request, stay FROM version WHERE stay IS NOT NULL
    UNION
    SELECT around.request, probe.stay
    FROM unnest($13::int[], $14::timestamptz[], $15::timestamptz[]) AS around (request, from_at, to_at)
    JOIN person USING (request)
    CROSS JOIN LATERAL (
      SELECT stay FROM fact
      WHERE stay_patient = person.key AND known_until IS NULL AND stay_at BETWEEN around.from_at AND around.to_at AND in_force
        AND stay IS NOT NULL OFFSET 0) AS probe
  ), stays AS (
    SELECT request, stay FROM named
    UNION
    SELECT stays.request, probe.stay
    FROM stays
    CROSS JOIN LATERAL (
      SELECT account, $16 || account AS unnumbered
      FROM (
        SELECT stays.stay AS account
        UNION
        SELECT account FROM (
          SELECT account, kind FROM fact WHERE fact.stay = stays.stay AND known_until IS NULL OFFSET 0) AS own
        WHERE kind = 'movement' AND account IS NOT NULL
      ) AS own
      OFFSET 0
    ) AS shared
    CROSS JOIN LATERAL (
      SELECT shared.unnumbered
      UNION ALL
      SELECT shared.account
      UNION ALL
      SELECT stay FROM (
        SELECT stay FROM fact
        WHERE fact.account = shared.account AND kind = 'movement' AND stay IS NOT NULL AND known_until IS NULL OFFSET 0
      ) AS beside
    ) AS probe (stay)
    WHERE (SELECT true FROM fact WHERE fact.stay = shared.unnumbered AND known_until IS NULL LIMIT 1)
  ), anchors AS (
    SELECT request, key, NULL AS stay FROM unnest($1::int[], $2::text[]) AS asked (request, key)
    UNION
    SELECT request, patient, NULL FROM earlier
    UNION
    SELECT request, patient, NULL FROM version
    UNION
    SELECT request, probe.patient, stays.stay
    FROM stays
    LEFT JOIN LATERAL (
      SELECT patient FROM fact WHERE fact.stay = stays.stay AND known_until IS NULL OFFSET 0) AS probe ON true
  )
  SELECT request, key, stay, NULL AS document, probe.cluster
  FROM anchors
  LEFT JOIN LATERAL (SELECT cluster FROM identifier WHERE identifier.key = anchors.key OFFSET 0) AS probe ON true
  UNION ALL
  SELECT request, NULL, NULL, key, NULL FROM document`,
];

/**
 * A row of REACHED: somebody's identifier, of a stay's owner where the stay is given; a stay that nobody has yet is without key. Or what names
 * a document.
 */
export interface Reached {
  request: number;
  key: string | null;
  stay: string | null;
  document: string | null;
  cluster: string | null;
}

const CLUSTERS: Statement = [
  'clusters-of',
  `
  SELECT DISTINCT probe.cluster
  FROM unnest($1::text[]) AS asked (key)
  CROSS JOIN LATERAL (SELECT cluster FROM identifier WHERE identifier.key = asked.key OFFSET 0) AS probe`,
];

/** A stay, a document or a cluster. */
export type Lockable = Pick<Reached, 'stay' | 'document' | 'cluster'>;

/** What the requests name themselves: their stays and documents, and the clusters that their numbers have. Seldom do they lead further. */
export async function reachNamed(client: Queryable, requests: readonly PatientRequest[]): Promise<Lockable[]> {
  const keys = requests.flatMap((request) => linkable(request).map(({ key }) => key));
  const { rows } = await prepared<{ cluster: string }>(client, CLUSTERS, [keys]);
  return [
    ...rows.map(({ cluster }) => ({ stay: null, document: null, cluster })),
    ...requests.flatMap(({ stays }) => stays.map((stay) => ({ stay, document: null, cluster: null }))),
    ...requests.flatMap(({ documents = [] }) => documents.map((document) => ({ stay: null, document, cluster: null }))),
  ];
}

/** What the requests lead to, as it stands. */
export async function reach(client: Queryable, requests: readonly PatientRequest[]): Promise<Reached[]> {
  const listed = (of: (request: PatientRequest) => string[]) => {
    const pairs = requests.flatMap((request, index) => of(request).map((value): [number, string] => [index, value]));
    return [pairs.map(([index]) => index), pairs.map(([, value]) => value)];
  };
  const accounts = requests.flatMap(({ account }) => account ?? []);
  const timed = requests.flatMap(({ around, documents = [] }, index) =>
    around === undefined || documents.length === 0 ? [] : [{ index, ...around }],
  );
  const { rows } = await prepared<Reached>(client, REACHED, [
    ...listed((request) => linkable(request).map(({ key }) => key)),
    ...listed(({ stays }) => stays),
    ...listed(({ account }) => (account === undefined ? [] : [account.number])),
    ...listed(({ messageId }) => [messageId]),
    accounts.map(({ number }) => stayOfAccount(number)),
    accounts.map(({ alone }) => alone),
    ...listed(({ documents = [] }) => [...documents]),
    timed.map(({ index }) => index),
    timed.map(({ from }) => from),
    timed.map(({ to }) => to),
    stayOfAccount(''),
  ]);
  return rows;
}

/** An identifier with its key. */
export type Linkable = PatientIdentifier & { key: string };

/** An identifier that the message erases says of nobody who he is. */
export function linkable({ identifiers }: PatientRequest): Linkable[] {
  return identifiers.flatMap(({ system, value, type, erased }) =>
    erased === true ? [] : [{ system, value, type, key: identifierKey(system, value) }],
  );
}
