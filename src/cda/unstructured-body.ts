import type { XmlElement } from './element.js';
import { readBytes, type EncapsulatedBytes } from './encapsulated.js';
import { childOf } from './path.js';

/** The file that a document holds in place of a structured body (CDA R2 §4.3.1.1, level 1); undefined where it holds none that can be read. */
export function unstructuredBody(document: XmlElement): EncapsulatedBytes | undefined {
  const body = bodyOf(document);
  const text = body && childOf(body, 'text');
  const read = text && readBytes(text);
  return read === 'malformed' ? undefined : read;
}

/** Has a document a body that is not structured, of which no file can be read: none is in it, or its base64 is none? */
export function lacksFile(document: XmlElement): boolean {
  return bodyOf(document) !== undefined && unstructuredBody(document) === undefined;
}

function bodyOf(document: XmlElement): XmlElement | undefined {
  const component = childOf(document, 'component');
  return component && childOf(component, 'nonXMLBody');
}
