import type { XmlElement } from './element.js';
import type { Malformed } from './time.js';

/** The bytes of an ED, and what kind they are: by their first bytes where those tell, else as they are declared. */
export interface EncapsulatedBytes {
  bytes: Buffer;
  mediaType: string;
}

/**
 * An ED in base64 (nonXMLBody/text, observationMedia/value).
 * @returns undefined where it is not in base64 or empty
 */
export function readBytes(element: XmlElement): EncapsulatedBytes | Malformed | undefined {
  if (element.attributes['representation'] !== 'B64') return undefined;
  const text = element.children.filter((child) => typeof child === 'string').join('');
  const bytes = decodeBase64(text);
  if (bytes === undefined || element.attributes['compression'] !== undefined) return 'malformed';
  if (bytes.length === 0) return undefined;
  const declared = element.attributes['mediaType']?.trim() ?? '';
  return { bytes, mediaType: mediaTypeOf(bytes) ?? (declared === '' ? 'application/octet-stream' : declared) };
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
