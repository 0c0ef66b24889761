import type { CodeableConcept, Dosage, Period, Quantity, Range, Ratio, Timing, TimingRepeat } from 'fhir/r4.js';
import type { Unit } from './unit.js';

/** How medication is taken, from what rows read of it; undefined where nothing is said. */
export function dosageOf(unit: Unit): Dosage | undefined {
  const timing = timingOf(unit);
  const [dose, rate] = [unit.value<Quantity | Range>('dose'), unit.value<Quantity | Range>('rate')];
  const words = unit.values<string>('words').join(', ');
  const dosage: Dosage = {
    ...(words !== '' && { text: words }),
    ...part<'patientInstruction', string>(unit, 'patientInstruction'),
    ...(timing && { timing }),
    ...part<'site', CodeableConcept>(unit, 'site'),
    ...part<'route', CodeableConcept>(unit, 'route'),
    ...((dose !== undefined || rate !== undefined) && {
      doseAndRate: [{ ...inForm(dose, 'dose'), ...inForm(rate, 'rate') }],
    }),
    ...part<'maxDosePerPeriod', Ratio>(unit, 'maxDosePerPeriod'),
  };
  if (Object.keys(dosage).length === 0) return undefined;
  return { ...part<'sequence', number>(unit, 'sequence'), ...dosage };
}

function part<Name extends string, T>(unit: Unit, name: Name): Partial<Record<Name, T>> {
  const value = unit.value<T>(name);
  return value === undefined ? {} : ({ [name]: value } as Record<Name, T>);
}

function inForm(amount: Quantity | Range | undefined, name: 'dose' | 'rate'): Record<string, unknown> {
  if (amount === undefined) return {};
  return { [`${name}${'low' in amount || 'high' in amount ? 'Range' : 'Quantity'}`]: amount };
}

/** UCUM codes that Timing takes (R4 UnitsOfTime). */
type UnitOfTime = NonNullable<TimingRepeat['periodUnit']>;

interface Duration {
  value: number;
  code: UnitOfTime;
}

/** Once in each period, within bounds; a period in a unit that is none of time is left out. */
function timingOf(unit: Unit): Timing | undefined {
  const bounds = unit.value<Period>('bounds');
  const length = unit.value<Duration>('length');
  const every = unit.value<Duration>('every');
  const when = unit.values<NonNullable<TimingRepeat['when']>[number]>('when');
  const repeat: TimingRepeat = {
    ...(bounds && { boundsPeriod: withLength(bounds, length) }),
    ...(every && { frequency: 1, period: every.value, periodUnit: every.code }),
    ...(when.length > 0 && { when }),
  };
  if (bounds === undefined && length !== undefined)
    repeat.boundsDuration = {
      value: length.value,
      unit: length.code,
      system: 'http://unitsofmeasure.org',
      code: length.code,
    };
  const event = unit.values<string>('event');
  if (Object.keys(repeat).length === 0 && event.length === 0) return undefined;
  return { ...(event.length > 0 && { event }), ...(Object.keys(repeat).length > 0 && { repeat }) };
}

/** A period of so many days from its first day on ends with its last one. */
function withLength(bounds: Period, length: Duration | undefined): Period {
  const { start, end } = bounds;
  if (end !== undefined || length?.code !== 'd' || start === undefined || !/^\d{4}-\d\d-\d\d$/.test(start))
    return bounds;
  const last = new Date(`${start}T00:00:00Z`);
  last.setUTCDate(last.getUTCDate() + Math.max(1, Math.round(length.value)) - 1);
  return { start, end: last.toISOString().slice(0, 10) };
}
