import type { NewWorkItem } from '../message/message.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const OPEN = `
  INSERT INTO work_item (key, message_id, control_id, reason, field, text)
  SELECT key, message_id, control_id, reason, field, text
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[])
    AS item (key, message_id, control_id, reason, field, text)
  ON CONFLICT (key) WHERE state = 'open' DO NOTHING`;

/** Opens work items; one whose key is open already is not opened twice. */
export async function openWorkItems(
  client: Queryable,
  items: (NewWorkItem & { messageId: string; controlId: string })[],
): Promise<void> {
  if (items.length === 0) return;
  await client.query(OPEN, [
    items.map((item) => item.key ?? null),
    items.map((item) => item.messageId),
    items.map((item) => item.controlId),
    items.map((item) => item.reason),
    items.map((item) => item.field ?? null),
    items.map((item) => item.text),
  ]);
}

const CLOSE = `
  UPDATE work_item SET state = 'done', closed_at = now(), closed_by = $2
  WHERE id = $1 AND state = 'open'`;

const RELEASED: Statement = [
  'work-items-released',
  `
  UPDATE work_item SET state = 'done', closed_at = now(), closed_by = 'translated'
  WHERE message_id = ANY ($1::bigint[]) AND state = 'open' AND opened_at < now() AND (key IS NULL OR key <> ALL ($2::text[]))`,
];

/** Closes what earlier readings of these messages left open, but for what they find again (by key) and what this transaction opened. */
export async function closeReleased(client: Queryable, messageIds: string[], openKeys: string[]): Promise<void> {
  if (messageIds.length > 0) await prepared(client, RELEASED, [messageIds, openKeys]);
}

/** Closes a work item; false when it is not open. `how` says what released it. */
export async function closeWorkItem(client: Queryable, id: string, how: string): Promise<boolean> {
  return ((await client.query(CLOSE, [id, how])).rowCount ?? 0) > 0;
}
