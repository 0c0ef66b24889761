import type { JournalMessage } from '../message/message.js';
import { GatewayError } from '../message/failure.js';
import { withContent } from './content.js';
import type { Queryable } from './pool.js';

/** A page of a list: `after` is the cursor of the page before. */
export interface ListFilter {
  [field: string]: string | number | undefined;
  after?: string;
  count?: number;
}

export interface Page {
  total: number;
  items: Record<string, unknown>[];
  next?: string;
}

interface ListDefinition {
  select: string;
  from: string;
  /** Filter name → condition on a parameter and its value. */
  filters: Readonly<Record<string, (parameter: string, value: string | number) => string>>;
  /** Column the pages are ordered by, newest first; with its table's name, for the same name in `select` is text. */
  order: string;
}

const is = (column: string) => (parameter: string) => `${column} = ${parameter}`;

/** The one that claimed it, for each source and sender, and the refused that came under it. */
const messagesOf = (controlId: string) => `ARRAY (
      SELECT message_id FROM control_id WHERE control_id = ${controlId}
      UNION ALL
      SELECT id FROM journal WHERE refused AND control_id = ${controlId})`;

/** What these messages stand behind; of what is done, what they stood behind. */
const itemsOf = (messages: string) => `id = ANY (ARRAY (
      SELECT work_item_id FROM work_item_message AS behind
      WHERE message_id = ANY (${messages})
        AND (left_at IS NULL OR (SELECT state = 'done' FROM work_item WHERE id = behind.work_item_id))))`;

/** Few messages are refused, wait or are parked, and each of these has its index. */
const STATES: Readonly<Record<string, string>> = {
  refused: 'refused',
  received: 'id IN (SELECT message_id FROM waiting)',
  parked: 'id IN (SELECT message_id FROM parked)',
};

const inState = (parameter: string, value: string | number) =>
  `${STATES[value] ?? 'NOT refused'} AND state = ${parameter}`;

const toldOf = (messageId: string) =>
  `receipt_id = ANY (ARRAY (SELECT receipt.id FROM receipt WHERE receipt.message_id = ${messageId}))`;

/** Those of a receipt, and of the one that carries what it is about. */
const ofReceipt = (receipt: string) =>
  `receipt_id = ANY (ARRAY (SELECT coalesce(carrier, receipt.id) FROM receipt WHERE receipt.id = ${receipt}))`;

const aboutStay = (stay: string) => `about_key = ${stay} AND about_type = 'stay'`;

const LISTS = {
  messages: {
    select: `id::text, control_id AS "controlId", source, sender, type, format, received_at AS "receivedAt", state, charset,
      (SELECT json_agg(json_build_object('part', part, 'id', key, 'set', set_key, 'version', version, 'request', request) ORDER BY part)
        FROM document WHERE message_id = message.id) AS documents,
      encode(sha256, 'hex') AS sha256, jsonb_build_object('code', answer_code, 'issues', issues) AS answer`,
    from: 'message',
    filters: {
      id: is('id'),
      controlId: (controlId) => `id = ANY (${messagesOf(controlId)})`,
      state: inState,
      source: is('source'),
    },
    order: 'message.id',
  },
  workItems: {
    select: `id::text, control_id AS "controlId", message_id::text AS "messageId", source, reason, field, text, code, state, count, waiting,
      opened_at AS "openedAt", opened_at AS "firstSeenAt", last_seen_at AS "lastSeenAt", closed_at AS "closedAt", closed_by AS "closedBy"`,
    from: 'work_item',
    filters: {
      id: is('id'),
      controlId: (controlId) => itemsOf(messagesOf(controlId)),
      message: (message) => itemsOf(`ARRAY [${message}::bigint]`),
      state: is('state'),
      reason: is('reason'),
      source: is('source'),
    },
    order: 'work_item.id',
  },
  workItemMessages: {
    select: `message_id::text AS id, control_id AS "controlId", source, sender, type, received_at AS "receivedAt", state, seen_at AS "seenAt",
      left_at AS "leftAt"`,
    from: 'work_item_message JOIN message ON message.id = message_id',
    filters: { item: is('work_item_id'), state: is('state') },
    order: 'message_id',
  },
  receipts: {
    select: `id::text, message_id::text AS "messageId", json_build_object('type', about_type, 'key', about_key) AS about, thread,
      event_kind AS event, effective_text AS "effectiveAt", member, label, role, decision, reason, rule, member_from AS "memberFrom",
      member_to AS "memberTo", carrier::text AS "carrierId",
      (SELECT coalesce(json_agg(json_build_object('id', delivery.id, 'endpoint', endpoint, 'state', state, 'endedAt', ended_at)
        ORDER BY delivery.number), '[]') FROM delivery WHERE receipt_id = coalesce(carrier, receipt.id)) AS deliveries,
      written_at AS "writtenAt", number::text AS cursor`,
    from: 'receipt',
    filters: { message: is('message_id'), stay: aboutStay, decision: is('decision') },
    order: 'receipt.number',
  },
  deliveries: {
    select: `id::text, receipt_id::text AS "receiptId", message_id::text AS "messageId", endpoint, kind AS event, state, reason,
      supersedes::text, attempts,
      (SELECT coalesce(json_agg(json_build_object('startedAt', started_at, 'durationMs', duration_ms, 'ok', ok, 'status', status,
        'code', attempt.code, 'detail', detail) ORDER BY attempt.number), '[]') FROM attempt WHERE delivery_id = delivery.id)
        AS history, due_at AS "dueAt", code, created_at AS "createdAt", ended_at AS "endedAt", number::text AS cursor`,
    from: 'delivery',
    filters: {
      id: is('id'),
      message: toldOf,
      receipt: ofReceipt,
      endpoint: is('endpoint'),
      state: is('state'),
    },
    order: 'delivery.number',
  },
} as const satisfies Record<string, ListDefinition>;

export type ListName = keyof typeof LISTS;

/** One page of a list, newest first, with the total of all pages. Unknown filters are refused. */
export async function list(client: Queryable, name: ListName, filter: ListFilter): Promise<Page> {
  const { select, from, filters, order }: ListDefinition = LISTS[name];
  const { after, count = 50, ...wanted } = filter;
  const values: unknown[] = [];
  const parts = Object.entries(wanted).flatMap(([field, value]) => {
    const condition = Object.hasOwn(filters, field) ? filters[field] : undefined;
    if (condition === undefined) throw new GatewayError('request-invalid', `${field} is no filter here`, { field });
    return value === undefined ? [] : [condition(`$${values.push(value)}`, value)];
  });
  const where = parts.length === 0 ? '' : `WHERE ${parts.join(' AND ')}`;
  const { rows: totals } = await client.query<{ total: number }>(
    `SELECT count(*)::int AS total FROM ${from} ${where}`,
    values,
  );
  const paged =
    after === undefined ? where : `${where === '' ? 'WHERE' : `${where} AND`} ${order} < $${values.push(after)}`;
  const { rows } = await client.query<Record<string, unknown>>(
    `SELECT ${select} FROM ${from} ${paged} ORDER BY ${order} DESC LIMIT $${values.push(count + 1)}`,
    values,
  );
  const last = rows.slice(0, count).at(-1);
  const items = rows.slice(0, count).map(({ cursor: _cursor, ...item }) => item);
  const cursor = last?.['cursor'] ?? last?.['id'];
  const total = totals[0]?.total ?? 0;
  return rows.length > count && typeof cursor === 'string' ? { total, items, next: cursor } : { total, items };
}

const MESSAGE = `
  SELECT id, source, control_id AS "controlId", sender, type, format, received_at AS "receivedAt", charset, bytes, length, state
  FROM message WHERE id = $1`;
const UNTRANSLATED = `SELECT message_id AS id FROM waiting WHERE message_id < $1 ORDER BY message_id LIMIT $2`;

/** A message with all its bytes that are kept. */
export async function journalMessage(client: Queryable, id: string): Promise<JournalMessage | undefined> {
  const { rows } = await client.query<JournalMessage & { length: number }>(MESSAGE, [id]);
  const [message] = await withContent(client, rows);
  return message;
}

/** Kept before that id and still not translated, oldest first: what a lost queue would have carried. */
export async function untranslated(client: Queryable, before: string, limit: number): Promise<string[]> {
  return (await client.query<{ id: string }>(UNTRANSLATED, [before, limit])).rows.map((row) => row.id);
}

const NODE = `SELECT nextval('gateway_node')::int AS node`;

/** A number from 0 to 255 for the message ids of one process that receives. */
export async function nodeNumber(client: Queryable): Promise<number> {
  return (await client.query<{ node: number }>(NODE)).rows[0]?.node ?? 0;
}

const DATABASE = `
  SELECT system_identifier::text || '-' || pg_database.oid::text AS id
  FROM pg_control_system(), pg_database WHERE datname = current_database()`;

/** The cluster's own id and the database's number in it: a copy that runs elsewhere has another. */
export async function databaseId(client: Queryable): Promise<string> {
  return (await client.query<{ id: string }>(DATABASE)).rows[0]?.id ?? '';
}

const COUNTS = `
  SELECT
    (SELECT count(*)::int FROM waiting) AS "untranslated",
    (SELECT count(*)::int FROM parked) AS "parked",
    (SELECT count(*)::int FROM work_item WHERE state = 'open') AS "openWorkItems",
    (SELECT count(*)::int FROM delivery WHERE state = 'due') AS "dueDeliveries",
    (SELECT count(*)::int FROM delivery WHERE state = 'dead') AS "deadDeliveries"`;

export interface Counts {
  untranslated: number;
  parked: number;
  openWorkItems: number;
  dueDeliveries: number;
  deadDeliveries: number;
}

/** Gauges for `/metrics`; every count rests on a partial index. */
export async function counts(client: Queryable): Promise<Counts> {
  const none = { untranslated: 0, parked: 0, openWorkItems: 0, dueDeliveries: 0, deadDeliveries: 0 };
  return (await client.query<Counts>(COUNTS)).rows[0] ?? none;
}
