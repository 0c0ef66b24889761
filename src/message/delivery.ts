import type { FhirResource } from 'fhir/r4.js';
import type { FailureCode } from './failure.js';
import type { Trace } from './fact.js';

/** Which fact gave an element of a folded resource. */
export interface Origin {
  /** Path from the resource, e.g. `period.start`, `participant[0].role`. A prefix covers all beneath it. */
  path: string;
  messageId: string;
  from: string;
  row: string;
}

/** A resource as a fold gives it: complete but for meta.versionId and meta.lastUpdated, which the store adds. */
export interface FoldedResource {
  readonly resource: FhirResource & { id: string };
  /** Worked out when first asked for: most folds are only compared with the one before. */
  readonly origins: Origin[];
}

/** Binds a resource to what can tell where its values come from. */
export function foldedResource(resource: FoldedResource['resource'], originsOf: () => Origin[]): FoldedResource {
  return new LazilyTraced(resource, originsOf);
}

/** A class and no literal with a getter: each such literal has a shape of its own, which took a fifth of the time of a fold. */
class LazilyTraced implements FoldedResource {
  private known: Origin[] | undefined;

  constructor(
    readonly resource: FoldedResource['resource'],
    private readonly originsOf: () => Origin[],
  ) {}

  get origins(): Origin[] {
    return (this.known ??= this.originsOf());
  }
}

export type { Trace };

/** What happened to a stay, as people are told it. */
export type EventKind =
  | 'preadmission'
  | 'admission'
  | 'transfer'
  | 'discharge'
  | 'preadmission-cancelled'
  | 'admission-cancelled'
  | 'transfer-cancelled'
  | 'discharge-cancelled'
  | 'correction';

export interface StayEvent {
  kind: EventKind;
  messageId: string;
  /** Patient anchor and stay key. */
  patient: string;
  stay: string;
  /** ZBE-1 key of the movement inserted, cancelled or corrected: the thread that a correction follows (law 6). */
  movement: string;
  effectiveAt: string;
}

export type ReceiptDecision = 'told' | 'not-told';

/** Why a person considered was or was not told. Closed list; `route/receipt-text.ts` says each in French. */
export type ReceiptReason =
  | 'rule-tells'
  | 'was-told-before'
  | 'no-rule'
  | 'membership-ended'
  | 'membership-not-begun'
  | 'not-in-directory'
  | 'no-endpoint'
  | 'must-not-be-notified'
  | 'was-not-told-before'
  | 'name-differs';

export interface NewReceipt {
  /** UUIDv5 of event and member, so that a replay makes no second one. */
  id: string;
  event: StayEvent;
  /** Reference of the member in the circle, e.g. `PractitionerRole/<id>`. */
  member: string;
  label: string;
  role: string;
  decision: ReceiptDecision;
  reason: ReceiptReason;
  /** Id of the routing rule that decided, if one did. */
  rule: string | null;
  memberFrom: string | null;
  memberTo: string | null;
}

/** A delivery is bound to one endpoint for ever. Its content is pinned to resource versions. */
export interface NewDelivery {
  id: string;
  receiptId: string;
  endpoint: string;
  kind: EventKind;
  /** Deliveries of one lane go one after the other: `<endpoint>|<patient anchor>`. */
  lane: string;
  /** References `Type/id` to send; the store pins each to the version current at commit. */
  resources: string[];
}

export type DeliveryState = 'due' | 'delivered' | 'dead';

/** A resource as the store holds it. */
export interface StoredResource {
  /** `Type/id`. */
  readonly reference: string;
  readonly version: number;
  /** `system|value` by which a conditional update finds it; null where it has none. */
  readonly identifier: string | null;
  /** Canonical JSON, without the server's part of `meta`. */
  readonly body: string;
}

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
