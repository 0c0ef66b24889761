import type { CodeableConcept } from 'fhir/r4.js';
import { concernStatus, hasTemplate } from './statement.js';
import type { EntrySurroundings } from './surroundings.js';
import type { Unit } from './unit.js';

const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const CATEGORY = 'http://terminology.hl7.org/CodeSystem/condition-category';

/** Section of past illnesses, and of the diagnosis at discharge: CI-SIS, IHE PCC. */
const HISTORY = ['1.2.250.1.213.1.1.2.134', '1.3.6.1.4.1.19376.1.5.3.1.3.8'];
const DIAGNOSIS = ['1.2.250.1.213.1.1.2.133', '1.3.6.1.4.1.19376.1.5.3.1.3.7'];

/**
 * A problem: denied, it is refuted and never active. Its status is the one that is given; else what its end, the concern around it and its section
 * say. One that is over has a status that allows it (R4 con-4).
 */
export function finishCondition(unit: Unit, { writtenAt }: EntrySurroundings): boolean {
  const code = unit.value<CodeableConcept>('code');
  if (code === undefined || saysNothing(code)) return false;
  keepCoded(unit, 'clinicalStatus', CLINICAL);
  keepCoded(unit, 'verificationStatus', VERIFICATION);
  if (unit.negated) {
    unit.set('verificationStatus', coded(VERIFICATION, 'refuted'), 'negation');
    unit.set('clinicalStatus', coded(CLINICAL, 'inactive'), 'negation');
    unit.drop('severity');
  }
  const refuted = codeIn(unit, 'verificationStatus', VERIFICATION);
  if (refuted === 'entered-in-error') unit.drop('clinicalStatus');
  else if (isNoneAtAll(code)) unit.drop('clinicalStatus');
  else if (refuted === 'refuted') unit.set('clinicalStatus', coded(CLINICAL, 'inactive'), 'negation');
  else if (!unit.has('clinicalStatus')) {
    const status = statusOf(unit, writtenAt);
    if (status !== undefined) unit.set('clinicalStatus', coded(CLINICAL, status), 'condition-status');
  }
  if (!['inactive', 'remission', 'resolved'].includes(codeIn(unit, 'clinicalStatus', CLINICAL) ?? ''))
    unit.drop('abatementDateTime');
  if (!isNoneAtAll(code)) {
    const category = isDiagnosis(unit) ? 'encounter-diagnosis' : 'problem-list-item';
    unit.set('category', [coded(CATEGORY, category)], 'condition-category');
  }
  return true;
}

/** Of a diagnosis at discharge the concern says only that the entry is complete. */
function statusOf(unit: Unit, writtenAt: string): string | undefined {
  const end = unit.value<string>('abatementDateTime');
  if (end !== undefined && isPast(end, writtenAt)) return 'resolved';
  if (isDiagnosis(unit)) return undefined;
  const state = concernStatus(unit.place);
  if (state === 'completed' || state === 'aborted' || state === 'suspended') return 'inactive';
  if (state === 'active') return 'active';
  return hasTemplate(unit.section.place, HISTORY) ? 'inactive' : 'active';
}

function isDiagnosis({ section }: Unit): boolean {
  return hasTemplate(section.place, DIAGNOSIS);
}

/** Is a date, as exact as it is given, before that of the document? */
export function isPast(date: string, writtenAt: string): boolean {
  return date.slice(0, 10) < writtenAt.slice(0, 10);
}

export function coded(system: string, code: string): CodeableConcept {
  return { coding: [{ system, code }] };
}

/** The code of a concept within a system. */
export function codeIn(unit: Unit, path: string, system: string): string | undefined {
  return unit.value<CodeableConcept>(path)?.coding?.find((coding) => coding.system === system)?.code;
}

/** A status is one of a required value set: words alone are none. */
export function keepCoded(unit: Unit, path: string, system: string): void {
  if (unit.has(path) && codeIn(unit, path, system) === undefined) unit.drop(path);
}

const ABSENT_UNKNOWN = 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips';

/** `no-allergy-info`: that nothing is said of it. */
export function saysNothing(concept: CodeableConcept): boolean {
  return (
    concept.coding?.some(({ system, code }) => system === ABSENT_UNKNOWN && code?.endsWith('-info') === true) === true
  );
}

/** `no-known-problems`: that there is none. */
export function isNoneAtAll(concept: CodeableConcept): boolean {
  return (
    concept.coding?.some(({ system, code }) => system === ABSENT_UNKNOWN && code?.startsWith('no-known-') === true) ===
    true
  );
}
