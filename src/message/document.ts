import type { CarePlanActivityDetail } from 'fhir/r4.js';
import type { Fragment, Trace } from './fragment.js';
import type { MemberBody } from './member.js';

/** What the sender of a document asks: that it be new, stand in the place of another, or go (ORC-1, METADATA's action slot). */
export type DocumentRequest = 'new' | 'replace' | 'delete';

/** The resources that an entry of a document may give. */
export type EntryType =
  | 'Appointment'
  | 'ServiceRequest'
  | 'Procedure'
  | 'Goal'
  | 'Condition'
  | 'AllergyIntolerance'
  | 'MedicationRequest'
  | 'MedicationStatement'
  | 'Immunization'
  | 'Consent'
  | 'Device';

/**
 * One resource that a document gives. The fold adds id, identifier, subject, and what follows from the versions of the document. A reference
 * to another entry is `entry:<key>`.
 */
export interface DocumentEntry {
  type: EntryType;
  /**
   * Names the entry within its document, the same in every version that has it: by template and place, since ids of entries repeat within a
   * document.
   */
  key: string;
  /** Contributions to the resource; `field` of an element is the path of the entry that contributes. */
  resource: Fragment;
}

/** A step of a plan: an entry of the document, or what is only words. */
export type DocumentActivity = { entry: string } | { detail: CarePlanActivityDetail; trace: Trace[] };

/** A care plan that a document states. */
export interface DocumentPlan {
  /** As of an entry. */
  key: string;
  /** Contributions to CarePlan: title, status, period, text, category … */
  resource: Fragment;
  activities: DocumentActivity[];
  /** Keys of entries: Goal, Condition. */
  goals: string[];
  addresses: string[];
}

/** One version of a document, read: all that the fold of its set needs. */
export interface DocumentBody {
  /** What names this version: ClinicalDocument/id, Bundle.identifier, as `system|value`. */
  id: string;
  /** What names the document in all its versions (ClinicalDocument/setId). */
  set?: string;
  /** ClinicalDocument/versionNumber. */
  version?: number;
  /** Ids of the versions that it takes the place of (relatedDocument RPLC, TXA-13). */
  replaces: string[];
  request: DocumentRequest;
  /** SHA-1 of the document's bytes, in lower-case hex. */
  sha1: string;
  /** Which document of its message it is, from 0: with the message's id it names the bytes. */
  part: number;
  /** ClinicalDocument/effectiveTime as FHIR writes it, as exact as it was given. */
  writtenAt: string;
  /** Contributions to DocumentReference; status, relatesTo, subject and context.encounter are the fold's. */
  reference: Fragment;
  /** It is not to be shown to professionals (MASQUE_PS): nobody is told of it. */
  masked: boolean;
  /** Whom the document puts in the circle. */
  members: MemberBody[];
  plans: DocumentPlan[];
  entries: DocumentEntry[];
}

/** The name under which the members of a document stand in the projection of the circle, beside those of stays. */
export function documentStay(documentKey: string): string {
  return `document|${documentKey}`;
}

/** The thread of the events of a document itself. */
export function documentThread(documentKey: string): string {
  return `document|${documentKey}`;
}

/** A structure as facts name it. */
export interface FacilityRef {
  /** `Organization/<id>`. */
  organization: string;
  label: string;
  /** `system|value`. */
  identifier?: string;
}

/**
 * What a document says of a stay (encompassingEncounter). Under a number it is a fact of that stay; without one the fold finds the stay by
 * facility and time.
 */
export interface VisitBody {
  /** As in DocumentBody, and all by which its other versions may be known: set, and the ids that it replaces. */
  document: string;
  version?: number;
  keys: string[];
  /** The document is deleted: it says nothing of the stay any more. */
  withdrawn: boolean;
  facility?: FacilityRef;
  /** Instants or dates. */
  begin?: string;
  end?: string;
  /** Contributions to Encounter: class, type, identifier, hospitalization.dischargeDisposition … */
  encounter: Fragment;
  trace: Trace[];
}
