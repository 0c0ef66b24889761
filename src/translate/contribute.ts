import type { Element } from '../message/fact.js';
import type { CompiledRow } from './compile-row.js';
import type { Converted } from './converter.js';
import type { Reading } from './format.js';

/** What a converter gave, as a list. */
export function listOf(converted: Converted | readonly Converted[]): readonly Converted[] {
  return Array.isArray(converted) ? (converted as readonly Converted[]) : [converted as Converted];
}

/**
 * Puts what a converter gave into the target, with where it comes from.
 * @param field what contributes: `PID-5`, `recordTarget/patientRole/patient/name`
 */
export function contribute(
  row: Pick<CompiledRow, 'id' | 'to' | 'list' | 'set'>,
  converted: Converted,
  reading: Reading,
  field: string,
  into: Element[],
): void {
  if (converted.value === undefined) return;
  const value = converted.element === undefined ? setOver(converted.value, row.set) : converted.value;
  const path = converted.element ?? row.to;
  const list = row.list || path === 'extension';
  let element = elementAt(into, path, field);
  if (element === undefined) into.push((element = { path, field, value: list ? [] : undefined, trace: [] }));
  let place = path;
  if (!list) element.value = value;
  else if (Array.isArray(element.value)) place = `${path}[${element.value.push(value) - 1}]`;
  else {
    element.value = [value];
    place = `${path}[0]`;
  }
  const id = converted.row === undefined ? row.id : `${row.id} ${converted.row}`;
  element.trace.push([place, converted.from ?? reading.path(), id]);
  for (const [part, from] of converted.parts ?? [])
    if (has(value, part))
      element.trace.push([`${place}.${part}`, typeof from === 'number' ? reading.path(from) : from, id]);
}

/** A field contributes to an element once, whatever rows read it. */
export function elementAt(elements: readonly Element[], path: string, field: string): Element | undefined {
  for (const element of elements) if (element.path === path && element.field === field) return element;
  return undefined;
}

function setOver(value: unknown, set: CompiledRow['set']): unknown {
  if (set === undefined || !isRecord(value)) return value;
  return { ...value, ...set };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function has(value: unknown, path: string): boolean {
  const bracket = path.indexOf('[');
  return isRecord(value) && value[bracket < 0 ? path : path.slice(0, bracket)] !== undefined;
}
