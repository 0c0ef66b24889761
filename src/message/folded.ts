import type { FoldedResource } from './delivery.js';
import type { Fact, Place } from './fact.js';

/** Settings that a fold may depend on; all else comes from the facts. */
export interface FoldOptions {
  /** Folds only what is effective at that instant (ISO 8601 with offset); absent: everything known. */
  asOf?: string;
  /** Days after discharge until the hospital's members leave the circle. */
  hospitalMembersStayDays: number;
}

/** One movement of a stay with every correction applied, in the order of the stay (pam-fr §3.2). */
export interface StayMovement {
  /** ZBE-1 as `system|value`. */
  movement: string;
  /** The ADT event that inserted it, e.g. `A01`. */
  trigger: string;
  /** ZBE-2, instant. */
  effectiveAt: string;
  /** false once cancelled. */
  active: boolean;
  place?: Place;
  /** Canonical JSON of what people were told: kind, time, unit. Two equal contents need no correction. */
  content: string;
  /** The message that inserted it. */
  messageId: string;
}

/** A member of the circle whose presence depends on the movements of a stay, from and to instants. */
export interface StayPresence {
  /** `PractitionerRole/<id>` or `Organization/<id>`. */
  reference: string;
  label: string;
  /** ATND, REF, ADM, CON for doctors; UF for the units. */
  type: string;
  from: string;
  /** Absent for those who are there until the stay ends. */
  to?: string;
  /** As in CircleMember. */
  identifier?: string;
  family?: string;
  /** The message and HL7 path that say so. */
  origin: { messageId: string; from: string; row: string };
}

export interface FoldedStay {
  /** PV1-19 as `system|value`. */
  key: string;
  movements: StayMovement[];
  encounter: FoldedResource;
  plan: FoldedResource;
  /** Instants of the stay's presence in the hospital: absent start when only planned or cancelled, absent end while it lasts. */
  start?: string;
  end?: string;
  /** Movements that a Z99 names and nothing inserted (a cancel of nothing is no error, pam-fr §3.6). */
  pending: string[];
  /** Units and doctors of the stay with their periods: the circle is made of them. */
  presences: StayPresence[];
}

/** One patient of a cluster of identifiers, with everything that the facts about him give. */
export interface FoldedPatient {
  /** `system|value` that names the Patient. */
  anchor: string;
  patientId: string;
  patient: FoldedResource;
  /** RelatedPerson of NK1, and the inactive Patients that this one replaces. */
  related: FoldedResource[];
  stays: FoldedStay[];
  /** Movements that a Z99 names and nothing inserted, in stays known or not. */
  pending: string[];
  /** Anchors whose facts are this patient's, `anchor` first. */
  anchors: string[];
}

/** A member of a circle, as routing reads it. */
export interface CircleMember {
  /** `PractitionerRole/<id>`, `Organization/<id>` or `RelatedPerson/<id>`. */
  reference: string;
  /** Code of CareTeam.participant.role, e.g. `PCP`. */
  role: string;
  label: string;
  /** Instants between which the member is of the circle. */
  from?: string;
  to?: string;
  scope: 'patient' | 'stay';
  /** Stay key of a stay-scoped member. */
  stay?: string;
  /** NK1-7 = P: not to be told, nor shown as someone to call. */
  doNotNotify: boolean;
  /** `system|value` of the professional or organisation, as the directory knows it. */
  identifier?: string;
  /** Family name of a professional: the same number under another name is another person. */
  family?: string;
}

/** Has the patient a circle: somebody belongs to him, or a stay has had somebody of the hospital in it? */
export function hasCircle(facts: readonly Fact[], presences: number): boolean {
  return presences > 0 || facts.some((fact) => fact.kind === 'member' && fact.body.doNotNotify !== true);
}
