import { createHash } from 'node:crypto';
import { decodeXml } from './decode.js';
import type { XmlElement } from './element.js';
import { HL7, XSL } from './namespaces.js';
import type { Carriage, OpenedDocument } from './opened.js';
import { parseXml } from './parse.js';
import { childrenOf } from './path.js';
import { lacksFile } from './unstructured-body.js';
import { ofNobody, unreadable } from './unreadable.js';

/** A document may be as large as the largest mailbox lets through. */
export const MAX_DOCUMENT = 32 * 1024 * 1024;

/** Elements of a header: hundreds of people. Each is locked and kept by himself when the document is translated. */
const MAX_HEADER = 5000;

/**
 * Opens a CDA R2 document. Of one that presents itself, a stylesheet that carries its ClinicalDocument, the ClinicalDocument is taken out; nothing
 * is executed.
 * @param part which document of its message it is, from 0
 * @throws GatewayError `document-unreadable`, `document-identity` where it is about several patients
 */
export function openCda(
  bytes: Buffer,
  carriage: Carriage = { replaces: [], masks: [] },
  part = 0,
): OpenedDocument & { format: 'cda' } {
  if (bytes.length > MAX_DOCUMENT) throw unreadable(`the document is larger than ${String(MAX_DOCUMENT)} bytes`);
  const { text, warnings } = decodeXml(bytes);
  const outermost = parseXml(text);
  const isStylesheet = outermost.namespace === XSL;
  const root = isStylesheet ? carriedDocument(outermost) : outermostDocument(outermost);
  if (childrenOf(root, 'recordTarget').length > 1)
    throw ofNobody('the document is about several patients', 'recordTarget');
  if (headerSize(root) > MAX_HEADER)
    throw unreadable(`the header of the document has more than ${String(MAX_HEADER)} elements`);
  return {
    format: 'cda',
    root,
    part,
    bytes,
    sha1: createHash('sha1').update(bytes).digest('hex'),
    mediaType: isStylesheet ? 'application/xslt+xml' : 'text/xml',
    carriage,
    warnings: lacksFile(root) ? [...warnings, 'the file in the body of the document cannot be read'] : warnings,
  };
}

/** How many elements stand outside the body. */
function headerSize(root: XmlElement): number {
  const sizeOf = ({ children }: XmlElement): number =>
    children.reduce((size, child) => (typeof child === 'string' ? size : size + 1 + sizeOf(child)), 0);
  const header = root.children.filter((child) => typeof child !== 'string' && child.name !== 'component');
  return sizeOf({ ...root, children: header });
}

function isClinicalDocument({ name, namespace }: XmlElement): boolean {
  return name === 'ClinicalDocument' && namespace === HL7;
}

function outermostDocument(root: XmlElement): XmlElement {
  if (!isClinicalDocument(root)) throw unreadable('the root element is no ClinicalDocument of urn:hl7-org:v3');
  return root;
}

/** Two of them would be two documents in one. */
function carriedDocument(stylesheet: XmlElement): XmlElement {
  const documents: XmlElement[] = [];
  const visit = (element: XmlElement): void => {
    if (isClinicalDocument(element)) documents.push(element);
    else for (const child of element.children) if (typeof child !== 'string') visit(child);
  };
  visit(stylesheet);
  const [document, ...rest] = documents;
  if (document === undefined || rest.length > 0)
    throw unreadable(`the stylesheet carries ${String(documents.length)} ClinicalDocuments, not one`);
  return document;
}
