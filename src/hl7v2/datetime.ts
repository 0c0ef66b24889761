import { offsetOfMoment, offsetsAt, offsetText, withOffset, type MessageClock } from '../message/zone.js';

const FORM =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,4})?)?)?)?)?)?([+-]\d{2}(?:\d{2})?)?$/;

/**
 * The clock of a message. An offset in MSH-7 that its zone does not have in that year is the default of the whole message; one of the
 * zone's own is no more than the offset of that moment, since a date of the other half of the year has the other.
 * @param msh7 an HL7 TS; where it is none, the zone alone reads the times
 * @param zone IANA zone of the source
 */
export function messageClock(msh7: string, zone: string): MessageClock {
  const parts = partsOf(msh7);
  const recordedAt = toInstant(msh7, { zone });
  if (parts === undefined || recordedAt === undefined) return { zone };
  if (parts.offset === undefined)
    return offsetsAt(localOf(parts), zone).length === 1 ? { zone, notAfter: recordedAt } : { zone };
  const offset = recordedAt.slice(-6);
  const ofZone = [Date.parse(recordedAt), ...momentsOf(Number(parts.year))].some(
    (moment) => offsetText(offsetOfMoment(moment, zone)) === offset,
  );
  return ofZone ? { zone, notAfter: recordedAt } : { zone, offset, notAfter: recordedAt };
}

/** Twice a month: no summer time, nor the break that some countries make of it, is shorter. */
function momentsOf(year: number): number[] {
  return Array.from({ length: 24 }, (_, half) => Date.UTC(year, half >> 1, half % 2 === 0 ? 1 : 15));
}

/**
 * An HL7 TS with a day at least, as an ISO instant with its offset: `20240306110000` in Europe/Paris → `2024-03-06T11:00:00+01:00`.
 * Its own offset counts first, then the message's, then that of the zone, summer time included. A date alone is its local midnight.
 * Of a time that a change of clocks doubles the latest counts that is not after the recording of the message, else the earlier; one that
 * it skips has the offset before. Years from 2099 mean "open end" and are no instant.
 * @param clock the message's clock, or an IANA zone
 */
export function toInstant(ts: string, clock: MessageClock | string): string | undefined {
  const parts = partsOf(ts);
  if (parts === undefined || !isDay(parts) || !isTime(parts) || Number(parts.year) >= OPEN_END) return undefined;
  const { year, month = '', day = '', hour = '00', minute = '00', second = '00' } = parts;
  const local = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  if (parts.offset !== undefined) return local + isoOffset(parts.offset);
  return withOffset(local, typeof clock === 'string' ? { zone: clock } : clock);
}

const OPEN_END = 2099;

/**
 * An HL7 TS as a FHIR date of the same precision, never finer than a day. Zeros stand for what is not known (`19480500` → `1948-05`), and
 * so does a day that its month does not have (`19470231` → `1947-02`).
 */
export function toDate(ts: string): string | undefined {
  const parts = partsOf(ts);
  return parts === undefined ? undefined : dateOf(parts);
}

function dateOf(parts: TimestampParts): string | undefined {
  const { year, month = '00', day = '00' } = parts;
  if (Number(month) > 12 || Number(day) > 31) return undefined;
  if (month === '00') return year;
  return isDay(parts) ? `${year}-${month}-${day}` : `${year}-${month}`;
}

/**
 * An HL7 TS as a FHIR dateTime: a date stays a date, a time gives an instant as `toInstant` reads it, and a time that is none leaves its
 * date. Years from 2099 mean "open end" and give nothing.
 */
export function toDateTime(ts: string, clock: MessageClock | string): string | undefined {
  const parts = partsOf(ts);
  if (parts === undefined || Number(parts.year) >= OPEN_END) return undefined;
  return (parts.hour === undefined ? undefined : toInstant(ts, clock)) ?? toDate(ts);
}

/** Is that an HL7 TS: a day that the calendar has, or zeros for what is not known, and a time that a clock shows (HL7 v2.5 §2.A.77)? */
export function isTimestamp(ts: string): boolean {
  const parts = partsOf(ts);
  if (parts === undefined || dateOf(parts) === undefined) return false;
  return (isDay(parts) || Number(parts.day ?? 0) === 0) && isTime(parts);
}

/** A moment as HL7 TS with seconds in that zone, with its offset: `20240306110000+0100`. */
export function toTimestamp(moment: Date, zone: string): string {
  const offset = offsetOfMoment(moment.getTime(), zone);
  const local = new Date(moment.getTime() + offset * 60_000).toISOString();
  return local.slice(0, 19).replace(/[-:T]/g, '') + offsetText(offset).replace(':', '');
}

/** The digits of a TS, as far as they go. */
interface TimestampParts {
  year: string;
  month: string | undefined;
  day: string | undefined;
  hour: string | undefined;
  minute: string | undefined;
  second: string | undefined;
  offset: string | undefined;
}

function partsOf(ts: string): TimestampParts | undefined {
  const end = ts.indexOf('^');
  const match = FORM.exec(end < 0 ? ts : ts.slice(0, end));
  if (match === null || match[1] === '0000') return undefined;
  const [, year = '', month, day, hour, minute, second, offset] = match;
  return { year, month, day, hour, minute, second, offset };
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** Does the calendar have that day? */
function isDay({ year, month, day }: TimestampParts): boolean {
  const y = Number(year);
  const leap = month === '02' && y % 4 === 0 && (y % 100 !== 0 || y % 400 === 0);
  return Number(day ?? 0) >= 1 && Number(day) <= (DAYS[Number(month) - 1] ?? 0) + (leap ? 1 : 0);
}

/** Does a clock show that time? Offsets in use go from -12:00 to +14:00; FHIR takes no greater. */
function isTime({ hour = '0', minute = '0', second = '0', offset = '+0000' }: TimestampParts): boolean {
  const within = Number(hour) < 24 && Number(minute) < 60 && Number(second) < 60;
  return within && Number(offset.slice(1, 3)) <= 14 && Number(offset.slice(3)) < 60;
}

/** A local time as if it were UTC, in milliseconds. */
function localOf({ year, month = '1', day = '1', hour = '0', minute = '0', second = '0' }: TimestampParts): number {
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}

function isoOffset(offset: string): string {
  return `${offset.slice(0, 3)}:${offset.slice(3) || '00'}`;
}
