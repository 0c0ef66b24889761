import type { XmlElement } from './element.js';
import { readBytes, type EncapsulatedBytes } from './encapsulated.js';
import { childOf } from './path.js';

/** The file that a document holds in place of a structured body (CDA R2 §4.3.1.1, level 1); undefined where it holds none that can be read. */
export function unstructuredBody(document: XmlElement): EncapsulatedBytes | undefined {
  const component = childOf(document, 'component');
  const body = component && childOf(component, 'nonXMLBody');
  const text = body && childOf(body, 'text');
  const read = text && readBytes(text);
  return read === 'malformed' ? undefined : read;
}
