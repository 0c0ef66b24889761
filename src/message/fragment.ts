/**
 * Where one value comes from: the path inside the fragment or body (`name[0].family`), the HL7 path in the message (`PID-5[1].1`), and the
 * mapping row (`PID-Patient:name`) or fold rule (`rule:…`).
 */
export type Trace = readonly [to: string, from: string, row: string];

/**
 * What one source field contributes to one element of its target. A later contribution of the same field to the same element takes its
 * place; `value: null` (the field was sent as `""`, HL7 v2.5 §2.5.3) withdraws all that the field contributed, and nothing of its neighbours.
 */
export interface Element {
  /** FHIR element name, e.g. `birthDate`, `name`, `hospitalization.admitSource`, `extension`. */
  path: string;
  /** Segment and field that contributes, e.g. `PID-13`. */
  field: string;
  /** A list for elements that repeat. */
  value: unknown;
  trace: Trace[];
}

/** What mapping rows make of one or more segments for one target: contributions in the order of the rows. */
export interface Fragment {
  target: string;
  elements: Element[];
}
