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
  /** The delivery that told the same person what this one cancels or corrects. */
  respondsTo?: string | undefined;
}

export type DeliveryState = 'due' | 'delivered' | 'dead' | 'superseded';

/**
 * Why a delivery was superseded. `passed`: others of its lane went before it, and one of the present state goes in its place. `corrected`:
 * what it says was corrected before it was delivered, and one of the present state goes in its place. `cancelled`: what it says was cancelled
 * before it was delivered. `not-delivered`: it cancels or corrects what was never delivered.
 */
export type SupersededReason = 'passed' | 'corrected' | 'cancelled' | 'not-delivered';

/** A delivery by its id, as it was claimed: what an earlier claim brings in late is not counted. */
export interface Claim {
  id: string;
  /** How often the delivery had been claimed then, this time included. */
  claim: number;
}

/** Which due deliveries of an endpoint to lease, and for how long. */
export interface ClaimRequest {
  endpoint: string;
  limit: number;
  leaseMs: number;
  /** Of these alone. */
  ids?: readonly string[];
}

/** What is to become of the job of a delivery: `ended`, nothing more; `later`, not before that time; `dead`, given up for that reason. */
export type JobOutcome =
  { state: 'ended' } | { state: 'later'; at: number } | { state: 'dead'; code: FailureCode | undefined };

/** A resource of a delivery. */
export interface DeliveredResource extends StoredResource {
  /** The version that the endpoint holds for sure; null where that is not known. */
  readonly held: number | null;
  /** Numbers of other patients whom the endpoint may find by this one's `identifier`. */
  readonly excluded: readonly string[];
}

export interface DueDelivery extends Claim {
  endpoint: string;
  lane: string;
  kind: EventKind;
  /** Id of the Communication: where this one goes in the place of another the same as that one's. */
  notification: string;
  /** Id of the Communication that it cancels or corrects. */
  respondsTo: string | null;
  /** Number of the event among those of the patient. */
  eventNumber: number;
  /** The thread of the event: of a numbered movement its `system|value`. */
  thread: string;
  receiptId: string;
  messageId: string;
  member: string;
  effectiveAt: string;
  /** Attempts made so far. */
  attempts: number;
  /** Those of them that met a conflict. */
  conflicts: number;
  /** When it was made, or revived. */
  createdAt: Date;
  /** The pinned resources first, then all they lead to. */
  resources: DeliveredResource[];
}

export interface AttemptOutcome {
  deliveryId: string;
  claim: number;
  startedAt: Date;
  durationMs: number;
  ok: boolean;
  /** It was delivered, or whether it was carried out cannot be known. */
  reached: boolean;
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
