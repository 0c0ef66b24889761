import { SEARCH_PARAMETERS } from '../fhir/search-parameters.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** The types that have versions, as SQL. */
const TYPES = `unnest('{${Object.keys(SEARCH_PARAMETERS).join()}}'::text[])`;

/** The instant after all that stand. */
const AFTER_LAST = `(
    SELECT max(last.updated_at) + interval '1 millisecond'
    FROM ${TYPES} AS types (type)
    CROSS JOIN LATERAL (
      SELECT updated_at FROM resource_version WHERE resource_version.type = types.type ORDER BY updated_at DESC LIMIT 1) AS last)`;

/** Gives the transaction its number, by which others see that it writes. */
const NUMBER: Statement = ['horizon-number', 'SELECT pg_current_xact_id()'];

const INSTANT: Statement = [
  'horizon-instant',
  `SELECT greatest(date_trunc('milliseconds', clock_timestamp()), ${AFTER_LAST}) AS instant`,
];

/**
 * The instant of what a transaction writes now, in milliseconds, as FHIR gives them. Two things make it trustworthy for whoever asks for what
 * changed since: the transaction has its number before, so that a reader who does not see its versions sees the transaction (see
 * `horizonOf`); and it is later than every instant that stands by then, also where the clock was set back.
 */
export async function instantOf(client: Queryable): Promise<Date | undefined> {
  await prepared(client, NUMBER);
  return (await prepared<{ instant: Date }>(client, INSTANT)).rows[0]?.instant;
}

/**
 * A transaction that has a number writes, and its instants are not before its start; one that gets its number later than this statement
 * began gives instants that are not before that, nor before any that stands. Other sessions' transactions are seen by the role that they
 * run as.
 */
const HORIZON: Statement = [
  'horizon',
  `
  SELECT date_trunc('milliseconds', least(greatest(statement_timestamp(), ${AFTER_LAST}), min(xact_start))) AS horizon
  FROM pg_stat_get_activity(NULL)
  WHERE backend_xid IS NOT NULL AND datid = (SELECT datid FROM pg_stat_get_activity(pg_backend_pid()))`,
];

/**
 * The instant before which every version is there: what commits later has that instant or a later one. It must be asked for in a statement
 * of its own, before the one that reads.
 */
export async function horizonOf(client: Queryable): Promise<Date> {
  return (await prepared<{ horizon: Date }>(client, HORIZON)).rows[0]?.horizon ?? new Date(0);
}
