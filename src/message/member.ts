import type { Trace } from './fragment.js';

/** A statement of a source that somebody is of the circle, or no longer is. */
export interface MemberBody {
  action: 'add' | 'end';
  /** `PractitionerRole/<id>`, `Organization/<id>`, or `contact:<key>` for a person that a `contact` fact describes. */
  person: string;
  /** Coding of CareTeam.participant.role. */
  role: { system: string; code: string; display: string };
  label: string;
  /** `system|value` as the directory knows it: RPPS, FINESS … */
  identifier?: string;
  /** Family name: a professional is a number and a family name. */
  family?: string;
  /** Members of a stay (trusted person, doctors behind PV1) end with it; those of the patient do not. */
  scope: 'patient' | 'stay';
  /** What kind of statement it is: the segment that makes it (ROL, PD1, NK1 …). */
  basis: string;
  /** ZBE-1 of the movement that it came with: a cancelled movement takes its statements of the stay along. */
  movement?: string;
  /** ROL-5/6, NK1-8/9 where given, instants or dates; `null` = erased. */
  begin?: string | null;
  end?: string | null;
  trace: Trace[];
}
