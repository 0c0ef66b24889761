import type { Communication } from 'fhir/r4.js';
import { communicationOf } from '../fhir/communication.js';
import type { SearchPage, SearchQuery } from '../fhir/search.js';
import type { DeliveryState } from '../message/delivery.js';
import type { EventKind } from '../message/event.js';
import { anyRange } from './ranges.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** A delivery as its Communication shows it. */
interface Row {
  id: string;
  number: string;
  kind: EventKind;
  eventNumber: number;
  thread: string;
  respondsTo: string | null;
  sent: string;
  recipient: string;
  patient: string;
  encounter: string | null;
  document: string | null;
  state: DeliveryState;
  changedAt: Date;
}

/** What was superseded was not sent; where another went in its place, that one has its Communication. */
const IS_SHOWN = `state <> 'superseded' AND delivery.patient <> ''`;

const SHOWN = `
  SELECT coalesce(notification, delivery.id) AS id, delivery.number, kind, event_number AS "eventNumber", receipt.thread,
    (SELECT coalesce(notification, id) FROM delivery AS original WHERE original.id = delivery.responds_to) AS "respondsTo",
    receipt.effective_text AS sent, receipt.member AS recipient, delivery.patient,
    substring(array_to_string(pinned, ' ') FROM 'Encounter/([A-Za-z0-9.-]+)/') AS encounter,
    substring(array_to_string(pinned, ' ') FROM 'DocumentReference/([A-Za-z0-9.-]+)/') AS document, state,
    coalesce(ended_at, revived_at, created_at) AS "changedAt"
  FROM delivery
  JOIN receipt ON receipt.id = delivery.receipt_id`;

const OF_ID = '(delivery.id = ANY ($1::uuid[]) OR notification = ANY ($1::uuid[]))';

const READ: Statement = ['communications-read', `${SHOWN} WHERE ${IS_SHOWN} AND ${OF_ID} LIMIT 1`];

/** The Communication of that id, as it was sent or is to be sent. */
export async function readCommunication(client: Queryable, id: string): Promise<Communication | undefined> {
  if (!isUuid(id)) return undefined;
  const row = (await prepared<Row>(client, READ, [[id]])).rows[0];
  return row && communication(row);
}

/** Communications in the order that they were decided in, by id or identifier, patient and time of the event. */
export async function searchCommunications(client: Queryable, query: SearchQuery): Promise<SearchPage> {
  const { where, values } = condition(query);
  const counting = `SELECT count(*)::int AS total FROM delivery WHERE ${where}`;
  const total =
    query.after?.total ??
    (query.total ? ((await client.query<{ total: number }>(counting, [...values])).rows[0]?.total ?? 0) : undefined);
  const answer = total === undefined ? { resources: [] } : { total, resources: [] };
  if (query.countOnly || query.count === 0) return answer;
  const after = query.after === undefined ? '' : `AND delivery.number > $${values.push(query.after.id)}::bigint`;
  const limit = `$${values.push(query.count + 1)}`;
  const { rows } = await client.query<Row>(
    `${SHOWN} WHERE ${where} ${after} ORDER BY delivery.number LIMIT ${limit}`,
    values,
  );
  const page = rows.slice(0, query.count);
  const resources = page.map(communication);
  const last = page.at(-1)?.number;
  if (last === undefined || rows.length === page.length) return { ...answer, resources };
  return {
    ...answer,
    resources,
    next: { id: last, until: new Date(0), ...(total === undefined ? {} : { total }) },
  };
}

function condition({ all, ids, dates }: SearchQuery): { where: string; values: unknown[] } {
  const values: unknown[] = [];
  const parts = [IS_SHOWN];
  const ofIds = (wanted: readonly string[]) =>
    parts.push(OF_ID.replaceAll('$1', `$${values.push(wanted.filter(isUuid))}`));
  for (const any of ids) ofIds(any);
  for (const any of all) {
    if (any.some((word) => word.startsWith('identifier='))) ofIds(any.map(uuidOf));
    else parts.push(`delivery.patient = ANY ($${values.push(any.map(patientOf))}::text[])`);
  }
  for (const any of dates) parts.push(anyRange(any, 'sent_at', 'sent_at', values));
  return { where: parts.join(' AND '), values };
}

/** Of `subject=Patient/…`. */
function patientOf(word: string): string {
  return word.replace(/^subject=Patient\//, '');
}

/** Of `identifier=…`, with its system or without. */
function uuidOf(word: string): string {
  return word.replace(/^identifier=(urn:ietf:rfc:3986\|)?urn:uuid:/, '');
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

const STATUS: Readonly<Record<DeliveryState, Communication['status']>> = {
  due: 'in-progress',
  delivered: 'completed',
  dead: 'stopped',
  superseded: 'not-done',
};

function communication({ patient, encounter, document, state, changedAt, ...row }: Row): Communication {
  const made = communicationOf({
    ...row,
    status: STATUS[state],
    patient: `Patient/${patient}`,
    encounter: encounter === null ? undefined : `Encounter/${encounter}`,
    document: document === null ? undefined : `DocumentReference/${document}`,
  });
  return { ...made, meta: { ...made.meta, lastUpdated: changedAt.toISOString() } };
}
