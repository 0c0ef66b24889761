import type { FhirResource } from 'fhir/r4.js';
import { businessIdentifier } from '../fhir/identifier.js';
import { indexResource } from '../fhir/search.js';
import type { Mention } from '../message/fact.js';
import { canonicalJson, canonicalJsonOnce } from '../message/id.js';
import { GatewayError } from '../message/failure.js';
import { compareText } from '../message/order.js';
import type { ChangedResource, TranslationStep } from '../message/translation.js';
import { inOnePiece, plainArray, prepared, type Queryable, type Statement } from './pool.js';

/** Bodies are read of mentions only: whether a folded resource changed is known before it is written. */
const CURRENT: Statement = [
  'resources-current',
  `
  SELECT resource.type, resource.id, resource.version, resource_version.body, resource.removed, resource.as_of AS "asOf"
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  JOIN resource ON resource.type = asked.type AND resource.id = asked.id
  LEFT JOIN resource_version ON resource.as_of IS NOT NULL
    AND resource_version.type = resource.type AND resource_version.id = resource.id AND resource_version.version = resource.version`,
];

const VERSIONS: Statement = [
  'resources-versions',
  `
  INSERT INTO resource_version (type, id, version, body, identifier, updated_at, removed, message_id)
  SELECT type, id, version, convert_from(substring($7::bytea FROM start FOR length), 'UTF8'), identifier, now(), removed, message_id
  FROM unnest($1::text[], $2::text[], $3::int[], $4::boolean[], $5::bigint[], $6::text[], $8::int[], $9::int[])
    AS input (type, id, version, removed, message_id, identifier, start, length)`,
];

const INPUT = `unnest($1::text[], $2::text[], $3::int[], $4::boolean[], $5::timestamptz[], $6::text[], $7::timestamptz[], $8::timestamptz[],
    $9::int[], $10::timestamptz[]) AS input (type, id, version, removed, as_of, tokens, date_from, date_to, read_version, read_as_of)`;

/** What `numbers_of` gives, written out: a call for each row would cost more than the rest of it. */
const NUMBERS = `ARRAY (SELECT hashtextextended(unnest(string_to_array(input.tokens, E'\x1f')), 0))`;

const CREATE: Statement = [
  'resources-create',
  `
  INSERT INTO resource (type, id, version, updated_at, removed, as_of, tokens, date_from, date_to)
  SELECT type, id, version, now(), removed, as_of, ${NUMBERS}, date_from, date_to
  FROM ${INPUT}`,
];

/** Only what still stands as it was read: another gateway may have changed it since. */
const CHANGE: Statement = [
  'resources-change',
  `
  UPDATE resource SET version = input.version, updated_at = now(), removed = input.removed, as_of = input.as_of,
    tokens = ${NUMBERS}, date_from = input.date_from, date_to = input.date_to
  FROM ${INPUT}
  WHERE resource.type = input.type AND resource.id = input.id AND resource.version = input.read_version
    AND resource.as_of IS NOT DISTINCT FROM input.read_as_of`,
];

const CONFIRM: Statement = [
  'resources-confirm',
  `
  UPDATE resource SET as_of = greatest(resource.as_of, input.as_of)
  FROM unnest($1::text[], $2::text[], $3::int[], $4::timestamptz[]) AS input (type, id, version, as_of)
  WHERE resource.type = input.type AND resource.id = input.id AND resource.version = input.version`,
];

/** The statements of this family, for the plan test. */
export const RESOURCE_STATEMENTS = { CURRENT, VERSIONS, CREATE, CHANGE, CONFIRM };

/** A resource as it stands after the steps applied so far. */
interface Current {
  version: number;
  /** Absent for folded resources of earlier batches. */
  body: string | null;
  removed: boolean;
  /** Milliseconds; mentions only. */
  asOf: number | undefined;
}

interface Version extends Current {
  type: string;
  id: string;
  body: string;
  resource: FhirResource | undefined;
  /** `system|value` that a recipient finds it by; null where it has none. */
  identifier: string | null;
  messageId: string;
}

/**
 * The current and new versions of every resource that a batch touches, version numbers given in the order of its steps. Nothing is locked
 * before the end: patients have their own lock, and of two gateways that mention the same unit at once the later tries again.
 */
export class ResourceWriter {
  private readonly read = new Map<string, Current>();
  private readonly current = new Map<string, Current>();
  private readonly versions: Version[] = [];
  private readonly confirmed = new Set<string>();

  constructor(private readonly client: Queryable) {}

  /** Reads what the steps touch, and what their deliveries carry whether touched or not. */
  async open(steps: TranslationStep[]): Promise<void> {
    const touched = new Set(
      steps.flatMap((step) => [
        ...step.resources.map(({ resource }) => `${resource.resourceType}/${resource.id}`),
        ...step.mentions.map(({ resource }) => `${resource.resourceType}/${resource.id}`),
        ...step.removed,
        ...step.deliveries.flatMap(({ resources }) => resources),
      ]),
    );
    const keys = [...touched].map(split);
    type Row = Omit<Current, 'asOf'> & { type: string; id: string; asOf: Date | null };
    const asked = [keys.map(([type]) => type), keys.map(([, id]) => id)];
    for (const { type, id, asOf, ...row } of (await prepared<Row>(this.client, CURRENT, asked)).rows)
      this.read.set(`${type}/${id}`, { ...row, asOf: asOf?.getTime() });
    for (const [key, known] of this.read) this.current.set(key, { ...known });
  }

  /** Takes one step's changes; unchanged content makes no version. */
  apply(step: TranslationStep): void {
    for (const mention of step.mentions) this.mention(step.messageId, mention);
    for (const change of step.resources) this.write(step.messageId, change, undefined);
    for (const key of step.removed) this.remove(step.messageId, key);
  }

  /** `Type/id/_history/version` as it stands after the steps applied so far; undefined when there is none, or none any more. */
  pinned(reference: string): string | undefined {
    const known = this.current.get(reference);
    return known === undefined || known.removed ? undefined : `${reference}/_history/${known.version}`;
  }

  /**
   * Writes all new versions and the last of each as current.
   * @throws GatewayError store-conflict where another gateway changed one of them meanwhile
   */
  async flush(): Promise<void> {
    if (this.versions.length > 0)
      await prepared(this.client, VERSIONS, [
        ...columns(this.versions, ['type', 'id', 'version', 'removed', 'messageId']),
        this.versions.map(({ identifier }) => identifier),
        ...inOnePiece(this.versions.map(({ body }) => body)),
      ]);
    const last = [...new Map(this.versions.map((version) => [`${version.type}/${version.id}`, version])).values()];
    const [fresh, changed] = [false, true].map((known) =>
      last.filter(({ type, id }) => this.read.has(`${type}/${id}`) === known).sort(byKey),
    ) as [Version[], Version[]];
    if (fresh.length > 0) await prepared(this.client, CREATE, this.indexed(fresh));
    if (changed.length > 0) expectAll(changed, await prepared(this.client, CHANGE, this.indexed(changed)));
    await this.confirm(new Set(last.map(({ type, id }) => `${type}/${id}`)));
  }

  /** Mentions said again later than before: they win over what was recorded in between and comes afterwards. */
  private async confirm(written: ReadonlySet<string>): Promise<void> {
    const keys = [...this.confirmed].filter((key) => !written.has(key)).sort();
    if (keys.length === 0) return;
    const known = keys.map((key) => this.current.get(key));
    const result = await prepared(this.client, CONFIRM, [
      keys.map((key) => split(key)[0]),
      keys.map((key) => split(key)[1]),
      known.map((one) => one?.version ?? 0),
      known.map((one) => new Date(one?.asOf ?? 0).toISOString()),
    ]);
    expectAll(keys, result);
  }

  /** A join: of all mentions the one recorded last wins, ties by content, so the order of arrival does not matter (law 3). */
  private mention(messageId: string, { resource, recordedAt }: Mention): void {
    const key = `${resource.resourceType}/${resource.id}`;
    const known = this.current.get(key);
    const at = Date.parse(recordedAt);
    const knownAt = known?.asOf ?? Number.NEGATIVE_INFINITY;
    if (known !== undefined && at < knownAt) return;
    // Translation gives the same object for the same unit again and again.
    const body = canonicalJsonOnce(resource);
    if (known !== undefined && at === knownAt && body <= (known.body ?? '')) return;
    if (known?.body !== body) return this.write(messageId, { resource, body }, at);
    known.asOf = at;
    this.confirmed.add(key);
  }

  private write(messageId: string, { resource, body, sentBy }: ChangedResource, asOf: number | undefined): void {
    const { resourceType: type, id } = resource;
    const known = this.current.get(`${type}/${id}`);
    if (known?.body === body && !known.removed) return;
    const identifier = sentBy ?? businessIdentifier(resource) ?? null;
    const version = (known?.version ?? 0) + 1;
    this.push({ type, id, version, body, resource, identifier, removed: false, asOf, messageId });
  }

  /** What a message made disappear answers 410 from now on; its history keeps what it was. */
  private remove(messageId: string, key: string): void {
    const known = this.current.get(key);
    if (known === undefined || known.removed) return;
    const [type, id] = split(key);
    const body = canonicalJson({ resourceType: type, id });
    const version = known.version + 1;
    this.push({ ...known, type, id, version, body, resource: undefined, identifier: null, removed: true, messageId });
  }

  private push(version: Version): void {
    this.versions.push(version);
    this.current.set(`${version.type}/${version.id}`, version);
  }

  private indexed(rows: Version[]): unknown[] {
    const indexes = rows.map(({ resource }) =>
      resource === undefined ? { tokens: [], from: null, to: null } : indexResource(resource),
    );
    const read = rows.map(({ type, id }) => this.read.get(`${type}/${id}`));
    return [
      ...columns(rows, ['type', 'id', 'version', 'removed']),
      rows.map(({ asOf }) => moment(asOf)),
      indexes.map(({ tokens }) => tokens.join('\x1f')),
      indexes.map(({ from, to }) => from?.toISOString() ?? (to === null ? null : '-infinity')),
      indexes.map(({ from, to }) => to?.toISOString() ?? (from === null ? null : 'infinity')),
      plainArray(read.map((one) => one?.version ?? 0)),
      read.map((one) => moment(one?.asOf)),
    ];
  }
}

function moment(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
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

function columns(
  rows: readonly Version[],
  names: readonly ('type' | 'id' | 'version' | 'removed' | 'messageId')[],
): string[] {
  return names.map((name) => plainArray(rows.map((row) => row[name])));
}
