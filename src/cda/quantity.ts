import type { Quantity, Range } from 'fhir/r4.js';
import type { XmlElement } from './element.js';
import { childOf } from './path.js';

const UCUM = 'http://unitsofmeasure.org';
const DECIMAL = /^[+-]?(\d{1,18}(\.\d{1,18})?|\.\d{1,18})$/;
/** What a unit of UCUM can look like: printable ASCII without blanks, and not a mere number, which is a code of another system. */
const UNIT = /^(?!\d+$)[!-~]{1,60}$/;

/** A PQ, INT or REAL. Undefined where there is no number. */
export function readQuantity(element: XmlElement | undefined): Quantity | undefined {
  const value = element?.attributes['value']?.trim() ?? '';
  if (element === undefined || !DECIMAL.test(value)) return undefined;
  const quantity: Quantity = { value: Number(value) };
  const unit = element.attributes['unit']?.trim() ?? '';
  if (unit === '' || unit === '1') return quantity;
  return UNIT.test(unit) ? { ...quantity, unit, system: UCUM, code: unit } : { ...quantity, unit };
}

/** An IVL_PQ as a range; a PQ as one of a single value. */
export function readRange(element: XmlElement | undefined): Range | undefined {
  if (element === undefined) return undefined;
  const single = readQuantity(element);
  const low = readQuantity(childOf(element, 'low')) ?? single;
  const high = readQuantity(childOf(element, 'high')) ?? single;
  if (low === undefined && high === undefined) return undefined;
  return { ...(low === undefined ? {} : { low }), ...(high === undefined ? {} : { high }) };
}

/** The units of time of FHIR, and what French writers put in their place. */
const TIME_UNITS: ReadonlyMap<string, 's' | 'min' | 'h' | 'd' | 'wk' | 'mo' | 'a'> = new Map([
  ['s', 's'],
  ['min', 'min'],
  ['h', 'h'],
  ['d', 'd'],
  ['wk', 'wk'],
  ['mo', 'mo'],
  ['a', 'a'],
  ['J', 'd'],
  ['j', 'd'],
]);

/** A PQ of time, e.g. the period of a PIVL_TS: `12 h`. Undefined where it is none, or its unit no unit of time. */
export function readDuration(
  element: XmlElement | undefined,
): { value: number; unit: 's' | 'min' | 'h' | 'd' | 'wk' | 'mo' | 'a' } | undefined {
  const value = readQuantity(element)?.value;
  const unit = TIME_UNITS.get(element?.attributes['unit']?.trim() ?? '');
  return value === undefined || unit === undefined ? undefined : { value, unit };
}
