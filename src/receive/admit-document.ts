import type { DocumentSummary } from '../cda/read-head.js';
import type { SourceSettings } from '../config/schema.js';
import type { Message } from '../hl7v2/parse.js';
import type { DocumentClaim, DocumentKnowledge, DocumentQuestion } from '../message/document-claim.js';
import { GatewayError } from '../message/failure.js';
import type { AckIssue } from '../message/message.js';
import {
  contentPath,
  documentSegments,
  requestsOf,
  type DocumentSegments,
} from '../translate/hl7v2/message-documents.js';
import type { DocumentBytes } from '../translate/open-documents.js';
import { admitHead, refusal, type Admission, type AdmissionFacts } from './admit.js';
import { checkCarriage } from './admit-carriage.js';
import { checkPatient } from './admit-segments.js';
import { checkDocuments, claimOf, questionOf } from './document-checks.js';
import { issueOf, refused, unopened, workItemOf, type Finding } from './document-finding.js';

/** A message that holds documents, with what tells it from every other. */
export interface ReceivedDocuments extends DocumentBytes {
  /** Of the bytes, in hex. */
  sha256: string;
}

/** What the receive stage asks of others about documents. */
export interface DocumentDeps {
  /**
   * Opens the documents of a message, in bounded time and memory.
   * @throws GatewayError `document-unreadable`, `document-inconsistent`, `document-identity`, `field-invalid`
   */
  open(message: DocumentBytes): Promise<DocumentSummary[]>;
  /** @throws GatewayError where the store cannot be asked */
  knowledge(question: DocumentQuestion): Promise<DocumentKnowledge>;
}

/**
 * Checks a message that carries documents (MDM, ORU) before its answer: its structure, then the documents themselves, then what is known of
 * their patient and their versions.
 * @throws GatewayError where the store cannot be asked
 */
export async function admitDocuments(
  message: Message,
  warnings: readonly string[],
  received: ReceivedDocuments,
  source: SourceSettings,
  deps: DocumentDeps,
): Promise<Admission> {
  const head = admitHead(message, warnings, source);
  if ('refused' in head) return head.refused;
  const { facts } = head;
  const segments = documentSegments(message);
  const issues = [...head.issues, ...segments.flatMap(foldedContent)];
  const unserved = checkEvent(message);
  if (unserved !== undefined) return refusal('AR', [...issues, unserved], 'type-not-served', facts);
  const [first, ...faults] = checkStructure(message, segments);
  if (first !== undefined) {
    const reason = first.code === 102 || first.code === 103 ? 'field-invalid' : 'field-missing';
    return refusal('AE', [...issues, first, ...faults], reason, facts);
  }
  const judge = (findings: readonly Finding[], documents: readonly DocumentClaim[] = []) =>
    judged(findings, documents, { facts, issues, location: contentPath(segments[0]?.obx) });
  const contradictions = segments.flatMap((document) => checkRequests(message, document));
  if (contradictions.length > 0) return judge(contradictions);
  const summaries = await openSafely(received, deps);
  if ('severity' in summaries) return judge([summaries]);
  const knowledge = await deps.knowledge(
    questionOf(summaries, { ...facts, source: source.name, sha256: received.sha256 }),
  );
  const carriage = summaries.flatMap((summary) => {
    const document = segments[summary.part];
    return document === undefined ? [] : checkCarriage(message, document, summary);
  });
  const findings = knowledge.repeated ? [] : [...carriage, ...checkDocuments(summaries, knowledge, source)];
  return judge(
    findings,
    summaries.flatMap((summary) => claimOf(summary) ?? []),
  );
}

/** @returns what was opened, or why nothing was */
export async function openSafely(message: DocumentBytes, deps: DocumentDeps): Promise<DocumentSummary[] | Finding> {
  try {
    return await deps.open(message);
  } catch (error) {
    if (error instanceof GatewayError && error.kind === 'permanent') return unopened(error);
    throw error;
  }
}

interface JudgedMessage {
  facts: AdmissionFacts;
  issues: readonly AckIssue[];
  /** The field that holds the first document. */
  location: string;
}

function judged(
  findings: readonly Finding[],
  documents: readonly DocumentClaim[],
  { facts, issues, location }: JudgedMessage,
): Admission {
  const all = [...issues, ...findings.map((finding) => issueOf(finding, location))];
  const refusing = findings.find(({ severity }) => severity === 'E');
  if (refusing !== undefined)
    return { code: 'AE', state: 'refused', issues: all, workItems: [workItemOf(refusing)], ...facts };
  return { code: 'AA', state: 'received', issues: all, workItems: [], ...facts, documents };
}

/** Events that are served, by type of message. */
const EVENTS: Readonly<Record<string, readonly string[]>> = { MDM: ['T02', 'T10', 'T04'], ORU: ['R01'] };
/** Segments without which no document is carried, in their order. */
const SEGMENTS: Readonly<Record<string, readonly string[]>> = {
  MDM: ['EVN', 'PID', 'PV1', 'ORC', 'OBR', 'TXA', 'OBX'],
  ORU: ['PID', 'PV1', 'ORC', 'OBR', 'OBX'],
};

function checkEvent(message: Message): AckIssue | undefined {
  const events = EVENTS[message.value('MSH-9.1')] ?? [];
  if (events.includes(message.value('MSH-9.2'))) return undefined;
  const text = `of messages of this type ${events.join(', ')} are served`;
  return { location: 'MSH-9.2', code: 201, severity: 'E', text };
}

/** Line ends within OBX-5 end segments (HL7 v2.5 §2.5.1); base64 is read over them, and its sender is told. */
function foldedContent({ obx }: DocumentSegments): AckIssue[] {
  const location = `OBX[${String(obx.occurrence)}]-5`;
  if (!/[\r\n]/.test(obx.raw(5))) return [];
  const text = `line ends stand in the base64 of ${location}; it was read over them. Leave them out, or write them as \\.br\\ or \\X0D\\`;
  return [{ location, code: 102, severity: 'W', text }];
}

/** The segments of the carriage, in their order; every document is in a group that has them. */
function checkStructure(message: Message, documents: readonly DocumentSegments[]): AckIssue[] {
  const names = SEGMENTS[message.value('MSH-9.1')] ?? [];
  const missing = names.filter((name) => message.segment(name) === undefined);
  if (missing.length > 0) return missing.map((name) => sequence(name, `the segment ${name} is required`));
  if (documents.length === 0) return [sequence('OBX', 'no OBX holds a document: one of type ED is required')];
  return [...checkPatient(message), ...documents.flatMap((document) => checkGroup(message, document))];
}

function checkGroup(message: Message, { orc, obr, txa, obx }: DocumentSegments): AckIssue[] {
  const place = `OBX[${String(obx.occurrence)}]`;
  const group = message.value('MSH-9.1') === 'MDM' ? [orc, obr, txa, obx] : [orc, obr, obx];
  const places = [message.segment('PID'), message.segment('PV1'), ...group].map((segment) => segment?.index ?? -1);
  const inOrder = places.every((index, at) => index > (places[at - 1] ?? -1));
  const encoding = obx.value(5, 1, 4).toLowerCase();
  return [
    ...(inOrder ? [] : [sequence(place, `${place} does not follow the segments of its order`)]),
    ...(encoding === 'base64'
      ? []
      : [{ location: `${place}-5.4`, code: 103, severity: 'E' as const, text: `${place}-5.4 is Base64` }]),
  ];
}

function sequence(location: string, text: string): AckIssue {
  return { location, code: 100, severity: 'E', text };
}

/** MSH-9.2, ORC-1 and OBX-11 ask one thing: new, replace or delete. */
function checkRequests(message: Message, document: DocumentSegments): Finding[] {
  const { orc, obx } = document;
  const places: Readonly<Record<string, string>> = {
    'ORC-1': `ORC[${String(orc?.occurrence ?? 1)}]-1`,
    'OBX-11': `OBX[${String(obx.occurrence)}]-11`,
  };
  const requests = [...requestsOf(message, document)];
  const unknown = requests.filter(([, request]) => request === undefined);
  if (unknown.length > 0)
    return unknown.map(([field]) => {
      const location = places[field] ?? field;
      const text = `${location} says neither new nor replace nor delete`;
      return { ...refused('field-invalid', 906, field, text), message: { location, code: 103 } };
    });
  if (new Set(requests.map(([, request]) => request)).size === 1) return [];
  const text = `${requests.map(([field]) => field).join(', ')} contradict each other`;
  return [{ ...refused('document-inconsistent', 906, 'ORC-1', text), message: { location: 'ORC-1', code: 207 } }];
}
