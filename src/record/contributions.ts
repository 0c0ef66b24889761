import type { Element, Fragment, Trace } from '../message/fact.js';
import type { Origin } from '../message/resource.js';
import { compareFields, isBeneath } from '../message/sourced.js';

/** What one field last contributed to one element, with the message that said it. */
export interface Contribution {
  path: string;
  field: string;
  value: unknown;
  /** What the fragment's element says of itself; what lies beneath `at` is about this contribution. */
  trace: readonly Trace[];
  at: string;
  messageId: string;
}

/** Contributions in the order in which they came last, by field and element. */
export type Contributions = Map<string, Contribution>;

/**
 * Lays a fragment over what was contributed before: a field takes the place of what it gave to that element, `""` withdraws all that it gave,
 * and what a message does not carry stays (HL7 v2.5 §2.5.3).
 */
export function layFragment(contributions: Contributions, fragment: Fragment, messageId: string): void {
  for (const element of fragment.elements)
    if (element.value === null || element.value === undefined) withdraw(contributions, element.field);
    else for (const contribution of split(element, messageId)) put(contributions, contribution);
}

/** Later contributions stand behind earlier ones. */
function put(contributions: Contributions, contribution: Contribution): void {
  const key = contributionKey(contribution);
  contributions.delete(key);
  contributions.set(key, contribution);
}

function withdraw(contributions: Contributions, field: string): void {
  for (const [key, contribution] of contributions) if (contribution.field === field) contributions.delete(key);
}

/** What tells one contribution of a field from another: its element, of extensions the url. */
function contributionKey({ field, path, value }: Pick<Contribution, 'field' | 'path' | 'value'>): string {
  return path === 'extension' ? `${field}|extension|${urlOf(value)}` : `${field}|${path}`;
}

/** The keys that an element of a fragment writes. */
export function keysOf(element: Element): string[] {
  return split(element, '').map(contributionKey);
}

/** Contributions, and secondary ones to elements of which these say nothing. */
export function filledWith(contributions: Contributions, secondary: Contributions): Contributions {
  const stated = new Set([...contributions.values()].map(nameOfSlot));
  return new Map([
    ...contributions,
    ...[...secondary].filter(([, contribution]) => !stated.has(nameOfSlot(contribution))),
  ]);
}

/** Some fields of a resource under construction, and where they come from. */
export interface Part {
  fields: Record<string, unknown>;
  origins: () => Origin[];
}

export const NOTHING: Part = { fields: {}, origins: () => [] };

/** Builds the fields of a resource from what the fields of messages contributed, and the origins of each. */
export function buildFields(contributions: Contributions): Part {
  const fields: Record<string, unknown> = {};
  const origins: (() => Origin[])[] = [];
  for (const slot of slotsOf(contributions)) {
    const [first] = slot;
    if (first === undefined) continue;
    if (first.path === 'extension') placeExtension(fields, slot, origins);
    else if (Array.isArray(first.value)) placeList(fields, slot, origins);
    else placeValue(fields, slot, origins);
  }
  return { fields, origins: () => origins.flatMap((of) => of()) };
}

/** All that is contributed to an element, by element path. */
export function contributionsTo(contributions: Contributions, path: string): Contribution[] {
  return [...contributions.values()].filter((contribution) => contribution.path === path);
}

/** The value of an element, if it has one. */
export function valueOf(contributions: Contributions, path: string): unknown {
  const { fields } = buildFields(
    new Map([...contributions].filter(([, { path: own }]) => stemOf(own) === stemOf(path))),
  );
  const dot = path.indexOf('.');
  if (dot < 0) return fields[path];
  return (fields[path.slice(0, dot)] as Record<string, unknown> | undefined)?.[path.slice(dot + 1)];
}

/** Contributions by what they are about, in the order of their names: an extension by its url, `deceased[x]` and the like by their stem. */
function slotsOf(contributions: Contributions): Contribution[][] {
  const slots = new Map<string, Contribution[]>();
  for (const contribution of contributions.values()) {
    const name = nameOfSlot(contribution);
    const slot = slots.get(name);
    if (slot === undefined) slots.set(name, [contribution]);
    else slot.push(contribution);
  }
  return [...slots].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, slot]) => slot);
}

function nameOfSlot({ path, value }: Contribution): string {
  return path === 'extension' ? `extension|${urlOf(value)}` : stemOf(path);
}

/** Elements with a choice of type are one element. */
const STEMS: ReadonlyMap<string, string> = new Map([
  ['deceasedBoolean', 'deceased'],
  ['deceasedDateTime', 'deceased'],
  ['multipleBirthBoolean', 'multipleBirth'],
  ['multipleBirthInteger', 'multipleBirth'],
]);

function stemOf(path: string): string {
  return STEMS.get(path) ?? path;
}

/** The one that came last, but for a mere `true` beside a date or a rank. */
function latest(slot: readonly Contribution[]): Contribution | undefined {
  const telling = slot.filter(({ value }) => value !== true);
  return slot.at(-1)?.value === true
    ? (telling.filter(({ value }) => value !== false).at(-1) ?? slot.at(-1))
    : slot.at(-1);
}

function placeExtension(fields: Record<string, unknown>, slot: Contribution[], origins: (() => Origin[])[]): void {
  const contribution = latest(slot);
  if (contribution === undefined) return;
  const list = (fields['extension'] ??= []) as unknown[];
  const path = `extension[${String(list.push(contribution.value) - 1)}]`;
  origins.push(() => originsOf(contribution, path));
}

/** Lists are the lists of their fields one after the other. */
function placeList(fields: Record<string, unknown>, slot: Contribution[], origins: (() => Origin[])[]): void {
  const list: unknown[] = [];
  const path = slot[0]?.path ?? '';
  for (const contribution of slot.toSorted((a, b) => compareFields(a.field, b.field)))
    for (const [index, value] of (contribution.value as unknown[]).entries()) {
      const place = `${path}[${String(list.push(value) - 1)}]`;
      origins.push(() => originsOf({ ...contribution, at: `${path}[${String(index)}]` }, place));
    }
  setField(fields, path, list);
}

/** Of several fields that code one thing one concept is made, each with its coding and its words; else the last one holds. */
function placeValue(fields: Record<string, unknown>, slot: Contribution[], origins: (() => Origin[])[]): void {
  const concepts = slot.filter(({ value }) => isConcept(value)).sort((a, b) => compareFields(a.field, b.field));
  const path = slot[0]?.path ?? '';
  if (concepts.length === slot.length) {
    setField(fields, path, concepts.map(({ value }) => value as Concept).reduce(joined));
    for (const contribution of concepts) origins.push(() => originsOf(contribution, path));
    return;
  }
  const contribution = latest(slot);
  if (contribution === undefined) return;
  setField(fields, contribution.path, contribution.value);
  origins.push(() => originsOf(contribution, contribution.path));
}

function setField(fields: Record<string, unknown>, path: string, value: unknown): void {
  const dot = path.indexOf('.');
  if (dot < 0) fields[path] = value;
  else ((fields[path.slice(0, dot)] ??= {}) as Record<string, unknown>)[path.slice(dot + 1)] = value;
}

interface Concept {
  coding?: { system?: string; code?: string }[];
  text?: string;
}

function isConcept(value: unknown): value is Concept {
  return typeof value === 'object' && value !== null && ('coding' in value || 'text' in value);
}

function joined(before: Concept, concept: Concept): Concept {
  const more = (concept.coding ?? []).filter(
    ({ system, code }) => !before.coding?.some((coding) => coding.code === code && coding.system === system),
  );
  const coding = [...(before.coding ?? []), ...more];
  const text = [...new Set([before.text, concept.text].filter((words) => words !== undefined))].join(', ');
  return { ...(coding.length === 0 ? {} : { coding }), ...(text === '' ? {} : { text }) };
}

function urlOf(extension: unknown): string {
  return typeof extension === 'object' && extension !== null && 'url' in extension ? String(extension.url) : '';
}

/** Extensions one by one: each is known by its url. */
function split({ path, field, value, trace }: Element, messageId: string): Contribution[] {
  if (path !== 'extension') return [{ path, field, value, trace, at: path, messageId }];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.map((extension, index) => ({
    path,
    field,
    value: extension,
    trace,
    at: Array.isArray(value) ? `extension[${String(index)}]` : 'extension',
    messageId,
  }));
}

/** An origin for each trace, and one for the whole, so that every leaf beneath is covered. */
export function originsOf(
  { trace, at, messageId }: Pick<Contribution, 'trace' | 'at' | 'messageId'>,
  path: string,
): Origin[] {
  const own = trace.filter(([to]) => isBeneath(to, at));
  const origins = own.map(([to, from, row]): Origin => ({ path: path + to.slice(at.length), messageId, from, row }));
  if (origins.some((origin) => origin.path === path)) return origins;
  const [first] = own;
  return [{ path, messageId, from: first?.[1] ?? '', row: first?.[2] ?? 'rule:element' }, ...origins];
}
