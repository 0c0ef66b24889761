import { createHash } from 'node:crypto';
import type { SourceSettings } from '../config/schema.js';
import type { DocumentClaim } from '../message/document-claim.js';
import type { IncomingMessage, KeptMessage, MessageFormat } from '../message/message.js';
import { resourceId } from '../message/uuid.js';
import type { ReceiveDeps } from './accept.js';
import { openSafely } from './admit-document.js';
import { checkDocuments, claimOf, questionOf } from './document-checks.js';
import { commitRefused } from './refused-commit.js';
import { issueOf, reusedId, workItemOf, type Finding } from './document-finding.js';

/** The formats that come by themselves, and what the journal calls them. */
const TYPES = { cda: 'CDA', xdm: 'XDM', fhir: 'FHIR' } as const;

export type DocumentFormat = keyof typeof TYPES;

/** The answer to a document that came by itself, as the journal keeps it. */
export interface DocumentAnswer {
  /** Of the message that was kept. */
  id: string;
  accepted: boolean;
  /** Ids of the DocumentReferences that it gives. */
  references: string[];
  findings: Pick<Finding, 'severity' | 'code' | 'application' | 'field' | 'text'>[];
}

/**
 * A document that comes by itself, from bytes to answer: opened, checked, kept, answered, in that order, so that nothing is answered before it is
 * on disk. The same bytes again get the same answer.
 * @throws GatewayError where the store is away: nothing was kept, the sender is to try again
 */
export async function acceptDocument(
  bytes: Buffer,
  format: DocumentFormat,
  source: SourceSettings,
  deps: ReceiveDeps,
): Promise<DocumentAnswer> {
  const started = performance.now();
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const received: Received = { bytes, format, sha256, source, deps };
  const opened = await openSafely({ bytes, format, charset: source.charset, zone: source.zone }, deps.documents);
  const answer = 'severity' in opened ? await keep(received, [opened], []) : await check(received, opened);
  deps.onAnswer(source.name, answer.accepted ? 'AA' : 'AE', (performance.now() - started) / 1000);
  return answer;
}

interface Received {
  bytes: Buffer;
  format: DocumentFormat;
  /** Stands for a control id: these bytes are one message, and no others. */
  sha256: string;
  source: SourceSettings;
  deps: ReceiveDeps;
}

type Summaries = Parameters<typeof questionOf>[0];

async function check(received: Received, summaries: Summaries): Promise<DocumentAnswer> {
  const { sha256, source, deps } = received;
  const message = { source: source.name, sender: '', controlId: sha256, sha256 };
  const knowledge = await deps.documents.knowledge(questionOf(summaries, message));
  const claims = summaries.flatMap((summary) => claimOf(summary) ?? []);
  return keep(received, checkDocuments(summaries, knowledge, source), claims);
}

async function keep(
  received: Received,
  findings: readonly Finding[],
  claims: readonly DocumentClaim[],
): Promise<DocumentAnswer> {
  const { source, deps } = received;
  const { incoming, answer } = incomingOf(received, findings, claims);
  const kept =
    incoming.state === 'refused' ? await commitRefused(incoming, source, deps) : await deps.committer.commit(incoming);
  if (kept.kind === 'document-reused') return keep(received, [...findings, reusedId()], []);
  if (kept.kind === 'kept' && answer.accepted) deps.onKept([incoming.id]);
  return answerOf(kept, answer);
}

function answerOf(kept: KeptMessage, answer: DocumentAnswer): DocumentAnswer {
  return kept.kind === 'repeat' ? (JSON.parse(kept.answer.toString()) as DocumentAnswer) : answer;
}

function incomingOf(
  { bytes, format, sha256, source, deps }: Received,
  findings: readonly Finding[],
  claims: readonly DocumentClaim[],
): { incoming: IncomingMessage; answer: DocumentAnswer } {
  const refusing = findings.find(({ severity }) => severity === 'E');
  const accepted = refusing === undefined;
  const answer: DocumentAnswer = {
    id: deps.newId(),
    accepted,
    references: accepted ? [...new Set(claims.map(({ key }) => resourceId('DocumentReference', key)))] : [],
    findings: findings.map(({ severity, code, application, field, text }) => ({
      severity,
      code,
      application,
      field,
      text,
    })),
  };
  const incoming: IncomingMessage = {
    id: answer.id,
    source: source.name,
    door: 'http',
    format: format satisfies MessageFormat,
    receivedAt: new Date(deps.now()),
    bytes,
    charset: '',
    controlId: sha256,
    sender: '',
    type: TYPES[format],
    state: accepted ? 'received' : 'refused',
    answer: Buffer.from(JSON.stringify(answer)),
    answerCode: accepted ? 'AA' : 'AE',
    issues: findings.map((finding) => issueOf(finding)),
    workItems: accepted ? [] : [workItemOf(refusing)],
    ...(accepted ? { documents: claims } : {}),
  };
  return { incoming, answer };
}
