import { createHash } from 'node:crypto';
import type { DueDelivery } from '../message/delivery.js';

/**
 * What joins a request at the vendor's to its attempt here: `X-Request-Id` is the delivery and the number of its attempt, `traceparent` (W3C
 * Trace Context §3.2) one trace for each message, whoever is told of it and however often. Both are made of ids alone.
 */
export function traceHeaders({ id, claim, messageId }: Pick<DueDelivery, 'id' | 'claim' | 'messageId'>) {
  const trace = digest(`message|${messageId}`).slice(0, 32);
  const span = digest(`attempt|${id}|${claim}`).slice(0, 16);
  return { 'x-request-id': `${id}.${claim}`, traceparent: `00-${trace}-${span}-01` };
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
