import type { EventKind } from './event.js';
import type { FailureCode } from './failure.js';
import type { StoredResource } from './resource.js';

/** A delivery is bound to one endpoint for ever. Its content is pinned to resource versions. */
export interface NewDelivery {
  id: string;
  receiptId: string;
  endpoint: string;
  kind: EventKind;
  /** Deliveries of one lane go one after the other: `<endpoint>|<cluster of the patient>`. */
  lane: string;
  /** References `Type/id` to send; the store pins each to the version current at commit. */
  resources: string[];
}

export type DeliveryState = 'due' | 'delivered' | 'dead';

export interface DueDelivery {
  id: string;
  endpoint: string;
  lane: string;
  kind: EventKind;
  receiptId: string;
  messageId: string;
  member: string;
  effectiveAt: string;
  /** Attempts made so far. */
  attempts: number;
  /** Those of them that met a conflict. */
  conflicts: number;
  createdAt: Date;
  /** The pinned resources first, then all they lead to. */
  resources: StoredResource[];
}

export interface AttemptOutcome {
  deliveryId: string;
  startedAt: Date;
  durationMs: number;
  ok: boolean;
  /** HTTP status where one was received. */
  status: number | null;
  code: FailureCode | null;
  /** Content-free explanation, e.g. `422 from endpoint, 2 issues`. */
  detail: string;
  /** What was sent, as `Type/id/_history/version`: with the sha-256 it proves who was told what. */
  sent: string[];
  /** sha-256 of the body sent. */
  sha256: Buffer;
  /** The state that follows, and when to try again if due. */
  next: { state: DeliveryState; at?: Date };
}
