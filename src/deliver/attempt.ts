import { hash } from 'node:crypto';
import type { BundleSettings } from '../fhir/transaction.js';
import type { AttemptOutcome, DeliveredResource, DueDelivery } from '../message/delivery.js';
import { FAILURES, GatewayError, type FailureCode } from '../message/failure.js';
import type { Sent } from './answer.js';
import { notificationBundle } from './notification.js';
import { nextState } from './retry.js';

export interface Posted {
  sent: Sent;
  resources: DeliveredResource[];
  /** Of what was sent; none where nothing was. */
  sha256?: Buffer;
}

/** Makes the bundle of a delivery and sends it. */
export async function post(
  delivery: DueDelivery,
  settings: BundleSettings,
  send: (bundle: Buffer, entries: number) => Promise<Sent>,
): Promise<Posted> {
  try {
    const { bundle, sent: resources } = notificationBundle(delivery, settings);
    const body = Buffer.from(JSON.stringify(bundle));
    const sent = await send(body, bundle.entry?.length ?? 0);
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
export function stateAfter(
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
