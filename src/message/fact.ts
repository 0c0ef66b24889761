import type { FhirResource } from 'fhir/r4.js';
import type { DocumentBody, VisitBody } from './document.js';
import type { Fragment, Trace } from './fragment.js';
import type { MemberBody } from './member.js';

export type { Element, Fragment, Trace } from './fragment.js';
export type { MemberBody } from './member.js';

/** A number and whose it is, with what the folds need to know of it. */
export interface PatientIdentifier {
  system: string;
  value: string;
  /** v2 CX-5: PI, INS, INS-C, NH, NDP, RRI, MR … */
  type: string;
  /** true where CX-1 is `""`: the identifiers of that system are withdrawn. */
  erased?: boolean;
}

export interface IdentityBody {
  /** Numbers that say who the patient is, strongest first: the first is the anchor. Erased ones last. The INS is in `ins`. */
  identifiers: PatientIdentifier[];
  /**
   * What the message says of the national identity: the INS that a validated identity carries (a NIR before a NIA), or `null` where it is
   * withdrawn: erased, the identity no longer validated (PID-32), or its birth date corrected (ZFD-4). Absent: nothing is said.
   */
  ins?: PatientIdentifier[] | null;
  /** A document says so: what it contributes counts only where no message of a hospital says anything of that element. */
  secondary?: true;
  /**
   * The numbers that the message changes or takes away (A47). What such a fact says counts only together with the change: while nobody is known
   * whose numbers these are, and where a new one is another patient's, it says nothing.
   */
  replaces?: NumberChange[];
  /** PID-32, all repetitions, `VAL` read as `VALI`; [] when absent. */
  reliability: string[];
  /** Contributions to Patient. The element `identifier` holds every identifier, the INS too. */
  patient: Fragment;
}

/** A number that another takes the place of, or that is taken away where there is no successor (A47). */
export interface NumberChange {
  replaced: PatientIdentifier;
  successor?: PatientIdentifier;
}

/** A merge (A40): the patient of one number is the patient of another from now on. */
export interface MergeBody {
  /** MRG-1, the number that is replaced, and PID-3, the one that stays, as `system|value`. */
  replaced: string;
  survivor: string;
  trace: Trace[];
}

/** A move of an account (A44): its stays are another patient's from now on. */
export interface MoveBody {
  /** MRG-3, else PID-18, as `system|value`. */
  account: string;
  /** MRG-1, whose it was, and PID-3, whose it is. */
  from: PatientIdentifier;
  to: PatientIdentifier;
  trace: Trace[];
}

export type MovementAction = 'INSERT' | 'UPDATE' | 'CANCEL';

/** A unit of responsibility or hosting (UF). */
export interface UnitRef {
  /** `Organization/<id>`. */
  organization: string;
  label: string;
  code: string;
  /** `system|value` as the directory knows it. */
  identifier: string;
}

/** A place: UF, room and bed, by reference to mentioned resources. */
export interface Place {
  /** `Location/<id>` of the finest known level. */
  location?: string;
  /** The hosting UF. */
  unit?: UnitRef;
  /** For people: `Chir V, chambre 12, lit A`. */
  label: string;
}

export type DoctorType = 'ATND' | 'REF' | 'ADM' | 'CON';

export interface DoctorRef {
  /** `PractitionerRole/<id>`. */
  role: string;
  label: string;
  /** `system|value` as the directory knows it: RPPS, FINESS … */
  identifier?: string;
  /** Family name: a professional is a number and a family name. */
  family?: string;
}

/**
 * Every part says where it comes from in `trace`, with `to` = the member's name here, e.g. `place`, `doctors.ATND[0]`. A part that is
 * absent is unchanged, `null` is erased.
 */
export interface MovementBody {
  /** ZBE-1 as `system|value`, within its stay; absent in feeds without ZBE, whose movements are known by what they say. */
  movement?: string;
  /** ADT event without `ADT^`: A01, Z99 … */
  trigger: string;
  action: MovementAction;
  /** The event that an UPDATE or CANCEL is about: ZBE-6, else what the trigger cancels. */
  original?: string;
  /** ZBE-9 as a sorted set of letters, e.g. `HMS`; `C` = correction without movement. */
  nature: string;
  /** An UPDATE that does not say when its movement happened: the movement keeps its time. */
  untimed?: true;
  place?: Place | null;
  /** PV1-42 of a pending transfer. */
  expectedPlace?: Place | null;
  medicalUnit?: UnitRef | null;
  careUnit?: UnitRef | null;
  /** PV1-7, PV1-8, PV1-17 by type. */
  doctors?: Partial<Record<DoctorType, DoctorRef[] | null>>;
  /** Expected discharge (PV2-9), admission (PV2-8) and return from a leave (PV2-47): a date stays a date. */
  expectedDischarge?: string | null;
  expectedAdmission?: string | null;
  expectedReturn?: string | null;
  /** PV1-44 and PV1-45. */
  admittedAt?: string | null;
  dischargedAt?: string | null;
  /** PV1-5: true where it is filled, false where it is `""`. */
  preAdmission?: boolean;
  /** Contributions to Encounter: class, type, priority, hospitalization.*, identifier … */
  encounter: Fragment;
  trace: Trace[];
}

/** What a message says of a relative (NK1), whatever the roles. */
export interface ContactBody {
  /** NK1-33 as `system|value`; without it the name and relation. A contact is nothing without its patient. */
  contact: string;
  /** Contributions to RelatedPerson. */
  person: Fragment;
  label: string;
  /** The role of a contact whose NK1-3 says none, a coding of RelatedPerson.relationship. */
  role: { system: string; code: string; display: string };
  /** NK1-7 = P: must be neither told nor shown as somebody to call. Absent: not said. */
  doNotNotify?: boolean;
}

export interface ConsentBody {
  /** INO not opposed, IO opposed, NA not collected. */
  dmpFeeding?: string;
  dmpFeedingAt?: string;
  dmpConsultation?: string;
  dmpConsultationAt?: string;
  trace: Trace[];
}

interface FactBase {
  /** `<message id>.<n>`, n from 0 within the message. */
  id: string;
  messageId: string;
  /** Name of the source that sent it. */
  source: string;
  /** Anchor of the patient: `system|value` of the strongest identifier of the message. */
  patient: string;
  /** `system|value` of the visit (PV1-19), where the fact belongs to a stay; `stayOfAccount` where the message names an account alone. */
  stay?: string;
  /** `system|value` of the account (PID-18), where the message names one. */
  account?: string;
  /**
   * Of a `document` fact, and of a `visit` fact that the same document makes: its id, set, and the ids that it replaces. Versions that share one
   * are versions of one document.
   */
  documents?: readonly string[];
  /** Instant at which it is true in the world (ZBE-2 …), ISO 8601 with offset. */
  effectiveAt: string;
  /** Instant at which the sender recorded it (EVN-2, else MSH-7), never later than its reception. Orders facts; arrival never does. */
  recordedAt: string;
  /** MSH-7: orders what was recorded in one second. */
  sentAt: string;
  /** Version of the compiled mappings. */
  mapping: string;
}

export type FactContent =
  | { kind: 'identity'; body: IdentityBody }
  | { kind: 'merge'; body: MergeBody }
  | { kind: 'move'; body: MoveBody }
  | { kind: 'movement'; body: MovementBody }
  | { kind: 'member'; body: MemberBody }
  | { kind: 'contact'; body: ContactBody }
  | { kind: 'consent'; body: ConsentBody }
  | { kind: 'document'; body: DocumentBody }
  | { kind: 'visit'; body: VisitBody };

/** A fact, immutable. */
export type Fact = FactBase & FactContent;

export type FactOf<Kind extends Fact['kind']> = Extract<Fact, { kind: Kind }>;

/** How much a mention counts: what a document says of somebody least; of a feed a number alone, or a name with it. */
export type MentionRank = 'document' | 'number' | 'name';

/**
 * A resource of the territory that a message mentions (Organization, Location, Practitioner, PractitionerRole), complete and with its final
 * id. All mentions are kept; the higher rank wins, then the one recorded last, then content: a join, so order does not matter.
 */
export interface Mention {
  resource: FhirResource & { id: string };
  rank: MentionRank;
  source: string;
  recordedAt: string;
  trace: Trace[];
}

/** Something about a message that somebody must look at. Never patient content in `text`. */
export interface TranslationIssue {
  /** A blocking one stops the message: its state is parked and it gives no facts. */
  blocking: boolean;
  /** A failure code. */
  reason: string;
  field?: string;
  text: string;
  /** The code at fault, where it has the form of a code. */
  code?: string;
  /** Same key, same thing to do: it names the source. */
  key?: string;
}

/** What translate makes of one message. Pure: same bytes, same mappings, same context → same translation. */
export interface Translation {
  facts: Fact[];
  mentions: Mention[];
  /** The identifiers that say who the patient is, and those that a merge, a move or a change of numbers names: all of them belong to one cluster. */
  identifiers: PatientIdentifier[];
  /** HL7 paths that carried a value and that nothing used. */
  unused(): string[];
  issues: TranslationIssue[];
}
