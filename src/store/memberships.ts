import type { Membership } from '../message/membership.js';
import { instant } from '../message/order.js';
import type { MembershipRows, TranslationStep } from '../message/translation.js';
import { prepared, type Queryable, type Statement } from './pool.js';

/** Rows of stays that are not loaded, which last or ended since an instant. */
const OTHER_STAYS: Statement = [
  'memberships-other-stays',
  `
  SELECT asked.patient, probe.*
  FROM unnest($1::text[]) AS asked (patient)
  CROSS JOIN LATERAL (
    SELECT stay, person, role, label, from_text AS "from", to_text AS "to", from_derived AS "fromDerived", to_derived AS "toDerived",
      scope, source, basis, hidden, restricted, identifier, family, origin, ended
    FROM membership
    WHERE membership.patient = asked.patient AND stay IS NOT NULL AND stay <> ALL ($2::text[])
      AND coalesce(to_at, 'infinity') >= $3::timestamptz
    OFFSET 0) AS probe`,
];

/** The first whom nobody hides and who was not dismissed before he was declared, of stays that are not loaded. */
const FIRST: Statement = [
  'memberships-first',
  `
  SELECT asked.patient, first.from_text AS "from"
  FROM unnest($1::text[]) AS asked (patient)
  CROSS JOIN LATERAL (
    SELECT from_text FROM membership
    WHERE membership.patient = asked.patient AND stay IS NOT NULL AND NOT hidden AND stay <> ALL ($2::text[])
      AND (to_at IS NULL OR ended IS NULL OR to_at > from_at)
    ORDER BY from_at, from_text
    LIMIT 1) AS first`,
];

const DELETE: Statement = [
  'memberships-delete',
  `
  DELETE FROM membership
  WHERE ctid = ANY (ARRAY (
    SELECT probe.ctid
    FROM unnest($1::text[]) AS input (list)
    CROSS JOIN LATERAL (
      SELECT ctid FROM membership WHERE patient || '|' || coalesce(stay, '') = input.list OFFSET 0) AS probe))`,
];

const INSERT: Statement = [
  'memberships-insert',
  `
  INSERT INTO membership (patient, stay, person, role, label, from_at, from_text, to_at, to_text, from_derived, to_derived, scope, source,
    basis, hidden, restricted, identifier, family, origin, ended)
  SELECT patient, stay, person, role::json, label, from_at, from_text, to_at, to_text, from_derived, to_derived,
    scope, source, basis, hidden, restricted, identifier, family, origin::json, ended::json
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::boolean[], $10::text[],
    $11::text[], $12::text[], $13::boolean[], $14::boolean[], $15::text[], $16::text[], $17::text[], $18::text[], $19::timestamptz[],
    $20::timestamptz[])
    AS input (patient, stay, person, role, label, from_text, to_text, from_derived, to_derived, scope, source, basis, hidden, restricted,
      identifier, family, origin, ended, from_at, to_at)`,
];

const CHANGES_AT: Statement = [
  'memberships-changes-at',
  `
  INSERT INTO circle_due (patient, anchor, at)
  SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[])
  ON CONFLICT (patient) DO UPDATE SET anchor = excluded.anchor, at = excluded.at`,
];

const CHANGES_NEVER: Statement = [
  'memberships-changes-never',
  `DELETE FROM circle_due WHERE patient = ANY ($1::text[])`,
];

type Nullable<T> = { [Name in keyof T]-?: undefined extends T[Name] ? Exclude<T[Name], undefined> | null : T[Name] };
type MembershipRow = Nullable<Membership> & { patient: string };

/** What other stays than the loaded ones give a circle. */
export interface OtherStays {
  /** By Patient id. */
  memberships: Map<string, Membership[]>;
  firstMember: Map<string, string>;
}

/**
 * @param patients Patient ids
 * @param stays those whose facts are loaded
 * @param endedSince what ended before is left out
 */
export async function loadOtherStays(
  client: Queryable,
  patients: readonly string[],
  stays: readonly string[],
  endedSince: string,
): Promise<OtherStays> {
  const memberships = new Map<string, Membership[]>();
  const { rows } = await prepared<MembershipRow>(client, OTHER_STAYS, [patients, stays, endedSince]);
  for (const { patient, ...row } of rows)
    memberships.set(patient, [...(memberships.get(patient) ?? []), membershipOf(row)]);
  const first = await prepared<{ patient: string; from: string }>(client, FIRST, [patients, stays]);
  return { memberships, firstMember: new Map(first.rows.map(({ patient, from }) => [patient, from])) };
}

/** Without what is null. */
function membershipOf({ to, stay, identifier, family, ended, ...row }: Nullable<Membership>): Membership {
  return {
    ...row,
    ...(to === null ? {} : { to }),
    ...(stay === null ? {} : { stay }),
    ...(identifier === null ? {} : { identifier }),
    ...(family === null ? {} : { family }),
    ...(ended === null ? {} : { ended }),
  };
}

/** Writes the rows of the last step that says them, in place of those that were there, and when each circle changes by itself. */
export async function saveMemberships(client: Queryable, steps: readonly TranslationStep[]): Promise<void> {
  const replaced = lastOf(
    steps.flatMap(({ memberships }) => memberships),
    ({ patient, stay }) => `${patient} ${stay ?? ''}`,
  );
  if (replaced.length > 0) {
    await prepared(client, DELETE, [replaced.map(({ patient, stay }) => `${patient}|${stay ?? ''}`)]);
    await insert(client, replaced);
  }
  const changes = lastOf(
    steps.flatMap(({ nextChanges }) => nextChanges),
    ({ patient }) => patient,
  );
  const dated = changes.flatMap(({ at, ...change }) => (at === null ? [] : [{ ...change, at }]));
  if (dated.length > 0)
    await prepared(client, CHANGES_AT, [
      dated.map(({ patient }) => patient),
      dated.map(({ anchor }) => anchor),
      dated.map(({ at }) => at),
    ]);
  const never = changes.flatMap(({ patient, at }) => (at === null ? [patient] : []));
  if (never.length > 0) await prepared(client, CHANGES_NEVER, [never]);
}

async function insert(client: Queryable, replaced: readonly MembershipRows[]): Promise<void> {
  const rows = replaced.flatMap(({ patient, stay, rows: list }) => list.map((row) => ({ ...row, patient, of: stay })));
  if (rows.length === 0) return;
  await prepared(client, INSERT, [
    rows.map(({ patient }) => patient),
    rows.map(({ of }) => of),
    rows.map(({ person }) => person),
    rows.map(({ role }) => JSON.stringify(role)),
    rows.map(({ label }) => label),
    rows.map(({ from }) => from),
    rows.map(({ to }) => to ?? null),
    rows.map(({ fromDerived }) => fromDerived),
    rows.map(({ toDerived }) => toDerived),
    rows.map(({ scope }) => scope),
    rows.map(({ source }) => source),
    rows.map(({ basis }) => basis),
    rows.map(({ hidden }) => hidden),
    rows.map(({ restricted }) => restricted),
    rows.map(({ identifier }) => identifier ?? null),
    rows.map(({ family }) => family ?? null),
    rows.map(({ origin }) => JSON.stringify(origin)),
    rows.map(({ ended }) => (ended === undefined ? null : JSON.stringify(ended))),
    rows.map(({ from }) => moment(from)),
    rows.map(({ to }) => (to === undefined ? null : moment(to))),
  ]);
}

/** A date of a year or a month counts from its first moment, here as in the folds. */
function moment(dateTime: string): string {
  return new Date(instant(dateTime)).toISOString();
}

function lastOf<T>(list: readonly T[], keyOf: (item: T) => string): T[] {
  return [...new Map(list.map((item) => [keyOf(item), item])).values()];
}
