import type { FhirResource } from 'fhir/r4.js';
import { GatewayError } from '../message/failure.js';
import { plainName } from '../message/plain-name.js';
import { dateRange, type DateRange } from './date-range.js';
import { COMMUNICATION_PARAMETERS, DEFINITION_PARAMETERS, SEARCH_PARAMETERS } from './search-parameters.js';
import type { SearchParameter } from './shared-parameters.js';
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

/** A date value as the range it stands for: a day, a month, a second. */
export interface DateTest extends DateRange {
  op: DateOperator;
}

export interface SearchQuery {
  type: string;
  /** All must hold; of each, any token. */
  all: string[][];
  /** As `all`, of the resources' ids. */
  ids: string[][];
  /** As `all`, of the resources' ranges. */
  dates: DateTest[][];
  /** As `all`, of their last change. */
  lastUpdated: DateTest[][];
  count: number;
  /** Where the page before ended. */
  after?: SearchPlace;
  countOnly: boolean;
  /** Is the total wanted? */
  total: boolean;
  /** Parameters that were not applied: what the caller allowed. */
  ignored: string[];
}

/** Where a page of a search ended, and what all its pages share. */
export interface SearchPlace {
  id: string;
  /** Up to when the first page was complete. */
  until: Date;
  total?: number;
}

/** A page of a search. */
export interface SearchPage {
  /** What changed before is in it, where it matches. */
  until?: Date;
  total?: number;
  resources: FhirResource[];
  next?: SearchPlace;
}

interface Indexed {
  name: string;
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
      .map(([name, { kind, paths }]) => ({
        name,
        prefix: `${name}=`,
        kind,
        paths: paths.map((path) => path.split('.')),
      })),
  ]),
);

/**
 * What the store keeps beside a resource so that searches find it; a word may stand there twice.
 * @param zone IANA zone of its dates without offset, as of those that searches ask for
 */
export function indexResource(resource: FhirResource, zone: string): SearchIndex {
  const tokens: string[] = [];
  let range: { from: Date | null; to: Date | null } | undefined;
  for (const { name, prefix, kind, paths } of INDEXED[resource.resourceType] ?? [])
    for (const path of paths)
      if (kind === 'date') visit(resource, path, 0, (value) => (range ??= rangeOf(value, zone)));
      else if (kind === 'token') visit(resource, path, 0, (value) => addTokens(prefix, value, tokens));
      else if (kind === 'string') visit(resource, path, 0, (value) => addText(name, value, tokens));
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

/** Beyond so many letters and digits two texts are one. */
const TEXT_LENGTH = 64;

/** A text by each of its beginnings, without case, accents, punctuation and blanks (R4 §3.1.1.4.8), and as it is written. */
function addText(name: string, value: unknown, tokens: string[]): void {
  if (typeof value !== 'string') return;
  const plain = plainText(value);
  for (let length = 1; length <= plain.length; length++) tokens.push(beginning(name, plain.slice(0, length)));
  tokens.push(exactly(name, value));
}

/** Ligatures are no accents: they are written out. */
function plainText(text: string): string {
  return plainName(text.replaceAll(/œ/gi, 'oe').replaceAll(/æ/gi, 'ae')).slice(0, TEXT_LENGTH);
}

function beginning(name: string, plain: string): string {
  return `${name}^${plain}`;
}

/** Words are parted by a control character in the store. */
function exactly(name: string, text: string): string {
  return `${name}:exact=${text.replaceAll(/\p{Cc}/gu, ' ')}`;
}

function rangeOf(value: unknown, zone: string): { from: Date | null; to: Date | null } | undefined {
  if (typeof value === 'string') {
    const range = dateRange(value, zone);
    return closed(range, range);
  }
  if (!isRecord(value)) return undefined;
  const bound = (name: string) => (typeof value[name] === 'string' ? dateRange(value[name], zone) : undefined);
  return closed(bound('start'), bound('end'));
}

/** The last moment of the range is kept, not the first one after it: a day ends before the next begins. */
function closed(
  start: DateRange | undefined,
  end: DateRange | undefined,
): { from: Date | null; to: Date | null } | undefined {
  if (start === undefined && end === undefined) return undefined;
  return { from: start?.from ?? null, to: end === undefined ? null : new Date(end.to.getTime() - 1) };
}

const DEFAULT_COUNT = 50;
const MAX_COUNT = 500;
const OPERATORS = new Set<string>(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb']);

/** How a caller wants his search read. */
export interface SearchReading {
  /** IANA zone of dates without offset. */
  zone: string;
  /** Parameters that are not served are left out instead of refused (R4 Search, Handling Errors). */
  lenient?: boolean;
  /** False where the total is not wanted. */
  total?: boolean;
}

/**
 * Reads a search. Unknown parameters are refused unless the caller allows that they are not applied.
 * @throws GatewayError request-invalid, naming the parameter
 */
export function parseSearch(type: string, params: URLSearchParams, reading: SearchReading): SearchQuery {
  const { zone, lenient = false, total = true } = reading;
  const parameters = SEARCH_PARAMETERS[type] ?? DEFINITION_PARAMETERS[type] ?? COMMUNICATION_PARAMETERS[type] ?? {};
  const empty = { all: [], ids: [], dates: [], lastUpdated: [], ignored: [] };
  const query: SearchQuery = { type, ...empty, count: DEFAULT_COUNT, countOnly: false, total };
  for (const [name, value] of params) {
    const [base = '', modifier] = name.split(':');
    const definition = Object.hasOwn(parameters, base) ? parameters[base] : undefined;
    const isServed = definition !== undefined || CONTROLS.has(base);
    // A modifier turns what is asked into something else: it is refused whatever the caller allows.
    if (isServed && modifier !== undefined && !(definition?.kind === 'string' && modifier === 'exact'))
      refuse(name, 'no such modifier is served');
    if (definition !== undefined) parameter(query, definition, name, value, zone);
    else if (isServed) control(query, name, value, zone);
    else if (lenient) query.ignored.push(name);
    else refuse(name, `not a search parameter of ${type}`);
  }
  return query;
}

const CONTROLS = new Set(['_id', '_lastUpdated', '_count', '_summary', '_cursor', '_format', '_pretty']);

function refuse(name: string, why: string): never {
  const field = name.slice(0, 64);
  throw new GatewayError('request-invalid', `${field}: ${why}`, { field });
}

function control(query: SearchQuery, name: string, value: string, zone: string): void {
  if (name === '_id') query.ids.push(value.split(','));
  else if (name === '_lastUpdated') query.lastUpdated.push(dateTests(name, value, zone));
  else if (name === '_cursor') query.after = readPlace(value) ?? refuse(name, 'not one that this server gave');
  else if (name === '_count') {
    if (!/^\d{1,6}$/.test(value)) refuse(name, 'a whole number');
    query.count = Math.min(Number(value), MAX_COUNT);
  } else if (name === '_summary') {
    if (value !== 'count' && value !== 'false') refuse(name, 'only count is served');
    query.countOnly = value === 'count';
  }
}

function parameter(query: SearchQuery, definition: SearchParameter, name: string, value: string, zone: string): void {
  if (value === '') refuse(name, 'a value is missing');
  if (definition.kind === 'date') return void query.dates.push(dateTests(name, value, zone));
  query.all.push(splitSearchValue(value, ',').flatMap((part) => wordsOf(definition, name, part)));
}

/** The words of a resource of which one value of a search asks for any. */
function wordsOf({ kind, targets = [], sameAs, within = [] }: SearchParameter, name: string, part: string): string[] {
  const [base = '', modifier] = name.split(':');
  if (kind === 'token') return [`${sameAs ?? base}=${readToken(part)}`];
  const text = unescapeSearchValue(part);
  if (kind === 'reference') return referencesTo(text, targets).map((reference) => `${sameAs ?? base}=${reference}`);
  if (kind !== 'string') return [`${base}=${text}`];
  const names = [base, ...within];
  if (modifier === 'exact') return names.map((parameter) => exactly(parameter, text));
  const plain = plainText(text);
  if (plain === '') refuse(name, 'a letter or a digit is missing');
  return names.map((parameter) => beginning(parameter, plain));
}

/** An id alone, `Type/id` or a URL that ends so, as the references that it may be; none where the type is not one of the parameter's. */
function referencesTo(value: string, targets: readonly string[]): string[] {
  const [id = '', type] = value.split('/').reverse();
  return targets.filter((target) => type === undefined || type === target).map((target) => `${target}/${id}`);
}

/** Dates parted by commas, of which any may hold (R4 Search, Composite Search Parameters). */
function dateTests(name: string, value: string, zone: string): DateTest[] {
  return value.split(',').map((part) => dateTest(name, part, zone));
}

function dateTest(name: string, value: string, zone: string): DateTest {
  const prefix = value.slice(0, 2);
  const op = OPERATORS.has(prefix) ? (prefix as DateOperator) : 'eq';
  const range = dateRange(OPERATORS.has(prefix) ? value.slice(2) : value, zone);
  return range === undefined
    ? refuse(name, 'a date such as 2024-03-06, ge2024-03 or lt2024-03-06T11:00:00.123+01:00')
    : { op, ...range };
}

/** A place as the `_cursor` of a link. */
export function placeText({ id, until, total }: SearchPlace): string {
  return `${until.getTime()}.${total ?? '-'}.${id}`;
}

function readPlace(text: string): SearchPlace | undefined {
  const [, until, total, id] = /^(\d{1,14})\.(\d{1,12}|-)\.([A-Za-z0-9.-]{1,64})$/.exec(text) ?? [];
  if (until === undefined || id === undefined) return undefined;
  return { id, until: new Date(Number(until)), ...(total === '-' ? {} : { total: Number(total) }) };
}
