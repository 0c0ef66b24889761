import type { Coding } from 'fhir/r4.js';
import type { Segment } from '../hl7v2/parse.js';
import type { Element, Fragment, Translation } from '../message/fact.js';
import type { Coded } from './codes.js';
import { REPEATING, type CodedForm, type CompiledRow, type SegmentMap } from './compile.js';
import type { ConvertContext, Converted, PartSource } from './converter.js';
import { FieldReader } from './reader.js';

type Issue = Translation['issues'][number];

/** Runs the rows of a map over one segment, into the elements of its target. */
export function runMap(map: SegmentMap, segment: Segment, into: FragmentBuilder, context: ConvertContext): void {
  for (const row of map.rows) {
    const { field, repetition, component } = row.from;
    if (segment.raw(field) === '') continue;
    if (row.when !== undefined && !row.when(context.message, segment.occurrence, segment.name)) continue;
    const count = row.each ? segment.repetitions(field) : 1;
    for (let n = 1; n <= count; n++) {
      const reader = new FieldReader(segment, field, row.each ? n : repetition, context.record, component);
      runRow(row, reader, into, context);
    }
  }
}

function runRow(row: CompiledRow, reader: FieldReader, into: FragmentBuilder, context: ConvertContext): void {
  if (reader.erases && !row.each) return into.erase(row.to, reader.path(), row.id);
  if (reader.empty) return;
  const converted = row.codes === undefined ? row.convert?.(reader, context) : coded(row, reader, into);
  if (converted === undefined) return;
  const value =
    row.set !== undefined && isRecord(converted.value) ? { ...converted.value, ...row.set } : converted.value;
  into.put(converted.element ?? row.to, value, converted.parts ?? [], reader, row.id);
}

/** An unknown code is never guessed: parked where the table says so, else its text is kept and somebody is asked to look. */
function coded(row: CompiledRow, reader: FieldReader, into: FragmentBuilder): Converted | undefined {
  const { table, form } = row.codes ?? {};
  const written = reader.value();
  if (table === undefined || written === '') return undefined;
  const known = table.codes.get(written);
  if (known !== undefined) return wrap(inForm(form, known));
  const place = reader.path();
  const text = `a code of ${place} is not in the table ${table.name}`;
  into.issues.push({
    blocking: table.otherwise === 'park',
    reason: 'code-unknown',
    field: place,
    text,
    key: `code-unknown|${table.name}|${written.slice(0, 20)}`,
  });
  if (table.otherwise === 'park') return undefined;
  return table.otherwise === 'text-only'
    ? wrap(inForm(form, { system: '', text: reader.value(2) || written }))
    : wrap(inForm(form, { code: table.otherwise, system: table.system }));
}

function wrap(value: unknown): Converted | undefined {
  return value === undefined ? undefined : { value };
}

/** A coded value in the form the row asks for; undefined where that form has no place for a text alone. */
function inForm(form: CodedForm | undefined, { code, system, display, text }: Coded): unknown {
  if (form === 'code') return code;
  const coding =
    code === undefined
      ? undefined
      : { ...(system === '' ? {} : { system }), code, ...(display === undefined ? {} : { display }) };
  if (form === 'Coding') return coding;
  if (form === 'valueCoding') return coding && { valueCoding: coding };
  const concept = { ...(coding === undefined ? {} : { coding: [coding] }), ...(text === undefined ? {} : { text }) };
  return form === 'language' ? { language: concept } : concept;
}

/** Two fields that code one thing make one concept, each with its coding and its words. */
function joined(before: unknown, value: unknown): unknown {
  if (!isConcept(before) || !isConcept(value)) return value;
  const more = (value.coding ?? []).filter(
    (one) => !before.coding?.some((other) => other.code === one.code && other.system === one.system),
  );
  const coding = [...(before.coding ?? []), ...more];
  const text = [before.text, value.text].filter((one) => one !== undefined).join(', ');
  return { ...(coding.length === 0 ? {} : { coding }), ...(text === '' ? {} : { text }) };
}

function isConcept(value: unknown): value is { coding?: Coding[]; text?: string } {
  return isRecord(value) && ('coding' in value || 'text' in value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Gathers the elements of one target with their traces. */
export class FragmentBuilder {
  readonly issues: Issue[] = [];
  private readonly elements = new Map<string, Element>();

  constructor(private readonly target: string) {}

  put(to: string, value: unknown, parts: readonly PartSource[], reader: FieldReader, row: string): void {
    const repeats = REPEATING.has(to);
    let element = this.elements.get(to);
    if (element === undefined)
      this.elements.set(to, (element = { path: to, value: repeats ? [] : undefined, trace: [] }));
    let place = to;
    if (repeats) element.value ??= [];
    if (Array.isArray(element.value)) place = `${to}[${element.value.push(value) - 1}]`;
    else element.value = joined(element.value, value);
    element.trace.push([place, reader.path(), row]);
    for (const [path, from] of parts)
      if (has(value, path))
        element.trace.push([`${place}.${path}`, typeof from === 'number' ? reader.path(from) : from, row]);
  }

  erase(to: string, from: string, row: string): void {
    if (!this.elements.has(to)) this.elements.set(to, { path: to, value: null, trace: [[to, from, row]] });
  }

  fragment(): Fragment {
    return { target: this.target, elements: [...this.elements.values()] };
  }
}

function has(value: unknown, path: string): boolean {
  const bracket = path.indexOf('[');
  return isRecord(value) && value[bracket < 0 ? path : path.slice(0, bracket)] !== undefined;
}
