/** A number of the patient, by its system. */
export interface HeadIdentifier {
  system: string;
  value: string;
}

/** By which a patient's national identity is told from another's. '' where the document does not say. */
export interface HeadTraits {
  birthName: string;
  given: string;
  /** FHIR's code. */
  sex: string;
  /** A FHIR date. */
  birthDate: string;
  /** INSEE code (COG). */
  birthPlace: string;
}

/** What the checks before the answer ask of a document. Plain data. */
export interface DocumentHead {
  /** `system|value`; undefined where the document has none. */
  key: string | undefined;
  set: string | undefined;
  version: number | undefined;
  /** Ids of the versions that it says it replaces. */
  replaces: readonly string[];
  /** Code of the document's type. */
  type: string;
  patients: number;
  identifiers: readonly HeadIdentifier[];
  traits: HeadTraits;
  /** Numbers of its authors, their organisations and its custodian, each as `person|…` or `organisation|…`. */
  parties: readonly string[];
}
