import type { FhirResource } from 'fhir/r4.js';
import { businessIdentifier } from '../fhir/identifier.js';
import { indexResource } from '../fhir/search.js';
import { canonicalJson } from '../message/canonical-json.js';
import { GatewayError } from '../message/failure.js';
import type { NewWorkItem } from '../message/message.js';
import { compareText } from '../message/order.js';
import { referenceTo } from '../message/resource.js';
import type { ChangedResource, TranslationStep } from '../message/translation.js';
import { instantOf } from './horizon.js';
import { MentionBook } from './mentions.js';
import { inOnePiece, prepared, type Queryable, type Statement } from './pool.js';

/** Bodies are read of mentioned resources only: whether a folded one changed is known before it is written. */
const CURRENT: Statement = [
  'resources-current',
  `
  SELECT resource.type, resource.id, resource.version, resource_version.body, resource.removed
  FROM unnest($1::text[], $2::text[], $3::boolean[]) AS asked (type, id, mentioned)
  JOIN resource ON resource.type = asked.type AND resource.id = asked.id
  LEFT JOIN resource_version ON asked.mentioned
    AND resource_version.type = resource.type AND resource_version.id = resource.id AND resource_version.version = resource.version`,
];

const VERSIONS: Statement = [
  'resources-versions',
  `
  INSERT INTO resource_version (type, id, version, body, identifier, updated_at, removed, message_id)
  SELECT type, id, version, convert_from(substring($7::bytea FROM start FOR length), 'UTF8'), identifier, $10::timestamptz, removed, message_id
  FROM unnest($1::text[], $2::text[], $3::int[], $4::boolean[], $5::bigint[], $6::text[], $8::int[], $9::int[])
    AS input (type, id, version, removed, message_id, identifier, start, length)`,
];

const INPUT = `unnest($1::text[], $2::text[], $3::int[], $4::boolean[], $5::text[], $6::timestamptz[], $7::timestamptz[], $8::int[])
    AS input (type, id, version, removed, tokens, date_from, date_to, read_version)`;

const NUMBERS = `numbers_of(string_to_array(input.tokens, E'\\x1f'))`;

const CREATE: Statement = [
  'resources-create',
  `
  INSERT INTO resource (type, id, version, updated_at, removed, tokens, date_from, date_to)
  SELECT type, id, version, $9::timestamptz, removed, ${NUMBERS}, date_from, date_to
  FROM ${INPUT}`,
];

/** Only what still stands as it was read: another gateway may have changed it since. */
const CHANGE: Statement = [
  'resources-change',
  `
  UPDATE resource SET version = input.version, updated_at = $9::timestamptz, removed = input.removed,
    tokens = ${NUMBERS}, date_from = input.date_from, date_to = input.date_to
  FROM ${INPUT}
  WHERE resource.type = input.type AND resource.id = input.id AND resource.version = input.read_version`,
];

/** A resource as it stands after the steps applied so far. */
interface Current {
  version: number;
  /** Absent for folded resources of earlier batches. */
  body: string | null;
  removed: boolean;
}

interface Version extends Current {
  type: string;
  id: string;
  body: string;
  /** Absent where it is removed. */
  resource: FhirResource | undefined;
  /** What a conditional update finds it by. */
  identifier: string | null;
  messageId: string | null;
}

/**
 * The current and new versions of every resource that a batch touches, version numbers given in the order of its steps. Patients and what
 * is mentioned have their own locks; a resource that another gateway changes all the same makes the later of the two try again.
 */
export class ResourceWriter {
  private readonly read = new Map<string, Current>();
  private readonly current = new Map<string, Current>();
  private readonly versions: Version[] = [];
  private readonly mentions: MentionBook;

  /** @param zone IANA zone of dates without offset, as searches find them */
  constructor(
    private readonly client: Queryable,
    private readonly zone: string,
  ) {
    this.mentions = new MentionBook(client);
  }

  /** Reads what the steps touch, and what their deliveries carry whether touched or not. */
  async open(steps: readonly TranslationStep[]): Promise<void> {
    const mentioned = new Set(await this.mentions.open(steps));
    const touched = new Set([
      ...mentioned,
      ...steps.flatMap((step) => [
        ...step.resources.map(({ resource }) => referenceTo(resource)),
        ...step.removed,
        ...step.deliveries.flatMap(({ resources }) => resources),
      ]),
    ]);
    const keys = [...touched].map((key) => ({ key, parts: split(key) }));
    const { rows } = await prepared<Current & { type: string; id: string }>(this.client, CURRENT, [
      keys.map(({ parts }) => parts[0]),
      keys.map(({ parts }) => parts[1]),
      keys.map(({ key }) => mentioned.has(key)),
    ]);
    for (const { type, id, ...row } of rows) {
      this.read.set(`${type}/${id}`, row);
      this.current.set(`${type}/${id}`, row);
    }
  }

  /**
   * Takes one step's changes; unchanged content makes no version.
   * @returns what its mentions bring up that somebody must look at
   */
  apply(step: TranslationStep): NewWorkItem[] {
    const { resources, workItems } = this.mentions.apply(step);
    for (const { type, id, body } of resources)
      if (this.isChanged(`${type}/${id}`, body))
        this.write(step.messageId, { resource: JSON.parse(body) as ChangedResource['resource'], body });
    for (const changed of step.resources)
      if (this.isChanged(referenceTo(changed.resource), changed.body)) this.write(step.messageId, changed);
    for (const key of step.removed) this.remove(step.messageId, key);
    return workItems;
  }

  /** `Type/id/_history/version` as it stands after the steps applied so far; undefined when there is none, or none any more. */
  pinned(reference: string): string | undefined {
    const current = this.current.get(reference);
    return current === undefined || current.removed ? undefined : `${reference}/_history/${current.version}`;
  }

  /**
   * Writes all new versions and the last of each as current.
   * @throws GatewayError store-conflict where another gateway changed one of them meanwhile
   */
  async flush(): Promise<void> {
    if (this.versions.length === 0) return;
    const instant = await instantOf(this.client);
    await prepared(this.client, VERSIONS, [
      ...columns(this.versions, ['type', 'id', 'version', 'removed']),
      this.versions.map(({ messageId }) => messageId),
      this.versions.map(({ identifier }) => identifier),
      ...inOnePiece(this.versions.map(({ body }) => body)),
      instant,
    ]);
    const last = [...new Map(this.versions.map((version) => [`${version.type}/${version.id}`, version])).values()];
    const isRead = ({ type, id }: Version) => this.read.has(`${type}/${id}`);
    const fresh = last.filter((version) => !isRead(version)).sort(byKey);
    const changed = last.filter(isRead).sort(byKey);
    if (fresh.length > 0) await prepared(this.client, CREATE, [...this.indexed(fresh), instant]);
    if (changed.length > 0)
      expectAll(changed, await prepared(this.client, CHANGE, [...this.indexed(changed), instant]));
  }

  /** Writes what is said of the territory: last of all, see {@link MentionBook.flush}. */
  async flushMentions(): Promise<void> {
    await this.mentions.flush();
  }

  private isChanged(key: string, body: string): boolean {
    const current = this.current.get(key);
    return current?.body !== body || current.removed;
  }

  private write(messageId: string | null, { resource, body, sentBy }: ChangedResource): void {
    const { resourceType: type, id } = resource;
    const version = (this.current.get(`${type}/${id}`)?.version ?? 0) + 1;
    const identifier = sentBy ?? businessIdentifier(resource) ?? null;
    this.push({ type, id, version, body, resource, identifier, removed: false, messageId });
  }

  /** What a message made disappear answers 410 from now on; its history keeps what it was. */
  private remove(messageId: string | null, key: string): void {
    const current = this.current.get(key);
    if (current === undefined || current.removed) return;
    const [type, id] = split(key);
    const body = canonicalJson({ resourceType: type, id });
    const version = current.version + 1;
    this.push({ type, id, version, body, resource: undefined, identifier: null, removed: true, messageId });
  }

  private push(version: Version): void {
    this.versions.push(version);
    this.current.set(`${version.type}/${version.id}`, version);
  }

  private indexed(rows: Version[]): unknown[] {
    const indexes = rows.map(({ resource }) =>
      resource === undefined ? { tokens: [], from: null, to: null } : indexResource(resource, this.zone),
    );
    const read = rows.map(({ type, id }) => this.read.get(`${type}/${id}`));
    return [
      ...columns(rows, ['type', 'id', 'version', 'removed']),
      indexes.map(({ tokens }) => tokens.join('\x1f')),
      indexes.map(({ from, to }) => from?.toISOString() ?? (to === null ? null : '-infinity')),
      indexes.map(({ from, to }) => to?.toISOString() ?? (from === null ? null : 'infinity')),
      read.map((current) => current?.version ?? 0),
    ];
  }
}

function expectAll(wanted: readonly unknown[], { rowCount }: { rowCount: number | null }): void {
  if (rowCount !== wanted.length)
    throw new GatewayError('store-conflict', 'another gateway changed the same resource at the same time');
}

function byKey(a: Version, b: Version): number {
  return compareText(a.type, b.type) || compareText(a.id, b.id);
}

function split(key: string): [type: string, id: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

function columns(rows: readonly Version[], names: readonly ('type' | 'id' | 'version' | 'removed')[]): unknown[] {
  return names.map((name) => rows.map((row) => row[name]));
}
