import type { Segment } from '../hl7v2/parse.js';
import type { Element } from '../message/fact.js';
import type { CompiledRow, SegmentMap } from './compile-row.js';
import type { Converted, ConvertContext } from './converter.js';
import { FieldReader } from './reader.js';

/** Runs the rows of a map over one segment: what each field contributes to the target. */
export function runMap(map: SegmentMap, segment: Segment, into: Element[], context: ConvertContext): void {
  for (const row of map.rows) {
    const raw = segment.raw(row.from.field);
    if (raw === '') continue;
    if (raw === '""') withdraw(row, segment, into, context);
    else if (row.when === undefined || row.when(segment, context)) runRow(row, segment, raw, into, context);
  }
}

function runRow(row: CompiledRow, segment: Segment, raw: string, into: Element[], context: ConvertContext): void {
  const { field, repetition, component } = row.from;
  const count = row.each ? segment.repetitions(field) : 1;
  let understood = false;
  let malformed = false;
  for (let n = 1; n <= count; n++) {
    const reader = new FieldReader(segment, field, row.each ? n : repetition, component);
    const converted = row.convert(reader, context);
    if (converted === undefined) continue;
    if (converted === 'malformed') {
      malformed = true;
      if (reader.raw !== '') context.issues.malformed(reader.path());
      continue;
    }
    understood = true;
    for (const value of listOf(converted)) contribute(row, value, reader, into);
  }
  if (understood) context.record.mark(segment, field);
  else if (!malformed && raw.includes('""')) withdraw(row, segment, into, context);
}

function listOf(converted: Converted | readonly Converted[]): readonly Converted[] {
  return Array.isArray(converted) ? (converted as readonly Converted[]) : [converted as Converted];
}

/** What is erased is all that the field contributed (HL7 v2.5 §2.5.3), whatever the row's condition says of a value. */
function withdraw(row: CompiledRow, segment: Segment, into: Element[], { record }: ConvertContext): void {
  record.mark(segment, row.from.field);
  const reader = new FieldReader(segment, row.from.field, 1);
  const element = elementAt(into, row.to, row.field);
  if (element === undefined)
    into.push({ path: row.to, field: row.field, value: null, trace: [[row.to, reader.path(), row.id]] });
}

function contribute(row: CompiledRow, converted: Converted, reader: FieldReader, into: Element[]): void {
  if (converted.value === undefined) return;
  const value = converted.element === undefined ? setOver(converted.value, row.set) : converted.value;
  const path = converted.element ?? row.to;
  const list = row.list || path === 'extension';
  let element = elementAt(into, path, row.field);
  if (element === undefined) into.push((element = { path, field: row.field, value: list ? [] : undefined, trace: [] }));
  let place = path;
  if (!list) element.value = value;
  else if (Array.isArray(element.value)) place = `${path}[${element.value.push(value) - 1}]`;
  else {
    element.value = [value];
    place = `${path}[0]`;
  }
  const id = converted.row === undefined ? row.id : `${row.id} ${converted.row}`;
  element.trace.push([place, converted.from ?? reader.path(), id]);
  for (const [part, from] of converted.parts ?? [])
    if (has(value, part))
      element.trace.push([`${place}.${part}`, typeof from === 'number' ? reader.path(from) : from, id]);
}

/** A field contributes to an element once, whatever rows read it. */
function elementAt(elements: readonly Element[], path: string, field: string): Element | undefined {
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
