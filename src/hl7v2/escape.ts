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
 */
export function unescape(text: string, marks: Delimiters): string {
  let at = text.indexOf(marks.escape);
  if (at < 0) return text;
  let out = '';
  let done = 0;
  while (at >= 0) {
    const end = text.indexOf(marks.escape, at + 1);
    if (end < 0) break;
    const decoded = sequence(text.slice(at + 1, end), marks);
    if (decoded === undefined) {
      at = end;
      continue;
    }
    out += text.slice(done, at) + decoded;
    done = end + 1;
    at = text.indexOf(marks.escape, done);
  }
  return out + text.slice(done);
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
      return name.startsWith('X') ? hexadecimal(name.slice(1)) : formatting(name);
  }
}

function hexadecimal(digits: string): string | undefined {
  if (digits === '' || digits.length % 2 !== 0 || !/^[0-9A-Fa-f]+$/.test(digits)) return undefined;
  return Buffer.from(digits, 'hex').toString('latin1');
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
