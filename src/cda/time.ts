import { withOffset, type MessageClock } from '../message/zone.js';
import type { XmlElement } from './element.js';

/** A time that is there and cannot be read. It stands for nothing, and somebody is to know. */
export type Malformed = 'malformed';

const FORM =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * A TS as FHIR writes it: a year, a month or a day as exact as it was given, a time with its seconds and an offset always. `2400` is midnight
 * of the next day. Zeros for month or day stand for what is not known (`19480500` → `1948-05`).
 * @returns undefined where nothing is said, or that there is no end: a year from 2099 on
 */
export function readTimestamp(text: string, clock: MessageClock): string | Malformed | undefined {
  const value = text.trim();
  if (value === '' || OPEN_END.test(value)) return undefined;
  return dateTimeOf(value, clock) ?? 'malformed';
}

const OPEN_END = /^(2099|2[1-9]\d\d|[3-9]\d{3})/;

/** The same of an element; undefined also where it has a nullFlavor. */
export function readTime(element: XmlElement | undefined, clock: MessageClock): string | Malformed | undefined {
  const { value = '', nullFlavor } = element?.attributes ?? {};
  return nullFlavor === undefined ? readTimestamp(value, clock) : undefined;
}

/** The day of a TS, or its month or year: a day that its month does not have stands for one that is not known, as in HL7 v2. */
export function readDate(text: string): string | Malformed | undefined {
  const value = text.trim();
  if (value === '') return undefined;
  const [, year, month, day = '00'] = FORM.exec(value) ?? [];
  if (year === undefined || Number(day) > 31) return 'malformed';
  return dateOf(year, month, day) ?? dateOf(year, month) ?? 'malformed';
}

/** The instant of a TS that says its day at least: of a day its first, in the zone. */
export function readInstant(text: string, clock: MessageClock): string | Malformed | undefined {
  const time = readTimestamp(text, clock);
  if (time === undefined || time === 'malformed') return time;
  return time.length < 10 ? 'malformed' : instantOf(time, clock.zone);
}

/** The instant of a FHIR date or dateTime: of a date its first, in the zone. */
export function instantOf(time: string, zone: string): string {
  return time.includes('T') ? time : withOffset(`${`${time}-01-01`.slice(0, 10)}T00:00:00`, { zone });
}

function dateTimeOf(value: string, clock: MessageClock): string | undefined {
  const match = FORM.exec(value);
  if (match === null) return undefined;
  const [, year = '', month, day, hour, minute = '00', second = '00', fraction, offset] = match;
  const date = dateOf(year, month, day);
  if (date === undefined || hour === undefined) return date;
  // A time of a day that is not one is no time.
  if (date.length < 10) return undefined;
  const isEndOfDay = hour === '24' && Number(minute) === 0 && Number(second) === 0;
  if ((Number(hour) > 23 && !isEndOfDay) || Number(minute) > 59 || Number(second) > 59) return undefined;
  const whole = isEndOfDay ? `${nextDay(date)}T00:00:00` : `${date}T${hour}:${minute}:${second}`;
  const local = fraction === undefined ? whole : `${whole}.${fraction}`;
  if (offset === undefined) return withOffset(local, clock);
  const own = isoOffset(offset);
  return own && local + own;
}

function dateOf(year: string, month = '00', day = '00'): string | undefined {
  if (year === '0000' || Number(month) > 12) return undefined;
  if (month === '00') return day === '00' ? year : undefined;
  if (day === '00') return `${year}-${month}`;
  const date = `${year}-${month}-${day}`;
  const moment = Date.parse(`${date}T00:00:00Z`);
  // Some engines roll the 31st of a short month over into the next.
  return !Number.isNaN(moment) && new Date(moment).toISOString().startsWith(date) ? date : undefined;
}

function nextDay(date: string): string {
  return new Date(Date.parse(`${date}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** R4 knows offsets up to 14 hours. */
function isoOffset(offset: string): string | undefined {
  if (offset === 'Z') return 'Z';
  const [hours, minutes] = [offset.slice(1, 3), offset.slice(3).replace(':', '') || '00'];
  if (Number(hours) > 14 || Number(minutes) > 59 || (hours === '14' && minutes !== '00')) return undefined;
  return `${offset.charAt(0)}${hours}:${minutes}`;
}
