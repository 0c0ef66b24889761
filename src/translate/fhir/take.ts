import type { Reference } from 'fhir/r4.js';
import { consistent } from './invariants.js';
import { shapeOf, type ShapeElement } from './shapes.js';

/** What a reference of the document becomes outside it; undefined where nothing of it can be told. */
export type Rewrite = (reference: Reference) => Reference | undefined;

/** R4 datatypes: the forms of primitive values that are text. */
const FORMS: ReadonlyMap<string, RegExp> = new Map([
  ['string', /^[\s\S]*\S[\s\S]*$/],
  // A system is a name that holds everywhere (R4 datatypes, Identifier and Coding).
  ['uri', /^[a-z][a-z\d+.-]*:\S{1,2000}$/i],
  ['code', /^\S{1,200}( \S{1,200}){0,20}$/],
  ['date', /^[1-9]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?$/],
  ['time', /^([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?$/],
  [
    'dateTime',
    /^[1-9]\d{3}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/,
  ],
  [
    'instant',
    /^[1-9]\d{3}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00))$/,
  ],
]);
const NUMBERS: ReadonlyMap<string, (value: number) => boolean> = new Map([
  ['decimal', Number.isFinite],
  ['integer', Number.isInteger],
  ['unsignedInt', (value: number) => Number.isInteger(value) && value >= 0],
  ['positiveInt', (value: number) => Number.isInteger(value) && value > 0],
]);
const MAX_TEXT = 100_000;
/** What no text of R4 holds (R4 datatypes, string). */
const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f]/;

/**
 * What of an element is taken: what its shape names and has the form of its type, ids and extensions left out. An element that lacks what it
 * must have is not taken, nor one whose extension modifies what it says (R4 §2.4.1).
 * @returns undefined where nothing is left
 */
export function take(type: string, value: unknown, rewrite: Rewrite): unknown {
  if (type === 'boolean') return typeof value === 'boolean' ? value : undefined;
  const isNumber = NUMBERS.get(type);
  if (isNumber !== undefined) return typeof value === 'number' && isNumber(value) ? value : undefined;
  const form = FORMS.get(type);
  if (form !== undefined) return typeof value === 'string' ? takeText(type, form, value) : undefined;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (type === 'Reference') return rewrite(value);
  const source = value as Record<string, unknown>;
  return Object.hasOwn(source, 'modifierExtension') ? undefined : takeParts(type, source, rewrite);
}

function takeText(type: string, form: RegExp, value: string): string | undefined {
  if (value.length > MAX_TEXT || CONTROL.test(value) || !form.test(value)) return undefined;
  if (type === 'string') return value.trim();
  return DATES.has(type) && !isOfCalendar(value) ? undefined : value;
}

const DATES = new Set(['date', 'dateTime', 'instant']);

/** Has its month that day? */
function isOfCalendar(time: string): boolean {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)/.exec(time) ?? [];
  return day === undefined || new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate() >= Number(day);
}

function takeParts(
  type: string,
  source: Record<string, unknown>,
  rewrite: Rewrite,
): Record<string, unknown> | undefined {
  const parts: Record<string, unknown> = {};
  const chosen = new Set<string>();
  const required = new Set<string>();
  for (const element of shapeOf(type) ?? []) {
    const { name, choice = name } = element;
    if (element.required) required.add(choice);
    if (chosen.has(choice) || !Object.hasOwn(source, name)) continue;
    const part = takeElement(element, source[name], rewrite);
    if (part === undefined) continue;
    parts[name] = part;
    chosen.add(choice);
  }
  if (Object.keys(parts).length === 0 || [...required].some((name) => !chosen.has(name))) return undefined;
  const sound = consistent(type, parts);
  return sound && { ...sound };
}

function takeElement({ type, repeats, codes }: ShapeElement, value: unknown, rewrite: Rewrite): unknown {
  const single = (item: unknown) => {
    const taken = take(type, item, rewrite);
    return codes === undefined || codes.has(String(taken)) ? taken : undefined;
  };
  if (!repeats) return single(value);
  const items = (Array.isArray(value) ? value : []).map(single).filter((item) => item !== undefined);
  return items.length === 0 ? undefined : items;
}

/** The elements of a list that are objects, whatever else is in it; a single object is a list of one. */
export function objectsIn<T extends object>(values: T | readonly T[] | undefined): Partial<T>[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  return list.filter((value): value is Partial<T> => typeof value === 'object' && value !== null);
}
