import type { TranslationStep } from '../message/translation.js';
import { prepared, type Queryable, type Statement } from './pool.js';
import { behindIn, WorkItemBook, type BroughtUp, type Entries } from './work-item-book.js';

/** Locks each item until the transaction ends: what stands behind it is counted under that lock. */
const OPEN: Statement = [
  'work-items-open',
  `
  INSERT INTO work_item (key, source, message_id, control_id, reason, field, text, code, standing)
  SELECT key, source, message_id, control_id, reason, field, text, code, standing
  FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::boolean[])
    AS item (key, source, message_id, control_id, reason, field, text, code, standing)
  ON CONFLICT (key) WHERE state = 'open' DO UPDATE SET last_seen_at = now()
  RETURNING id, key`,
];

/** A message that stands behind its item already changes nothing; one that had left it was counted before. */
const BEHIND: Statement = [
  'work-items-behind',
  `
  INSERT INTO work_item_message (work_item_id, message_id)
  SELECT work_item_id, message_id FROM unnest($1::bigint[], $2::bigint[]) AS input (work_item_id, message_id)
  ON CONFLICT (work_item_id, message_id) DO UPDATE SET left_at = NULL WHERE work_item_message.left_at IS NOT NULL
  RETURNING work_item_id AS id, seen_at = now() AS first`,
];

/** What a message read again no longer says. */
const LEAVE: Statement = [
  'work-items-leave',
  `
  UPDATE work_item_message AS behind SET left_at = now()
  WHERE message_id = ANY ($1::bigint[]) AND left_at IS NULL
    AND (
      SELECT state = 'open' AND NOT standing
        AND NOT EXISTS (
          SELECT FROM unnest($2::text[], $3::bigint[]) AS again (key, message_id)
          WHERE again.key = work_item.key AND again.message_id = behind.message_id)
      FROM work_item WHERE id = behind.work_item_id)
  RETURNING work_item_id AS id`,
];

const DEPART: Statement = [
  'work-items-depart',
  `
  UPDATE work_item_message AS behind SET left_at = now()
  FROM unnest($1::text[], $2::bigint[]) AS input (key, message_id)
  WHERE behind.work_item_id = (SELECT id FROM work_item WHERE key = input.key AND state = 'open')
    AND behind.message_id = input.message_id AND left_at IS NULL
  RETURNING work_item_id AS id`,
];

const COUNT: Statement = [
  'work-items-count',
  `
  UPDATE work_item SET waiting = work_item.waiting + input.waiting, count = work_item.count + input.count
  FROM unnest($1::bigint[], $2::int[], $3::int[]) AS input (id, waiting, count)
  WHERE work_item.id = input.id AND state = 'open'
  RETURNING work_item.id, work_item.waiting = 0 AND NOT standing AS done`,
];

const CLOSE: Statement = [
  'work-items-close',
  `
  UPDATE work_item SET state = 'done', waiting = 0, closed_at = now(), closed_by = $2
  WHERE id = ANY ($1::bigint[]) AND state = 'open'`,
];

const SETTLE: Statement = [
  'work-items-settle',
  `
  UPDATE work_item SET state = 'done', waiting = 0, closed_at = now(), closed_by = 'settled'
  WHERE key = ANY ($1::text[]) AND state = 'open'`,
];

/** What one step brings up and settles. */
export type StepItems = Pick<TranslationStep, 'messageId' | 'workItems' | 'settled' | 'departures'> & {
  controlId: string | null;
  source: string | null;
};

/** Opens work items, and puts the messages behind them; of a key that is open already there is one item. */
export async function openWorkItems(client: Queryable, items: readonly BroughtUp[]): Promise<void> {
  const book = new WorkItemBook();
  for (const item of items) book.bringUp(item);
  await save(client, book.list, []);
}

/**
 * Opens what the steps bring up, with the messages behind it, and closes what they settle. What a message no longer says it stands behind no
 * more; the last one closes the item. What one step brings up and a later one settles was never there.
 */
export async function saveWorkItems(client: Queryable, steps: readonly StepItems[]): Promise<void> {
  const book = new WorkItemBook();
  for (const { workItems, settled, departures, messageId, controlId, source } of steps) {
    for (const { key, messageId: gone } of departures) book.depart(key, gone);
    for (const item of workItems) book.bringUp({ ...item, messageId, controlId, source });
    for (const key of settled) book.settle(key);
  }
  await save(
    client,
    book.list,
    steps.flatMap(({ messageId }) => messageId ?? []),
  );
}

/** Closes the work items of these keys, whose cause is gone. */
export async function settleWorkItems(client: Queryable, keys: readonly string[]): Promise<void> {
  if (keys.length > 0) await prepared(client, SETTLE, [keys]);
}

/** @returns false when it is not open */
export async function closeWorkItems(client: Queryable, ids: readonly string[], how: string): Promise<boolean> {
  return ((await prepared(client, CLOSE, [ids, how])).rowCount ?? 0) > 0;
}

/** @param read messages that were read now: they leave what they no longer say */
async function save(client: Queryable, entries: Entries, read: readonly string[]): Promise<void> {
  const moves = [
    ...(await bringUpAll(client, entries)),
    ...(await departAll(client, entries)),
    ...(await leaveAll(client, read, behindIn(entries))),
  ];
  await count(client, moves);
  await settleWorkItems(
    client,
    entries.flatMap(([key, { settled }]) => (settled ? [key] : [])),
  );
}

/** A message that came to stand behind an item, or left it. */
interface Move {
  id: string;
  waiting: 1 | -1;
  /** It stands there for the first time. */
  first: boolean;
}

async function bringUpAll(client: Queryable, entries: Entries): Promise<Move[]> {
  const open = entries.flatMap(([key, { item }]) => (item === undefined ? [] : [{ ...item, key }]));
  if (open.length === 0) return [];
  const { rows: items } = await prepared<{ id: string; key: string }>(client, OPEN, [
    open.map(({ key }) => key),
    open.map(({ source }) => source),
    open.map(({ messageId }) => messageId),
    open.map(({ controlId }) => controlId),
    open.map(({ reason }) => reason),
    open.map(({ field }) => field ?? null),
    open.map(({ text }) => text),
    open.map(({ code }) => code ?? null),
    open.map(({ standing }) => standing === true),
  ]);
  const idOf = new Map(items.map(({ id, key }) => [key, id]));
  const behind = behindIn(entries).map(({ key, messageId }) => ({ id: idOf.get(key) ?? '', messageId }));
  if (behind.length === 0) return [];
  const { rows } = await prepared<{ id: string; first: boolean }>(client, BEHIND, [
    behind.map(({ id }) => id),
    behind.map(({ messageId }) => messageId),
  ]);
  return rows.map(({ id, first }) => ({ id, first, waiting: 1 }));
}

async function departAll(client: Queryable, entries: Entries): Promise<Move[]> {
  const gone = entries.flatMap(([key, { messages }]) =>
    [...messages].flatMap(([messageId, behind]) => (behind ? [] : [{ key, messageId }])),
  );
  if (gone.length === 0) return [];
  const { rows } = await prepared<{ id: string }>(client, DEPART, [
    gone.map(({ key }) => key),
    gone.map(({ messageId }) => messageId),
  ]);
  return rows.map(leaving);
}

async function leaveAll(
  client: Queryable,
  read: readonly string[],
  again: readonly { key: string; messageId: string }[],
): Promise<Move[]> {
  if (read.length === 0) return [];
  const { rows } = await prepared<{ id: string }>(client, LEAVE, [
    read,
    again.map(({ key }) => key),
    again.map(({ messageId }) => messageId),
  ]);
  return rows.map(leaving);
}

function leaving({ id }: { id: string }): Move {
  return { id, waiting: -1, first: false };
}

async function count(client: Queryable, moves: readonly Move[]): Promise<void> {
  if (moves.length === 0) return;
  const ids = [...new Set(moves.map(({ id }) => id))];
  const of = (id: string) => moves.filter((move) => move.id === id);
  const { rows } = await prepared<{ id: string; done: boolean }>(client, COUNT, [
    ids,
    ids.map((id) => of(id).reduce((sum, { waiting }) => sum + waiting, 0)),
    ids.map((id) => of(id).filter(({ first }) => first).length),
  ]);
  const done = rows.flatMap((row) => (row.done ? [row.id] : []));
  if (done.length > 0) await closeWorkItems(client, done, 'translated');
}
