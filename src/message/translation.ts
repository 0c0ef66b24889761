import type { NewDelivery } from './delivery.js';
import type { Event, EventKind } from './event.js';
import type { Fact, Mention, PatientIdentifier } from './fact.js';
import type { Membership } from './membership.js';
import type { JournalMessage, NewWorkItem } from './message.js';
import type { EarlierReceipt, NewReceipt } from './receipt.js';
import type { FoldedResource } from './resource.js';

/** What one message touches. */
export interface PatientRequest {
  messageId: string;
  /** They belong together: their clusters are united. */
  identifiers: PatientIdentifier[];
  /** Stays that the message names, by number or by account (`stayOfAccount`). */
  stays: string[];
  /**
   * The account (PID-18), where the message names one. Its stays belong together where a message named the account alone: this one, or
   * another before.
   */
  account?: { number: string; alone: boolean };
  /** Ids and sets of documents that the message names: every version that shares one, and so on, is loaded. */
  documents?: readonly string[];
  /**
   * Instants about which everything is loaded that documents say of stays; and where the message brings documents, the patient's stays too: a
   * document may tell of a stay without its number.
   */
  around?: { from: string; to: string };
}

/** When the number that anchors facts was first recorded: of several numbers of one person the earliest names him. */
export interface AnchorBirth {
  anchor: string;
  recordedAt: string;
}

/**
 * What the store knows of the people that some messages speak of: the clusters united by their identifiers, and by the owners of the stays
 * that they name.
 */
export interface PatientWindow {
  /** Root cluster, a decimal number: names the lock and the lane. */
  cluster: string;
  /**
   * Facts of no stay that still matter, and all facts of the stays asked for, whoever their patient is. With `whole` every fact of the cluster.
   */
  facts: Fact[];
  whole: boolean;
  anchors: AnchorBirth[];
  /** Rows of stays that are not among `facts`, in the circle's window: those that last or ended in it. By Patient id. */
  memberships: Map<string, Membership[]>;
  /** Begin of the earliest membership that nobody hides among all stays that are not among `facts`, by Patient id. */
  firstMember: Map<string, string>;
  /** Latest recordedAt of a fact of no stay that no longer matters: what was recorded before it reaches back. */
  outdatedUntil: string | undefined;
  /** Receipts `told` of the stays and documents among `facts`, one for each delivery, in the order of the deliveries. */
  receipts: EarlierReceipt[];
  /** Intervals for which everything is among `facts` that documents in force say of stays; absent: always. */
  around?: readonly { from: string; to: string }[] | undefined;
}

/** A folded resource and its canonical JSON: the same bytes from every fold of the same facts. */
export interface ChangedResource {
  resource: FoldedResource['resource'];
  /** `system|value` by which receivers find it; absent: its own business identifier. */
  sentBy?: string;
  body: string;
}

/** The memberships of one patient of one stay (or of none), as they stand now; they replace the rows that were there. */
export interface MembershipRows {
  /** Patient id. */
  patient: string;
  stay: string | null;
  rows: Membership[];
}

/** What was to be told, and was undone before it reached its endpoint: an event of that kind took its place. */
export interface Withdrawal {
  receiptId: string;
  by: EventKind;
  /** `Type/id` of what tells of it now, where that is not what told of it. */
  resources?: readonly string[];
}

/** What one message changed, in the order of the batch. */
export interface TranslationStep {
  /** null where no message but the passing of time changed it. */
  messageId: string | null;
  state: 'translated' | 'parked';
  /** What the message says and the store does not yet know of it. */
  facts: Fact[];
  /** A replay that reads the message otherwise than before: the facts it gave until now are superseded. */
  supersedes: boolean;
  /** Ids of facts of no stay that no longer matter to any fold. */
  outdated: string[];
  /** `outdated` tells all of the cluster: its other facts of no stay matter, again if they did not. False on the short way. */
  reconsiders: boolean;
  /** Births of anchors that the step knows better; `exact` ones replace, the others only lower what is there. */
  anchors: (AnchorBirth & { exact: boolean })[];
  mentions: Mention[];
  /** Only those whose content differs from before the message. */
  resources: ChangedResource[];
  /** Ids of folded resources that the message made disappear, as `Type/id`. */
  removed: string[];
  memberships: MembershipRows[];
  /** When the CareTeam of a patient next changes by itself; null where it does not. By Patient id, with the anchor to find him by. */
  nextChanges: { patient: string; anchor: string; at: string | null }[];
  events: Event[];
  receipts: NewReceipt[];
  deliveries: NewDelivery[];
  withdrawals: Withdrawal[];
  workItems: NewWorkItem[];
  /** Keys of work items whose cause is gone. */
  settled: string[];
  /** Messages that a standing work item is not about any more. */
  departures: { key: string; messageId: string }[];
  /** Messages read before it whose facts have no effect any more (parked), or have one now. */
  otherStates: { messageId: string; state: 'translated' | 'parked' }[];
}

/** Which messages a translation takes: those named, and up to `limit` more of those that wait, in all so many as their bytes allow. */
export interface TranslationRequest {
  ids: readonly string[];
  limit: number;
  /** The one that is named is tried alone, although a process died of it. */
  alone?: boolean;
}

/** One database transaction of the translate stage: facts, folds, resources, events, receipts, deliveries commit together. */
export interface TranslationTx {
  /** The claimed messages, oldest first; those already translated or claimed elsewhere are missing. */
  messages: JournalMessage[];
  /** Ids of messages that were left out: processes died while they were being translated, so each is to be tried alone. */
  suspects: string[];
  /** Of a message that is tried alone: how many processes died while it was so. */
  deaths: number;
  /** It took as many as it may, so others may wait. */
  more: boolean;
  /**
   * Locks the patients and stays (sorted advisory locks), links the identifiers, and loads what is known: for each request its window, the
   * same one for requests that share a cluster.
   * @param circle what left a circle before `endedSince` is not loaded
   */
  load(requests: PatientRequest[], circle: { endedSince: string }): Promise<PatientWindow[]>;
  /** The long way: every fact of the window's cluster. */
  loadWhole(window: PatientWindow): Promise<PatientWindow>;
  /** Writes all steps; gives the endpoints that now have a due delivery. */
  save(steps: TranslationStep[]): Promise<{ endpoints: string[] }>;
}
