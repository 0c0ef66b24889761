import { hash } from 'node:crypto';
import type { BundleSettings } from '../fhir/transaction.js';
import type { AttemptOutcome, DeliveredResource, DueDelivery } from '../message/delivery.js';
import { FAILURES, GatewayError, type FailureCode } from '../message/failure.js';
import type { Sent } from './answer.js';
import { withAttachments, type DocumentAccess } from './attachments.js';
import { isUnclear } from './classify.js';
import type { Send } from './fhir.js';
import { notificationBundle } from './notification.js';
import { nextState, retryAfterMs } from './retry.js';
import { traceHeaders } from './trace-context.js';

interface Posted {
  sent: Sent;
  resources: DeliveredResource[];
  /** Of what was sent; none where nothing was. */
  sha256?: Buffer;
}

/** What an attempt gives: what is to be recorded, and what tells of the endpoint. */
export interface Attempt {
  outcome: AttemptOutcome;
  /** null where it was delivered. */
  code: FailureCode | null;
  durationMs: number;
  /** How long the endpoint asks to be left alone. */
  askedMs: number;
  /** Something was sent. */
  isSent: boolean;
}

export interface AttemptDeps {
  send: Send;
  /** Absent: documents go without their bytes. */
  documents?: DocumentAccess | undefined;
  now(): number;
  /** Milliseconds of a clock that is never set. */
  elapsed(): number;
  /** A number from 0 to 1, to spread retries. */
  chance(): number;
}

const HOUR_MS = 3_600_000;

/** Sends one delivery, once. */
export async function attempt(
  delivery: DueDelivery,
  endpoint: BundleSettings & { expireHours: number },
  { send, documents, now: clock, elapsed, chance }: AttemptDeps,
): Promise<Attempt> {
  const { expireHours } = endpoint;
  const startedAt = clock();
  const began = elapsed();
  const { sent, sha256, resources } = await post(delivery, endpoint, { send, documents });
  const now = clock();
  const durationMs = Math.round(elapsed() - began);
  const askedMs = retryAfterMs(sent.retryAfter, now, expireHours * HOUR_MS);
  const isSent = sha256 !== undefined;
  const isPartial = resources.length < delivery.resources.length && isSent;
  const next = stateAfter(delivery, sent.code, { now, askedMs, isPartial, expireHours, chance: chance() });
  const { code, ...state } = next;
  const outcome: AttemptOutcome = {
    deliveryId: delivery.id,
    claim: delivery.claim,
    startedAt: new Date(startedAt),
    durationMs,
    ok: sent.code === null,
    reached: sent.code === null || isUnclear(sent.code, sent.status),
    status: sent.status,
    code,
    detail: sent.detail,
    sent: resources.map(({ reference, version }) => `${reference}/_history/${version}`),
    sha256: sha256 ?? Buffer.alloc(32),
    next: state,
  };
  return { outcome, code: sent.code, durationMs, askedMs, isSent };
}

/** Makes the bundle of a delivery and sends it. */
async function post(
  delivery: DueDelivery,
  settings: BundleSettings,
  { send, documents }: Pick<AttemptDeps, 'send' | 'documents'>,
): Promise<Posted> {
  try {
    const carried = await withAttachments(delivery.resources, documents);
    const { bundle, sent: resources } = notificationBundle({ ...delivery, resources: carried }, settings);
    const body = Buffer.from(JSON.stringify(bundle));
    const sent = await send(body, bundle.entry?.length ?? 0, traceHeaders(delivery));
    return { sent, resources, sha256: hash('sha256', body, 'buffer') };
  } catch (error) {
    // A bundle that cannot be made will not be made better by waiting.
    const failure = error instanceof GatewayError ? error : undefined;
    const detail = failure?.field ?? 'the bundle could not be made';
    return { sent: { status: null, code: failure?.code ?? 'endpoint-refused', detail }, resources: [] };
  }
}

interface Circumstances {
  now: number;
  /** What the endpoint asked for with Retry-After. */
  askedMs: number;
  /** Something that the endpoint holds was left out. */
  isPartial: boolean;
  expireHours: number;
  chance: number;
}

/** The state of a delivery after an attempt that ended with that code. */
function stateAfter(
  { attempts, conflicts, createdAt }: DueDelivery,
  code: FailureCode | null,
  { isPartial, ...circumstances }: Circumstances,
): AttemptOutcome['next'] & { code: FailureCode | null } {
  if (code === null) return { state: 'delivered', code };
  // What was left out may be missing there all the same.
  if (isPartial && FAILURES[code] === 'permanent') return { state: 'due', at: new Date(circumstances.now), code };
  return nextState(code, {
    attempts: attempts + 1,
    conflicts: conflicts + (code === 'endpoint-conflict' ? 1 : 0),
    createdAt,
    ...circumstances,
  });
}
