import { MESSAGE_CHANGES, statesBefore } from '../journey.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** A message waits by its row in `waiting`, and is parked by that in `parked`; the journal itself is never changed. */
const END: Statement = [
  'messages-end',
  `
  WITH ended AS (DELETE FROM waiting WHERE message_id = ANY ($1::bigint[]))
  INSERT INTO parked (message_id) SELECT unnest($2::bigint[]) ON CONFLICT DO NOTHING`,
];

/** Messages that are not waited for any more; those that are parked wait for somebody. */
export async function endMessages(
  client: Queryable,
  { translated, parked }: { translated: readonly string[]; parked: readonly string[] },
): Promise<void> {
  const ended = [...translated, ...parked];
  if (ended.length > 0) await prepared(client, END, [ended, parked]);
}

/** What is translated again is no suspect any more. */
const AGAIN: Statement = [
  'messages-again',
  `
  WITH again AS (
    INSERT INTO waiting (message_id, size)
    SELECT id, length FROM message WHERE id = ANY ($1::bigint[]) AND state = ANY ($2::text[])
    ON CONFLICT DO NOTHING
    RETURNING message_id
  ), released AS (
    DELETE FROM parked WHERE message_id = ANY ($1::bigint[])
  ), forgotten AS (
    DELETE FROM translation_claim WHERE messages && $1::bigint[]
  )
  SELECT message_id AS id FROM again`,
];

/** Lets messages wait for translation again, where the journey allows it. @returns the ids of those that now wait */
export async function waitAgain(client: Queryable, ids: readonly string[]): Promise<string[]> {
  const before = statesBefore(MESSAGE_CHANGES, 'received');
  const { rows } = await prepared<{ id: string }>(client, AGAIN, [ids, before]);
  return rows.map(({ id }) => id);
}
