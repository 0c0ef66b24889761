import type { SourceSettings } from '../config/schema.js';
import type { Message } from '../hl7v2/parse.js';
import { generalPath } from '../hl7v2/path.js';
import type { DocumentClaim } from '../message/document-claim.js';
import type { FailureCode } from '../message/failure.js';
import type { AckIssue, NewWorkItem } from '../message/message.js';
import { carriesDocuments } from '../translate/hl7v2/message-documents.js';
import { checkSegments, isFilled, STAY_FIELDS } from './admit-segments.js';
import { checkOneMessage, checkSingletons } from './admit-structure.js';
import {
  checkIdentifiers,
  checkLimits,
  controlWarnings,
  mayHoldControls,
  timeWarnings,
  type Limits,
} from './admit-values.js';

/** What the gateway says of a message before the answer: only what the message itself shows. */
export interface Admission {
  code: 'AA' | 'AE' | 'AR';
  state: 'received' | 'refused' | 'parked';
  issues: AckIssue[];
  workItems: NewWorkItem[];
  controlId: string;
  /** `MSH-3|MSH-4`. */
  sender: string;
  /** `ADT^A01`. */
  type: string;
  /** What it claims of the documents that it carries. */
  documents?: readonly DocumentClaim[];
}

export interface AdmissionRules {
  source: SourceSettings;
  /** Triggers that the mappings serve, e.g. A01. */
  triggers: ReadonlySet<string>;
  /** HL7 paths tried in order for the number of the stay; PV1-19, then PID-18, where the site has none of its own. */
  stayFields?: readonly string[];
}

/** Longer control ids are cut for the journal's index; HL7 allows 20, v2.7 199. */
const CONTROL_ID_LENGTH = 199;
/** Checked though it may not be mapped: a merge that names nobody, or one number twice, is wrong whoever reads it. */
const MERGE = 'A40';

/**
 * Checks a message before its answer: whether the frame is one message, whether it is for this gateway, and what its trigger requires.
 * @param warnings what decoding had to say, content-free
 * @returns AA with what stands, or AE/AR naming every field at fault
 */
export function admit(message: Message, warnings: readonly string[], rules: AdmissionRules): Admission {
  const head = admitHead(message, warnings, rules.source);
  if ('refused' in head) return head.refused;
  const { facts, issues, controls } = head;
  const trigger = message.value('MSH-9.2');
  const served = rules.triggers.has(trigger);
  const faults = served || trigger === MERGE ? checkContent(message, trigger, controls, rules) : [];
  const first = faults.find(({ severity }) => severity === 'E');
  if (first !== undefined) return refusal('AE', [...issues, ...faults], reasonOf(faults, first), facts);
  if (!served) return parked(trigger, issues, facts);
  return { code: 'AA', state: 'received', issues: [...issues, ...faults], workItems: [], ...facts };
}

/** What a message has to be whatever its type. */
export interface AdmittedHead {
  facts: AdmissionFacts;
  /** Warnings. */
  issues: AckIssue[];
  /** It may hold control characters. */
  controls: boolean;
}

/** Checks what is the same for messages of every type: one message, for this gateway, within the limits, with its event and control id. */
export function admitHead(
  message: Message,
  warnings: readonly string[],
  source: SourceSettings,
): AdmittedHead | { refused: Admission } {
  const facts = headerFacts(message);
  const decoding = warnings.map((text): AckIssue => ({ location: 'MSH-18', code: 103, severity: 'W', text }));
  const rejected = checkFrame(message) ?? checkHeader(message, source) ?? checkExtent(message, source);
  if (rejected !== undefined)
    return { refused: refusal(rejected.code, [...decoding, ...rejected.issues], rejected.reason, facts) };
  const controls = mayHoldControls(message);
  const issues = [...decoding, ...(controls ? controlWarnings(message) : []), ...timeWarnings(message)];
  const missing = headerFaults(message);
  if (missing.length > 0) return { refused: refusal('AE', [...issues, ...missing], 'field-missing', facts) };
  return { facts, issues, controls };
}

function checkContent(message: Message, trigger: string, controls: boolean, rules: AdmissionRules): AckIssue[] {
  const { source, stayFields = STAY_FIELDS } = rules;
  return [
    ...checkSegments(message, trigger, { strictness: source.strict, stayFields }),
    ...(controls ? checkIdentifiers(message, stayFields) : []),
  ];
}

function reasonOf(faults: readonly AckIssue[], first: AckIssue): FailureCode {
  if (faults.some(({ code }) => code === 205)) return 'identity-conflict';
  return first.code === 101 || first.code === 100 ? 'field-missing' : 'field-invalid';
}

/**
 * The refusal of a frame that was broken: an FS stands in it before a byte that ends no frame. It names the segment where the message
 * breaks off, and keeps the control id that was read.
 */
export function brokenFrame(message: Message): Admission {
  const last = message.segments.at(-1);
  const text = 'the frame is broken: FS (0x1C) stands inside it; what follows was not read';
  const place = last?.isNamed === true ? { location: `${last.name}[${last.occurrence}]` } : {};
  return refusal('AR', [{ ...place, code: 100, severity: 'E', text }], 'message-malformed', headerFacts(message));
}

export type AdmissionFacts = Pick<Admission, 'controlId' | 'sender' | 'type'>;

function headerFacts(message: Message): AdmissionFacts {
  const type = message.value('MSH-9.1');
  return {
    controlId: message.value('MSH-10').slice(0, CONTROL_ID_LENGTH),
    sender: `${message.value('MSH-3')}|${message.value('MSH-4')}`,
    type: type === '' ? '' : `${type}^${message.value('MSH-9.2')}`,
  };
}

/** An admission that keeps the bytes, opens a work item and gives an error answer. */
export function refusal(code: 'AE' | 'AR', issues: AckIssue[], reason: FailureCode, facts: AdmissionFacts): Admission {
  const first = issues.find((issue) => issue.severity === 'E');
  const field = generalPath(first?.location ?? '');
  const workItem: NewWorkItem = {
    reason,
    text: first?.text ?? 'refused',
    key: [reason, field, first?.code, generalText(first)].join('|'),
    ...(field === '' ? {} : { field }),
  };
  const { controlId, sender, type } = facts;
  return { code, state: 'refused', issues, workItems: [workItem], controlId, sender, type };
}

/** What is wrong, wherever it stands: two faults of one field are two problems, one fault in two lines is one. */
function generalText(issue: AckIssue | undefined): string {
  return issue?.text.replace(/\d+/g, '') ?? '';
}

/** An ADT event without mapping: accepted with a warning and parked, so that no feed stops for it. */
function parked(trigger: string, issues: AckIssue[], facts: AdmissionFacts): Admission {
  const event = /^[A-Z0-9]{3}$/.test(trigger) ? trigger : '';
  const text = `event ${event || '(none)'} is not mapped; the message is kept and parked`;
  const issue: AckIssue = { location: 'MSH-9.2', code: 201, severity: 'W', text };
  // The key under which a replay finds it unmapped still.
  const key = `trigger-unmapped|${event}`;
  const named = { key, ...(event === '' ? {} : { code: event }) };
  const workItem: NewWorkItem = { reason: 'trigger-unmapped', field: 'MSH-9.2', text, ...named };
  return { code: 'AA', state: 'parked', issues: [...issues, issue], workItems: [workItem], ...facts };
}

interface Rejection {
  code: 'AE' | 'AR';
  issues: AckIssue[];
  reason: FailureCode;
}

/** What is no HL7 v2 at all, and frames that hold something else than one message. */
function checkFrame(message: Message): Rejection | undefined {
  if (message.segment('MSH') === undefined) {
    const issue: AckIssue = { location: 'MSH', code: 100, severity: 'E', text: 'the message does not begin with MSH' };
    return { code: 'AR', issues: [issue], reason: 'message-malformed' };
  }
  const issue = checkOneMessage(message);
  return issue === undefined ? undefined : { code: 'AE', issues: [issue], reason: 'message-malformed' };
}

/** Messages beyond the limits, and segments that stand more often than the event allows. */
function checkExtent(message: Message, limits: Limits): Rejection | undefined {
  const beyond = checkLimits(message, limits);
  const issues = beyond === undefined ? checkSingletons(message, message.value('MSH-9.2')) : [beyond];
  const reason = issues.some(({ code }) => code === 100) ? 'message-malformed' : 'field-invalid';
  return issues.length === 0 ? undefined : { code: 'AE', issues, reason };
}

/** What makes a message none of this gateway's business: table 0357 codes 200, 202, 203, and senders that are not allowed. */
function checkHeader(message: Message, source: SourceSettings): Rejection | undefined {
  const reject = (location: string, code: number, reason: FailureCode, text: string): Rejection => ({
    code: 'AR',
    issues: [{ location, code, severity: 'E', text }],
    reason,
  });
  const type = message.value('MSH-9.1');
  if (type !== 'ADT' && !carriesDocuments(type))
    return reject('MSH-9.1', 200, 'type-not-served', 'only ADT, MDM and ORU messages are served');
  const version = message.value('MSH-12');
  if (!/^2\.\d(\.\d)?$/.test(version) || (source.versions !== undefined && !source.versions.includes(version)))
    return reject('MSH-12', 203, 'version-not-allowed', 'this version of HL7 is not allowed for the source');
  const processing = message.value('MSH-11');
  if (processing !== '' && !source.processingIds.some((id) => id === processing))
    return reject('MSH-11', 202, 'processing-id-not-allowed', 'this processing id is not allowed for the source');
  if (source.applications !== undefined && !source.applications.includes(message.value('MSH-3')))
    return reject('MSH-3', 103, 'sender-not-allowed', 'this sending application is not allowed for the source');
  if (source.facilities !== undefined && !source.facilities.includes(message.value('MSH-4')))
    return reject('MSH-4', 103, 'sender-not-allowed', 'this sending facility is not allowed for the source');
  return undefined;
}

function headerFaults(message: Message): AckIssue[] {
  const required = (location: string): AckIssue[] =>
    isFilled(message.value(location)) ? [] : [{ location, code: 101, severity: 'E', text: `${location} is required` }];
  return [...required('MSH-9.2'), ...required('MSH-10')];
}
