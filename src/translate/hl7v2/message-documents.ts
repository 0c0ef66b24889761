import type { CarriedParticipant, CarriedRouting, Carriage } from '../../cda/opened.js';
import { toInstant } from '../../hl7v2/datetime.js';
import type { Message, Segment } from '../../hl7v2/parse.js';
import { keyOf } from '../../cda/instance-identifier.js';
import type { DocumentRequest } from '../../message/document.js';
import { GatewayError } from '../../message/failure.js';

/** A document of a message: the OBX that holds it, the order that it answers, and the participants (PRT) and notes that follow it. */
export interface DocumentSegments {
  orc: Segment | undefined;
  obr: Segment | undefined;
  txa: Segment | undefined;
  obx: Segment;
  participants: Segment[];
  /** The OBX that say what is to become of it, each with its notes: those of its order, after the documents. */
  meta: { obx: Segment; notes: Segment[] }[];
}

/** Types of messages that carry documents (CI-SIS, Transmission de documents CDA en HL7 v2 and Transmission au LPS). */
const CARRIERS: ReadonlySet<string> = new Set(['MDM', 'ORU']);

/** May a message of that type (MSH-9.1) carry documents? */
export function carriesDocuments(type: string): boolean {
  return CARRIERS.has(type);
}

interface Order extends Pick<DocumentSegments, 'orc' | 'obr' | 'txa' | 'meta'> {
  documents: DocumentSegments[];
}

/** The documents of a message with the segments about each: all documents of one order share what is said of it. */
export function documentSegments(message: Message): DocumentSegments[] {
  const documents: DocumentSegments[] = [];
  let order: Order = emptyOrder();
  let last: DocumentSegments | { obx: Segment; notes: Segment[] } | undefined;
  for (const segment of message.segments) {
    if (segment.name === 'ORC' || (segment.name === 'OBR' && order.obr !== undefined)) order = emptyOrder();
    if (segment.name === 'ORC') order.orc = segment;
    if (segment.name === 'OBR') order.obr = segment;
    if (segment.name === 'TXA') order.txa = segment;
    if (segment.name === 'OBX' && isDocument(segment, order.documents.length === 0)) {
      const { orc, obr, txa, meta } = order;
      const document = { orc, obr, txa, obx: segment, participants: [], meta };
      order.documents.push(document);
      documents.push(document);
      last = document;
    } else if (segment.name === 'OBX') {
      last = { obx: segment, notes: [] };
      order.meta.push(last);
    }
    if (segment.name === 'PRT' && last !== undefined && 'participants' in last) last.participants.push(segment);
    if (segment.name === 'NTE' && last !== undefined && 'notes' in last) last.notes.push(segment);
  }
  return documents;
}

function emptyOrder(): Order {
  return { orc: undefined, obr: undefined, txa: undefined, meta: [], documents: [] };
}

/** OBX-3.3 of what is said beside the documents. */
const META = 'MetaDMPMSS';

/** The first encapsulated datum of an order is its document, and so is every other that says that it is XML. */
function isDocument(obx: Segment, isFirst: boolean): boolean {
  if (obx.value(2) !== 'ED' || obx.value(3, 1, 3) === META) return false;
  return isFirst || obx.value(5, 1, 3).toUpperCase() === 'XML';
}

/** A document as its message holds it. */
export interface CarriedDocument {
  /** Which of the documents of its message it is, from 0. */
  part: number;
  bytes: Buffer;
  carriage: Carriage;
}

/**
 * The documents of a message out of their base64, with what the segments say of them.
 * @param zone IANA zone of the source, for times without offset
 * @throws GatewayError `field-invalid` for what is not base64
 */
export function carriedDocuments(message: Message, zone: string): CarriedDocument[] {
  return documentSegments(message).map((segments, part) => ({
    part,
    bytes: contentOf(segments.obx),
    carriage: carriageOf(message, segments, zone),
  }));
}

/** OBX-5 as a path. */
export function contentPath(obx: Segment | undefined): string {
  return `OBX[${String(obx?.occurrence ?? 1)}]-5.5`;
}

/** ED-5: base64 that may be folded, indented or without its padding. */
function contentOf(obx: Segment): Buffer {
  const text = obx.value(5, 1, 5).replaceAll(/\s+/g, '');
  const bytes = fromBase64(text);
  if (bytes === undefined) {
    const message = text === '' ? 'OBX-5.5 holds no document' : 'OBX-5.5 is not base64';
    throw new GatewayError('field-invalid', message, { field: contentPath(obx) });
  }
  return bytes;
}

/** Undefined for what no base64 is: other characters, padding within, or a last character that stands for nothing. */
function fromBase64(text: string): Buffer | undefined {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const digits = text.length - padding;
  if (digits === 0 || digits % 4 === 1 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, 'base64');
}

function carriageOf(message: Message, segments: DocumentSegments, zone: string): Carriage {
  const { txa, participants } = segments;
  const request = requestOf(message, segments);
  const replaces = request === 'replace' && txa !== undefined ? [documentKey(txa, 13)] : [];
  const flags = flagsOf(segments);
  const routing = routingOf(segments, flags);
  const sentAt = toInstant(message.value('MSH-7'), zone);
  const reliability = message.value('PID-32');
  return {
    ...(request === undefined ? {} : { request }),
    replaces: replaces.filter((key) => key !== undefined),
    // What nobody can read hides rather than shows.
    masks: MASKS.flatMap(([code, mask]) => (['N', '', undefined].includes(flags.get(code)) ? [] : [mask])),
    participants: participants.flatMap((segment) => participantOf(segment) ?? []),
    ...(routing === undefined ? {} : { routing }),
    ...(flags.get('MODIF_CONF_CODE') === 'Y' ? { confidentialityOnly: true } : {}),
    ...(reliability === '' || reliability === ERASED ? {} : { reliability }),
    ...(sentAt === undefined ? {} : { sentAt }),
  };
}

const ERASED = '""';

const EVENTS = new Map<string, DocumentRequest>(Object.entries({ T02: 'new', T10: 'replace', T04: 'delete' } as const));
const CONTROLS = new Map<string, DocumentRequest>(Object.entries({ NW: 'new', RO: 'replace', CA: 'delete' } as const));
const STATUSES = new Map<string, DocumentRequest>(Object.entries({ F: 'new', C: 'replace', D: 'delete' } as const));

/** What MSH-9.2 (of an MDM), ORC-1 and OBX-11 ask, by the field that asks it; undefined for a code that asks nothing here. */
export function requestsOf(message: Message, { orc, obx }: DocumentSegments): Map<string, DocumentRequest | undefined> {
  const requests = new Map<string, DocumentRequest | undefined>();
  if (message.value('MSH-9.1') === 'MDM') requests.set('MSH-9.2', EVENTS.get(message.value('MSH-9.2')));
  requests.set('ORC-1', CONTROLS.get(orc?.value(1) ?? ''));
  requests.set('OBX-11', STATUSES.get(obx.value(11)));
  return requests;
}

/** Where they contradict each other the message is refused, so one of them is enough here. */
function requestOf(message: Message, segments: DocumentSegments): DocumentRequest | undefined {
  return [...requestsOf(message, segments).values()].find((request) => request !== undefined);
}

/**
 * The id of a document in an EI, as `system|value`: `extension^^root^ISO`, or a bare OID. Many write the name of a structure in EI-2 beside
 * the bare OID, so that says nothing.
 */
export function documentKey(txa: Segment, field: number): string | undefined {
  const first = txa.value(field).trim();
  const root = txa.value(field, 1, 3).trim();
  return root === '' ? keyOf({ root: first, extension: '' }) : keyOf({ root, extension: first });
}

const MASKS = [
  ['MASQUE_PS', 'MASQUE_PS'],
  ['INVISIBLE_PATIENT', 'INVISIBLE_PATIENT'],
  ['INVISIBLE_REP_LEGAUX', 'INVISIBLE_REPRESENTANTS_LEGAUX'],
] as const;

/** The flags of MetaDMPMSS by their code: Y or N. */
function flagsOf(segments: Pick<DocumentSegments, 'meta'>): Map<string, string> {
  return new Map(flagSegments(segments).map((obx) => [obx.value(3), flagValue(obx)]));
}

/** OBX-5 of a flag, in capitals: Y, N, or what was written instead. */
export function flagValue(obx: Segment): string {
  return obx.value(5).trim().toUpperCase();
}

/** The OBX of MetaDMPMSS that hold a flag, not the text of a mail. */
export function flagSegments({ meta }: Pick<DocumentSegments, 'meta'>): Segment[] {
  return meta.map(({ obx }) => obx).filter((obx) => obx.value(3, 1, 3) === META && obx.value(2) !== 'ED');
}

const DESTINATIONS = [
  ['DESTDMP', 'DMP'],
  ['DESTMSSANTEPS', 'PS'],
  ['DESTMSSANTEPAT', 'PAT'],
] as const;

function routingOf({ meta }: DocumentSegments, flags: ReadonlyMap<string, string>): CarriedRouting | undefined {
  if (!DESTINATIONS.some(([code]) => flags.has(code))) return undefined;
  const isSet = (code: string) => flags.get(code) === 'Y';
  const toPatient = meta.find(({ obx }) => obx.value(3) === 'DESTMSSANTEPAT');
  return {
    to: DESTINATIONS.flatMap(([code, to]) => (isSet(code) ? [to] : [])),
    secret: isSet('CONNEXION_SECRETE'),
    acknowledge: [
      ...(isSet('ACK_RECEPTION') ? (['reception'] as const) : []),
      ...(isSet('ACK_LECTURE_MSS') ? (['reading'] as const) : []),
    ],
    // The volet says NTE-4, and has it in NTE-3 where it shows one.
    final: toPatient?.notes.some((note) => [3, 4].some((field) => note.value(field).trim() === 'FIN')) ?? false,
  };
}

/** The role is the first component alone: its label may be empty. */
function participantOf(prt: Segment): CarriedParticipant | undefined {
  const role = prt.value(4);
  if (role !== 'SB' && role !== 'RCT' && role !== 'REPLY') return undefined;
  const person = prt.value(5);
  const organisation = prt.value(8, 1, 10);
  const address = prt.value(15, 1, 4);
  return {
    role,
    ...(person === '' ? {} : { person }),
    ...(organisation === '' ? {} : { organisation }),
    ...(address === '' ? {} : { address }),
  };
}
