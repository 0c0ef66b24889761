import { isAscii, isUtf8 } from 'node:buffer';
import { fromLatin9, fromWindows, hasC1, toLatin9 } from '../message/eight-bit.js';

/** The names of table 0211 that the gateway reads, and what senders write for them. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ['ASCII', 'ASCII'],
  ['US-ASCII', 'ASCII'],
  ['8859/1', '8859/1'],
  ['ISO-8859-1', '8859/1'],
  ['8859/15', '8859/15'],
  ['ISO-8859-15', '8859/15'],
  ['UNICODE UTF-8', 'UNICODE UTF-8'],
  ['UNICODE', 'UNICODE UTF-8'],
  ['UTF-8', 'UNICODE UTF-8'],
  ['UTF8', 'UNICODE UTF-8'],
]);

export const UTF8 = 'UNICODE UTF-8';

/** A message's text, the charset applied, and warnings free of content. */
export interface DecodedText {
  text: string;
  charset: string;
  warnings: string[];
}

/**
 * Decodes a message by the first repetition of MSH-18 (HL7 v2.5 §2.15.9.18). A BOM is dropped and says UTF-8. What is declared UTF-8 and
 * is not is read as 8859/15, what is declared ISO 8859 and is UTF-8 as UTF-8, what is declared ASCII and is not, or in a charset that is not known, as if
 * nothing were declared; the control characters 0x80–0x9F of ISO 8859 and U+0080–U+009F of UTF-8 are read as Windows-1252: each with a warning.
 * @param fallback charset of the source, for messages that declare none
 */
export function decodeText(bytes: Buffer, fallback: string): DecodedText {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return decodeUtf8(bytes.subarray(3), []);
  const latin1 = bytes.toString('latin1');
  const declared = declaredCharset(latin1);
  const { charset, warnings, sure } = applicable(declared, fallback, bytes);
  // The same text in every character set.
  if (isAscii(bytes)) return { text: latin1, charset, warnings };
  // Undeclared UTF-8 is common; bytes that are valid UTF-8 beyond ASCII are hardly ever anything else.
  if (charset === UTF8 || (!sure && isUtf8(bytes))) return decodeUtf8(bytes, warnings);
  return withoutC1(charset === '8859/15' ? fromLatin9(latin1) : latin1, charset, warnings);
}

/** The charset that the declaration and the source's default come to; `sure` where it is the declared one. */
function applicable(declared: string, fallback: string, bytes: Buffer) {
  const otherwise = NAMES.get(fallback) ?? '8859/15';
  const charset = declared === '' ? undefined : charsetNamed(declared);
  if (charset === 'ASCII' && !isAscii(bytes)) {
    const warnings = ['declared ASCII but is not; read in the character set of the source'];
    return { charset: eightBit(otherwise), warnings, sure: false };
  }
  if (charset !== undefined && charset !== UTF8 && isLatinInUtf8(bytes))
    return { charset: UTF8, warnings: [`declared ${charset} but is UTF-8; read as such`], sure: true };
  if (charset !== undefined) return { charset, warnings: [], sure: true };
  const applied = isAscii(bytes) ? otherwise : eightBit(otherwise);
  if (declared === '') return { charset: applied, warnings: [], sure: false };
  const warnings = ['MSH-18 names a character set that is not known; read as if it named none'];
  return { charset: applied, warnings, sure: false };
}

/**
 * UTF-8 beyond ASCII, of letters and marks of Western and Central Europe: in ISO 8859 each of them would be a capital letter with signs behind
 * it (`Ã©`), which nobody writes. Of other alphabets the declaration is believed.
 */
function isLatinInUtf8(bytes: Buffer): boolean {
  return !isAscii(bytes) && isUtf8(bytes) && !BEYOND_LATIN.test(bytes.toString('utf8'));
}

const BEYOND_LATIN = /[^\x00-\u017f\u2000-\u22ff]/;

/** A source whose default is ASCII has none for other bytes: the national default reads them. */
function eightBit(charset: string): string {
  return charset === 'ASCII' ? '8859/15' : charset;
}

/**
 * The text of single bytes, e.g. of a hexadecimal escape, in a charset of table 0211; bytes that are no UTF-8 are read as 8859/15.
 */
export function decodeBytes(bytes: Buffer, charset: string): string {
  if (charset === UTF8 && isUtf8(bytes)) return fromWindows(bytes.toString('utf8'));
  const latin1 = bytes.toString('latin1');
  return fromWindows(charset === '8859/1' ? latin1 : fromLatin9(latin1));
}

function charsetNamed(name: string): string | undefined {
  return NAMES.get(name) ?? NAMES.get(name.trim().toUpperCase());
}

/** Encodes for a charset of table 0211; what it cannot hold becomes `?`. */
export function encodeText(text: string, charset: string): Buffer {
  if (isPlain(text)) return Buffer.from(text, 'latin1');
  if (charset === UTF8) return Buffer.from(text, 'utf8');
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
  if (charset === '8859/15') return toLatin9(char) ?? 0x3f;
  return code < (charset === 'ASCII' ? 0x80 : 0x100) ? code : 0x3f;
}

function decodeUtf8(bytes: Buffer, warnings: string[]): DecodedText {
  if (isUtf8(bytes)) return withoutC1(bytes.toString('utf8'), UTF8, warnings);
  // Not UTF-8 after all: the national default reads any byte, and the sender is told.
  const broken = 'declared UTF-8 but is not; read as 8859/15';
  return withoutC1(fromLatin9(bytes.toString('latin1')), '8859/15', [...warnings, broken]);
}

/** No one writes the control characters of 0x80–0x9F into a name: they are Windows-1252 under another name. */
function withoutC1(text: string, charset: string, warnings: string[]): DecodedText {
  if (!hasC1(text)) return { text, charset, warnings };
  const windows = 'holds characters of Windows-1252, which the declared character set does not have; read as such';
  return { text: fromWindows(text), charset, warnings: [...warnings, windows] };
}

/** MSH-18, up to its first repetition or component, of a message read byte by byte; '' when there is none. */
function declaredCharset(latin1: string): string {
  const start = latin1.indexOf('MSH');
  if (start < 0 || start > 64) return '';
  const header = lineOf(latin1.slice(start, start + LONGEST_HEADER));
  const mark = header.charAt(3);
  if (mark === '') return '';
  let at = 3;
  for (let field = 2; field < 18; field++) {
    at = header.indexOf(mark, at + 1);
    if (at < 0) return '';
  }
  const field = upTo(header.slice(at + 1), mark);
  return upTo(upTo(field, header.charAt(4)), header.charAt(5));
}

/** A header longer than any message has is read no further. */
const LONGEST_HEADER = 8192;

function lineOf(text: string): string {
  return upTo(upTo(text, '\r'), '\n');
}

function upTo(text: string, mark: string): string {
  const end = mark === '' ? -1 : text.indexOf(mark);
  return end < 0 ? text : text.slice(0, end);
}
