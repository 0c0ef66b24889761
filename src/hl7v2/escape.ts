import { isUtf8 } from 'node:buffer';
import { decodeBytes, UTF8 } from './charset.js';

/** The five marks a message declares in MSH-1 and MSH-2. */
export interface Delimiters {
  field: string;
  component: string;
  repetition: string;
  escape: string;
  subcomponent: string;
}

export const STANDARD_DELIMITERS: Delimiters = {
  field: '|',
  component: '^',
  repetition: '~',
  escape: '\\',
  subcomponent: '&',
};

/**
 * Decodes HL7 escapes in one pass, left to right (HL7 v2.5 §2.7): nothing that an escape gives is read as an escape again.
 * What is no known escape, a lone mark included, stays as it is. Highlighting is dropped; `.br` and `.sp` become line ends.
 * @param charset of table 0211, whose bytes hexadecimal escapes hold
 */
export function unescape(text: string, marks: Delimiters, charset: string = UTF8): string {
  let at = text.indexOf(marks.escape);
  if (at < 0) return text;
  let out = '';
  let done = 0;
  while (at >= 0) {
    const end = text.indexOf(marks.escape, at + 1);
    if (end < 0) break;
    const decoded = hexadecimalRun(text, at, marks, charset) ?? named(text, at, end, marks);
    if (decoded === undefined) {
      at = end;
      continue;
    }
    out += text.slice(done, at) + decoded.text;
    done = decoded.end;
    at = text.indexOf(marks.escape, done);
  }
  return out + text.slice(done);
}

/** What escapes give, and where the text goes on. */
interface Decoded {
  text: string;
  end: number;
}

function named(text: string, at: number, end: number, marks: Delimiters): Decoded | undefined {
  const decoded = sequence(text.slice(at + 1, end), marks);
  return decoded === undefined ? undefined : { text: decoded, end: end + 1 };
}

/**
 * Hexadecimal escapes that stand side by side: one character of several bytes may be spread over them. What is no text together is
 * read one by one.
 */
function hexadecimalRun(text: string, from: number, marks: Delimiters, charset: string): Decoded | undefined {
  const runs: Buffer[] = [];
  let at = from;
  while (text.startsWith(`${marks.escape}X`, at)) {
    const end = text.indexOf(marks.escape, at + 1);
    const digits = text.slice(at + 2, Math.max(end, 0));
    if (!DIGITS.test(digits)) break;
    runs.push(Buffer.from(digits, 'hex'));
    at = end + 1;
  }
  if (runs.length === 0) return undefined;
  const together = Buffer.concat(runs);
  const parts = charset === UTF8 && !isUtf8(together) ? runs : [together];
  return { text: parts.map((bytes) => characters(bytes, charset)).join(''), end: at };
}

const DIGITS = /^(?:[0-9A-Fa-f]{2})+$/;

/** Bytes of the message's charset; a zero byte before another makes a character of UTF-16 of the two. */
function characters(bytes: Buffer, charset: string): string {
  let out = '';
  let start = 0;
  for (let zero = bytes.indexOf(0); zero >= 0 && zero < bytes.length - 1; zero = bytes.indexOf(0, start)) {
    out +=
      decodeBytes(bytes.subarray(start, zero), charset) + decodeBytes(bytes.subarray(zero + 1, zero + 2), '8859/1');
    start = zero + 2;
  }
  return out + decodeBytes(bytes.subarray(start), charset);
}

function sequence(name: string, marks: Delimiters): string | undefined {
  switch (name) {
    case 'F':
      return marks.field;
    case 'S':
      return marks.component;
    case 'T':
      return marks.subcomponent;
    case 'R':
      return marks.repetition;
    case 'E':
      return marks.escape;
    case 'H':
    case 'N':
      return '';
    default:
      return formatting(name);
  }
}

function formatting(name: string): string | undefined {
  if (/^\.(br|sp|ce)\d*$/.test(name)) return '\n';
  return /^\.(in|ti|sk|fi|nf)[+-]?\d*$/.test(name) ? ' ' : undefined;
}

/** Writes a value so that `unescape` gives it back: every mark escaped, line ends as `\X0D\` and `\X0A\`. */
export function escape(text: string, marks: Delimiters = STANDARD_DELIMITERS): string {
  if (marks === STANDARD_DELIMITERS && !TO_ESCAPE.test(text)) return text;
  let out = '';
  for (const char of text) out += escaped(char, marks);
  return out;
}

/** What the standard marks, line ends included, make necessary to escape. */
const TO_ESCAPE = /[|^~\\&\r\n]/;

function escaped(char: string, marks: Delimiters): string {
  const mark = marks.escape;
  if (char === mark) return `${mark}E${mark}`;
  if (char === marks.field) return `${mark}F${mark}`;
  if (char === marks.component) return `${mark}S${mark}`;
  if (char === marks.subcomponent) return `${mark}T${mark}`;
  if (char === marks.repetition) return `${mark}R${mark}`;
  if (char === '\r') return `${mark}X0D${mark}`;
  return char === '\n' ? `${mark}X0A${mark}` : char;
}
