import type { Event } from './event.js';

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
  | 'told-with-document'
  | 'withheld-from-professionals'
  | 'name-differs';

export interface NewReceipt {
  /** UUIDv5 of event and member, so that a replay makes no second one. */
  id: string;
  event: Event;
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
  /** `told-with-document`: id of the receipt whose deliveries carry what this one is about. */
  carrier?: string;
}

/**
 * How far a delivery got. `reached`: it was delivered, or how it went cannot be known. `under-way`: an attempt has begun and is not recorded.
 * `shown`: it did not get there, but one that was decided after it did and shows the same. `none`: nothing of it can be at the endpoint.
 */
export type Reach = 'reached' | 'under-way' | 'shown' | 'none';

/** A receipt `told` of earlier, as a correction needs it: who was told of which thread, where, and whether it got there. */
export interface EarlierReceipt {
  receiptId: string;
  /** Anchor of the patient it was about. */
  patient: string;
  /** Key of what it was about. */
  about: string;
  thread: string;
  member: string;
  label: string;
  role: string;
  endpoint: string;
  deliveryId: string;
  reach: Reach;
}
