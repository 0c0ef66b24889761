import type { Source } from './stay.js';

/** One time that somebody spends in a circle, in one role: a row of the `membership` projection. */
export interface Membership {
  /** `PractitionerRole/<id>`, `Organization/<id>` or `RelatedPerson/<id>`. */
  person: string;
  /** Coding of CareTeam.participant.role. */
  role: { system: string; code: string; display: string };
  label: string;
  /** Instants between which the member is of the circle; an absent end lasts. */
  from: string;
  to?: string;
  /**
   * No source gives the instant: it is when the document or the lifelong declaration that begins or ends it took effect. What a stay and its
   * movements bound is given by them.
   */
  fromDerived: boolean;
  toDerived: boolean;
  scope: 'patient' | 'stay';
  /** Stay key of a member of a stay; `documentStay` of one whom a document names. */
  stay?: string;
  /** Name of the source that states it, and the kind of statement: ROL, PD1, NK1, CDA, or PV1 for those whom a movement names. */
  source: string;
  basis: string;
  /** NK1-7 = P: neither told nor shown. */
  hidden: boolean;
  /** Member of a stay whose sight is restricted (PV2-22). */
  restricted: boolean;
  /** `system|value` of the professional or organisation, as the directory knows it. */
  identifier?: string;
  /** Family name of a professional. */
  family?: string;
  origin: Source;
  /** What ended it, where a statement did. */
  ended?: Source;
}

/** A relative, as the folds know him. */
export interface Contact {
  /** `RelatedPerson/<id>`. */
  person: string;
  label: string;
  /** Must be neither told nor shown, in whatever role. */
  hidden: boolean;
}
