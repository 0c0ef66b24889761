import { LETTER_PLACE } from './world-letters.js';
import type { Row, WorldStore } from './world-run.js';
import type { WorldMessage } from './worlds.js';

/** Some messages and two orders in which they come, each as indexes of the messages. */
export interface TwoOrders {
  messages: WorldMessage[];
  orders: [number[], number[]];
  /** Messages of one transaction, for each order. */
  batches: [number, number];
}

/** A row that two tellings of one world give otherwise; undefined where one of them has none. */
export interface RowDifference {
  key: string;
  texts: [string | undefined, string | undefined];
}

/** The rows that differ, in the order of their keys. */
export function differencesOf(first: readonly Row[], second: readonly Row[]): RowDifference[] {
  const [a, b] = [textsByKey(first), textsByKey(second)];
  return [...new Set([...a.keys(), ...b.keys()])]
    .sort()
    .filter((key) => a.get(key) !== b.get(key))
    .map((key) => ({ key, texts: [a.get(key), b.get(key)] }));
}

/** Several rows of one key are one text, whatever the order in which they are read. */
function textsByKey(rows: readonly Row[]): Map<string, string> {
  const texts = new Map<string, string[]>();
  for (const { key, text } of rows) texts.set(key, [...(texts.get(key) ?? []), text]);
  return new Map([...texts].map(([key, list]) => [key, list.sort().join('\n')]));
}

/** What an empty store holds after some messages. */
export async function rowsAfter(store: WorldStore, messages: readonly WorldMessage[], batch: number): Promise<Row[]> {
  await store.reset();
  await store.arrive(messages, batch);
  return store.rows();
}

/** The rows that differ between the two orders. */
export async function differencesBetween(
  store: WorldStore,
  { messages, orders, batches }: TwoOrders,
): Promise<RowDifference[]> {
  const [first, second] = orders.map((order) => order.flatMap((index) => messages[index] ?? []));
  const before = await rowsAfter(store, first ?? [], batches[0]);
  return differencesOf(before, await rowsAfter(store, second ?? [], batches[1]));
}

/** A limit of the search, since each try is two runs through a database. */
const TRIES = 250;

/**
 * The smallest messages that still fail: without one more message, segment or field they would not, as far as `TRIES` tries can see.
 * @param fails runs a candidate on an empty store
 */
export async function smallest(
  found: TwoOrders,
  fails: (candidate: TwoOrders) => Promise<boolean>,
): Promise<TwoOrders> {
  let tries = 0;
  let best = found;
  const attempt = async (candidate: TwoOrders) => {
    if (tries++ >= TRIES || !(await fails(candidate))) return false;
    best = candidate;
    return true;
  };
  await attempt({ ...best, batches: [1, 1] });
  for (let index = best.messages.length - 1; index >= 0; index--) await attempt(without(best, index));
  for (let index = best.messages.length - 1; index >= 0; index--) await attempt(without(best, index));
  for (const { part, edits } of EDITS)
    for (let index = 0; index < best.messages.length; index++)
      for (let step = 0; ;) {
        const edited = edits(best.messages[index]?.[part] ?? '', step);
        if (edited === undefined) break;
        if (edited === 'nothing' || !(await attempt(replaced(best, index, part, edited)))) step += 1;
      }
  return best;
}

type Part = 'text' | 'letter' | 'beside';

/** What a message may be without, in the order in which it is tried. */
const EDITS: { part: Part; edits: (text: string, step: number) => string | undefined }[] = [
  { part: 'letter', edits: withoutElements },
  { part: 'beside', edits: withoutElements },
  { part: 'text', edits: withoutSegments },
  { part: 'text', edits: withoutFields },
  { part: 'text', edits: withoutParts },
];

function without({ messages, orders, batches }: TwoOrders, gone: number): TwoOrders {
  const [first, second] = orders.map((order) =>
    order.filter((index) => index !== gone).map((index) => (index > gone ? index - 1 : index)),
  );
  return { messages: messages.filter((_, index) => index !== gone), orders: [first ?? [], second ?? []], batches };
}

/** A letter is the same in every message that brings it: one id stands for one content. */
function replaced(of: TwoOrders, at: number, part: Part, text: string): TwoOrders {
  const before = of.messages[at]?.[part];
  const messages = of.messages.map((message, index) => {
    if (part === 'text') return index === at ? { ...message, text } : message;
    const { letter, beside } = message;
    return { ...message, ...(letter === before && { letter: text }), ...(beside === before && { beside: text }) };
  });
  return { ...of, messages };
}

/** The document without its n-th element, the root not counted; undefined past the last. */
function withoutElements(text: string, step: number): string | undefined {
  const tags = [...text.matchAll(/<(\/?)([A-Za-z][\w:]*)[^>]*?(\/?)>/g)];
  const [, first] = tags.filter(([, closing]) => closing === '').slice(step, step + 2);
  if (first === undefined) return undefined;
  let depth = 0;
  for (const tag of tags.slice(tags.indexOf(first))) {
    if (tag[1] === '/') depth -= 1;
    else if (tag[3] === '') depth += 1;
    if (depth === 0) return text.slice(0, first.index) + text.slice(tag.index + tag[0].length);
  }
  return undefined;
}

/** The text without its n-th segment after PID; undefined past the last, `nothing` where there is nothing to take. */
function withoutSegments(text: string, step: number): string | undefined {
  const segments = text.split('\r');
  const at = step + 3;
  if (at >= segments.length) return undefined;
  return segments.filter((_, index) => index !== at).join('\r');
}

/** The text without its n-th field, counted over all segments but MSH. */
function withoutFields(text: string, step: number): string | undefined {
  return edited(text, step, (field) => (field === '' ? undefined : ''));
}

/** The text with the first repetition alone of its n-th field. */
function withoutParts(text: string, step: number): string | undefined {
  return edited(text, step, (field) => (field.includes('~') ? field.slice(0, field.indexOf('~')) : undefined));
}

function edited(text: string, step: number, change: (field: string) => string | undefined): string | undefined {
  let left = step;
  const segments = text.split('\r');
  for (const [index, segment] of segments.entries()) {
    if (index === 0) continue;
    const fields = segment.split('|');
    if (left >= fields.length - 1) {
      left -= fields.length - 1;
      continue;
    }
    const value = change(fields[left + 1] ?? '');
    if (value === undefined) return 'nothing';
    fields[left + 1] = value;
    segments[index] = fields.join('|');
    return segments.join('\r');
  }
  return undefined;
}

/** The messages, both orders and the rows that differ, for people. */
export function explained({ messages, orders, batches }: TwoOrders, differences: readonly RowDifference[]): string {
  const names = messages.map(({ name, text }) => text.split('|', 10)[9] ?? name);
  return [
    ...messages.map(({ name, text, letter = '', beside = '', source, receivedAt }) => {
      const parts = [...(text === LETTER_PLACE ? [name] : text.split('\r')), ...`${letter}\n${beside}`.split('\n')];
      const lines = parts.filter((part) => part !== '').map((line) => `    ${line.replace(/\|+$/, '')}`);
      return [`  from ${source}, received ${receivedAt.toISOString()}`, ...lines].join('\n');
    }),
    ...orders.map(
      (order, at) =>
        `  order ${at + 1}: ${order.map((index) => names[index]).join(', ')} (${batches[at] ?? 1} in a transaction)`,
    ),
    ...differences.map(explainedRow),
  ].join('\n');
}

/** A row that differs, element by element. */
export function explainedRow({ key, texts: [first, second] }: RowDifference): string {
  if (first === undefined || second === undefined) {
    const [holder, text] = first === undefined ? [2, second] : [1, first];
    return `    ${key}\n      in ${holder} alone: ${text ?? ''}`;
  }
  const [a, b] = [elementsOf(first, second), elementsOf(second, first)];
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => a.get(name) !== b.get(name));
  const lines = names.flatMap((name) => [a, b].map((of, at) => `      ${at + 1}: ${name} ${of.get(name) ?? '(none)'}`));
  return [`    ${key}`, ...lines].join('\n');
}

/** Top-level elements of a body, each as text; of several rows of one key those that the other does not have. */
function elementsOf(text: string, other: string): Map<string, string> {
  const lines = text.split('\n');
  if (!text.startsWith('{') || lines.length > 1) {
    const others = new Set(other.split('\n'));
    return new Map([['', lines.filter((line) => !others.has(line)).join('\n         ')]]);
  }
  const body = JSON.parse(text) as Record<string, unknown>;
  return new Map(Object.entries(body).map(([name, value]) => [name, JSON.stringify(value)]));
}
