import type { Period, Quantity } from 'fhir/r4.js';
import { comparable, isBefore } from '../message/period.js';
import type { XmlElement } from './element.js';
import { childOf } from './path.js';
import { readQuantity } from './quantity.js';
import type { MessageClock } from '../message/zone.js';
import { readTime, type Malformed } from './time.js';

/** An IVL_TS, bound by bound: those that are given and can be read. */
export interface Interval {
  /** A single moment (`@value`). */
  value?: string;
  low?: string;
  high?: string;
  center?: string;
  width?: Quantity;
  /** A bound that is there could not be read, or the end comes before the begin. */
  malformed: boolean;
}

/**
 * Reads an IVL_TS, or a TS as one that has a single moment.
 * @returns undefined where it says nothing
 */
export function readInterval(element: XmlElement | undefined, clock: MessageClock): Interval | undefined {
  if (element === undefined) return undefined;
  const times: [name: 'value' | 'low' | 'high' | 'center', time: string | Malformed | undefined][] = [
    ['value', readTime(element, clock)],
    ['low', readTime(childOf(element, 'low'), clock)],
    ['high', readTime(childOf(element, 'high'), clock)],
    ['center', readTime(childOf(element, 'center'), clock)],
  ];
  const width = readQuantity(childOf(element, 'width'));
  const interval: Interval = { malformed: times.some(([, time]) => time === 'malformed') };
  for (const [name, time] of times) if (time !== undefined && time !== 'malformed') interval[name] = time;
  if (width !== undefined) interval.width = width;
  if (interval.low !== undefined && interval.high !== undefined && isBefore(interval.high, interval.low)) {
    delete interval.low;
    delete interval.high;
    interval.malformed = true;
  }
  return Object.keys(interval).length === 1 && !interval.malformed ? undefined : interval;
}

/** The period of an interval by its bounds; a single moment is begin and end. Undefined where it has neither. */
export function periodOf({ value, low, high }: Interval): Period | undefined {
  const start = low ?? value;
  const end = high ?? (low === undefined ? value : undefined);
  if (start === undefined) return end === undefined ? undefined : { end };
  if (end === undefined) return { start };
  const [from, to] = comparable(start, end);
  return { start: from, end: to };
}
