import { identifierKey } from '../message/identifier.js';
import type { XmlElement } from './element.js';

/** A CDA II: `extension` is '' where the root alone is the number. */
export interface InstanceIdentifier {
  root: string;
  extension: string;
}

/** The system of numbers given as a URI: an OID or a UUID by itself (R4 datatypes, Identifier). */
const URI_SYSTEM = 'urn:ietf:rfc:3986';

/** Longer than any number of a document, a person or a stay; an index takes no more. */
export const MAX_NUMBER = 255;

/**
 * An II as FHIR writes it: the root is the system of the extension, and is itself the value where there is no extension. Undefined where the
 * root is neither an OID nor a UUID, and where a control character is in it.
 */
export function identifierOf({ root, extension }: InstanceIdentifier): { system: string; value: string } | undefined {
  const uri = uriOf(root.trim());
  const value = extension.trim();
  if (uri === undefined || uri.length > MAX_NUMBER || !isNumber(value)) return undefined;
  return value === '' ? { system: URI_SYSTEM, value: uri } : { system: uri, value };
}

/** Can a text be a number? One with a control character in it might be another's. */
export function isNumber(value: string): boolean {
  return value.length <= MAX_NUMBER && !/[\x00-\x1f\x7f-\x9f]/.test(value);
}

/** The II of an element; undefined where it has none, or a nullFlavor instead. */
export function readInstanceIdentifier(element: XmlElement | undefined): InstanceIdentifier | undefined {
  const root = element?.attributes['root']?.trim() ?? '';
  if (element === undefined || root === '' || element.attributes['nullFlavor'] !== undefined) return undefined;
  return { root, extension: element.attributes['extension']?.trim() ?? '' };
}

/** An II as `system|value`. */
export function keyOf(ii: InstanceIdentifier): string | undefined {
  const identifier = identifierOf(ii);
  return identifier && identifierKey(identifier.system, identifier.value);
}

function uriOf(root: string): string | undefined {
  if (/^[0-2](\.(0|[1-9]\d*))+$/.test(root)) return `urn:oid:${root}`;
  return /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(root) ? `urn:uuid:${root.toLowerCase()}` : undefined;
}
