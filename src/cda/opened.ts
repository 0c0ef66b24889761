import type { Bundle } from 'fhir/r4.js';
import type { DocumentRequest } from '../message/document.js';
import type { XmlElement } from './element.js';

/** Whom a message names about its document (PRT-4): who sends it, who gets it, to whom answers go. */
export interface CarriedParticipant {
  role: 'SB' | 'RCT' | 'REPLY';
  /** Numbers as they were written, without their authority's name. */
  person?: string;
  organisation?: string;
  /** Address of secure mail (PRT-15.4). */
  address?: string;
}

/** Where the sender of a message wants its document to go, and what he wants to hear of it. */
export interface CarriedRouting {
  /** The national record (DMP), the mailboxes of professionals and organisations, the mailbox of the patient. */
  to: readonly ('DMP' | 'PS' | 'PAT')[];
  /** The patient's record is open to its access in secret alone (minors). */
  secret: boolean;
  /** ACK_RECEPTION and ACK_LECTURE_MSS. */
  acknowledge: readonly ('reception' | 'reading')[];
  /** The patient is not to answer (X-MSS-MES: FIN). */
  final: boolean;
}

/** What travels beside a document: in METADATA.XML of its package, in the segments of its message. */
export interface Carriage {
  /** Undefined where the carrier does not say: the document itself does. */
  request?: DocumentRequest;
  /** Ids of the documents that the carrier says it replaces, as `system|value`. */
  replaces: readonly string[];
  /** MASQUE_PS, INVISIBLE_PATIENT, INVISIBLE_REPRESENTANTS_LEGAUX: those that are set. */
  masks: readonly ('MASQUE_PS' | 'INVISIBLE_PATIENT' | 'INVISIBLE_REPRESENTANTS_LEGAUX')[];
  /** Codings that METADATA gives beside the document: XDS classCode, formatCode, by name. */
  metadata?: Readonly<Record<string, { system: string; code: string; display?: string }>>;
  participants?: readonly CarriedParticipant[];
  /** Absent: the carrier says nothing of it. */
  routing?: CarriedRouting;
  /** The confidentiality alone has changed (MODIF_CONF_CODE). */
  confidentialityOnly?: true;
  /** How far the sender of the message trusts the identity of its patient (PID-32), as it was written. */
  reliability?: string;
  /** When the carrier was made (XDS submissionTime, MSH-7), an instant. */
  sentAt?: string;
}

interface OpenedBase {
  /** Which document of its message it is, from 0. */
  part: number;
  /** The bytes of the document itself, as they came. */
  bytes: Buffer;
  /** Of these bytes. */
  sha1: string;
  /** `text/xml`, `application/xslt+xml` for one that presents itself, `application/fhir+json`. */
  mediaType: string;
  carriage: Carriage;
  /** What was read otherwise than as it was declared, or does not agree and does no harm: sentences free of content. */
  warnings: readonly string[];
}

/** A document out of its package, safe to read: size, hash, encoding and limits are checked. */
export type OpenedDocument = OpenedBase &
  (
    | { format: 'cda'; /** ClinicalDocument. */ root: XmlElement }
    | { format: 'fhir'; /** A Bundle of type document. */ bundle: Bundle }
  );
