import { isAscii, isUtf8 } from 'node:buffer';
import { fromLatin9, fromWindows, hasC1 } from '../message/eight-bit.js';
import { unreadable } from './unreadable.js';

/** A document's text, and warnings free of content. */
export interface DecodedXml {
  text: string;
  warnings: string[];
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'iso-8859-1' | 'iso-8859-15' | 'windows-1252';

/** The encodings that are read, by what senders write for them in the XML declaration. */
const NAMES: ReadonlyMap<string, Encoding | 'utf-16'> = new Map([
  ['utf-8', 'utf-8'],
  ['utf8', 'utf-8'],
  ['us-ascii', 'utf-8'],
  ['ascii', 'utf-8'],
  ['utf-16', 'utf-16'],
  ['utf-16le', 'utf-16le'],
  ['utf-16be', 'utf-16be'],
  ['iso-8859-1', 'iso-8859-1'],
  ['latin1', 'iso-8859-1'],
  ['iso-8859-15', 'iso-8859-15'],
  ['latin-9', 'iso-8859-15'],
  ['windows-1252', 'windows-1252'],
  ['cp1252', 'windows-1252'],
]);

const DECLARATION = /^<\?xml\s[^>]{0,200}?\bencoding\s*=\s*(?:"([^"]{0,80})"|'([^']{0,80})')/;

/**
 * Decodes an XML document (XML 1.0 §4.3.3 and appendix F): by its byte order mark, else by what its first bytes look like and its declaration
 * says. Where declaration and bytes contradict each other the bytes are read as what they can only be, with a warning, or the document is
 * refused. Nothing is ever replaced.
 * @throws GatewayError `document-unreadable`, which quotes an encoding that is not read
 */
export function decodeXml(bytes: Buffer): DecodedXml {
  const { text, warnings } = decodeBytes(bytes);
  return { text, warnings: refersToWindows(text) ? [...warnings, WINDOWS_REFERENCE] : warnings };
}

/** References to characters of U+0080–U+009F, which are meant as those of Windows-1252 (HTML §13.2.5.80). */
const C1_REFERENCE = /&#(?:x0*[89][\da-f]|0*1(?:2[89]|[345]\d));/i;
const WINDOWS_REFERENCE = 'refers to characters by their numbers in Windows-1252: read as such';

/** Does a document refer to characters by their numbers in Windows-1252? */
export function refersToWindows(text: string): boolean {
  return C1_REFERENCE.test(text);
}

function decodeBytes(bytes: Buffer): DecodedXml {
  if (bytes.length === 0) throw unreadable('the document is empty');
  const { encoding, length } = signature(bytes);
  const body = bytes.subarray(length);
  const declared = declaredEncoding(encoding === undefined ? body.toString('latin1', 0, 300) : head(body, encoding));
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    const agrees = declared === undefined || declared === 'utf-16' || declared === encoding;
    const marked = length > 0;
    return { text: decodeUtf16(body, encoding), warnings: agrees && marked ? [] : [contradiction('UTF-16')] };
  }
  if (encoding === 'utf-8')
    return decodeUtf8(body, declared !== undefined && declared !== 'utf-8' ? [contradiction('UTF-8')] : []);
  if (declared === undefined || declared === 'utf-8') return decodeUtf8(body, []);
  // Writers that compose XML as text declare UTF-16 and then write UTF-8.
  if (declared === 'utf-16' || declared === 'utf-16le' || declared === 'utf-16be')
    return decodeUtf8(body, [contradiction('UTF-8')]);
  return decodeEightBit(body, declared);
}

function contradiction(actual: string): string {
  return `the encoding that the XML declaration names is not that of the bytes: read as ${actual}`;
}

/** What the first bytes say by themselves, and how many of them are a byte order mark. */
function signature(bytes: Buffer): { encoding?: 'utf-8' | 'utf-16le' | 'utf-16be'; length: number } {
  const start = bytes.toString('hex', 0, 4);
  if (start === '0000feff' || start === 'fffe0000' || start === '0000003c' || start === '3c000000')
    throw unreadable('the encoding UTF-32 is not read');
  if (start.startsWith('efbbbf')) return { encoding: 'utf-8', length: 3 };
  if (start.startsWith('fffe')) return { encoding: 'utf-16le', length: 2 };
  if (start.startsWith('feff')) return { encoding: 'utf-16be', length: 2 };
  if (start.startsWith('3c00')) return { encoding: 'utf-16le', length: 0 };
  if (start.startsWith('003c')) return { encoding: 'utf-16be', length: 0 };
  return { length: 0 };
}

function head(body: Buffer, encoding: 'utf-8' | 'utf-16le' | 'utf-16be'): string {
  if (encoding === 'utf-8') return body.toString('latin1', 0, 300);
  const start = Buffer.from(body.subarray(0, 600));
  return (encoding === 'utf-16be' && start.length % 2 === 0 ? start.swap16() : start).toString('utf16le');
}

function declaredEncoding(start: string): Encoding | 'utf-16' | undefined {
  const match = DECLARATION.exec(start);
  const name = match?.[1] ?? match?.[2];
  if (name === undefined) return undefined;
  const encoding = NAMES.get(name.trim().toLowerCase().replaceAll('_', '-'));
  if (encoding === undefined) throw unreadable(`the encoding ${quotable(name)} is not read`);
  return encoding;
}

/** A name out of the document, as far as it has the form of one. */
function quotable(name: string): string {
  return name.replace(/[^\w./:+-]/g, '?').slice(0, 40);
}

function decodeUtf16(body: Buffer, encoding: 'utf-16le' | 'utf-16be'): string {
  if (body.length % 2 !== 0) throw unreadable('the document ends within a character of UTF-16');
  const text = (encoding === 'utf-16be' ? Buffer.from(body).swap16() : body).toString('utf16le');
  if (!isWellFormed(text)) throw unreadable('the bytes are not UTF-16');
  return text;
}

function isWellFormed(text: string): boolean {
  return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
}

function decodeUtf8(body: Buffer, warnings: string[]): DecodedXml {
  if (!isUtf8(body)) throw unreadable('the bytes are not UTF-8, and the XML declaration names no other encoding');
  return withoutC1(body.toString('utf8'), 'utf-8', warnings);
}

/** What UTF-8 writes for the accents, ligatures and marks of French; in an encoding of one byte a character nobody writes that. */
const LIKE_UTF8 = /[\xc2\xc3\xc5][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]/;
/** An accented letter before a no-break space or a quotation mark: valid as UTF-8 by chance. */
const BY_CHANCE = /[\xc0-\xff][\xa0\xab\xbb]+/g;

function decodeEightBit(body: Buffer, encoding: 'iso-8859-1' | 'iso-8859-15' | 'windows-1252'): DecodedXml {
  const latin1 = body.toString('latin1');
  if (isAscii(body)) return { text: latin1, warnings: [] };
  const likeUtf8 = LIKE_UTF8.test(latin1);
  const valid = isUtf8(body);
  if (valid && (likeUtf8 || BEYOND_ASCII.test(latin1.replace(BY_CHANCE, ''))))
    return decodeUtf8(body, [contradiction('UTF-8')]);
  if (likeUtf8) throw unreadable('the bytes are of more than one encoding');
  const { text, warnings } = withoutC1(encoding === 'iso-8859-15' ? fromLatin9(latin1) : latin1, encoding);
  if (hasC1(text)) throw unreadable(`the bytes are not of the encoding ${encoding}`);
  return { text, warnings };
}

const BEYOND_ASCII = /[\x80-\xff]/;

function withoutC1(text: string, encoding: Encoding, warnings: string[] = []): DecodedXml {
  if (!hasC1(text)) return { text, warnings };
  const warning = 'holds characters of Windows-1252, which the declared encoding does not have: read as such';
  return { text: fromWindows(text), warnings: encoding === 'windows-1252' ? warnings : [...warnings, warning] };
}
