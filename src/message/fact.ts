import type { FhirResource } from 'fhir/r4.js';

/**
 * Where one FHIR value comes from (law 4): the path inside the fragment (`name[0].family`), the HL7 path in the message
 * (`PID-5[1].1`), and the mapping row (`PID-Patient:4`) or fold rule (`rule:…`).
 */
export type Trace = readonly [to: string, from: string, row: string];

/** One mapped top-level element of a fragment. `value: null` means the sender erased it (`""`). */
export interface Element {
  /** FHIR element name, e.g. `birthDate`, `name`, `extension`. Repeating elements hold an array. */
  path: string;
  value: unknown;
  trace: Trace[];
}

/** What mapping rows make of one or more segments for one target: an unordered set of elements with their traces. */
export interface Fragment {
  target: string;
  elements: Element[];
}

/** A patient identifier with what the folds need to know of it. */
export interface PatientIdentifier {
  system: string;
  value: string;
  /** v2 CX-5: PI, INS, INS-C, NH, NDP, RRI, MR … */
  type: string;
  /** true where CX-1 is `""`: the identifiers of that system are withdrawn. */
  erased?: boolean;
}

export interface IdentityBody {
  identifiers: PatientIdentifier[];
  /** PID-32, all repetitions, e.g. ['VALI'] ([] when absent). */
  reliability: string[];
  /** Elements of Patient mapped from PID, PD1, ZFD. Identifiers included, INS only under VALI. */
  patient: Fragment;
}

export type MovementAction = 'INSERT' | 'UPDATE' | 'CANCEL';

/** A place: UF, room and bed, by reference to mentioned resources. */
export interface Place {
  /** `Location/<id>` of the finest known level. */
  location?: string;
  /** `Organization/<id>` of the hosting UF. */
  unit?: string;
  /** For people: `Chir V, chambre 12, lit A`. */
  label?: string;
}

export interface UnitRef {
  /** `Organization/<id>`. */
  organization: string;
  label: string;
  code: string;
  /** `system|value` as the directory knows it: RPPS, FINESS … */
  identifier?: string;
}

export interface DoctorRef {
  /** `PractitionerRole/<id>`. */
  role: string;
  label: string;
  /** ATND PV1-7, REF PV1-8, ADM PV1-17. */
  type: 'ATND' | 'REF' | 'ADM' | 'CON';
  /** `system|value` as the directory knows it: RPPS, FINESS … */
  identifier?: string;
  /** Family name: the same number under another name is another person (DESIGN §10). */
  family?: string;
}

/** Every part says where it comes from in `trace`, with `to` = the member's name here, e.g. `place`, `medicalUnit`. */
export interface MovementBody {
  /** ZBE-1 as `system|value`; for feeds without ZBE a key made of stay, trigger and effective time. */
  movement: string;
  /** ADT event without `ADT^`: A01, Z99 … */
  trigger: string;
  action: MovementAction;
  /** ZBE-6 for UPDATE and CANCEL. */
  original?: string;
  /** ZBE-5 = Y. */
  historic: boolean;
  /** ZBE-9 as a sorted set of letters, e.g. `HMS`; `C` = correction without movement. */
  nature: string;
  /** PV1-2, raw v2 code; the FHIR class is in `encounter`. */
  patientClass?: string;
  place?: Place;
  medicalUnit?: UnitRef;
  careUnit?: UnitRef;
  doctors?: DoctorRef[];
  /** Expected discharge (PV2-9) and admission (PV2-8), instants. `null` = erased. */
  expectedDischarge?: string | null;
  expectedAdmission?: string | null;
  /** PV1-44 / PV1-45, instants. */
  admittedAt?: string | null;
  dischargedAt?: string | null;
  /** Was the stay pre-admitted (PV1-5 filled)? */
  preAdmission?: boolean;
  /** Elements of Encounter mapped from PV1, PV2, ZFM, ZFV: class, type, priority, hospitalization.*, identifier … */
  encounter: Fragment;
  trace: Trace[];
}

export type MemberAction = 'add' | 'end' | 'withdraw';

export interface MemberBody {
  /** Same person in the same role for the same scope: `<role code>|<member reference>[|<stay>]`. */
  member: string;
  action: MemberAction;
  /** Coding of CareTeam.participant.role. */
  role: { system: string; code: string; display: string };
  /** `PractitionerRole/<id>`, `Organization/<id>` or `RelatedPerson/<id>`. */
  reference: string;
  label: string;
  /** `system|value` as the directory knows it: RPPS, FINESS … */
  identifier?: string;
  /** Family name: the same number under another name is another person (DESIGN §10). */
  family?: string;
  /** Stay-scoped members (hospital doctors, UF, trusted person) end with the stay; patient-scoped ones do not. */
  scope: 'patient' | 'stay';
  /** ROL-5/6, NK1-8/9 where given, instants or dates. */
  begin?: string;
  end?: string;
  /** For RelatedPerson members: the elements of RelatedPerson (NK1). */
  person?: Fragment;
  /** NK1-7 = P: must not be told nor shown as someone to call. */
  doNotNotify?: boolean;
  trace: Trace[];
}

export interface ConsentBody {
  /** INO not opposed, IO opposed, NA not collected. */
  dmpFeeding?: 'INO' | 'IO' | 'NA';
  dmpFeedingAt?: string;
  dmpConsultation?: 'IC' | 'INC' | 'NA';
  dmpConsultationAt?: string;
  trace: Trace[];
}

interface FactBase {
  /** `<message id>.<n>`, n from 0 within the message. */
  id: string;
  messageId: string;
  /** Anchor of the patient: `system|value` of the strongest identifier of the message (hospital PI first). */
  patient: string;
  /** `system|value` of the visit (PV1-19), where the fact belongs to a stay. */
  stay?: string;
  /** Instant at which it is true in the world (ZBE-2 …), ISO 8601 with offset. */
  effectiveAt: string;
  /** Instant at which the sender recorded it (EVN-2, else MSH-7). Orders facts about the same thing; never the arrival. */
  recordedAt: string;
  /** Version of the compiled mappings. */
  mapping: string;
}

/** A fact, immutable. The fold order of facts is (effectiveAt, recordedAt, id-independent content), never arrival. */
export type Fact = FactBase &
  (
    | { kind: 'identity'; body: IdentityBody }
    | { kind: 'movement'; body: MovementBody }
    | { kind: 'member'; body: MemberBody }
    | { kind: 'consent'; body: ConsentBody }
  );

/**
 * A resource of the territory that a message mentions (Organization, Location, Practitioner, PractitionerRole), complete and with
 * its final id. Of several mentions of one id the one recorded last wins, ties by content: a join, so order does not matter.
 */
export interface Mention {
  resource: FhirResource & { id: string };
  recordedAt: string;
  trace: Trace[];
}

/** What translate makes of one message. Pure: same bytes, same mappings, same context → same translation. */
export interface Translation {
  facts: Fact[];
  mentions: Mention[];
  /** All patient identifiers of the message, for the identifier table. */
  identifiers: PatientIdentifier[];
  /** HL7 paths that carried a value and that nothing used. */
  unused(): string[];
  /** Things to look at; `blocking` ones stop the message (state parked). */
  issues: { blocking: boolean; reason: string; field?: string; text: string; key?: string }[];
}
