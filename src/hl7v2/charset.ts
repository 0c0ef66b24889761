import { isAscii, isUtf8 } from 'node:buffer';

/** Where ISO 8859-15 differs from 8859-1. */
const LATIN9: ReadonlyMap<number, string> = new Map([
  [0xa4, '€'],
  [0xa6, 'Š'],
  [0xa8, 'š'],
  [0xb4, 'Ž'],
  [0xb8, 'ž'],
  [0xbc, 'Œ'],
  [0xbd, 'œ'],
  [0xbe, 'Ÿ'],
]);
const TO_LATIN9 = new Map([...LATIN9].map(([byte, char]) => [char, byte]));
const DIFFERING = /[\xa4\xa6\xa8\xb4\xb8\xbc-\xbe]/g;

/** The names of table 0211 that the gateway reads, and what senders write for them. */
const NAMES: Readonly<Record<string, string>> = {
  ASCII: 'ASCII',
  'US-ASCII': 'ASCII',
  '8859/1': '8859/1',
  'ISO-8859-1': '8859/1',
  '8859/15': '8859/15',
  'ISO-8859-15': '8859/15',
  'UNICODE UTF-8': 'UNICODE UTF-8',
  UNICODE: 'UNICODE UTF-8',
  'UTF-8': 'UNICODE UTF-8',
  UTF8: 'UNICODE UTF-8',
};

/**
 * Decodes a message by the first repetition of MSH-18 (pam-fr §4.4). A BOM is dropped and says UTF-8. What is declared UTF-8 and is not is
 * read as 8859/15, with a warning.
 * @param fallback charset of the source, for messages that declare none
 * @returns the text, the charset applied, and warnings free of content
 */
export function decodeText(bytes: Buffer, fallback: string): { text: string; charset: string; warnings: string[] } {
  const warnings: string[] = [];
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeUtf8(bytes.subarray(3), warnings);
  const declared = declaredCharset(bytes);
  const charset = NAMES[(declared === '' ? fallback : declared).trim().toUpperCase()];
  if (charset === undefined)
    warnings.push('MSH-18 names a character set that is not known; the one of the source was used');
  const applied = charset ?? NAMES[fallback] ?? '8859/15';
  if (applied === 'UNICODE UTF-8') return decodeUtf8(bytes, warnings);
  // Undeclared UTF-8 is common; bytes that are valid UTF-8 beyond ASCII are hardly ever anything else.
  if (declared === '' && !isAscii(bytes) && isUtf8(bytes)) return decodeUtf8(bytes, warnings);
  const latin1 = bytes.toString('latin1');
  return { text: applied === '8859/15' ? fromLatin9(latin1) : latin1, charset: applied, warnings };
}

/** Encodes for a charset of table 0211; what it cannot hold becomes `?`. */
export function encodeText(text: string, charset: string): Buffer {
  if (charset === 'UNICODE UTF-8' || isPlain(text)) return Buffer.from(text, 'utf8');
  const bytes = Buffer.alloc([...text].length);
  let at = 0;
  for (const char of text) bytes[at++] = encodeChar(char, charset);
  return bytes;
}

/** The same bytes in every character set. */
function isPlain(text: string): boolean {
  return !BEYOND_ASCII.test(text);
}

const BEYOND_ASCII = /[^\x00-\x7f]/;

function encodeChar(char: string, charset: string): number {
  const code = char.codePointAt(0) ?? 0x3f;
  if (charset === '8859/15') {
    const byte = TO_LATIN9.get(char);
    if (byte !== undefined) return byte;
    if (LATIN9.has(code)) return 0x3f;
  }
  return code < (charset === 'ASCII' ? 0x80 : 0x100) ? code : 0x3f;
}

function decodeUtf8(bytes: Buffer, warnings: string[]): { text: string; charset: string; warnings: string[] } {
  if (isUtf8(bytes)) return { text: bytes.toString('utf8'), charset: 'UNICODE UTF-8', warnings };
  // Not UTF-8 after all: the national default reads any byte, and the sender is told.
  warnings.push('declared UTF-8 but is not; read as 8859/15');
  return { text: fromLatin9(bytes.toString('latin1')), charset: '8859/15', warnings };
}

function fromLatin9(text: string): string {
  return text.replace(DIFFERING, (char) => LATIN9.get(char.charCodeAt(0)) ?? char);
}

/** MSH-18, read from the bytes as ASCII before anything is decoded; '' when there is none. */
function declaredCharset(bytes: Buffer): string {
  const start = bytes.indexOf('MSH');
  if (start < 0 || start > 64) return '';
  const mark = bytes[start + 3];
  const last = Math.min(bytes.length, start + LONGEST_HEADER);
  let field = 2;
  for (let at = start + 4; at < last && !isLineEnd(bytes[at]); at++) {
    if (bytes[at] === mark) field += 1;
    if (field === 18) return firstPart(bytes.subarray(at + 1, last), [mark, bytes[start + 4], bytes[start + 5]]);
  }
  return '';
}

/** A header longer than any message has is read no further. */
const LONGEST_HEADER = 8192;

/** What comes before the next of these marks, or the line's end. */
function firstPart(bytes: Buffer, marks: readonly (number | undefined)[]): string {
  const end = bytes.findIndex((byte) => marks.includes(byte) || isLineEnd(byte));
  return bytes.toString('latin1', 0, end < 0 ? bytes.length : end);
}

function isLineEnd(byte: number | undefined): boolean {
  return byte === 0x0d || byte === 0x0a;
}
