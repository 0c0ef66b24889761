import { UTF8 } from './charset.js';
import { STANDARD_DELIMITERS, unescape, type Delimiters } from './escape.js';
import { splitLines } from './lines.js';
import { parsePath } from './path.js';

/**
 * A message over its text. Segments are found at once, fields only when asked for; nothing is thrown away, so `toString`
 * gives the very text that was read. No text makes it throw.
 */
export class Message {
  readonly segments: readonly Segment[];
  readonly delimiters: Delimiters;
  private readonly byName = new Map<string, Segment[]>();

  constructor(
    private readonly text: string,
    private readonly charset: string,
  ) {
    const lines = splitLines(text);
    this.delimiters = delimitersOf(lines.find((line) => line.startsWith('MSH')) ?? '');
    this.segments = lines.map((line, index) => this.segmentOf(line, index));
  }

  /** The n-th segment of that name, n from 1. */
  segment(name: string, occurrence = 1): Segment | undefined {
    return this.byName.get(name)?.[occurrence - 1];
  }

  all(name: string): readonly Segment[] {
    return this.byName.get(name) ?? [];
  }

  /** Decoded value at a path such as `PID-3[2].4.2`; '' where there is nothing, `""` where the sender erases. */
  value(path: string): string {
    const place = parsePath(path);
    if (place === undefined) return '';
    const segment = this.segment(place.segment, place.occurrence);
    return segment?.value(place.field, place.repetition, place.component, place.subcomponent) ?? '';
  }

  toString(): string {
    return this.text;
  }

  private segmentOf(line: string, index: number): Segment {
    const name = line.slice(0, 3);
    const same = this.byName.get(name);
    const segment = new Segment(line, index, (same?.length ?? 0) + 1, this.delimiters, this.charset);
    if (same === undefined) this.byName.set(name, [segment]);
    else same.push(segment);
    return segment;
  }
}

const SEGMENT_NAME = /^[A-Z][A-Z0-9]{2}$/;

/** One segment. Field numbers are HL7's: MSH-1 is the field mark, MSH-2 the other four. */
export class Segment {
  readonly name: string;
  /** Where each field begins in the line, as far as it was read; field 0 is the name. */
  private readonly starts: number[] = [0];
  private read = 0;
  /** The field whose repetitions were asked for last. */
  private repeated: { field: number; parts: readonly string[] } | undefined;

  constructor(
    private readonly line: string,
    /** Place in the message, from 0. */
    readonly index: number,
    /** Which of its name, from 1. */
    readonly occurrence: number,
    private readonly marks: Delimiters,
    private readonly charset: string,
  ) {
    this.name = line.slice(0, 3);
  }

  /** Does the line begin with a segment's name, and is nothing but a field mark behind it (HL7 v2.5 §2.5.1)? */
  get isNamed(): boolean {
    if (!SEGMENT_NAME.test(this.name)) return false;
    return this.line.startsWith(this.marks.field, 3) || this.line.slice(3).trim() === '';
  }

  /** Highest field number present. */
  get fieldCount(): number {
    this.find(Infinity);
    return this.starts.length - (this.name === 'MSH' ? 0 : 1);
  }

  /** How many repetitions a field has; 0 when it is empty. */
  repetitions(field: number): number {
    const text = this.text(field);
    if (text === '' || this.isMarks(field)) return text === '' ? 0 : 1;
    return text.includes(this.marks.repetition) ? this.split(field, text).length : 1;
  }

  /** Decoded text of a subcomponent, without control characters but tab, CR and LF, and without blanks around it; '' where there is nothing. */
  value(field: number, repetition = 1, component = 1, subcomponent = 1): string {
    const text = this.text(field);
    if (text === '') return '';
    if (this.isMarks(field)) return repetition === 1 && component === 1 && subcomponent === 1 ? text : '';
    const inRepetition = this.repetition(field, text, repetition);
    const inComponent = part(inRepetition, this.marks.component, component);
    const decoded = unescape(part(inComponent, this.marks.subcomponent, subcomponent), this.marks, this.charset);
    return withoutBlanks(withoutControls(decoded));
  }

  /** Undecoded text of a field, or of one of its repetitions, without control characters as `value` gives it. */
  raw(field: number, repetition?: number): string {
    return withoutControls(this.rawText(field, repetition));
  }

  /** Has a field, one of its repetitions or one component of that a character that matches, raw or by an escape? */
  matches(pattern: RegExp, field: number, repetition?: number, component?: number): boolean {
    if (this.isMarks(field)) return false;
    const raw = this.rawText(field, repetition);
    const text = component === undefined ? raw : part(raw, this.marks.component, component);
    return pattern.test(unescape(text, this.marks, this.charset));
  }

  private rawText(field: number, repetition?: number): string {
    const text = this.text(field);
    return repetition === undefined || this.isMarks(field) ? text : this.repetition(field, text, repetition);
  }

  toString(): string {
    return this.line;
  }

  /** The n-th repetition of a field, n from 1. */
  private repetition(field: number, text: string, n: number): string {
    if (n === 1 && this.repeated?.field !== field) return part(text, this.marks.repetition, 1);
    return this.split(field, text)[n - 1] ?? '';
  }

  /** The repetitions of a field. They are asked for one after the other: finding each from the field's start would cost their square. */
  private split(field: number, text: string): readonly string[] {
    if (this.repeated?.field !== field) this.repeated = { field, parts: text.split(this.marks.repetition) };
    return this.repeated.parts;
  }

  private isMarks(field: number): boolean {
    return this.name === 'MSH' && field <= 2;
  }

  /** A field's undecoded text; '' beyond the last. MSH-1 is the mark itself, and stands between the name and MSH-2. */
  private text(field: number): string {
    const place = this.name === 'MSH' && field > 0 ? field - 1 : field;
    if (place < field && place === 0) return this.marks.field;
    this.find(place + 1);
    const start = this.starts[place];
    if (start === undefined) return '';
    const next = this.starts[place + 1];
    return next === undefined ? this.line.slice(start) : this.line.slice(start, next - 1);
  }

  /** Reads on until that many marks were found: an answer needs the first fields of segments that have fifty. */
  private find(marks: number): void {
    const mark = this.marks.field.charCodeAt(0);
    let at = this.read;
    for (; at < this.line.length && this.starts.length <= marks; at++)
      if (this.line.charCodeAt(at) === mark) this.starts.push(at + 1);
    this.read = at;
  }
}

/**
 * Reads any text as a message.
 * @param charset of table 0211: that of the bytes which hexadecimal escapes hold
 */
export function parse(text: string, charset: string = UTF8): Message {
  return new Message(text, charset);
}

/** Control characters (Unicode's Cc) other than tab, CR and LF: FHIR has no place for them (R4 §2.24.0.1). */
export const CONTROL = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;
const CONTROLS = new RegExp(CONTROL, 'g');

function withoutControls(text: string): string {
  return CONTROL.test(text) ? text.replace(CONTROLS, '') : text;
}

/** Values are left justified, and blanks behind them optional (HL7 v2.5 §2.A.74): a number that is filled up with them is the same number. */
function withoutBlanks(text: string): string {
  return text.startsWith(' ') || text.endsWith(' ') ? text.replace(/^ +/, '').replace(/ +$/, '') : text;
}

/** The n-th part between marks, n from 1, without making the others. */
function part(text: string, mark: string, n: number): string {
  let start = 0;
  for (let count = 1; count < n; count++) {
    const next = text.indexOf(mark, start);
    if (next < 0) return '';
    start = next + mark.length;
  }
  const end = text.indexOf(mark, start);
  return end < 0 ? text.slice(start) : text.slice(start, end);
}

function delimitersOf(msh: string): Delimiters {
  const field = msh.charAt(3);
  if (field === '') return STANDARD_DELIMITERS;
  const end = msh.indexOf(field, 4);
  const marks = msh.slice(4, end < 0 ? undefined : end);
  const mark = (index: number, otherwise: string) => marks.charAt(index) || otherwise;
  return {
    field,
    component: mark(0, '^'),
    repetition: mark(1, '~'),
    escape: mark(2, '\\'),
    subcomponent: mark(3, '&'),
  };
}
