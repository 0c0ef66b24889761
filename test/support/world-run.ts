import pg from 'pg';
import { foldWindow } from '../../src/apply/window.js';
import { plainSource, type SourceSettings } from '../../src/config/schema.js';
import type { Membership } from '../../src/message/membership.js';
import type { FoldOptions } from '../../src/message/stay.js';
import type { PatientWindow } from '../../src/message/translation.js';
import { accept, type ReceiveDeps } from '../../src/receive/accept.js';
import { acceptDocument } from '../../src/receive/accept-document.js';
import { ByteBudget } from '../../src/receive/byte-budget.js';
import { Committer } from '../../src/receive/committer.js';
import { messageIds } from '../../src/receive/message-ids.js';
import { RefusedQuota } from '../../src/receive/refused-quota.js';
import { buildDirectory } from '../../src/route/directory.js';
import { openStore, type Store } from '../../src/store/store.js';
import { translateStage } from '../../src/work/translate-stage.js';
import { openingHere } from './admissions.js';
import { metadataOf, xdmOf } from './archive.js';
import { freshDatabase } from './database.js';
import { ownMappings } from './pam.js';
import { BESIDE_PLACE, LETTER_PLACE } from './world-letters.js';
import type { WorldMessage } from './worlds.js';

/** One row that a reader sees. Rows of one key are one thing: two tellings of a world must give it the same text. */
export interface Row {
  /** Table, then what names the row in it. */
  key: string;
  text: string;
}

/** What became of one message, for whoever looks after it. */
export interface Outcome {
  controlId: string;
  source: string;
  state: string;
  /** Of the open work items that the message stands behind. */
  items: { reason: string; field: string | null }[];
}

/** A gateway without queue and without recipients: messages in, rows out. All that is known here of the inside is in this file. */
export interface WorldStore {
  /**
   * Takes messages through a door and the translate stage, in this order.
   * @param batch messages of one transaction
   */
  arrive(messages: readonly WorldMessage[], batch?: number): Promise<void>;
  /**
   * Every row that a reader sees: resources that are there, memberships, open work items, which messages are parked. No version numbers, no times of writing; a message
   * is named by its control id. What is gone (410) and what never was (404) are one, since readers of one order cannot know of another.
   */
  rows(): Promise<Row[]>;
  /** The folded resources among them, worked out anew from all facts. */
  rowsTheLongWay(): Promise<Row[]>;
  /** The same rows as they were known at an instant (ISO 8601). */
  rowsKnownAt(at: string): Promise<Row[]>;
  /** True for rows that `rowsTheLongWay` gives. */
  isFolded(row: Row): boolean;
  outcomes(): Promise<Outcome[]>;
  /** Empties every table. */
  reset(): Promise<void>;
  close(): Promise<void>;
}

const RESOURCES = `
  SELECT resource.type || '/' || resource.id AS key, resource_version.body AS text
  FROM resource
  JOIN resource_version USING (type, id, version)
  WHERE NOT resource.removed`;

/** What was entered in error: of a document that became another patient's, what there was before and never is where that is known at once. */
const IN_ERROR = /"(status|lifecycleStatus|code)":"entered-in-error"/;
const isSeen = ({ key, text }: Row): boolean => !/^[A-Z]/.test(key) || !IN_ERROR.test(text);

/** Of two messages that say the same either may be the origin. */
const MEMBERSHIPS = `
  SELECT concat_ws(' ', 'membership', patient, coalesce(stay, '-')) AS key,
    concat_ws(' ', person, role ->> 'code', from_text, coalesce(to_text, '…'), scope, source, basis, hidden::text, restricted::text,
      identifier, family, label) AS text
  FROM membership`;

const WORK_ITEMS = `
  SELECT DISTINCT 'work_item ' || coalesce(key, '') AS key, concat_ws(' ', reason, field) AS text
  FROM work_item
  WHERE state = 'open'`;

/** Whether what it says has an effect. */
const MESSAGES = `
  SELECT 'message ' || id AS key, state || CASE
      WHEN state = 'parked' AND NOT EXISTS (
        SELECT FROM work_item_message AS behind JOIN work_item ON work_item.id = work_item_id
        WHERE behind.message_id = message.id AND left_at IS NULL AND work_item.state = 'open') THEN ' behind nothing'
      ELSE ''
    END AS text
  FROM message
  WHERE state IN ('parked', 'translated')`;

const OUTCOMES = `
  SELECT message.control_id AS "controlId", message.source, message.state,
    coalesce(json_agg(json_build_object('reason', reason, 'field', field)) FILTER (WHERE reason IS NOT NULL), '[]') AS items
  FROM message
  LEFT JOIN work_item_message AS behind ON behind.message_id = message.id AND left_at IS NULL
  LEFT JOIN work_item ON work_item.id = work_item_id AND work_item.state = 'open'
  GROUP BY message.id, message.control_id, message.source, message.state
  ORDER BY message.id`;

const CLUSTERS = 'SELECT DISTINCT ON (cluster) key FROM identifier';

/** What no fold makes: mentions, and what is no resource. */
const UNFOLDED = /^(Organization|Location|Practitioner|PractitionerRole|work_item|message)\b/;

const log = () => undefined;

/**
 * A store on a database of its own.
 * @param now the present of all folds: what is told of a world does not depend on when it is told
 */
export async function openWorldStore(now = '2023-03-06T00:00:00Z'): Promise<WorldStore> {
  const fold = { now, zone: 'Europe/Paris', hospitalMembersStayDays: 2, circleShowsEndedDays: 90 };
  const database = await freshDatabase();
  const store = await openStore({ databaseUrl: database.url, log });
  const client = new pg.Client({ connectionString: database.url });
  await client.connect();
  const doors = new Doors(store, fold);
  const tables = await tablesOf(client);
  const memberships = tables.includes('membership') ? [MEMBERSHIPS] : [];
  const rowsOf = async (windowOf: (anchor: string) => Promise<PatientWindow | undefined>) => {
    const { rows: clusters } = await client.query<{ key: string }>(CLUSTERS);
    const windows: (PatientWindow | undefined)[] = [];
    // One after the other: a pool of a loaded machine has no connection for all of them in time.
    for (const { key } of clusters) windows.push(await windowOf(key));
    return windows
      .flatMap((window) => (window === undefined ? [] : foldedRows(window, fold)))
      .filter(isSeen)
      .map((row) => doors.named(row));
  };
  return {
    arrive: (messages, batch = 50) => doors.arrive(messages, batch),
    async rows() {
      const found: Row[] = [];
      for (const statement of [RESOURCES, WORK_ITEMS, MESSAGES, ...memberships])
        found.push(...(await client.query<Row>(statement)).rows);
      return found.filter(isSeen).map((row) => doors.named(row));
    },
    rowsTheLongWay: () => rowsOf((anchor) => store.wholeOf(anchor)),
    rowsKnownAt: (at) => rowsOf((anchor) => store.factsKnownAt({ anchor }, at)),
    isFolded: ({ key }) => !UNFOLDED.test(key),
    outcomes: async () => (await client.query<Outcome>(OUTCOMES)).rows,
    async reset() {
      await client.query(`TRUNCATE ${tables.join(', ')} RESTART IDENTITY`);
      doors.forget();
    },
    async close() {
      await client.end();
      await store.close();
      await database.drop();
    },
  };
}

function foldedRows(window: PatientWindow, fold: FoldOptions): Row[] {
  return foldWindow(window, fold).people.flatMap(({ patientId, resources, memberships }) => [
    ...[...resources].map(([key, { body }]) => ({ key, text: body })),
    ...[...memberships].flatMap(([stay, members]) =>
      members.map((member) => ({ key: ['membership', patientId, stay ?? '-'].join(' '), text: memberText(member) })),
    ),
  ]);
}

function memberText({
  person,
  role,
  from,
  to,
  scope,
  source,
  basis,
  hidden,
  restricted,
  identifier,
  family,
  label,
}: Membership): string {
  const last = [identifier, family, label].filter((text) => text !== undefined);
  return [person, role.code, from, to ?? '…', scope, source, basis, hidden, restricted, ...last].join(' ');
}

async function tablesOf(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(`
    SELECT relname AS name FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'migration'`);
  return rows.map(({ name }) => name);
}

/** The receive and the translate stage of a gateway, one source for each name that a message has. */
class Doors {
  private readonly controlIdOf = new Map<string, string>();
  private readonly translate: (ids: string[]) => Promise<void>;
  private readonly committer: Committer;
  /** Ids grow in the order of arrival, whatever the messages say of time. */
  private newId = this.firstId();

  constructor(store: Store, { now, ...fold }: FoldOptions) {
    this.committer = new Committer((batch) => store.keep(batch), Date.now, log);
    this.translate = translateStage({
      inTranslation: (claim, run) => store.inTranslation(claim, run),
      source: (name) => ({ ...sourceOf(name), mappings: ownMappings() }),
      directory: buildDirectory([], []),
      rules: [],
      fold,
      now: () => Date.parse(now),
      due: () => undefined,
      log,
      observe: () => undefined,
      stopping: () => false,
    });
  }

  async arrive(messages: readonly WorldMessage[], batch: number): Promise<void> {
    for (let start = 0; start < messages.length; start += batch) {
      const kept: string[] = [];
      const answers = messages.slice(start, start + batch).map((message) => {
        const source = sourceOf(message.source);
        const deps = this.deps(message, kept);
        return message.text === LETTER_PLACE
          ? acceptDocument(bytesOf(message), message.format ?? 'cda', source, deps)
          : accept(bytesOf(message), source, 'mllp', deps);
      });
      await Promise.all<unknown>(answers);
      await this.translate(kept);
    }
    // What a later message had read again.
    await this.translate([]);
  }

  /** The row with control ids where it had the numbers that messages got as they came. */
  named({ key, text }: Row): Row {
    const name = (found: string) => this.controlIdOf.get(found) ?? found;
    // Of two messages that bring the same bytes either may be where they are; their hash stands beside the address.
    const rename = (of: string) =>
      of.replaceAll(/Binary\/\d{15,19}\.\d+/g, 'Binary/bytes').replaceAll(/\b\d{15,19}\b/g, name);
    return { key: rename(key), text: rename(text) };
  }

  forget(): void {
    this.controlIdOf.clear();
    this.newId = this.firstId();
  }

  private deps({ name, receivedAt }: WorldMessage, kept: string[]): ReceiveDeps {
    return {
      committer: this.committer,
      budget: new ByteBudget(67_108_864),
      quota: new RefusedQuota(() => receivedAt.getTime()),
      documents: openingHere(),
      onRefused: () => undefined,
      triggers: () => ownMappings().triggers,
      newId: () => {
        const id = this.newId();
        this.controlIdOf.set(id, name);
        return id;
      },
      now: () => receivedAt.getTime(),
      log,
      onKept: (ids) => void kept.push(...ids),
      onAnswer: () => undefined,
    };
  }

  private firstId(): () => string {
    return messageIds(0, () => Date.UTC(2026, 2, 1));
  }
}

/** What comes through the door. */
function bytesOf({ text, letter = '', beside = '', format, action }: WorldMessage): Buffer {
  if (format === 'xdm') return packageOf(Buffer.from(letter, 'utf8'), action);
  if (text === LETTER_PLACE) return Buffer.from(letter, 'utf8');
  const [first, second] = [letter, beside].map((document) => Buffer.from(document, 'utf8').toString('base64'));
  return Buffer.from(text.replace(LETTER_PLACE, first ?? '').replace(BESIDE_PLACE, second ?? ''), 'utf8');
}

/** A package of one document, whose METADATA.XML leaves to it what it says itself. */
function packageOf(bytes: Buffer, action: string | undefined): Buffer {
  const document = { bytes, uniqueId: null, patientId: null, ...(action === undefined ? {} : { action }) };
  return xdmOf([document], { metadata: metadataOf([document], null) });
}

const PLAIN = plainSource();

function sourceOf(name: string): SourceSettings {
  return { ...PLAIN, name };
}
