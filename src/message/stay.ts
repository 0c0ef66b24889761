import type { Happening } from './event.js';
import type { FoldedResource, Origin } from './resource.js';

/** Settings and the moment that a fold may depend on; all else comes from the facts. */
export interface FoldOptions {
  /** The present, ISO 8601 with offset: what the folded timelines are cut at where they must be. */
  now: string;
  /** IANA zone of the territory: a day after a discharge is a day there. */
  zone: string;
  /** Days after discharge until the hospital's members leave the circle. */
  hospitalMembersStayDays: number;
  /** Days for which the CareTeam still shows those who left. */
  circleShowsEndedDays: number;
  /** Leaves out of the stays what, as it is known now, happened after that instant; absent: everything. */
  asOf?: string;
}

/** Where a value comes from. */
export type Source = Omit<Origin, 'path'>;

/**
 * What people are told of: one movement of a stay with every correction applied, in the order of the stay; a document, one of its plans, one of
 * its appointments.
 */
export interface StayMovement {
  /** What a correction follows: ZBE-1 with its domain, or what stands for it in feeds without ZBE. */
  thread: string;
  /** What people are told of it; undefined for movements that nobody is told of. */
  happening: Happening | undefined;
  /** ZBE-2, for a discharge the end of the stay: instant at which the circle is asked. */
  effectiveAt: string;
  /** Does it hold: not cancelled, in a stay that was not cancelled? */
  holds: boolean;
  /** Canonical JSON of what a notification of it shows. Two equal contents need no correction. */
  content: () => string;
  /** What rules may ask of its events. */
  attributes: Readonly<Record<string, string>>;
  /** It is not to be shown to professionals: nobody is told of it. */
  withheld?: boolean;
}

/** A person or unit of the hospital that the movements of a stay put in the circle, from and to instants. */
export interface StayPresence {
  /** `PractitionerRole/<id>` or `Organization/<id>`. */
  person: string;
  label: string;
  /** ATND, REF, ADM, CON for doctors; UF for the units. */
  type: string;
  from: string;
  /** Absent for those who are there until the stay ends. */
  to?: string;
  /** As in Membership. */
  identifier?: string;
  family?: string;
  source: string;
  origin: Source;
}

/** A document in all its versions. */
export interface FoldedDocument {
  /** Of all its versions: the set, else the id, of the one that was recorded first. */
  key: string;
  /** The document itself, its plans, its appointments. */
  movements: DocumentMovement[];
  /** A DocumentReference for each version; of the version in force its plans and entries. */
  resources: FoldedResource[];
  /** `DocumentReference/<id>` of all versions, the highest first. */
  references: readonly string[];
  /** `Type/id` of what other versions gave and the one in force does not. */
  vanished: readonly string[];
}

export interface DocumentMovement extends StayMovement {
  /** `Type/id` of what tells of it. */
  resources: readonly string[];
}

/** Something about the facts of a patient that somebody must look at; it opens and closes with what the facts say. */
export interface Doubt {
  key: string;
  reason: string;
  field?: string;
  text: string;
  /** Ids of the messages that it is about, where the facts name them. */
  messages?: readonly string[];
  /** The facts of these messages have no effect as long as it stands: they are parked. */
  parks?: boolean;
}

/** A stay with all its movements reduced. */
export interface FoldedStay {
  /** PV1-19 as `system|value`. */
  key: string;
  movements: StayMovement[];
  encounter: FoldedResource;
  /**
   * The CarePlan; `teamId` of the patient's circle is undefined while there is none. A stay that documents alone tell of has none: they have plans
   * of their own.
   */
  plan?: (teamId: string | undefined) => FoldedResource;
  /** Instants of the stay's presence in the hospital: absent start when only planned or cancelled, absent end while it lasts. */
  start?: string;
  end?: string;
  /** PV2-22: who may see it is restricted. */
  restricted: boolean;
  /** Movements of ZBE-1 that are cancelled, or that nothing inserted: statements made with them do not count. */
  void: ReadonlySet<string>;
  presences: StayPresence[];
}
