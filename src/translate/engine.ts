import type { Segment } from '../hl7v2/parse.js';
import type { Element } from '../message/fact.js';
import type { CompiledRow, RowMap } from './compile-row.js';
import { contribute, elementAt, listOf } from './contribute.js';
import type { ConvertContext } from './converter.js';
import { FieldReader } from './hl7v2/reader.js';

/** Runs the rows of a map over one segment: what each field contributes to the target. */
export function runMap(map: RowMap, segment: Segment, into: Element[], context: ConvertContext): void {
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
    for (const value of listOf(converted)) contribute(row, value, reader, row.field, into);
  }
  if (understood) context.record.mark(segment, field);
  else if (!malformed && raw.includes('""')) withdraw(row, segment, into, context);
}

/** What is erased is all that the field contributed (HL7 v2.5 §2.5.3), whatever the row's condition says of a value. */
function withdraw(row: CompiledRow, segment: Segment, into: Element[], { record }: ConvertContext): void {
  record.mark(segment, row.from.field);
  const reader = new FieldReader(segment, row.from.field, 1);
  const element = elementAt(into, row.to, row.field);
  if (element === undefined)
    into.push({ path: row.to, field: row.field, value: null, trace: [[row.to, reader.path(), row.id]] });
}
