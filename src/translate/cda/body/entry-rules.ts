import type { EntryType } from '../../../message/document.js';
import { finishAllergy } from './allergy.js';
import { finishCondition } from './condition.js';
import { finishMedicationRequest, finishMedicationStatement } from './medication.js';
import { finishImmunization, finishProcedure } from './performed.js';
import { finishAppointment, finishConsent, finishGoal, finishServiceRequest } from './planned.js';
import type { EntryRule, EntrySurroundings } from './surroundings.js';
import type { Unit } from './unit.js';

const RULES: ReadonlyMap<string, EntryRule> = new Map<EntryType, EntryRule>([
  ['Appointment', finishAppointment],
  ['ServiceRequest', finishServiceRequest],
  ['Goal', finishGoal],
  ['Consent', finishConsent],
  ['Procedure', finishProcedure],
  ['Immunization', finishImmunization],
  ['Condition', finishCondition],
  ['AllergyIntolerance', finishAllergy],
  ['MedicationRequest', finishMedicationRequest],
  ['MedicationStatement', finishMedicationStatement],
]);

export function isEntryType(target: string): target is EntryType {
  return RULES.has(target);
}

/** Makes the resource of a unit complete; false where there is none. */
export function finishEntry(unit: Unit, surroundings: EntrySurroundings): boolean {
  return RULES.get(unit.target)?.(unit, surroundings) ?? false;
}
