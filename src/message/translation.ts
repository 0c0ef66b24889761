import type { FoldedResource, NewDelivery, NewReceipt, StayEvent } from './delivery.js';
import type { Fact, Mention, PatientIdentifier } from './fact.js';
import type { JournalMessage, NewWorkItem } from './message.js';

/** A receipt written earlier, as a correction needs it: who was told of which movement, and where. */
export interface ToldBefore {
  receiptId: string;
  movement: string;
  member: string;
  label: string;
  role: string;
  endpoint: string;
}

/** All that is known of the patients that a batch of messages speaks of. */
export interface LoadedPatients {
  /** For each request, the cluster its identifiers belong to (identifiers already linked together share one). */
  clusters: string[];
  /** All facts of each cluster, no order promised. */
  facts: Map<string, Fact[]>;
  /** Stay key → patient anchor that owns it already. */
  stayOwner: Map<string, string>;
  /** Receipts `told` of the stays asked for. */
  told: ToldBefore[];
}

/** A folded resource and its canonical JSON: the same bytes from every fold of the same facts (law 3). */
export interface ChangedResource {
  resource: FoldedResource['resource'];
  body: string;
}

/** What one message changed, in the order of the batch. */
export interface TranslationStep {
  messageId: string;
  state: 'translated' | 'parked';
  /** What the message says and the store does not yet know of it. */
  facts: Fact[];
  /** A replay that reads the message otherwise than before: the facts it gave until now are superseded. */
  supersedes: boolean;
  mentions: Mention[];
  /** Only those whose content differs from before the message. */
  resources: ChangedResource[];
  /** Ids of folded resources that the message made disappear, as `Type/id`. */
  removed: string[];
  events: StayEvent[];
  receipts: NewReceipt[];
  deliveries: NewDelivery[];
  workItems: NewWorkItem[];
}

/** One database transaction of the translate stage: facts, folds, resources, events, receipts, deliveries commit together. */
export interface TranslationTx {
  /** The claimed messages, oldest first; those already translated or claimed elsewhere are missing. */
  messages: JournalMessage[];
  /** Locks the patients and stays (sorted advisory locks), links the identifiers, and loads what is known. */
  load(request: { identifiers: PatientIdentifier[][]; stays: string[] }): Promise<LoadedPatients>;
  /** Writes all steps; gives the endpoints that now have a due delivery. */
  save(steps: TranslationStep[]): Promise<{ endpoints: string[] }>;
}
