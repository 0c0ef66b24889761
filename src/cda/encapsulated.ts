import { gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { XmlElement } from './element.js';
import type { Malformed } from './time.js';

/** The bytes of an ED, and what kind they are: by their first bytes where those tell, else as they are declared. */
export interface EncapsulatedBytes {
  bytes: Buffer;
  mediaType: string;
}

/**
 * An ED (nonXMLBody/text, observationMedia/value): base64, packed or not, or a text as it stands (CDA R2 data types, ED). What is called no text
 * and said to be one is base64 without its name.
 * @returns undefined where it is empty, or refers to what is elsewhere
 */
export function readBytes(element: XmlElement): EncapsulatedBytes | Malformed | undefined {
  const { attributes, children } = element;
  const text = children.filter((child) => typeof child === 'string').join('');
  if (attributes['nullFlavor'] !== undefined || text.trim() === '') return undefined;
  const declared = declaredType(attributes['mediaType']);
  const isBase64 = attributes['representation']?.trim().toUpperCase() === 'B64';
  if (!isBase64 && (declared === undefined || declared.startsWith('text/')))
    return { bytes: Buffer.from(text), mediaType: `${declared ?? 'text/plain'}; charset=UTF-8` };
  const packed = decodeBase64(text);
  const bytes = packed && unpack(packed, attributes['compression']?.trim() ?? '');
  if (bytes === undefined || bytes.length === 0) return 'malformed';
  return { bytes, mediaType: mediaTypeOf(bytes) ?? declared ?? 'application/octet-stream' };
}

/** A media type without its parameters; undefined where it has not the form of one. */
function declaredType(text = ''): string | undefined {
  const [type = ''] = text.split(';');
  return /^[\w.+-]{1,60}\/[\w.+-]{1,100}$/.test(type.trim()) ? type.trim().toLowerCase() : undefined;
}

/** What is unpacked is no larger than a document may be. */
const MAX_UNPACKED = 32 * 1024 * 1024;

/** By ED.compression (HL7 CompressionAlgorithm): deflate, zlib, gzip. */
const ALGORITHMS: ReadonlyMap<string, (bytes: Buffer) => Buffer> = new Map([
  ['', (bytes) => bytes],
  ['DF', (bytes) => inflateRawSync(bytes, { maxOutputLength: MAX_UNPACKED })],
  ['ZL', (bytes) => inflateSync(bytes, { maxOutputLength: MAX_UNPACKED })],
  ['GZ', (bytes) => gunzipSync(bytes, { maxOutputLength: MAX_UNPACKED })],
]);

function unpack(bytes: Buffer, algorithm: string): Buffer | undefined {
  try {
    return ALGORITHMS.get(algorithm)?.(bytes);
  } catch {
    // Not packed so, half of it, or too large: the caller says that it cannot be read.
    return undefined;
  }
}

/**
 * Decodes base64 (RFC 4648 §4): folded, indented, with blanks anywhere, padded or not. Undefined where anything else is in it, where its
 * length is that of no bytes, or where padding does not fit.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const compact = text.replace(/[ \t\r\n]+/g, '');
  const padding = compact.endsWith('==') ? 2 : compact.endsWith('=') ? 1 : 0;
  const length = compact.length - padding;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact) || length % 4 === 1) return undefined;
  if (padding > 0 && compact.length % 4 !== 0) return undefined;
  return Buffer.from(compact, 'base64');
}

const SIGNATURES: readonly [start: string, mediaType: string][] = [
  ['%PDF-', 'application/pdf'],
  ['\x89PNG\r\n\x1a\n', 'image/png'],
  ['\xff\xd8\xff', 'image/jpeg'],
  ['GIF8', 'image/gif'],
  ['II*\0', 'image/tiff'],
  ['MM\0*', 'image/tiff'],
  ['{\\rtf', 'application/rtf'],
];

/** What kind of file the first bytes say it is. */
function mediaTypeOf(bytes: Buffer): string | undefined {
  const start = bytes.toString('latin1', 0, 16);
  return SIGNATURES.find(([signature]) => start.startsWith(signature))?.[1];
}
