/**
 * What happened, as people are told it. A `bed-change` is a change of bed or tariff alone (ZBE-9 L, D), a `class-change` one between emergency,
 * outpatient and inpatient (A06, A07); a `leave` ends with a `return` (A21, A22); what is pending was announced (A15, A16). The last three are
 * what a document brings: itself, a plan, an appointment.
 */
export const HAPPENINGS = [
  'preadmission',
  'admission',
  'transfer',
  'bed-change',
  'class-change',
  'doctor-change',
  'leave',
  'return',
  'pending-transfer',
  'pending-discharge',
  'discharge',
  'document',
  'care-plan',
  'appointment',
] as const;

export type Happening = (typeof HAPPENINGS)[number];

/** Is it what a document brings, and not a movement of a stay? */
export function isOfDocument(happening: Happening): boolean {
  return happening === 'document' || happening === 'care-plan' || happening === 'appointment';
}

/** `patient-replaced`: the patient that somebody was told of is another from now on. */
export type EventKind = Happening | `${Happening}-cancelled` | 'correction' | 'patient-replaced';

export const EVENT_KINDS: readonly EventKind[] = [
  ...HAPPENINGS,
  ...HAPPENINGS.map((happening) => `${happening}-cancelled` as const),
  'correction',
  'patient-replaced',
];

/** Does the event take back or mend something that people were told, so that it goes to those who were? */
export function isCorrection(kind: EventKind): boolean {
  return kind === 'correction' || kind === 'patient-replaced' || kind.endsWith('-cancelled');
}

/** What an event is about. */
export interface About {
  type: 'stay' | 'document' | 'patient';
  /** Stay key, what names a document in all its versions, or the anchor of the patient. */
  key: string;
}

export interface Event {
  kind: EventKind;
  messageId: string;
  /** Anchor that names the patient. */
  patient: string;
  about: About;
  /** What a later correction follows: the movement, the document, its plan, its appointment; for a patient that is replaced his anchor. */
  thread: string;
  /** Instant that decides who is of the circle: of a discharge the end of the stay. */
  effectiveAt: string;
  /** What rules may ask: `nature`, `class`, `unit`; of documents `type` and `class`. */
  attributes: Readonly<Record<string, string>>;
}
