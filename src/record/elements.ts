import type { Origin } from '../message/delivery.js';
import type { Element, Fragment, Trace } from '../message/fact.js';
import { compareText } from '../message/order.js';

/** An element as last said, with the message that said it. Trace paths are relative to the element. */
export interface SaidElement {
  path: string;
  value: unknown;
  trace: Trace[];
  messageId: string;
}

/** Elements by what they are about: an extension by its url, `deceased[x]` and the like by their stem. */
export type Elements = Map<string, SaidElement>;

/** Lays a fragment over what was said before: supplied elements replace, `null` erases, absent ones stay (pam-fr §4.4). */
export function layFragment(elements: Elements, fragment: Fragment, messageId: string): void {
  for (const element of fragment.elements)
    if (element.value === null || element.value === undefined) erase(elements, element.path);
    else for (const said of split(element, messageId)) elements.set(keyOf(said), said);
}

/** Lays what one movement said over what those before it said. */
export function layElements(elements: Elements, later: Elements): void {
  for (const [key, said] of later) elements.set(key, said);
}

/** Builds the fields of a resource, and the origins of each. */
export function buildFields(elements: Elements): { fields: Record<string, unknown>; origins: Origin[] } {
  const fields: Record<string, unknown> = {};
  const origins: Origin[] = [];
  for (const [, said] of [...elements].sort(([a], [b]) => compareText(a, b)))
    origins.push(...originsOf(said, place(fields, said)));
  return { fields, origins };
}

/** The value of an element, if it was said. */
export function valueOf(elements: Elements, key: string): unknown {
  return elements.get(key)?.value;
}

/** An origin for each trace, and one for the whole, so that every leaf beneath is covered. */
export function originsOf(said: Pick<SaidElement, 'trace' | 'messageId'>, at: string): Origin[] {
  const { messageId } = said;
  const origins = said.trace.map(([to, from, row]): Origin => ({ path: at + to, messageId, from, row }));
  if (origins.some((origin) => origin.path === at)) return origins;
  const [first] = said.trace;
  return [{ path: at, messageId, from: first?.[1] ?? '', row: first?.[2] ?? 'rule:element' }, ...origins];
}

function keyOf(said: SaidElement): string {
  if (said.path === 'extension') return `extension|${urlOf(said.value)}`;
  return said.path.replace(/^(deceased|multipleBirth)(Boolean|DateTime|Integer)$/, '$1');
}

function urlOf(extension: unknown): string {
  return typeof extension === 'object' && extension !== null && 'url' in extension ? String(extension.url) : '';
}

function erase(elements: Elements, path: string): void {
  const stem = keyOf({ path: path === 'extension' ? 'extension|' : path, value: null, trace: [], messageId: '' });
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
      trace: beneath(trace, `extension[${String(index)}]`),
      messageId,
    }));
  if (path === 'hospitalization' && typeof value === 'object' && value !== null)
    return Object.entries(value).map(([part, one]) => {
      const name = `hospitalization.${part}`;
      return { path: name, value: one as unknown, trace: beneath(trace, name), messageId };
    });
  return [{ path, value, trace: beneath(trace, path), messageId }];
}

function beneath(trace: readonly Trace[], path: string): Trace[] {
  return trace
    .filter(([to]) => to === path || to.startsWith(`${path}.`) || to.startsWith(`${path}[`))
    .map(([to, from, row]): Trace => [to.slice(path.length), from, row]);
}

/** Puts the element in its place; gives the path where it now stands. */
function place(fields: Record<string, unknown>, said: SaidElement): string {
  if (said.path === 'extension') {
    const list = (fields['extension'] ??= []) as unknown[];
    return `extension[${String(list.push(said.value) - 1)}]`;
  }
  const [head = '', tail] = said.path.split('.');
  if (tail === undefined) fields[head] = said.value;
  else ((fields[head] ??= {}) as Record<string, unknown>)[tail] = said.value;
  return said.path;
}
