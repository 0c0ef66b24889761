import type { Origin } from '../message/delivery.js';
import type { Element, Fragment, Trace } from '../message/fact.js';
import { compareText } from '../message/order.js';

/** An element as last said, with the message that said it. */
export interface SaidElement {
  path: string;
  value: unknown;
  /** What the fragment's element says of itself, this and its neighbours; what lies beneath `at` is about this one. */
  trace: readonly Trace[];
  at: string;
  messageId: string;
}

/** Elements by what they are about: an extension by its url, `deceased[x]` and the like by their stem. */
export type Elements = Map<string, SaidElement>;

/** Lays a fragment over what was said before: supplied elements replace, `null` erases, absent ones stay (pam-fr §4.4). */
export function layFragment(elements: Elements, fragment: Fragment, messageId: string): void {
  for (const element of fragment.elements)
    if (element.value === null || element.value === undefined) erase(elements, element.path);
    else if (!saysLess(element, elements))
      for (const said of split(element, messageId)) elements.set(keyOf(said), said);
}

/** A flag that only repeats what is known by its date or rank. */
function saysLess({ path, value }: Element, elements: Elements): boolean {
  const stem = STEMS[path];
  return stem !== undefined && value === true && elements.has(stem);
}

/** Some fields of a resource under construction, and where they come from. */
export interface Part {
  fields: Record<string, unknown>;
  origins: () => Origin[];
}

/** Builds the fields of a resource, and the origins of each. */
export function buildFields(elements: Elements): Part {
  const fields: Record<string, unknown> = {};
  const placed = [...elements]
    .sort(([a], [b]) => compareText(a, b))
    .map(([, said]) => ({ said, path: place(fields, said) }));
  return { fields, origins: () => placed.flatMap(({ said, path }) => originsOf(said, path)) };
}

/** The value of an element, if it was said. */
export function valueOf(elements: Elements, key: string): unknown {
  return elements.get(key)?.value;
}

/** An origin for each trace, and one for the whole, so that every leaf beneath is covered. */
export function originsOf({ trace, at, messageId }: Omit<SaidElement, 'path' | 'value'>, path: string): Origin[] {
  const own = trace.filter(([to]) => isBeneath(to, at));
  const origins = own.map(([to, from, row]): Origin => ({ path: path + to.slice(at.length), messageId, from, row }));
  if (origins.some((origin) => origin.path === path)) return origins;
  const [first] = own;
  return [{ path, messageId, from: first?.[1] ?? '', row: first?.[2] ?? 'rule:element' }, ...origins];
}

/** Is the first path the second or one of its parts? */
export function isBeneath(path: string, at: string): boolean {
  if (!path.startsWith(at)) return false;
  const next = path.charAt(at.length);
  return next === '' || next === '.' || next === '[';
}

/** Elements with a choice of type are one element. */
const STEMS: Readonly<Record<string, string>> = {
  deceasedBoolean: 'deceased',
  deceasedDateTime: 'deceased',
  multipleBirthBoolean: 'multipleBirth',
  multipleBirthInteger: 'multipleBirth',
};

function keyOf({ path, value }: Pick<SaidElement, 'path' | 'value'>): string {
  return path === 'extension' ? `extension|${urlOf(value)}` : (STEMS[path] ?? path);
}

function urlOf(extension: unknown): string {
  return typeof extension === 'object' && extension !== null && 'url' in extension ? String(extension.url) : '';
}

function erase(elements: Elements, path: string): void {
  const stem = STEMS[path] ?? path;
  for (const key of [...elements.keys()])
    if (key === stem || key.startsWith(`${stem}.`) || (path === 'extension' && key.startsWith('extension|')))
      elements.delete(key);
}

/** Extensions one by one, and the parts of `hospitalization` each on its own: a message that has one does not unsay the others. */
function split(element: Element, messageId: string): SaidElement[] {
  const { path, value, trace } = element;
  if (path === 'extension' && Array.isArray(value))
    return value.map((one: unknown, index) => ({
      path,
      value: one,
      trace,
      at: `extension[${String(index)}]`,
      messageId,
    }));
  if (path === 'hospitalization' && typeof value === 'object' && value !== null)
    return Object.entries(value).map(([part, one]) => {
      const name = `hospitalization.${part}`;
      return { path: name, value: one as unknown, trace, at: name, messageId };
    });
  return [{ path, value, trace, at: path, messageId }];
}

/** Puts the element in its place; gives the path where it now stands. */
function place(fields: Record<string, unknown>, said: SaidElement): string {
  if (said.path === 'extension') {
    const list = (fields['extension'] ??= []) as unknown[];
    return `extension[${String(list.push(said.value) - 1)}]`;
  }
  const dot = said.path.indexOf('.');
  if (dot < 0) fields[said.path] = said.value;
  else ((fields[said.path.slice(0, dot)] ??= {}) as Record<string, unknown>)[said.path.slice(dot + 1)] = said.value;
  return said.path;
}
