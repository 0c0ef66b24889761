import { escape } from './escape.js';

/** The components of one field in the standard marks, each escaped; empty ones at the end are left out (HL7 v2.5 §2.6). */
export function writeComponents(...values: readonly string[]): string {
  return values
    .map((value) => escape(value))
    .join('^')
    .replace(/\^+$/, '');
}

/**
 * One segment from its fields by HL7 number, the fields being ER7 text already (`escape`, `writeComponents`). MSH-1 and MSH-2 write
 * themselves. Empty fields at the end are left out.
 */
export function writeSegment(name: string, fields: Readonly<Record<number, string>>): string {
  // Keys that are numbers come in their order.
  const last = Object.keys(fields).findLast((field) => fields[Number(field)] !== '');
  const header = name === 'MSH';
  let text = header ? 'MSH|^~\\&' : name;
  for (let number = header ? 3 : 1; number <= Number(last ?? 0); number++) text += `|${fields[number] ?? ''}`;
  return text;
}

/** A message of segments, each ended by CR. */
export function writeMessage(segments: readonly string[]): string {
  return segments.length === 0 ? '' : `${segments.join('\r')}\r`;
}
