import { offsetsAt, offsetText } from '../message/zone.js';
import type { XmlElement } from './element.js';

/** A time that is there and cannot be read. It stands for nothing, and somebody is to know. */
export type Malformed = 'malformed';

const FORM =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.(\d{1,9}))?)?)?)?)?)?(Z|[+-]\d{2}(?::?\d{2})?)?$/;

/**
 * A TS as FHIR writes it: a year, a month or a day as exact as it was given, a time with its seconds and an offset always. `2400` is midnight
 * of the next day. Zeros for month or day stand for what is not known (`19480500` → `1948-05`).
 * @param zone IANA zone of a time without an offset; of the hour that a change of clocks doubles the earlier is meant
 * @returns undefined where nothing is said, or no value (nullFlavor)
 */
export function readTime(element: XmlElement | undefined, zone: string): string | Malformed | undefined {
  const value = valueOf(element);
  return value === undefined ? undefined : (dateTimeOf(value, zone) ?? 'malformed');
}

/** The instant of a FHIR date or dateTime: of a date its first, in the zone. */
export function instantOf(time: string, zone: string): string {
  if (time.includes('T')) return time;
  const day = `${time}-01-01`.slice(0, 10);
  return `${day}T00:00:00${offsetOf(Date.parse(`${day}T00:00:00Z`), zone)}`;
}

function valueOf(element: XmlElement | undefined): string | undefined {
  const value = element?.attributes['value']?.trim();
  return value === undefined || value === '' ? undefined : value;
}

function dateTimeOf(value: string, zone: string): string | undefined {
  const match = FORM.exec(value);
  if (match === null) return undefined;
  const [, year = '', month, day, hour, minute = '00', second = '00', fraction, offset] = match;
  const date = dateOf(year, month, day);
  if (date === undefined || hour === undefined) return date;
  // A time of a day that is not one is no time.
  if (date.length < 10) return undefined;
  const isEndOfDay = hour === '24' && Number(minute) === 0 && Number(second) === 0;
  if ((Number(hour) > 23 && !isEndOfDay) || Number(minute) > 59 || Number(second) > 59) return undefined;
  const local = isEndOfDay ? `${nextDay(date)}T00:00:00` : `${date}T${hour}:${minute}:${second}`;
  const ownOffset = offset === undefined ? offsetOf(Date.parse(`${local}Z`), zone) : isoOffset(offset);
  return ownOffset && `${local}${fraction === undefined ? '' : `.${fraction}`}${ownOffset}`;
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

function offsetOf(local: number, zone: string): string {
  return offsetText(offsetsAt(local, zone)[0] ?? 0);
}

/** R4 knows offsets up to 14 hours. */
function isoOffset(offset: string): string | undefined {
  if (offset === 'Z') return 'Z';
  const [hours, minutes] = [offset.slice(1, 3), offset.slice(3).replace(':', '') || '00'];
  if (Number(hours) > 14 || Number(minutes) > 59 || (hours === '14' && minutes !== '00')) return undefined;
  return `${offset.charAt(0)}${hours}:${minutes}`;
}
