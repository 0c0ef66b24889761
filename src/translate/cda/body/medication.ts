import type { CodeableConcept, Period } from 'fhir/r4.js';
import { isNoneAtAll, isPast, saysNothing } from './condition.js';
import { dosageOf } from './dosage.js';
import { hasTemplate, rootOf } from './statement.js';
import type { EntrySurroundings } from './surroundings.js';
import type { Unit } from './unit.js';

/** Sections of a prescription, of medication given; the model of the discharge letter: CI-SIS, IHE. */
const PRESCRIPTION = ['1.2.250.1.213.1.1.2.171', '1.3.6.1.4.1.19376.1.9.1.2.1'];
const ADMINISTERED = ['1.2.250.1.213.1.1.2.145', '1.3.6.1.4.1.19376.1.5.3.1.3.21'];
const DISCHARGE_LETTER = ['1.2.250.1.213.1.1.1.29'];

/** A product to be taken: ordered by a prescription, planned elsewhere. What is denied is not to be given. */
export function finishMedicationRequest(unit: Unit, { dosages }: EntrySurroundings): boolean {
  const product = unit.value<CodeableConcept>('medicationCodeableConcept');
  if (product === undefined || saysNothing(product) || isNoneAtAll(product)) return false;
  if (!unit.has('status')) unit.set('status', 'active', 'medication-request');
  if (hasTemplate(unit.section.place, PRESCRIPTION)) unit.set('intent', 'order', 'prescription');
  else if (!unit.has('intent')) unit.set('intent', 'plan', 'medication-request');
  if (unit.negated) unit.set('doNotPerform', true, 'negation');
  else takeDosages(unit, 'dosageInstruction', dosages);
  return true;
}

/** A product that is or was taken; what is denied is not taken. */
export function finishMedicationStatement(unit: Unit, { dosages, writtenAt }: EntrySurroundings): boolean {
  const product = unit.value<CodeableConcept>('medicationCodeableConcept');
  if (product === undefined || saysNothing(product)) return false;
  if (unit.negated && isNoneAtAll(product)) return false;
  unit.set('status', statementStatus(unit, product, writtenAt), unit.negated ? 'negation' : 'medication-status');
  if (!unit.negated && !isNoneAtAll(product)) takeDosages(unit, 'dosage', dosages);
  return true;
}

/**
 * By section: medication of now and of the admission is active until its end. What was given is completed; in a discharge letter the section
 * tells what was stopped during the stay.
 */
function statementStatus(unit: Unit, product: CodeableConcept, writtenAt: string): string {
  if (unit.negated) return 'not-taken';
  if (isNoneAtAll(product)) return 'unknown';
  const { place } = unit.section;
  if (hasTemplate(place, ADMINISTERED)) return hasTemplate(rootOf(place), DISCHARGE_LETTER) ? 'stopped' : 'completed';
  const end = unit.value<Period>('effectivePeriod')?.end;
  return end !== undefined && isPast(end, writtenAt) ? 'completed' : 'active';
}

/** The dosage of the whole, else those of its parts in their order. */
function takeDosages(unit: Unit, path: string, dosages: EntrySurroundings['dosages']): void {
  const made = (dosages.get(unit.place.element) ?? []).flatMap((part) => {
    const dosage = dosageOf(part);
    return dosage === undefined ? [] : [{ part, dosage }];
  });
  if (made.length === 0) return;
  unit.set(
    path,
    made.map(({ dosage }) => dosage),
    'dosage',
  );
  const element = unit.elements.at(-1);
  for (const [index, { part }] of made.entries())
    for (const [to, from, row] of part.traces()) element?.trace.push([`${path}[${String(index)}].${to}`, from, row]);
}
