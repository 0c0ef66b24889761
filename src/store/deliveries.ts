import type { FhirResource } from 'fhir/r4.js';
import type { Pool } from 'pg';
import { localReferences, localType } from '../fhir/references.js';
import { DELIVERY_CHANGES, statesBefore } from '../journey.js';
import type { AttemptOutcome, DueDelivery } from '../message/delivery.js';
import type { StoredResource } from '../message/resource.js';
import { inTransaction, plainArray, prepared, type Queryable, type Statement } from './pool.js';

/**
 * Takes due deliveries of one endpoint, only the head of each lane, and leases them: what a killed gateway had taken comes back
 * when its lease ends.
 */
const CLAIM: Statement = [
  'deliveries-claim',
  `
  UPDATE delivery SET leased_until = now() + $3 * interval '1 millisecond'
  WHERE id IN (
    SELECT head.id
    FROM delivery AS head
    WHERE head.endpoint = $1 AND head.state = 'due' AND head.due_at <= now()
      AND (head.leased_until IS NULL OR head.leased_until < now())
      AND NOT EXISTS (
        SELECT FROM delivery AS earlier
        WHERE earlier.lane = head.lane AND earlier.state = 'due' AND earlier.number < head.number)
    ORDER BY head.due_at
    LIMIT $2
    FOR UPDATE SKIP LOCKED)
  RETURNING id, endpoint, lane, kind, receipt_id AS "receiptId", message_id AS "messageId", attempts, created_at AS "createdAt", pinned,
    (SELECT count(*)::int FROM attempt WHERE delivery_id = delivery.id AND code = 'endpoint-conflict') AS conflicts,
    (SELECT member FROM receipt WHERE receipt.id = delivery.receipt_id) AS member,
    (SELECT effective_text FROM receipt WHERE receipt.id = delivery.receipt_id) AS "effectiveAt"`,
];

const PINNED: Statement = [
  'deliveries-pinned',
  `
  SELECT type || '/' || id AS reference, version, identifier, body
  FROM unnest($1::text[], $2::text[], $3::int[]) AS asked (type, id, version)
  JOIN resource_version USING (type, id, version)`,
];

const CURRENT: Statement = [
  'deliveries-current',
  `
  SELECT type || '/' || id AS reference, version, identifier, body
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  JOIN resource USING (type, id)
  JOIN resource_version USING (type, id, version)
  WHERE NOT resource.removed`,
];

const ATTEMPTS: Statement = [
  'deliveries-attempts',
  `
  INSERT INTO attempt (delivery_id, number, started_at, duration_ms, ok, status, code, detail, sha256, sent)
  SELECT delivery.id, delivery.attempts + 1, input.started_at, input.duration_ms, input.ok, input.status, input.code, input.detail,
    input.sha256, string_to_array(input.sent, ' ')
  FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::boolean[], $5::int[], $6::text[], $7::text[], $8::bytea[], $9::text[])
    AS input (id, started_at, duration_ms, ok, status, code, detail, sha256, sent)
  JOIN delivery USING (id)
  ON CONFLICT DO NOTHING`,
];

const OUTCOMES: Statement = [
  'deliveries-outcomes',
  `
  UPDATE delivery SET state = input.state, attempts = delivery.attempts + 1, due_at = coalesce(input.due_at, delivery.due_at),
    leased_until = NULL, code = input.code, ended_at = CASE WHEN input.state = 'due' THEN NULL ELSE now() END
  FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS input (id, state, due_at, code)
  WHERE delivery.id = input.id AND delivery.state = ANY ($5::text[])`,
];

const RELEASE: Statement = [
  'deliveries-release',
  `UPDATE delivery SET leased_until = NULL WHERE id = ANY ($1::uuid[]) AND state = 'due'`,
];

const ENDPOINTS: Statement = [
  'deliveries-endpoints',
  `
  SELECT DISTINCT endpoint FROM delivery
  WHERE state = 'due' AND due_at <= now() AND (leased_until IS NULL OR leased_until < now())`,
];

const REVIVE = `UPDATE delivery SET state = 'due', due_at = now(), ended_at = NULL, created_at = now() WHERE id = $1 AND state = ANY ($2::text[])`;

type Claimed = Omit<DueDelivery, 'resources'> & { pinned: string[] };

/** A stored resource, what it refers to, and the patient it is about where it is a RelatedPerson. */
interface Referring {
  resource: StoredResource;
  references: string[];
  patient: string | undefined;
}

/** Claims and completes: the pinned resources, and what they name in the territory as it stands. */
export async function claimDeliveries(
  pool: Pool,
  request: { endpoint: string; limit: number; leaseMs: number },
): Promise<DueDelivery[]> {
  const { rows } = await prepared<Claimed>(pool, CLAIM, [request.endpoint, request.limit, request.leaseMs]);
  if (rows.length === 0) return [];
  const read = await bodies(pool, PINNED, [...new Set(rows.flatMap((row) => row.pinned))].map(splitVersion));
  const pinned = new Map(read.map((one) => [`${one.resource.reference}/_history/${one.resource.version}`, one]));
  const wanted = [...rows.map((row) => row.member), ...read.flatMap(({ references }) => references)];
  const territory = await territoryOf(pool, wanted);
  return rows.map(({ pinned: keys, ...delivery }) => {
    const roots = keys.flatMap((key) => pinned.get(key) ?? []);
    return { ...delivery, resources: contentOf(delivery.member, roots, territory) };
  });
}

/** Gives back what was claimed and not tried. */
export async function releaseDeliveries(client: Queryable, ids: string[]): Promise<void> {
  await prepared(client, RELEASE, [ids]);
}

/** Attempts and what follows from them, in one transaction. */
export async function recordAttempts(pool: Pool, outcomes: AttemptOutcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await inTransaction(pool, async (client) => {
    await prepared(client, ATTEMPTS, [
      plainArray(outcomes.map(({ deliveryId }) => deliveryId)),
      plainArray(outcomes.map(({ startedAt }) => startedAt.toISOString())),
      plainArray(outcomes.map(({ durationMs }) => Math.round(durationMs))),
      plainArray(outcomes.map(({ ok }) => ok)),
      outcomes.map(({ status }) => status),
      outcomes.map(({ code }) => code),
      outcomes.map(({ detail }) => detail),
      outcomes.map(({ sha256 }) => sha256),
      outcomes.map(({ sent }) => sent.join(' ')),
    ]);
    await prepared(client, OUTCOMES, [
      plainArray(outcomes.map(({ deliveryId }) => deliveryId)),
      plainArray(outcomes.map(({ next }) => next.state)),
      outcomes.map(({ next }) => next.at?.toISOString() ?? null),
      outcomes.map(({ code }) => code),
      statesBefore(DELIVERY_CHANGES, 'delivered'),
    ]);
  });
}

/** Endpoints that have something due now and not leased. */
export async function endpointsDue(client: Queryable): Promise<string[]> {
  return (await prepared<{ endpoint: string }>(client, ENDPOINTS)).rows.map((row) => row.endpoint);
}

/** A dead delivery becomes due again, by an operator's decision; false when it is not dead. */
export async function reviveDelivery(client: Queryable, id: string): Promise<boolean> {
  return ((await client.query(REVIVE, [id, statesBefore(DELIVERY_CHANGES, 'due')])).rowCount ?? 0) > 0;
}

function splitVersion(key: string): [type: string, id: string, version: string] {
  const [type = '', id = '', , version = ''] = key.split('/');
  return [type, id, version];
}

async function bodies(client: Queryable, statement: Statement, keys: string[][]): Promise<Referring[]> {
  const [first] = keys;
  if (first === undefined) return [];
  const columns = first.map((_, column) => keys.map((key) => key[column] ?? ''));
  const { rows } = await prepared<StoredResource>(client, statement, columns);
  return rows.map((resource) => {
    const content = JSON.parse(resource.body) as FhirResource;
    const patient = content.resourceType === 'RelatedPerson' ? content.patient.reference : undefined;
    return { resource, references: localReferences(content), patient };
  });
}

/** What a delivery may carry beside what is pinned: who and where, and the patient's own relatives. Never another Patient. */
const TERRITORY = new Set(['Organization', 'Location', 'Practitioner', 'PractitionerRole', 'RelatedPerson']);

/** All of the territory that these references lead to, to any depth, as it stands. */
async function territoryOf(client: Queryable, references: string[]): Promise<Map<string, Referring>> {
  const territory = new Map<string, Referring>();
  const seen = new Set<string>();
  for (let wanted = references; wanted.length > 0;) {
    const fresh = [...new Set(wanted)].filter((key) => !seen.has(key) && TERRITORY.has(localType(key) ?? ''));
    for (const key of fresh) seen.add(key);
    const next = await bodies(
      client,
      CURRENT,
      fresh.map((key) => key.split('/')),
    );
    for (const one of next) territory.set(one.resource.reference, one);
    wanted = next.flatMap((one) => one.references);
  }
  return territory;
}

/** The pinned resources, then all they lead to in the territory; of relatives those of the delivery's own patient. */
function contentOf(
  member: string,
  roots: readonly Referring[],
  territory: ReadonlyMap<string, Referring>,
): StoredResource[] {
  const patient = roots.find(({ resource }) => localType(resource.reference) === 'Patient')?.resource.reference;
  const content = roots.map(({ resource }) => resource);
  const seen = new Set(content.map(({ reference }) => reference));
  const queue = [...roots.flatMap(({ references }) => references), member];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const named = territory.get(key);
    if (seen.has(key) || named === undefined) continue;
    seen.add(key);
    if (localType(key) === 'RelatedPerson' && named.patient !== patient) continue;
    content.push(named.resource);
    queue.push(...named.references);
  }
  return content;
}
