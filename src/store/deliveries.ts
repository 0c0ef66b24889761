import type { Pool } from 'pg';
import type { FhirResource } from 'fhir/r4.js';
import type { AttemptOutcome, DueDelivery } from '../message/delivery.js';
import { inTransaction, type Queryable } from './pool.js';

/**
 * Takes due deliveries of one endpoint, only the head of each lane, and leases them: what a killed gateway had taken comes back
 * when its lease ends.
 */
const CLAIM = `
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
    (SELECT member FROM receipt WHERE receipt.id = delivery.receipt_id) AS member,
    (SELECT effective_text FROM receipt WHERE receipt.id = delivery.receipt_id) AS "effectiveAt"`;

const PINNED = `
  SELECT resource_version.type || '/' || resource_version.id || '/_history/' || resource_version.version AS key,
    resource_version.body, resource_version.version, resource_version.updated_at AS "updatedAt"
  FROM unnest($1::text[], $2::text[], $3::int[]) AS asked (type, id, version)
  JOIN resource_version USING (type, id, version)`;

const CURRENT = `
  SELECT resource.type || '/' || resource.id AS key, resource.body, resource.version, resource.updated_at AS "updatedAt"
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  JOIN resource USING (type, id)
  WHERE NOT resource.removed`;

const ATTEMPTS = `
  INSERT INTO attempt (delivery_id, number, started_at, duration_ms, ok, status, code, detail, sha256, sent)
  SELECT delivery.id, delivery.attempts + 1, input.started_at, input.duration_ms, input.ok, input.status, input.code, input.detail,
    input.sha256, string_to_array(input.sent, ' ')
  FROM unnest($1::uuid[], $2::timestamptz[], $3::int[], $4::boolean[], $5::int[], $6::text[], $7::text[], $8::bytea[], $9::text[])
    AS input (id, started_at, duration_ms, ok, status, code, detail, sha256, sent)
  JOIN delivery USING (id)
  ON CONFLICT DO NOTHING`;

const OUTCOMES = `
  UPDATE delivery SET state = input.state, attempts = delivery.attempts + 1, due_at = coalesce(input.due_at, delivery.due_at),
    leased_until = NULL, code = input.code, ended_at = CASE WHEN input.state = 'due' THEN NULL ELSE now() END
  FROM unnest($1::uuid[], $2::text[], $3::timestamptz[], $4::text[]) AS input (id, state, due_at, code)
  WHERE delivery.id = input.id AND delivery.state = 'due'`;

const ENDPOINTS = `
  SELECT DISTINCT endpoint FROM delivery
  WHERE state = 'due' AND due_at <= now() AND (leased_until IS NULL OR leased_until < now())`;

const REVIVE = `UPDATE delivery SET state = 'due', due_at = now(), ended_at = NULL, created_at = now() WHERE id = $1 AND state = 'dead'`;

/** The statements of this family, for the plan test. */
export const DELIVERY_STATEMENTS = { CLAIM, PINNED, CURRENT, ENDPOINTS };

type Claimed = Omit<DueDelivery, 'resources'> & { pinned: string[] };
type Body = { key: string; body: string; version: number; updatedAt: Date };

/** Claims and completes: the pinned resources, and all they lead to in the territory as it stands. */
export async function claimDeliveries(
  pool: Pool,
  request: { endpoint: string; limit: number; leaseMs: number },
): Promise<DueDelivery[]> {
  const { rows } = await pool.query<Claimed>(CLAIM, [request.endpoint, request.limit, request.leaseMs]);
  if (rows.length === 0) return [];
  const pinned = await bodies(pool, PINNED, [...new Set(rows.flatMap((row) => row.pinned))].map(splitVersion));
  const territory = await territoryOf(
    pool,
    [...pinned.values()],
    rows.map((row) => row.member),
  );
  return rows.map(({ pinned: keys, ...delivery }) => {
    const roots = keys.flatMap((key) => pinned.get(key) ?? []);
    return { ...delivery, resources: closure([delivery.member], roots, territory) };
  });
}

/** Attempts and what follows from them, in one transaction. */
export async function recordAttempts(pool: Pool, outcomes: AttemptOutcome[]): Promise<void> {
  if (outcomes.length === 0) return;
  await inTransaction(pool, async (client) => {
    await client.query(ATTEMPTS, [
      outcomes.map(({ deliveryId }) => deliveryId),
      outcomes.map(({ startedAt }) => startedAt.toISOString()),
      outcomes.map(({ durationMs }) => Math.round(durationMs)),
      outcomes.map(({ ok }) => ok),
      outcomes.map(({ status }) => status),
      outcomes.map(({ code }) => code),
      outcomes.map(({ detail }) => detail),
      outcomes.map(({ sha256 }) => sha256),
      outcomes.map(({ sent }) => sent.join(' ')),
    ]);
    await client.query(OUTCOMES, [
      outcomes.map(({ deliveryId }) => deliveryId),
      outcomes.map(({ next }) => next.state),
      outcomes.map(({ next }) => next.at?.toISOString() ?? null),
      outcomes.map(({ code }) => code),
    ]);
  });
}

/** Endpoints that have something due now and not leased. */
export async function endpointsDue(client: Queryable): Promise<string[]> {
  return (await client.query<{ endpoint: string }>(ENDPOINTS)).rows.map((row) => row.endpoint);
}

/** A dead delivery becomes due again, by an operator's decision; false when it is not dead. */
export async function reviveDelivery(client: Queryable, id: string): Promise<boolean> {
  return ((await client.query(REVIVE, [id])).rowCount ?? 0) > 0;
}

function splitVersion(key: string): [type: string, id: string, version: string] {
  const [type = '', id = '', , version = ''] = key.split('/');
  return [type, id, version];
}

async function bodies(client: Queryable, statement: string, keys: string[][]): Promise<Map<string, FhirResource>> {
  const columns = Array.from({ length: keys[0]?.length ?? 2 }, (_, column) => keys.map((key) => key[column] ?? ''));
  const { rows } = await client.query<Body>(statement, columns);
  return new Map(rows.map((row) => [row.key, withMeta(row)]));
}

/** A stored body with the server's part of `meta`. */
export function withMeta({ body, version, updatedAt }: Omit<Body, 'key'>): FhirResource {
  const resource = JSON.parse(body) as FhirResource;
  return { ...resource, meta: { ...resource.meta, versionId: String(version), lastUpdated: updatedAt.toISOString() } };
}

/** Everything that the resources refer to and that is not among them, to any depth. */
async function territoryOf(
  client: Queryable,
  roots: FhirResource[],
  members: string[],
): Promise<Map<string, FhirResource>> {
  const found = new Map<string, FhirResource>();
  const known = new Set(roots.map((root) => `${root.resourceType}/${root.id ?? ''}`));
  let wanted = [...new Set([...roots.flatMap(referencesOf), ...members])].filter((key) => !known.has(key));
  while (wanted.length > 0) {
    const next = await bodies(
      client,
      CURRENT,
      wanted.map((key) => key.split('/')),
    );
    wanted.forEach((key) => known.add(key));
    for (const [key, resource] of next) found.set(key, resource);
    wanted = [...new Set([...next.values()].flatMap(referencesOf))].filter((key) => !known.has(key));
  }
  return found;
}

function closure(members: string[], roots: FhirResource[], territory: Map<string, FhirResource>): FhirResource[] {
  const result = [...roots];
  const seen = new Set(roots.map((root) => `${root.resourceType}/${root.id ?? ''}`));
  const queue = [...roots.flatMap(referencesOf), ...members];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const resource = territory.get(key);
    if (seen.has(key) || resource === undefined) continue;
    seen.add(key);
    result.push(resource);
    queue.push(...referencesOf(resource));
  }
  return result;
}

const REFERENCE = /"reference":"([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})"/g;

function referencesOf(resource: FhirResource): string[] {
  return [...JSON.stringify(resource).matchAll(REFERENCE)].map((match) => match[1] ?? '');
}
