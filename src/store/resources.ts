import type { FhirResource } from 'fhir/r4.js';
import { indexResource } from '../fhir/search.js';
import type { Mention } from '../message/fact.js';
import { canonicalJson } from '../message/id.js';
import type { TranslationStep } from '../message/translation.js';
import type { Queryable } from './pool.js';

/** Rows are locked in one order by all, so that two batches that mention the same units never wait in a ring. */
const CURRENT = `
  SELECT resource.type, resource.id, resource.version, resource.body, resource.removed, resource.as_of
  FROM unnest($1::text[], $2::text[]) AS asked (type, id)
  JOIN resource USING (type, id)
  ORDER BY resource.type, resource.id
  FOR UPDATE OF resource`;

const VERSIONS = `
  INSERT INTO resource_version (type, id, version, body, updated_at, removed, message_id, origins)
  SELECT type, id, version, body, now(), removed, message_id, origins::jsonb
  FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::boolean[], $6::bigint[], $7::text[])
    AS input (type, id, version, body, removed, message_id, origins)`;

const UPSERT = `
  INSERT INTO resource (type, id, version, body, updated_at, removed, as_of, tokens, date_from, date_to)
  SELECT type, id, version, body, now(), removed, as_of, ARRAY(SELECT jsonb_array_elements_text(tokens::jsonb)), date_from, date_to
  FROM unnest($1::text[], $2::text[], $3::int[], $4::text[], $5::boolean[], $6::timestamptz[], $7::text[], $8::timestamptz[], $9::timestamptz[])
    AS input (type, id, version, body, removed, as_of, tokens, date_from, date_to)
  ON CONFLICT (type, id) DO UPDATE SET
    version = excluded.version, body = excluded.body, updated_at = excluded.updated_at, removed = excluded.removed,
    as_of = excluded.as_of, tokens = excluded.tokens, date_from = excluded.date_from, date_to = excluded.date_to`;

const AS_OF = `
  UPDATE resource SET as_of = input.as_of
  FROM unnest($1::text[], $2::text[], $3::timestamptz[]) AS input (type, id, as_of)
  WHERE resource.type = input.type AND resource.id = input.id`;

interface Current {
  version: number;
  body: string;
  removed: boolean;
  /** Milliseconds; mentions only. */
  asOf: number | undefined;
}

interface Version extends Current {
  type: string;
  id: string;
  messageId: string;
  origins: string | null;
}

/** The current and new versions of every resource that a batch touches, version numbers given in the order of its steps. */
export class ResourceWriter {
  private readonly current = new Map<string, Current>();
  private readonly versions: Version[] = [];
  private readonly bumped = new Set<string>();

  constructor(private readonly client: Queryable) {}

  /** Reads and locks what the steps touch. */
  async open(steps: TranslationStep[]): Promise<void> {
    const touched = new Set(
      steps.flatMap((step) => [
        ...step.resources.map(({ resource }) => `${resource.resourceType}/${resource.id}`),
        ...step.mentions.map(({ resource }) => `${resource.resourceType}/${resource.id}`),
        ...step.removed,
      ]),
    );
    const keys = [...touched].map(split);
    type Row = { type: string; id: string; version: number; body: string; removed: boolean; as_of: Date | null };
    const { rows } = await this.client.query<Row>(CURRENT, [keys.map(([type]) => type), keys.map(([, id]) => id)]);
    for (const { type, id, version, body, removed, as_of } of rows)
      this.current.set(`${type}/${id}`, { version, body, removed, asOf: as_of?.getTime() });
  }

  /** Takes one step's changes; unchanged content makes no version. */
  apply(step: TranslationStep): void {
    for (const mention of step.mentions) this.mention(step.messageId, mention);
    for (const { resource, origins } of step.resources)
      this.write(step.messageId, resource, canonicalJson(resource), JSON.stringify(origins), undefined);
    for (const key of step.removed) this.remove(step.messageId, key);
  }

  /** `Type/id/_history/version` as it stands after the steps applied so far; undefined when there is none. */
  pinned(reference: string): string | undefined {
    const known = this.current.get(reference);
    return known === undefined ? undefined : `${reference}/_history/${known.version}`;
  }

  /** Writes all new versions and the last of each as current. */
  async flush(): Promise<void> {
    if (this.versions.length > 0) {
      await this.client.query(
        VERSIONS,
        columns(this.versions, ['type', 'id', 'version', 'body', 'removed', 'messageId', 'origins']),
      );
      const last = [...new Map(this.versions.map((version) => [`${version.type}/${version.id}`, version])).values()];
      await this.client.query(UPSERT, upsertColumns(last));
    }
    const written = new Set(this.versions.map(({ type, id }) => `${type}/${id}`));
    const bumped = [...this.bumped].filter((key) => !written.has(key));
    if (bumped.length === 0) return;
    const asOf = bumped.map((key) => new Date(this.current.get(key)?.asOf ?? 0).toISOString());
    await this.client.query(AS_OF, [bumped.map((key) => split(key)[0]), bumped.map((key) => split(key)[1]), asOf]);
  }

  /** A join: of all mentions the one recorded last wins, ties by content, so the order of arrival does not matter (law 3). */
  private mention(messageId: string, { resource, recordedAt }: Mention): void {
    const key = `${resource.resourceType}/${resource.id}`;
    const known = this.current.get(key);
    const at = Date.parse(recordedAt);
    const body = canonicalJson(resource);
    const knownAt = known?.asOf ?? Number.NEGATIVE_INFINITY;
    if (known !== undefined && (at < knownAt || (at === knownAt && body <= known.body))) return;
    if (known?.body !== body) return this.write(messageId, resource, body, null, at);
    known.asOf = at;
    this.bumped.add(key);
  }

  private write(
    messageId: string,
    resource: FhirResource & { id: string },
    body: string,
    origins: string | null,
    asOf: number | undefined,
  ): void {
    const { resourceType: type, id } = resource;
    const known = this.current.get(`${type}/${id}`);
    if (known?.body === body && !known.removed) return;
    this.push({ type, id, version: (known?.version ?? 0) + 1, body, removed: false, asOf, messageId, origins });
  }

  private remove(messageId: string, key: string): void {
    const known = this.current.get(key);
    if (known === undefined || known.removed) return;
    const [type, id] = split(key);
    this.push({ ...known, type, id, version: known.version + 1, removed: true, messageId, origins: null });
  }

  private push(version: Version): void {
    this.versions.push(version);
    this.current.set(`${version.type}/${version.id}`, version);
  }
}

function split(key: string): [type: string, id: string] {
  const slash = key.indexOf('/');
  return [key.slice(0, slash), key.slice(slash + 1)];
}

function columns<T>(rows: readonly T[], names: readonly (keyof T)[]): unknown[][] {
  return names.map((name) => rows.map((row) => row[name]));
}

function upsertColumns(rows: Version[]): unknown[][] {
  const indexes = rows.map(({ body, removed }) =>
    removed ? { tokens: [], from: null, to: null } : indexResource(JSON.parse(body) as FhirResource),
  );
  return [
    ...columns(rows, ['type', 'id', 'version', 'body', 'removed']),
    rows.map(({ asOf }) => (asOf === undefined ? null : new Date(asOf).toISOString())),
    indexes.map(({ tokens }) => JSON.stringify(tokens)),
    indexes.map(({ from }) => from?.toISOString() ?? null),
    indexes.map(({ to }) => to?.toISOString() ?? null),
  ];
}
