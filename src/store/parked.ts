import type { Pool } from 'pg';
import { GatewayError } from '../message/failure.js';
import type { TranslationStep } from '../message/translation.js';
import { waitAgain } from './message-states.js';
import { inTransaction, prepared, type Queryable, type Statement } from './pool.js';
import { closeWorkItems } from './work-items.js';

/** Does the message stand behind a work item of which that holds? */
const STANDS_BEHIND = (messageId: string, condition: string) => `EXISTS (
    SELECT FROM work_item_message AS behind
    WHERE behind.message_id = ${messageId} AND left_at IS NULL
      AND (SELECT ${condition} FROM work_item WHERE id = behind.work_item_id))`;

/**
 * What is to be read again anyway is left alone. Of those that are freed it gives the ones that stand behind an open item of another kind: their
 * own reading may have stopped them besides, and they are read again.
 */
const OTHER_STATES: Statement = [
  'parked-other-states',
  `
  WITH input AS (
    SELECT id, state FROM unnest($1::bigint[], $2::text[]) AS input (id, state)
    WHERE NOT EXISTS (SELECT FROM waiting WHERE waiting.message_id = input.id)
  ), freed AS (
    DELETE FROM parked USING input WHERE parked.message_id = input.id AND input.state = 'translated'
    RETURNING parked.message_id
  ), stopped AS (
    INSERT INTO parked (message_id) SELECT id FROM input WHERE state = 'parked' ON CONFLICT DO NOTHING
  )
  SELECT message_id AS id FROM freed
  WHERE ${STANDS_BEHIND('freed.message_id', `work_item.state = 'open' AND NOT standing`)}`,
];

/** Parks messages whose facts have no effect any more, and frees those whose facts have one now. */
export async function saveOtherStates(client: Queryable, steps: readonly TranslationStep[]): Promise<void> {
  const states = new Map<string, string>();
  for (const { messageId, otherStates } of steps) {
    // What was said of a message before it was read itself is outdated.
    if (messageId !== null) states.delete(messageId);
    for (const other of otherStates) states.set(other.messageId, other.state);
  }
  if (states.size === 0) return;
  const values = [[...states.keys()], [...states.values()]];
  const { rows } = await prepared<{ id: string }>(client, OTHER_STATES, values);
  if (rows.length > 0)
    await waitAgain(
      client,
      rows.map(({ id }) => id),
    );
}

const LOCK = `SELECT standing FROM work_item WHERE id = $1 AND state = 'open' FOR UPDATE`;

const ABANDONED = `
  SELECT message_id FROM work_item_message AS item
  WHERE work_item_id = $1 AND left_at IS NULL
    AND EXISTS (SELECT FROM parked WHERE parked.message_id = item.message_id)
    AND NOT ${STANDS_BEHIND('item.message_id', `work_item.state = 'open' AND id <> $1`)}
  LIMIT 1`;

/**
 * Closes a work item by hand.
 * @returns false when it is not open
 * @throws GatewayError messages-waiting where a parked message stands behind no other one
 */
export function closeByHand(pool: Pool, id: string): Promise<boolean> {
  return inTransaction(pool, async (client) => {
    if ((await client.query(LOCK, [id])).rowCount === 0) return false;
    if (((await client.query(ABANDONED, [id])).rowCount ?? 0) > 0)
      throw new GatewayError('messages-waiting', 'parked messages wait behind this work item alone', {
        remedy: 'mend what stops them and release it: POST /api/work-items/<id>/release, or tdu items --release ID',
      });
    return closeWorkItems(client, [id], 'operator');
  });
}

/** Messages that one statement of a release takes. */
const BATCH = 500;

const BATCH_BEHIND = `
  SELECT message_id AS id FROM work_item_message
  WHERE work_item_id = $1 AND left_at IS NULL AND message_id > $2
  ORDER BY message_id LIMIT ${BATCH}`;

const IS_OPEN = `SELECT FROM work_item WHERE id = $1 AND state = 'open'`;

/**
 * Sends every message behind a work item through the stages again, some at a time, the oldest first. What fails still stands behind it as
 * before; the last one that does not closes it.
 * @returns how many there are, and the first of them; undefined when the item is not open
 */
export async function releaseWorkItem(
  client: Queryable,
  id: string,
): Promise<{ count: number; first: string[] } | undefined> {
  if ((await client.query(IS_OPEN, [id])).rowCount === 0) return undefined;
  const first: string[] = [];
  let count = 0;
  for (let after = '0'; ;) {
    const { rows: batch } = await client.query<{ id: string }>(BATCH_BEHIND, [id, after]);
    const last = batch.at(-1);
    if (last === undefined) return { count, first };
    const again = await waitAgain(
      client,
      batch.map((message) => message.id),
    );
    if (first.length === 0) first.push(...again.slice(0, 100));
    count += again.length;
    after = last.id;
  }
}
