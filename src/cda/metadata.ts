import { codeSystemUri } from './code-systems.js';
import { isCode } from './concept.js';
import { decodeXml } from './decode.js';
import type { XmlElement } from './element.js';
import { parseXml } from './parse.js';
import { childrenOf, textOf } from './path.js';
import { inconsistent, unreadable } from './unreadable.js';

const RIM = 'urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0';

/** What METADATA.XML says of one document (XDS DocumentEntry). */
export interface DocumentEntryMetadata {
  /** Name of its file, beside METADATA.XML. */
  uri: string;
  mediaType: string;
  size?: number;
  /** SHA-1, in lower-case hex. */
  hash?: string;
  /** `root` or `root^extension`. */
  uniqueId?: string;
  /** CX: `matricule^^^&OID&ISO^NH`. */
  patientId?: string;
  /** CX: the number of the patient where the document was made. */
  sourcePatientId?: string;
  /** `PID-5|…` and so on, one a line. */
  patientInfo: readonly string[];
  /** `urn:action:extraMetadataSlot`: C, D. */
  action?: string;
  /** By XDS name: classCode, typeCode, formatCode, confidentialityCode … */
  codes: ReadonlyMap<string, readonly Classification[]>;
}

export interface Classification {
  /** As FHIR names it; undefined where codingScheme is no OID. */
  system?: string;
  code: string;
  display?: string;
}

/** What METADATA.XML says. */
export interface SubmissionMetadata {
  /** submissionTime, an instant. */
  sentAt?: string;
  patientId?: string;
  documents: readonly DocumentEntryMetadata[];
  warnings: readonly string[];
}

const DOCUMENT_SCHEMES: ReadonlyMap<string, string> = new Map([
  ['urn:uuid:41a5887f-8865-4c09-adf7-e362475b143a', 'classCode'],
  ['urn:uuid:f0306f51-975f-434e-a61c-c59651d33983', 'typeCode'],
  ['urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d', 'formatCode'],
  ['urn:uuid:f4f85eac-e6cb-4883-b524-f2705394840f', 'confidentialityCode'],
  ['urn:uuid:f33fb8ac-18af-42cc-ae0e-ed0b0bdb91e1', 'healthcareFacilityTypeCode'],
  ['urn:uuid:cccf5598-8b07-4b77-a05e-ae952c785ead', 'practiceSettingCode'],
  ['urn:uuid:2c6b8cb7-8b2a-4051-b291-b1ae6a575ef4', 'eventCode'],
]);
const DOCUMENT_PATIENT = 'urn:uuid:58a6f841-87b3-4a3e-92fd-a8ffeff98427';
const DOCUMENT_UNIQUE_ID = 'urn:uuid:2e82c1f6-a085-4c72-9da3-8640a32e42ab';
const SUBMISSION_PATIENT = 'urn:uuid:6b5aea1a-874d-4603-a4bc-96a0a7b38446';

/**
 * Reads METADATA.XML of an XDM package: ebRIM, one submission set and its documents (IHE ITI TF-3 §4.2).
 * @throws GatewayError `document-unreadable`, or `document-inconsistent` where it names no document
 */
export function readMetadata(bytes: Buffer): SubmissionMetadata {
  const { text, warnings } = decodeXml(bytes);
  const objects = new Map<string, XmlElement[]>([
    ['ExtrinsicObject', []],
    ['RegistryPackage', []],
  ]);
  const visit = (element: XmlElement): void => {
    const list = element.namespace === RIM ? objects.get(element.name) : undefined;
    if (list !== undefined) list.push(element);
    else for (const child of element.children) if (typeof child !== 'string') visit(child);
  };
  visit(parseXml(text));
  const documents = (objects.get('ExtrinsicObject') ?? []).map(documentEntry);
  if (documents.length === 0) throw inconsistent('METADATA.XML names no document', 'METADATA.XML');
  const submissions = objects.get('RegistryPackage') ?? [];
  const [sentAt] = submissions.flatMap((submission) => utcInstant(slotOf(submission, 'submissionTime')[0]) ?? []);
  const [patientId] = submissions.flatMap((submission) => externalId(submission, SUBMISSION_PATIENT) ?? []);
  return { ...given({ sentAt, patientId }), documents, warnings };
}

function documentEntry(element: XmlElement): DocumentEntryMetadata {
  const uri = slotOf(element, 'URI')
    .map((part) => part.replace(/^\d+\|/, ''))
    .join('');
  if (uri === '') throw inconsistent('METADATA.XML names a document without its file', 'URI');
  const size = slotOf(element, 'size')[0];
  if (size !== undefined && !/^\d{1,15}$/.test(size)) throw unreadable('the size of a document is no number', 'size');
  return {
    uri,
    mediaType: (element.attributes['mimeType'] ?? '').replace(/;.*/s, '').trim().toLowerCase(),
    patientInfo: slotOf(element, 'sourcePatientInfo'),
    codes: classificationsOf(element),
    ...given({
      size: size === undefined ? undefined : Number(size),
      hash: slotOf(element, 'hash')[0]?.toLowerCase(),
      uniqueId: externalId(element, DOCUMENT_UNIQUE_ID),
      patientId: externalId(element, DOCUMENT_PATIENT),
      sourcePatientId: slotOf(element, 'sourcePatientId')[0],
      action: slotOf(element, 'urn:action:extraMetadataSlot')[0],
    }),
  };
}

function slotOf(element: XmlElement, name: string): string[] {
  return childrenOf(element, 'Slot', RIM)
    .filter(({ attributes }) => attributes['name'] === name)
    .flatMap((slot) => childrenOf(slot, 'ValueList', RIM).flatMap((list) => childrenOf(list, 'Value', RIM)))
    .map(textOf)
    .filter((value) => value !== '');
}

function externalId(element: XmlElement, scheme: string): string | undefined {
  const identifier = childrenOf(element, 'ExternalIdentifier', RIM).find(
    ({ attributes }) => attributes['identificationScheme'] === scheme,
  );
  const value = identifier?.attributes['value']?.trim() ?? '';
  return value === '' ? undefined : value;
}

function classificationsOf(element: XmlElement): Map<string, Classification[]> {
  const codes = new Map<string, Classification[]>();
  for (const classification of childrenOf(element, 'Classification', RIM)) {
    const name = DOCUMENT_SCHEMES.get(classification.attributes['classificationScheme'] ?? '');
    const code = classification.attributes['nodeRepresentation']?.trim() ?? '';
    const system = codeSystemUri(slotOf(classification, 'codingScheme')[0] ?? '');
    if (name === undefined || !isCode(code)) continue;
    const label = childrenOf(classification, 'Name', RIM).flatMap((text) =>
      childrenOf(text, 'LocalizedString', RIM),
    )[0];
    const display = label?.attributes['value']?.trim();
    const list = codes.get(name) ?? [];
    list.push({ code, ...given({ system, display: display === '' ? undefined : display }) });
    codes.set(name, list);
  }
  return codes;
}

/** A DTM of XDS, which is of UTC (IHE ITI TF-3 §4.2.3.1.7), as an instant. */
function utcInstant(time: string | undefined): string | undefined {
  const [, year, month, day, hour, minute, second = '00'] =
    /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?$/.exec(time ?? '') ?? [];
  if (year === undefined) return undefined;
  const instant = `${year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second}Z`;
  return Number.isNaN(Date.parse(instant)) ? undefined : instant;
}

/** The properties that have a value. */
function given<Properties extends object>(
  properties: Properties,
): { [Name in keyof Properties]?: NonNullable<Properties[Name]> } {
  return Object.fromEntries(Object.entries(properties).filter(([, value]) => value !== undefined)) as {
    [Name in keyof Properties]?: NonNullable<Properties[Name]>;
  };
}
