import type { FhirResource } from 'fhir/r4.js';
import { GatewayError } from '../message/failure.js';
import { DEFINITION_PARAMETERS, SEARCH_PARAMETERS, type SearchParameter } from './search-parameters.js';
import { readToken, splitSearchValue, tokenText, unescapeSearchValue } from './search-value.js';

/** What a search can find a resource by. */
export interface SearchIndex {
  /** `param=value` words, see `addTokens`; the values as `tokenText` writes them. */
  tokens: string[];
  /** Range of the type's `date` parameter; null is open. */
  from: Date | null;
  to: Date | null;
}

export type DateOperator = 'eq' | 'ne' | 'gt' | 'lt' | 'ge' | 'le' | 'sa' | 'eb';

/** A date value as the half-open range it stands for: a day, a month, a second. */
export interface DateTest {
  op: DateOperator;
  from: Date;
  to: Date;
}

export interface SearchQuery {
  type: string;
  /** All must hold; of each, any token. */
  all: string[][];
  ids?: string[];
  dates: DateTest[];
  lastUpdated: DateTest[];
  count: number;
  /** Opaque cursor: the last id of the page before. */
  after?: string;
  countOnly: boolean;
}

interface Indexed {
  /** `param=`, before each of its words. */
  prefix: string;
  kind: SearchParameter['kind'];
  paths: readonly (readonly string[])[];
}

/** The table made ready once: a resource is indexed for every version that is written. */
const INDEXED: Readonly<Record<string, readonly Indexed[]>> = Object.fromEntries(
  Object.entries(SEARCH_PARAMETERS).map(([type, parameters]) => [
    type,
    Object.entries(parameters)
      .filter(([, { sameAs }]) => sameAs === undefined)
      .map(([name, { kind, paths }]) => ({ prefix: `${name}=`, kind, paths: paths.map((path) => path.split('.')) })),
  ]),
);

/** What the store keeps beside a resource so that searches find it; a word may stand there twice. */
export function indexResource(resource: FhirResource): SearchIndex {
  const tokens: string[] = [];
  let range: { from: Date | null; to: Date | null } | undefined;
  for (const { prefix, kind, paths } of INDEXED[resource.resourceType] ?? [])
    for (const path of paths)
      if (kind === 'date') visit(resource, path, 0, (value) => (range ??= rangeOf(value)));
      else if (kind === 'token') visit(resource, path, 0, (value) => addTokens(prefix, value, tokens));
      else visit(resource, path, 0, (value) => addReference(prefix, value, tokens));
  return { tokens, from: range?.from ?? null, to: range?.to ?? null };
}

/** Shows what stands at a path, lists walked through. */
function visit(value: unknown, path: readonly string[], depth: number, show: (value: unknown) => void): void {
  if (Array.isArray(value)) for (const item of value) visit(item, path, depth, show);
  else if (depth === path.length) show(value);
  else if (isRecord(value)) {
    const next = value[path[depth] ?? ''];
    if (next !== undefined) visit(next, path, depth + 1, show);
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Identifier, Coding and CodeableConcept as `system|code`, `|code` without system, `code`, `system|`. */
function addTokens(prefix: string, value: unknown, tokens: string[]): void {
  if (typeof value !== 'object') return void tokens.push(prefix + tokenText(undefined, String(value)));
  if (!isRecord(value)) return;
  const codings = value['coding'];
  if (Array.isArray(codings)) {
    for (const coding of codings) addTokens(prefix, coding, tokens);
    return;
  }
  const code = value['value'] ?? value['code'];
  if (typeof code !== 'string') return;
  const system = value['system'];
  tokens.push(prefix + tokenText(undefined, code));
  if (typeof system === 'string') tokens.push(prefix + tokenText(system, code), prefix + tokenText(system, ''));
  else tokens.push(prefix + tokenText('', code));
}

/** References as written. */
function addReference(prefix: string, value: unknown, tokens: string[]): void {
  const reference = isRecord(value) ? value['reference'] : undefined;
  if (typeof reference === 'string') tokens.push(prefix + reference);
}

function rangeOf(value: unknown): { from: Date | null; to: Date | null } | undefined {
  if (typeof value === 'string') {
    const range = dateRange(value);
    return closed(range, range);
  }
  if (!isRecord(value)) return undefined;
  const bound = (name: string) => (typeof value[name] === 'string' ? dateRange(value[name]) : undefined);
  return closed(bound('start'), bound('end'));
}

type DateRange = ReturnType<typeof dateRange>;

/** The last moment of the range is kept, not the first one after it: a day ends before the next begins. */
function closed(start: DateRange, end: DateRange): { from: Date | null; to: Date | null } | undefined {
  if (start === undefined && end === undefined) return undefined;
  return { from: start?.from ?? null, to: end === undefined ? null : new Date(end.to.getTime() - 1) };
}

const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/** The half-open range that a FHIR date or dateTime stands for; dates without zone are read as UTC. */
export function dateRange(text: string): { from: Date; to: Date } | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const [, year = '', month, day, hour, minute, second, zone = 'Z'] = parts;
  const from = Date.parse(
    `${year}-${month ?? '01'}-${day ?? '01'}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}${zone}`,
  );
  if (Number.isNaN(from)) return undefined;
  const start = new Date(from);
  if (month === undefined) return { from: start, to: new Date(Date.UTC(Number(year) + 1, 0, 1)) };
  if (day === undefined) return { from: start, to: new Date(Date.UTC(Number(year), Number(month), 1)) };
  const width = hour === undefined ? 86_400_000 : second === undefined ? 60_000 : 1000;
  return { from: start, to: new Date(from + width) };
}

const DEFAULT_COUNT = 50;
const MAX_COUNT = 500;
const OPERATORS = new Set<string>(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']);

/**
 * Reads a search. Unknown parameters are refused, so that no caller believes in a filter that was not applied.
 * @throws GatewayError request-invalid, naming the parameter
 */
export function parseSearch(type: string, params: URLSearchParams): SearchQuery {
  const parameters = SEARCH_PARAMETERS[type] ?? DEFINITION_PARAMETERS[type] ?? {};
  const query: SearchQuery = { type, all: [], dates: [], lastUpdated: [], count: DEFAULT_COUNT, countOnly: false };
  for (const [name, value] of params) {
    if (name.startsWith('_')) control(query, name, value);
    else parameter(query, parameters[name], name, value);
  }
  return query;
}

function refuse(name: string, why: string): never {
  throw new GatewayError('request-invalid', `${name}: ${why}`, { field: name });
}

function control(query: SearchQuery, name: string, value: string): void {
  switch (name) {
    case '_id':
      query.ids = value.split(',');
      return;
    case '_lastUpdated':
      query.lastUpdated.push(dateTest(name, value));
      return;
    case '_count':
      if (!/^\d{1,6}$/.test(value)) refuse(name, 'a whole number');
      query.count = Math.min(Number(value), MAX_COUNT);
      return;
    case '_summary':
      if (value !== 'count' && value !== 'false') refuse(name, 'only count is served');
      query.countOnly = value === 'count';
      return;
    case '_cursor':
      query.after = value;
      return;
    case '_format':
    case '_pretty':
      return;
    default:
      refuse(name, 'not served');
  }
}

function parameter(query: SearchQuery, definition: SearchParameter | undefined, name: string, value: string): void {
  if (definition === undefined) refuse(name, `not a search parameter of ${query.type}`);
  if (value === '') refuse(name, 'a value is missing');
  if (definition.kind === 'date') return void query.dates.push(dateTest(name, value));
  const { kind, targets = [], sameAs = name } = definition;
  const wanted = splitSearchValue(value, ',').flatMap((part) => {
    if (kind === 'token') return [readToken(part)];
    const text = unescapeSearchValue(part);
    return kind === 'reference' ? referencesTo(text, targets) : [text];
  });
  query.all.push(wanted.map((word) => `${sameAs}=${word}`));
}

/** An id alone, `Type/id` or a URL that ends so, as the references that it may be; none where the type is not one of the parameter's. */
function referencesTo(value: string, targets: readonly string[]): string[] {
  const [id = '', type] = value.split('/').reverse();
  return targets.filter((target) => type === undefined || type === target).map((target) => `${target}/${id}`);
}

function dateTest(name: string, value: string): DateTest {
  const prefix = value.slice(0, 2);
  const op = OPERATORS.has(prefix) ? (prefix as DateOperator) : 'eq';
  const range = dateRange(OPERATORS.has(prefix) ? value.slice(2) : value);
  return range === undefined
    ? refuse(name, 'a date such as 2024-03-06, ge2024-03 or lt2024-03-06T11:00:00+01:00')
    : { op, ...range };
}
