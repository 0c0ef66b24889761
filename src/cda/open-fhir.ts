import type { Bundle, Composition } from 'fhir/r4.js';
import { isUtf8 } from 'node:buffer';
import { createHash } from 'node:crypto';
import { MAX_DOCUMENT } from './open-cda.js';
import type { Carriage, OpenedDocument } from './opened.js';
import { unreadable } from './unreadable.js';

const MAX_DEPTH = 100;
const MAX_ENTRIES = 20_000;
/** Each is locked and kept by himself when the document is translated. */
const MAX_PEOPLE = 1000;
const PEOPLE: ReadonlySet<unknown> = new Set(['Practitioner', 'PractitionerRole', 'Organization', 'RelatedPerson']);

/**
 * Opens a FHIR document: a Bundle of type `document` that begins with its Composition (R4 §3.3.1), about one patient.
 * @throws GatewayError `document-unreadable`, `document-identity` where it is about nobody in it, or several
 */
export function openFhir(
  bytes: Buffer,
  carriage: Carriage = { replaces: [], masks: [] },
  part = 0,
): OpenedDocument & { format: 'fhir' } {
  if (bytes.length === 0) throw unreadable('the document is empty');
  if (bytes.length > MAX_DOCUMENT) throw unreadable(`the document is larger than ${String(MAX_DOCUMENT)} bytes`);
  const bundle = documentBundle(parseJson(bytes));
  return {
    format: 'fhir',
    bundle,
    part,
    bytes,
    sha1: createHash('sha1').update(bytes).digest('hex'),
    mediaType: 'application/fhir+json',
    carriage,
    warnings: [],
  };
}

/** The first resource of a document. */
export function compositionOf(bundle: Bundle): Composition {
  const first = bundle.entry?.[0]?.resource;
  if (first?.resourceType !== 'Composition')
    throw unreadable('the document does not begin with its Composition', 'Bundle.entry[0]');
  return first as Composition;
}

/** Zero, and half of a surrogate pair: no store and no receiver takes them. Behind two backslashes it is no escape. */
const NO_CHARACTER =
  /(?<!\\)(?:\\\\)*(?:\\u0000|\\ud[89ab][\da-f]{2}(?!\\ud[c-f][\da-f]{2})|(?<!\\ud[89ab][\da-f]{2})\\ud[c-f][\da-f]{2})/i;

/** JSON is UTF-8 (R4 §2.6.0); its mark is tolerated. */
function parseJson(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) throw unreadable('the bytes are not UTF-8');
  const text = bytes.toString('utf8');
  if (depthOf(text) > MAX_DEPTH) throw unreadable(`elements are nested more than ${String(MAX_DEPTH)} deep`);
  if (NO_CHARACTER.test(text)) throw unreadable('the document holds what is no character');
  try {
    return JSON.parse(text.startsWith('\ufeff') ? text.slice(1) : text);
  } catch {
    // The parser's own words quote the document.
    throw unreadable('the document is no JSON');
  }
}

/** How deep brackets are nested, those in strings left out. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let isInString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (isInString) {
      if (char === 0x5c) at++;
      else if (char === 0x22) isInString = false;
    } else if (char === 0x22) isInString = true;
    else if (char === 0x7b || char === 0x5b) deepest = Math.max(deepest, ++depth);
    else if (char === 0x7d || char === 0x5d) depth--;
  }
  return deepest;
}

function documentBundle(content: unknown): Bundle {
  const bundle = content as Bundle | null;
  if (typeof bundle !== 'object' || bundle?.resourceType !== 'Bundle') throw unreadable('the document is no Bundle');
  if (bundle.type !== 'document') throw unreadable('the Bundle is not of type document', 'Bundle.type');
  const entries: unknown = bundle.entry;
  if (
    !Array.isArray(entries) ||
    entries.some((entry) => !isResource((entry as { resource?: unknown } | null)?.resource))
  )
    throw unreadable('an entry of the Bundle has no resource', 'Bundle.entry');
  if (entries.length > MAX_ENTRIES) throw unreadable(`the Bundle has more than ${String(MAX_ENTRIES)} entries`);
  compositionOf(bundle);
  const people = entries.filter(({ resource }: { resource: { resourceType: unknown } }) =>
    PEOPLE.has(resource.resourceType),
  );
  if (people.length > MAX_PEOPLE)
    throw unreadable(`the Bundle has more than ${String(MAX_PEOPLE)} professionals, structures and relatives`);
  return bundle;
}

function isResource(resource: unknown): boolean {
  return (
    typeof resource === 'object' &&
    resource !== null &&
    typeof (resource as { resourceType?: unknown }).resourceType === 'string'
  );
}
