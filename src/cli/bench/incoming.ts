import type { IncomingMessage } from '../../message/message.js';

/** What a message of the bench is made of. */
interface BenchMessage {
  id: string;
  controlId: string;
  trigger: 'A01' | 'A03';
  receivedAt: Date;
  text: string;
}

/** A message as a listener would have it kept, accepted. */
export function incomingMessage({ id, controlId, trigger, receivedAt, text }: BenchMessage): IncomingMessage {
  return {
    id,
    source: 'default',
    door: 'mllp',
    receivedAt,
    bytes: Buffer.from(text, 'utf8'),
    charset: 'UNICODE UTF-8',
    controlId,
    sender: 'GAM|CH-AUTAN',
    type: `ADT^${trigger}`,
    state: 'received',
    answer: Buffer.alloc(0),
    answerCode: 'AA',
    issues: [],
    workItems: [],
  };
}
