import { summaryOf } from '../../src/cda/read-head.js';
import type { SourceSettings } from '../../src/config/schema.js';
import type { DocumentKnowledge } from '../../src/message/document-claim.js';
import type { IncomingMessage, KeptMessage } from '../../src/message/message.js';
import type { DocumentDeps } from '../../src/receive/admit-document.js';
import type { ReceiveDeps } from '../../src/receive/accept.js';
import { ByteBudget } from '../../src/receive/byte-budget.js';
import { Committer, type Keep } from '../../src/receive/committer.js';
import { messageIds } from '../../src/receive/message-ids.js';
import { RefusedQuota } from '../../src/receive/refused-quota.js';
import { openDocuments } from '../../src/translate/open-documents.js';

/** A source as the schema fills it in. */
export const receiveSource: SourceSettings = {
  name: 'dpi',
  host: '127.0.0.1',
  charset: '8859/15',
  zone: 'Europe/Paris',
  strict: 'auto',
  processingIds: ['P', 'T', 'D'],
  maxMessageBytes: 100_000,
  maxConnections: 16,
  maxRepetitions: 200,
  maxSegments: 20_000,
  refusedBytesPerHour: 67_108_864,
  frameSeconds: 30,
  idleSeconds: 3600,
  authorities: {},
  givenNames: 'auto',
  sharedNumbers: [],
  documents: { unknownPatients: 'create' },
  doors: ['mllp', 'http'],
  maxConnectionsPerAddress: 256,
  maxOpenBytesPerAddress: 1_000_000,
};

/** An invented admission, sound for PAM.FR. */
export function admission(controlId = 'C1', modes = ''): string {
  return [
    `MSH|^~\\&|DPI|CH|TDU|GHT|20240306110000||ADT^A01^ADT_A01|${controlId}|P|2.5^FRA^2.10|||${modes || '|'}|FRA|8859/15`,
    'EVN||20240306110000',
    'PID|1||900001^^^HOP&1.2.250.1.999.1&ISO^PI||ESSAI^CAMILLE^^^^^L||19500101|F',
    'PV1|1|I|2040^12^A||||||||||||||||V1^^^HOP&1.2.250.1.999.1&ISO^VN',
    'ZBE|M1^HOP|20240306110000||INSERT|N||||HMS',
  ].join('\r');
}

/** A store in memory that keeps the promises of the real one. */
export class MemoryStore {
  readonly messages: IncomingMessage[] = [];
  batches = 0;
  /** What it throws while it is away. */
  away: Error | undefined;

  keep = async (batch: IncomingMessage[]): Promise<KeptMessage[]> => {
    this.batches += 1;
    await new Promise((resolve) => setImmediate(resolve));
    if (this.away !== undefined) throw this.away;
    return batch.map((message) => this.keepOne(message));
  };

  private keepOne(message: IncomingMessage): KeptMessage {
    const same = this.messages.find(
      ({ state, controlId, sender }) =>
        state !== 'refused' && controlId === message.controlId && sender === message.sender,
    );
    if (same !== undefined && message.state !== 'refused')
      return same.bytes.equals(message.bytes)
        ? { kind: 'repeat', id: same.id, answer: same.answer }
        : { kind: 'reused', id: same.id };
    this.messages.push(message);
    return { kind: 'kept', id: message.id };
  }
}

/** What a door needs, over a way to keep messages; only A01 is mapped, and nobody listens to the rest. */
export function receiveDeps(keep: Keep): ReceiveDeps {
  const log = () => undefined;
  return {
    committer: new Committer(keep, Date.now, log),
    budget: new ByteBudget(67_108_864),
    quota: new RefusedQuota(Date.now),
    documents: openingHere(),
    triggers: () => new Set(['A01']),
    newId: messageIds(1, Date.now),
    now: Date.now,
    log,
    onKept: () => undefined,
    onRefused: () => undefined,
    onAnswer: () => undefined,
  };
}

/** Opens documents in this process; nothing is known of anybody. */
export function openingHere(knowledge: Partial<DocumentKnowledge> = {}): DocumentDeps {
  return {
    open: async (message) => (await openDocuments(message)).map(summaryOf),
    knowledge: () => Promise.resolve({ repeated: false, patients: [], versions: [], ...knowledge }),
  };
}
