import type { Unit } from './unit.js';

/** An act that is denied was not done. */
export function finishProcedure(unit: Unit): boolean {
  if (!unit.has('code')) return false;
  if (unit.negated) unit.set('status', 'not-done', 'negation');
  else if (!unit.has('status')) unit.set('status', 'unknown', 'performed');
  return true;
}

const ABSENT = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** A vaccination without a date has one that is not known: R4 requires the element. */
export function finishImmunization(unit: Unit): boolean {
  if (!unit.has('vaccineCode')) return false;
  if (unit.negated) unit.set('status', 'not-done', 'negation');
  else if (!unit.has('status')) unit.set('status', 'completed', 'performed');
  if (!unit.has('occurrenceDateTime'))
    unit.set('_occurrenceDateTime', { extension: [{ url: ABSENT, valueCode: reasonOf(unit) }] }, 'absent');
  return true;
}

/** CDA NullFlavor → data-absent-reason. */
const REASONS: ReadonlyMap<string, string> = new Map([
  ['ASKU', 'asked-unknown'],
  ['MSK', 'masked'],
  ['NA', 'not-applicable'],
  ['NASK', 'not-asked'],
  ['NAV', 'temp-unknown'],
]);

function reasonOf({ place }: Unit): string {
  const [time] = place.children('effectiveTime');
  return REASONS.get(time?.attribute('nullFlavor') ?? '') ?? 'unknown';
}
