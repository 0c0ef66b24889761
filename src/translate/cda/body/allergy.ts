import type { CodeableConcept } from 'fhir/r4.js';
import { coded, codeIn, isNoneAtAll, keepCoded, saysNothing } from './condition.js';
import { concernStatus } from './statement.js';
import type { Unit } from './unit.js';

const CLINICAL = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

/** An allergy: denied, it is refuted and inactive. One that is stated and of which no status is given is active (R4 ait-1 wants one). */
export function finishAllergy(unit: Unit): boolean {
  const code = unit.value<CodeableConcept>('code');
  if (code === undefined || saysNothing(code)) return false;
  keepCoded(unit, 'clinicalStatus', CLINICAL);
  keepCoded(unit, 'verificationStatus', VERIFICATION);
  if (isNoneAtAll(code)) {
    // R4 §9.1.3: that there is no known allergy is itself what is recorded.
    if (unit.negated) return false;
    for (const path of ['type', 'category', 'criticality', 'reaction']) unit.drop(path);
  }
  if (unit.negated) unit.set('verificationStatus', coded(VERIFICATION, 'refuted'), 'negation');
  const verification = codeIn(unit, 'verificationStatus', VERIFICATION);
  if (verification === 'entered-in-error') unit.drop('clinicalStatus');
  else if (verification === 'refuted') unit.set('clinicalStatus', coded(CLINICAL, 'inactive'), 'negation');
  else if (!unit.has('clinicalStatus'))
    unit.set('clinicalStatus', coded(CLINICAL, isNoneAtAll(code) ? 'active' : statusOf(unit)), 'allergy-status');
  if (verification === 'refuted') for (const path of ['criticality', 'reaction']) unit.drop(path);
  return true;
}

/** The concern around it tells whether anybody is still concerned. */
function statusOf({ place }: Unit): string {
  const state = concernStatus(place);
  return state === 'completed' || state === 'aborted' ? 'inactive' : 'active';
}
