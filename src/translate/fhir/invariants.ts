import type { CodeableConcept, Quantity } from 'fhir/r4.js';
import { MAX_NUMBER } from '../../cda/instance-identifier.js';
import { isUnknownCode } from '../../cda/hl7-codes.js';
import { comparable, isBefore } from '../../message/period.js';

/** The elements of what was taken, by name. */
export type Parts = Readonly<Record<string, unknown>>;

/**
 * What R4 demands of a datatype or resource as a whole, by its constraints: what breaks one is taken without the elements that do, or not at
 * all.
 */
export function consistent(type: string, parts: Parts): Parts | undefined {
  return CONSTRAINTS.get(type)?.(parts) ?? (CONSTRAINTS.has(type) ? undefined : parts);
}

const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
const VERIFICATION = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const ALLERGY_CLINICAL = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical';
const ALLERGY_VERIFICATION = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';

const CONSTRAINTS: ReadonlyMap<string, (parts: Parts) => Parts | undefined> = new Map([
  ['Period', period],
  [
    'Coding',
    (parts) => (isUnknownCode(parts['system'] as string | undefined, String(parts['code'])) ? undefined : parts),
  ],
  [
    'Identifier',
    (parts) => (String(parts['system']).length + String(parts['value']).length > 2 * MAX_NUMBER ? undefined : parts),
  ],
  // qty-3
  ['Quantity', (parts) => (parts['system'] === undefined ? without(parts, ['code']) : parts)],
  ['Duration', timeSpan],
  ['Age', timeSpan],
  ['Range', range],
  // rat-1
  ['Ratio', (parts) => (has(parts, 'numerator') === has(parts, 'denominator') ? parts : undefined)],
  ['TimingRepeat', (parts) => (isRhythm(parts) ? parts : undefined)],
  // gol-1
  ['GoalTarget', (parts) => (has(parts, 'measure') ? parts : filled(without(parts, choiceOf(parts, 'detail'))))],
  ['Condition', condition],
  ['AllergyIntolerance', allergy],
  ['Appointment', appointment],
]);

/** per-1 */
function period(parts: Parts): Parts | undefined {
  const { start, end } = parts;
  if (typeof start !== 'string' || typeof end !== 'string') return parts;
  if (isBefore(end, start)) return undefined;
  const [from, to] = comparable(start, end);
  return { start: from, end: to };
}

/** drt-1, age-1: a number of a unit of time. */
function timeSpan(parts: Parts): Parts | undefined {
  const isCoded =
    parts['system'] === 'http://unitsofmeasure.org' && /^(s|min|h|d|wk|mo|a)$/.test(String(parts['code']));
  return isCoded ? parts : undefined;
}

/** rng-2 */
function range(parts: Parts): Parts | undefined {
  const [low, high] = [parts['low'], parts['high']] as (Quantity | undefined)[];
  const inverted = low?.value !== undefined && high?.value !== undefined && low.value > high.value;
  return inverted && low.unit === high.unit ? undefined : parts;
}

/** tim-1 to tim-10 */
function isRhythm(parts: Parts): boolean {
  const needs = (name: string, other: string) => !has(parts, name) || has(parts, other);
  const isPositive = (name: string) => !has(parts, name) || Number(parts[name]) >= 0;
  return (
    has(parts, 'duration') === has(parts, 'durationUnit') &&
    has(parts, 'period') === has(parts, 'periodUnit') &&
    needs('durationMax', 'duration') &&
    needs('periodMax', 'period') &&
    needs('countMax', 'count') &&
    isPositive('duration') &&
    isPositive('period') &&
    !(has(parts, 'timeOfDay') && has(parts, 'when'))
  );
}

/** con-4, and the required bindings of both states: an end without a state is one of a problem that is over. */
function condition(parts: Parts): Parts {
  const coded = bound(parts, 'clinicalStatus', CLINICAL, CLINICAL_CODES);
  const stated = bound(coded, 'verificationStatus', VERIFICATION, VERIFICATION_CODES);
  const ends = choiceOf(stated, 'abatement');
  if (ends.length === 0) return stated;
  const state = codesIn(stated['clinicalStatus']);
  if (state.length === 0) return { ...stated, clinicalStatus: { coding: [{ system: CLINICAL, code: 'resolved' }] } };
  return state.some((code) => OVER.has(code)) ? stated : without(stated, ends);
}

const OVER = new Set(['inactive', 'remission', 'resolved']);
const CLINICAL_CODES = new Set(['active', 'recurrence', 'relapse', ...OVER]);
const VERIFICATION_CODES = new Set(['unconfirmed', 'provisional', 'differential', 'confirmed']);

/** ait-1, and the required bindings of both states. */
function allergy(parts: Parts): Parts | undefined {
  const coded = bound(parts, 'clinicalStatus', ALLERGY_CLINICAL, new Set(['active', 'inactive', 'resolved']));
  if (!has(coded, 'clinicalStatus')) return undefined;
  return bound(coded, 'verificationStatus', ALLERGY_VERIFICATION, new Set(['unconfirmed', 'confirmed']));
}

/** app-2 to app-4: an appointment that is made has its times. */
function appointment(parts: Parts): Parts {
  const [start, end, status] = [parts['start'], parts['end'], String(parts['status'])];
  const isSlot = typeof start === 'string' && typeof end === 'string' && !isBefore(end, start);
  const timed = isSlot ? parts : without(parts, ['start', 'end', 'minutesDuration']);
  const may = isSlot || TIMELESS.has(status) ? timed : { ...timed, status: 'proposed' };
  return UNMADE.has(status) ? may : without(may, ['cancelationReason']);
}

const TIMELESS = new Set(['proposed', 'cancelled', 'waitlist']);
const UNMADE = new Set(['cancelled', 'noshow']);

function bound(parts: Parts, name: string, system: string, codes: ReadonlySet<string>): Parts {
  const { coding = [], ...concept } = (parts[name] ?? {}) as CodeableConcept;
  const own = coding.filter((code) => code.system === system && codes.has(code.code ?? ''));
  return own.length === 0 ? without(parts, [name]) : { ...parts, [name]: { ...concept, coding: own } };
}

function codesIn(concept: unknown): string[] {
  return ((concept as CodeableConcept | undefined)?.coding ?? []).flatMap(({ code }) => code ?? []);
}

function has(parts: Parts, name: string): boolean {
  return parts[name] !== undefined;
}

/** The elements of a choice that are there: `abatementDateTime` of abatement[x]. */
function choiceOf(parts: Parts, choice: string): string[] {
  return Object.keys(parts).filter((name) => name.startsWith(choice) && /^[A-Z]/.test(name.slice(choice.length)));
}

function without(parts: Parts, names: readonly string[]): Parts {
  return Object.fromEntries(Object.entries(parts).filter(([name]) => !names.includes(name)));
}

function filled(parts: Parts): Parts | undefined {
  return Object.keys(parts).length === 0 ? undefined : parts;
}
