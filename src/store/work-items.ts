import type { NewWorkItem } from '../message/message.js';
import type { TranslationStep } from '../message/translation.js';
import { plainArray, prepared, type Queryable, type Statement } from './pool.js';

const OPEN: Statement = [
  'work-items-open',
  `
  INSERT INTO work_item (key, message_id, control_id, reason, field, text, code, standing)
  SELECT key, message_id, control_id, reason, field, text, code, standing
  FROM unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[])
    AS item (key, message_id, control_id, reason, field, text, code, standing)
  ON CONFLICT (key) WHERE state = 'open' DO NOTHING`,
];

/** Opens work items; one whose key is open already is not opened twice. */
export async function openWorkItems(
  client: Queryable,
  items: readonly (NewWorkItem & { messageId: string | null; controlId: string | null })[],
): Promise<void> {
  if (items.length === 0) return;
  await prepared(client, OPEN, [
    items.map((item) => item.key ?? null),
    items.map((item) => item.messageId),
    items.map((item) => item.controlId),
    items.map((item) => item.reason),
    items.map((item) => item.field ?? null),
    items.map((item) => item.text),
    items.map((item) => item.code ?? null),
    plainArray(items.map((item) => item.standing === true)),
  ]);
}

const CLOSE = `
  UPDATE work_item SET state = 'done', closed_at = now(), closed_by = $2
  WHERE id = $1 AND state = 'open'`;

const RELEASED: Statement = [
  'work-items-released',
  `
  UPDATE work_item SET state = 'done', closed_at = now(), closed_by = 'translated'
  WHERE message_id = ANY ($1::bigint[]) AND state = 'open' AND opened_at < now() AND NOT standing
    AND (key IS NULL OR key <> ALL ($2::text[]))`,
];

const SETTLED: Statement = [
  'work-items-settled',
  `
  UPDATE work_item SET state = 'done', closed_at = now(), closed_by = 'settled'
  WHERE key = ANY ($1::text[]) AND state = 'open'`,
];

/** What one step brings up and settles. */
export type StepItems = Pick<TranslationStep, 'messageId' | 'state' | 'workItems' | 'settled'> & {
  controlId: string | null;
};

/**
 * Opens what the steps bring up; closes what they settle, and what earlier readings of the messages translated left open, but for what these
 * say again (by key). What one step brings up and a later one settles was never there.
 */
export async function saveWorkItems(client: Queryable, steps: readonly StepItems[]): Promise<void> {
  const last = new Map<string, 'open' | 'settled'>();
  for (const { workItems, settled } of steps) {
    for (const { key } of workItems) if (key !== undefined) last.set(key, 'open');
    for (const key of settled) last.set(key, 'settled');
  }
  const items = steps.flatMap(({ workItems, messageId, controlId }) =>
    workItems
      .filter(({ key }) => key === undefined || last.get(key) === 'open')
      .map((item) => ({ ...item, messageId, controlId })),
  );
  await openWorkItems(client, items);
  const settled = [...last].flatMap(([key, how]) => (how === 'settled' ? [key] : []));
  await settleWorkItems(client, settled);
  const translated = steps.flatMap(({ messageId, state }) => (state === 'translated' ? (messageId ?? []) : []));
  if (translated.length > 0) await prepared(client, RELEASED, [translated, items.flatMap(({ key }) => key ?? [])]);
}

/** Closes the work items of these keys, whose cause is gone. */
export async function settleWorkItems(client: Queryable, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await prepared(client, SETTLED, [keys]);
}

/** Closes a work item; false when it is not open. `how` says what released it. */
export async function closeWorkItem(client: Queryable, id: string, how: string): Promise<boolean> {
  return ((await client.query(CLOSE, [id, how])).rowCount ?? 0) > 0;
}
