import { membersAt } from '../circle/members-at.js';
import type { Membership } from '../message/membership.js';
import type { FoldedResource } from '../message/resource.js';
import type { FoldOptions } from '../message/stay.js';
import type { PatientWindow } from '../message/translation.js';
import { foldWindow } from './window.js';

/** A patient as he was at an instant. */
export interface PersonAt {
  anchor: string;
  patientId: string;
  /** Who was of his circle, those included who must not be notified. */
  members: Membership[];
  encounters: FoldedResource[];
}

/**
 * The people of a cluster as they were at an instant, as far as the facts say that are given: those known now, or those that were known at
 * another instant. The folded timelines are cut, never the facts: a correction that came later counts.
 * @param window every fact of the cluster that was known
 * @param asOf ISO 8601 with offset
 */
export function peopleAt(window: PatientWindow, asOf: string, fold: Omit<FoldOptions, 'now' | 'asOf'>): PersonAt[] {
  const whole = { ...window, whole: true };
  const complete = foldWindow(whole, { ...fold, now: asOf });
  const cut = foldWindow(whole, { ...fold, now: asOf, asOf });
  return complete.people.map(({ anchor, patientId, circle }) => ({
    anchor,
    patientId,
    members: membersAt(circle, asOf),
    encounters: [...(cut.people.find((person) => person.anchor === anchor)?.stays.values() ?? [])].map(
      ({ stay }) => stay.encounter,
    ),
  }));
}
