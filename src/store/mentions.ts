import { canonicalJson } from '../message/canonical-json.js';
import type { Mention } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import type { NewWorkItem } from '../message/message.js';
import type { TranslationStep } from '../message/translation.js';
import {
  isRepetition,
  mentionedResource,
  mentionRow,
  ownerOf,
  peopleOf,
  winner,
  withMention,
  withoutReading,
  type MentionRow,
} from '../record/mention.js';
import { lockNames, shareNames } from './locks.js';
import { prepared, type Queryable, type Statement } from './pool.js';

const COLUMNS = `type, id, source, rank, recorded_at AS "recordedAt", first_recorded_at AS "firstRecordedAt",
    message_id AS "messageId", number, family, body`;

/** All that is said of these resources, and of those who share a number with them. */
const READ: Statement = [
  'mentions-read',
  `
  SELECT probe.*
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  CROSS JOIN LATERAL (
    SELECT ${COLUMNS} FROM mention WHERE mention.type = asked.type AND mention.id = asked.id OFFSET 0) AS probe
  UNION
  SELECT probe.*
  FROM unnest($3::text[]) AS asked (number)
  CROSS JOIN LATERAL (SELECT ${COLUMNS} FROM mention WHERE mention.number = asked.number OFFSET 0) AS probe`,
];

/** In the order of the key: two transactions may say the same things again at once. */
const ADD = `
  INSERT INTO mention (type, id, source, sha256, rank, recorded_at, first_recorded_at, message_id, number, family, body)
  SELECT type, id, source, sha256(convert_to(body, 'UTF8')) AS sha256, rank, recorded_at, first_recorded_at, message_id, number, family, body
  FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::timestamptz[], $7::bigint[], $8::text[], $9::text[],
    $10::text[]) AS input (type, id, source, rank, recorded_at, first_recorded_at, message_id, number, family, body)
  ORDER BY type, id, source, sha256
  ON CONFLICT (type, id, source, sha256) DO UPDATE SET recorded_at = excluded.recorded_at, message_id = excluded.message_id`;

const WRITE: Statement = [
  'mentions-write',
  `${ADD}, rank = excluded.rank, first_recorded_at = excluded.first_recorded_at`,
];

/** Somebody else may have said it again meanwhile, and later. */
const REPEAT: Statement = ['mentions-repeat', `${ADD} WHERE mention.recorded_at <= excluded.recorded_at`];

const TAKE_BACK: Statement = [
  'mentions-take-back',
  `
  DELETE FROM mention
  USING unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS input (type, id, source, body)
  WHERE mention.type = input.type AND mention.id = input.id AND mention.source = input.source
    AND mention.sha256 = sha256(convert_to(input.body, 'UTF8'))`,
];

/** A resource of the territory as the mentions give it now. */
interface MentionedResource {
  type: string;
  id: string;
  /** Canonical JSON. */
  body: string;
}

/** The mentions of what a batch mentions, as they stand after the steps applied so far; written at the end. */
export class MentionBook {
  /** `Type/id` → its rows. */
  private rows = new Map<string, MentionRow[]>();
  /** Number → `Type/id` of those who were mentioned with it. */
  private readonly holders = new Map<string, Set<string>>();
  private readonly stored = new Map<string, MentionRow>();
  /** Nothing new is said. */
  private repeats = false;
  /** Of each resource by its JSON as it came: the same one comes with message after message. */
  private readonly bodies = new Map<string, string>();

  constructor(private readonly client: Queryable) {}

  /**
   * Reads what is said so far. Two transactions that say something new of the same thing come one after the other: each must see what the other
   * said. Those that only say again what is known go on side by side, and change no resource.
   * @returns `Type/id` of every resource that the steps may change
   * @throws GatewayError store-conflict where something new was said of it meanwhile
   */
  async open(steps: readonly TranslationStep[]): Promise<string[]> {
    const rows = distinct(
      steps.flatMap(({ messageId, mentions }) => mentions.map((mention) => this.rowOf(mention, messageId))),
    );
    if (rows.length === 0) return [];
    const numbers = [...new Set(rows.flatMap(({ number }) => number ?? []))];
    const things = [...new Map(rows.map((row) => [keyOf(row), row])).values()];
    const names = [...things.map((row) => `mention ${keyOf(row)}`), ...numbers.map((number) => `mention ${number}`)];
    await this.read(things, numbers);
    this.repeats = !steps.some(({ supersedes }) => supersedes) && this.repeated(rows) !== undefined;
    await (this.repeats ? shareNames(this.client, names) : lockNames(this.client, names));
    await this.read(things, numbers);
    if (!this.repeats) return [...new Set([...this.rows.keys(), ...things.map(keyOf)])];
    const repeated = this.repeated(rows);
    if (repeated === undefined)
      throw new GatewayError('store-conflict', 'something new was said of the same place or professional meanwhile');
    this.rows = repeated;
    return [];
  }

  private async read(things: readonly MentionRow[], numbers: readonly string[]): Promise<void> {
    type Row = Omit<MentionRow, 'recordedAt' | 'firstRecordedAt'> & { recordedAt: Date; firstRecordedAt: Date };
    const read = await prepared<Row>(this.client, READ, [
      things.map(({ type }) => type),
      things.map(({ id }) => id),
      numbers,
    ]);
    for (const map of [this.rows, this.holders, this.stored]) map.clear();
    for (const { recordedAt, firstRecordedAt, ...rest } of read.rows) {
      const row = { ...rest, recordedAt: recordedAt.getTime(), firstRecordedAt: firstRecordedAt.getTime() };
      this.put(keyOf(row), [...(this.rows.get(keyOf(row)) ?? []), row]);
      this.stored.set(wordingOf(row), row);
    }
  }

  /** The rows with all of these, each after those before it; undefined where one says something new. */
  private repeated(added: readonly MentionRow[]): Map<string, MentionRow[]> | undefined {
    const rows = new Map(this.rows);
    for (const row of added) {
      const before = rows.get(keyOf(row)) ?? [];
      if (!isRepetition(before, row)) return undefined;
      rows.set(keyOf(row), withMention(before, row));
    }
    return rows;
  }

  /**
   * Takes the mentions of one step.
   * @returns the resources that its mentions are about, as they are now, and those whose number they may have taken; and a work item for
   * each number that has one name more than before, and more than one
   */
  apply({ messageId, mentions, supersedes }: TranslationStep): {
    resources: MentionedResource[];
    workItems: NewWorkItem[];
  } {
    if (this.repeats) return { resources: [], workItems: [] };
    const touched = new Set<string>();
    const workItems: NewWorkItem[] = [];
    for (const mention of mentions) {
      const row = this.rowOf(mention, messageId);
      const before = row.number === null ? 0 : peopleOf(this.rowsOf(row.number));
      const rows = this.rows.get(keyOf(row)) ?? [];
      this.put(keyOf(row), withMention(supersedes ? withoutReading(rows, row) : rows, row));
      touched.add(keyOf(row));
      if (row.number === null) continue;
      for (const holder of this.holders.get(row.number) ?? []) touched.add(holder);
      const people = peopleOf(this.rowsOf(row.number));
      if (people > 1 && people > before) workItems.push(conflict(row.number));
    }
    return { resources: [...touched].sort().flatMap((key) => this.resource(key)), workItems };
  }

  /**
   * Writes what changed, in one statement whatever the size of the batch. From here to the commit those who say the same again wait for each
   * other, so it comes last.
   */
  async flush(): Promise<void> {
    const rows = [...this.rows.values()].flat();
    const kept = new Set(rows.map(wordingOf));
    const gone = [...this.stored.values()].filter((row) => !kept.has(wordingOf(row)));
    if (gone.length > 0)
      await prepared(this.client, TAKE_BACK, [
        gone.map(({ type }) => type),
        gone.map(({ id }) => id),
        gone.map(({ source }) => source),
        gone.map(({ body }) => body),
      ]);
    const changed = rows.filter((row) => row !== this.stored.get(wordingOf(row)));
    if (changed.length > 0)
      await prepared(this.client, this.repeats ? REPEAT : WRITE, [
        changed.map(({ type }) => type),
        changed.map(({ id }) => id),
        changed.map(({ source }) => source),
        changed.map(({ rank }) => rank),
        changed.map(({ recordedAt }) => new Date(recordedAt).toISOString()),
        changed.map(({ firstRecordedAt }) => new Date(firstRecordedAt).toISOString()),
        changed.map(({ messageId }) => messageId),
        changed.map(({ number }) => number),
        changed.map(({ family }) => family),
        changed.map(({ body }) => body),
      ]);
  }

  private rowOf(mention: Mention, messageId: string | null): MentionRow {
    const json = JSON.stringify(mention.resource);
    const body = this.bodies.get(json) ?? canonicalJson(mention.resource);
    this.bodies.set(json, body);
    return mentionRow(mention, messageId, body);
  }

  private put(key: string, rows: MentionRow[]): void {
    this.rows.set(key, rows);
    for (const { number } of rows) {
      if (number === null) continue;
      const holders = this.holders.get(number) ?? new Set();
      this.holders.set(number, holders.add(key));
    }
  }

  private rowsOf(number: string): MentionRow[] {
    return [...(this.holders.get(number) ?? [])].flatMap((key) => this.rows.get(key) ?? []);
  }

  private resource(key: string): MentionedResource[] {
    const best = winner(this.rows.get(key) ?? []);
    if (best === undefined) return [];
    const owner = best.number === null ? undefined : ownerOf(this.rowsOf(best.number));
    const own = owner === undefined || owner === best.id;
    const body = own ? best.body : canonicalJson(mentionedResource(best, owner));
    return [{ type: best.type, id: best.id, body }];
  }
}

/** What is said again and again in one batch, once. */
function distinct(rows: readonly MentionRow[]): MentionRow[] {
  const byBody = new Map<string, MentionRow[]>();
  for (const row of rows) byBody.set(row.body, withMention(byBody.get(row.body) ?? [], row));
  return [...byBody.values()].flat();
}

function keyOf({ type, id }: Pick<MentionRow, 'type' | 'id'>): string {
  return `${type}/${id}`;
}

function wordingOf(row: MentionRow): string {
  return `${keyOf(row)} ${row.source} ${row.body}`;
}

/** The field is FHIR's: an HL7 one would be that of whichever name came last. */
function conflict(number: string): NewWorkItem {
  return {
    reason: 'identity-conflict',
    field: 'Practitioner.identifier',
    text: 'a professional’s number is given with two family names; whoever had it first keeps it, and the other is another person',
    key: `professional|${number}`,
    standing: true,
  };
}
