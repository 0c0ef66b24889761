import type { DocumentRequest } from './document.js';

/** What the journal keeps of a document beside the bytes, so that later ones are checked against it before their answer. */
export interface DocumentClaim {
  /** Which document of its message it is, from 0. */
  part: number;
  /** Its id, as `system|value`: it stands for one content. */
  key: string;
  set?: string;
  version?: number;
  request: DocumentRequest;
  /** Of the document's bytes, in lower-case hex. */
  sha1: string;
  /** Who wrote it and whose it is: `person|<number>`, `organisation|<number>`. */
  parties: readonly string[];
}

/** What is asked of the store before a document is answered. */
export interface DocumentQuestion {
  /** Its message: has the same been kept before? */
  source: string;
  sender: string;
  controlId: string;
  /** Of the message, in hex. */
  sha256: string;
  /** Numbers of the patient, the INS among them, as `system|value`. */
  patients: readonly string[];
  /** Ids and sets of the documents, and ids of those that they replace. */
  documents: readonly string[];
}

/** A Patient as he stands, as far as a document is compared with him. '' where it is not known. */
export interface KnownPatient {
  /** All his numbers, as `system|value`. */
  identifiers: readonly string[];
  birthName: string;
  /** FHIR's code, and a FHIR date. */
  sex: string;
  birthDate: string;
  /** INSEE code. */
  birthPlace: string;
}

/** What the store knows of a document, its patient and its other versions. */
export interface DocumentKnowledge {
  /** The same bytes were kept under the same control id, and accepted: they get the same answer. */
  repeated: boolean;
  patients: readonly KnownPatient[];
  /** Of the documents that the question names by their id or set. */
  versions: readonly DocumentClaim[];
}
