import { createHash } from 'node:crypto';
import type { SourceSettings } from '../config/schema.js';
import { buildAck } from '../hl7v2/ack.js';
import { decodeText } from '../hl7v2/charset.js';
import { toTimestamp } from '../hl7v2/datetime.js';
import { parse, type Message } from '../hl7v2/parse.js';
import type { AckCode, AckIssue, IncomingMessage, KeptMessage } from '../message/message.js';
import { carriesDocuments, contentPath } from '../translate/hl7v2/message-documents.js';
import { admit, brokenFrame, refusal, type Admission } from './admit.js';
import type { ByteBudget } from './byte-budget.js';
import { admitDocuments, type DocumentDeps, type ReceivedDocuments } from './admit-document.js';
import type { Log } from './committer.js';
import { issueOf, reusedId, workItemOf } from './document-finding.js';
import { commitRefused, type RefusedDeps } from './refused-commit.js';

export interface ReceiveDeps extends RefusedDeps {
  /** Bytes of messages that the process holds. */
  budget: ByteBudget;
  documents: DocumentDeps;
  /** Triggers that the mappings of a source serve. */
  triggers(source: string): ReadonlySet<string>;
  /** Paths tried in order for the number of the stay, where the mappings of a source say; else those of `AdmissionRules`. */
  stayFields?(source: string): readonly string[];
  newId(): string;
  now(): number;
  log: Log;
  /** Messages that now wait for translation. */
  onKept(ids: string[]): void;
  /** For the metrics: one answer given. */
  onAnswer(source: string, code: AckCode, seconds: number): void;
}

/** What goes back to the sender. */
export interface Answer {
  code: AckCode;
  /** Acknowledgements without framing: none where the sender wants none, two in enhanced mode with an application answer. */
  messages: Buffer[];
  /** False where the store is away: nothing was kept, the sender is to try again. */
  kept: boolean;
}

type Door = IncomingMessage['door'];

/**
 * One message from bytes to answer: read, checked, kept, answered, in that order, so that nothing is acknowledged before it is on disk.
 * A store that stays away gives AR 207, and nothing is pretended.
 */
export function accept(bytes: Buffer, source: SourceSettings, door: Door, deps: ReceiveDeps): Promise<Answer> {
  const stayFields = deps.stayFields?.(source.name);
  const rules = { source, triggers: deps.triggers(source.name), ...(stayFields === undefined ? {} : { stayFields }) };
  return answered(bytes, source, door, deps, (message, warnings) =>
    carriesDocuments(message.value('MSH-9.1'))
      ? admitDocuments(message, warnings, documentBytes(bytes, source), source, deps.documents)
      : admit(message, warnings, rules),
  );
}

function documentBytes(bytes: Buffer, { charset, zone }: SourceSettings): ReceivedDocuments {
  return { bytes, format: 'hl7v2', charset, zone, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** Half a message, which a broken frame gave: kept as refused and answered AR with the control id that was read. */
export function acceptBroken(bytes: Buffer, source: SourceSettings, deps: ReceiveDeps): Promise<Answer> {
  return answered(bytes, source, 'mllp', deps, brokenFrame);
}

/** MSH-10 of the bytes of a message that will not be read, for the log; '' where they hold none. */
export function controlIdOf(head: Buffer, source: SourceSettings): string {
  const { text, charset } = decodeText(head, source.charset);
  return parse(text, charset).value('MSH-10');
}

type Admit = (message: Message, warnings: readonly string[]) => Admission | Promise<Admission>;

async function answered(
  bytes: Buffer,
  source: SourceSettings,
  door: Door,
  deps: ReceiveDeps,
  check: Admit,
): Promise<Answer> {
  const started = performance.now();
  const { text, charset, warnings } = decodeText(bytes, source.charset);
  const message = parse(text, charset);
  const context: AnswerContext = { message, charset, source, deps, conditions: conditionsOf(message) };
  const answer = await checkedAnswer(bytes, check(message, warnings), door, context);
  deps.onAnswer(source.name, answer.code, (performance.now() - started) / 1000);
  return answer;
}

/** What depends on the store cannot be checked while it is away: such a message is not kept. */
async function checkedAnswer(
  bytes: Buffer,
  admission: Admission | Promise<Admission>,
  door: Door,
  context: AnswerContext,
): Promise<Answer> {
  if (!(admission instanceof Promise)) return commit(bytes, admission, door, context);
  try {
    return await commit(bytes, await admission, door, context);
  } catch (error) {
    return notKept(error, context);
  }
}

/** The answer to a frame too large to keep: AR, from its head alone. */
export function oversizeAnswer(head: Buffer, source: SourceSettings, deps: ReceiveDeps): Buffer {
  const { text, charset } = decodeText(head, source.charset);
  const issue: AckIssue = {
    code: 207,
    severity: 'E',
    text: `the message is larger than ${source.maxMessageBytes} bytes`,
  };
  return writeAck({ message: parse(text, charset), charset, source, deps, conditions: undefined }, 'AR', [issue]);
}

interface AnswerContext {
  message: Message;
  charset: string;
  source: SourceSettings;
  deps: ReceiveDeps;
  /** When the sender wants which answer; undefined in original mode. */
  conditions: Conditions | undefined;
}

/** MSH-15 and MSH-16: for the acceptance, and for the application's answer. */
interface Conditions {
  accept: string;
  application: string;
}

/** Both empty: original mode (HL7 v2.5 §2.9.2). */
function conditionsOf(message: Message): Conditions | undefined {
  const accept = message.value('MSH-15');
  const application = message.value('MSH-16');
  return accept === '' && application === '' ? undefined : { accept, application };
}

async function commit(bytes: Buffer, admission: Admission, door: Door, context: AnswerContext): Promise<Answer> {
  const { deps } = context;
  const incoming = incomingMessage(bytes, admission, door, context);
  try {
    const kept =
      incoming.state === 'refused'
        ? await commitRefused(incoming, context.source, deps)
        : await deps.committer.commit(incoming);
    if (kept.kind === 'reused') return await commitReused(bytes, admission, door, context);
    if (kept.kind === 'document-reused') return await commitReusedId(bytes, admission, door, context);
    if (kept.kind === 'kept' && incoming.state === 'received') deps.onKept([incoming.id]);
    return answerOf(kept, incoming, admission.issues, context);
  } catch (error) {
    return notKept(error, context);
  }
}

function notKept(error: unknown, context: AnswerContext): Answer {
  const { message, source, deps } = context;
  deps.log('error', 'receive.not-kept', {
    source: source.name,
    controlId: message.value('MSH-10'),
    code: codeOf(error),
  });
  const issue: AckIssue = { code: 207, severity: 'E', text: 'the message could not be kept; send it again' };
  const code = modeCode('AR', context);
  return { ...wanted(code, [writeAck(context, code, [issue])], context), kept: false };
}

/** A control id that stands for other bytes already: AE 205; these bytes are kept as refused. */
async function commitReused(bytes: Buffer, admission: Admission, door: Door, context: AnswerContext): Promise<Answer> {
  const text = 'MSH-10 was used before for another message';
  const issue: AckIssue = { location: 'MSH-10', code: 205, severity: 'E', text };
  return commit(bytes, refusal('AE', [issue], 'control-id-reused', admission), door, context);
}

/** Another message took the id of its document meanwhile for other bytes. */
async function commitReusedId(
  bytes: Buffer,
  { documents: _documents, ...admission }: Admission,
  door: Door,
  context: AnswerContext,
): Promise<Answer> {
  const finding = reusedId();
  const issues = [...admission.issues, issueOf(finding, contentPath(undefined))];
  const refused: Admission = { ...admission, code: 'AE', state: 'refused', issues, workItems: [workItemOf(finding)] };
  return commit(bytes, refused, door, context);
}

function incomingMessage(bytes: Buffer, admission: Admission, door: Door, context: AnswerContext): IncomingMessage {
  const { deps, source, charset } = context;
  const answerCode = modeCode(admission.code, context);
  const id = deps.newId();
  return {
    id,
    source: source.name,
    door,
    receivedAt: new Date(deps.now()),
    bytes,
    charset,
    controlId: admission.controlId,
    sender: admission.sender,
    type: admission.type,
    state: admission.state,
    answer: writeAck(context, answerCode, admission.issues, id),
    answerCode,
    issues: admission.issues,
    workItems: admission.workItems,
    ...(admission.documents === undefined ? {} : { documents: admission.documents }),
  };
}

function answerOf(kept: KeptMessage, incoming: IncomingMessage, issues: AckIssue[], context: AnswerContext): Answer {
  const { conditions } = context;
  const first = kept.kind === 'repeat' ? kept.answer : incoming.answer;
  if (conditions === undefined) return { code: incoming.answerCode, messages: [first], kept: true };
  const application = original(incoming.answerCode);
  const second = asks(conditions.application, application) ? [writeAck(context, application, issues)] : [];
  return wanted(incoming.answerCode, [first], context, second);
}

function modeCode(code: 'AA' | 'AE' | 'AR', { conditions }: AnswerContext): AckCode {
  if (conditions === undefined) return code;
  return code === 'AA' ? 'CA' : code === 'AE' ? 'CE' : 'CR';
}

function original(code: AckCode): AckCode {
  return code.startsWith('C') ? (`A${code === 'CA' ? 'A' : code.slice(1)}` as AckCode) : code;
}

/** AL always, NE never, ER errors only, SU success only. */
function asks(condition: string, code: AckCode): boolean {
  const success = code.endsWith('A');
  return condition === 'AL' || (condition === 'ER' && !success) || (condition === 'SU' && success);
}

function wanted(code: AckCode, accepts: Buffer[], { conditions }: AnswerContext, applications: Buffer[] = []): Answer {
  const wants = conditions === undefined || asks(conditions.accept, code);
  return { code, messages: [...(wants ? accepts : []), ...applications], kept: true };
}

/** An acknowledgement; that of a kept message has the message's own id in the journal as its control id. */
function writeAck(context: AnswerContext, code: AckCode, issues: AckIssue[], controlId?: string): Buffer {
  const { message, charset, source, deps } = context;
  const at = toTimestamp(new Date(deps.now()), source.zone);
  return buildAck({ incoming: message, code, issues, controlId: controlId ?? deps.newId(), at, charset });
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
