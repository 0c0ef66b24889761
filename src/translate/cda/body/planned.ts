import type { CodeableConcept, Coding, GoalTarget } from 'fhir/r4.js';
import { isFalse } from './statement.js';
import type { Unit } from './unit.js';

/** A request that is denied is one not to carry out (R4 ServiceRequest.doNotPerform). */
export function finishServiceRequest(unit: Unit): boolean {
  if (!unit.has('code')) return false;
  if (!unit.has('status')) unit.set('status', 'active', 'planned');
  if (!unit.has('intent')) unit.set('intent', 'plan', 'planned');
  if (unit.negated) unit.set('doNotPerform', true, 'negation');
  return true;
}

/** A meeting that is denied is none; one of which nothing is said neither. */
export function finishAppointment(unit: Unit): boolean {
  if (unit.negated) return false;
  if (!['description', 'serviceType', 'serviceCategory', 'requestedPeriod'].some((path) => unit.has(path)))
    return false;
  if (!unit.has('status')) unit.set('status', 'proposed', 'planned');
  return true;
}

/** A goal in words; a need that is answered with no is no goal. */
export function finishGoal(unit: Unit): boolean {
  if (unit.negated || !unit.has('description') || isAnsweredNo(unit)) return false;
  if (!unit.has('lifecycleStatus')) unit.set('lifecycleStatus', 'proposed', 'planned');
  const targets = unit.values<GoalTarget>('target').filter((target) => Object.keys(target).length > 0);
  unit.drop('target');
  if (targets.length > 0) unit.set('target', targets, 'goal-targets');
  return true;
}

/** BL false as the value of an observation. */
function isAnsweredNo({ place }: Unit): boolean {
  const value = place.child('value');
  return value?.attribute('xsi:type') === 'BL' && isFalse(value.attribute('value'));
}

const SCOPE: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/consentscope',
  code: 'adr',
  display: 'Advanced Care Directive',
};
const CATEGORY: Coding = {
  system: 'http://terminology.hl7.org/CodeSystem/consentcategorycodes',
  code: 'acd',
};
/** The law on which advance directives rest: a Consent names its policy (R4 ppc-1). */
const LAW = 'Code de la santé publique, article L1111-11 (directives anticipées)';

/** A directive that says which act it is about. */
export function finishConsent(unit: Unit): boolean {
  const about = unit.value<CodeableConcept[]>('category');
  if (unit.negated || about?.some(({ coding }) => coding !== undefined) !== true) return false;
  const { elements } = unit;
  const trace = elements.find(({ path }) => path === 'category');
  unit.set('status', 'active', 'directive');
  unit.set('scope', { coding: [SCOPE] }, 'directive');
  unit.set('policyRule', { text: LAW }, 'directive');
  if (unit.has('provision.type')) unit.set('provision.code', about, 'directive');
  unit.set('category', [{ coding: [CATEGORY] }, ...about], 'directive');
  if (trace !== undefined)
    elements.at(-1)?.trace.push(...trace.trace.map(([, from, row]) => ['category[1]', from, row] as const));
  return true;
}
