const FORM =
  /^(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,4})?)?)?)?)?)?([+-]\d{2}(?:\d{2})?)?$/;

/**
 * An HL7 TS with a day at least, as an ISO instant with its offset: `20240306110000` in Europe/Paris → `2024-03-06T11:00:00+01:00`.
 * Without an offset of its own it is read in the source's zone, summer time included; a time that a change of clocks skips or doubles
 * takes the earlier offset. A date alone is its local midnight. Years from 2099 say "open end" and are no instant (pam-fr §7, 6).
 */
export function toInstant(ts: string, zone: string): string | undefined {
  const ofZone = instants.get(zone) ?? new Map<string, string | undefined>();
  if (ofZone.has(ts)) return ofZone.get(ts);
  if (ofZone.size >= REMEMBERED) ofZone.clear();
  const instant = readInstant(ts, zone);
  instants.set(zone, ofZone.set(ts, instant));
  return instant;
}

/** A message says the same few times over and over. */
const REMEMBERED = 4096;
const instants = new Map<string, Map<string, string | undefined>>();

function readInstant(ts: string, zone: string): string | undefined {
  const parts = FORM.exec(ts.split('^')[0] ?? '');
  if (parts?.[3] === undefined) return undefined;
  const [, year, month, day, hour = '00', minute = '00', second = '00', own] = parts;
  if (Number(year) >= 2099 || hour === '24' || !validOffset(own)) return undefined;
  const local = `${year ?? ''}-${month ?? ''}-${day}T${hour}:${minute}:${second}`;
  const utc = Date.parse(`${local}Z`);
  if (Number.isNaN(utc) || !validDay(Number(year), Number(month), Number(day))) return undefined;
  return local + (own === undefined ? offsetText(offsetAt(utc, zone)) : ownOffset(own));
}

/** An HL7 TS as a FHIR date of the same precision, never finer than a day. */
export function toDate(ts: string): string | undefined {
  const parts = FORM.exec(ts.split('^')[0] ?? '');
  if (parts === null) return undefined;
  const [, year = '', month, day] = parts;
  if (month === undefined) return year;
  if (day === undefined) return Number(month) >= 1 && Number(month) <= 12 ? `${year}-${month}` : undefined;
  return validDay(Number(year), Number(month), Number(day)) ? `${year}-${month}-${day}` : undefined;
}

/** A moment as HL7 TS with seconds in that zone, with its offset: `20240306110000+0100`. */
export function toTimestamp(moment: Date, zone: string): string {
  const second = Math.floor(moment.getTime() / 1000);
  if (written?.second !== second || written.zone !== zone)
    written = { second, zone, text: writeTimestamp(moment, zone) };
  return written.text;
}

/** The last one: thousands of answers are written in one second. */
let written: { second: number; zone: string; text: string } | undefined;

function writeTimestamp(moment: Date, zone: string): string {
  const offset = offsetOfMoment(moment.getTime(), zone);
  const local = new Date(moment.getTime() + offset * 60_000).toISOString();
  return local.slice(0, 19).replace(/[-:T]/g, '') + offsetText(offset).replace(':', '');
}

const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

function validDay(year: number, month: number, day: number): boolean {
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day >= 1 && day <= (DAYS[month - 1] ?? 0) + (leap ? 1 : 0);
}

/** Offsets in use go from -12:00 to +14:00; FHIR takes no greater. */
function validOffset(own: string | undefined): boolean {
  return own === undefined || (Number(own.slice(1, 3)) <= 14 && Number(own.slice(3)) <= 59);
}

function ownOffset(own: string): string {
  return `${own.slice(0, 3)}:${own.slice(3) || '00'}`;
}

function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Offset in minutes of a local time given as if it were UTC: the offset of the moment it stands for. */
function offsetAt(localAsUtc: number, zone: string): number {
  const before = offsetOfMoment(localAsUtc - 86_400_000, zone);
  const guess = offsetOfMoment(localAsUtc - before * 60_000, zone);
  if (guess === before) return before;
  // Around a change of clocks the two candidates differ; the one that maps back on itself is right.
  return offsetOfMoment(localAsUtc - guess * 60_000, zone) === guess ? guess : before;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const offsets = new Map<string, Map<number, number>>();

/** Zone rules change on quarters of an hour at the finest, so offsets are remembered by quarter. */
function offsetOfMoment(moment: number, zone: string): number {
  const quarter = Math.floor(moment / 900_000);
  const ofZone = offsets.get(zone) ?? new Map<number, number>();
  const known = ofZone.get(quarter);
  if (known !== undefined) return known;
  const offset = computeOffset(quarter * 900_000, zone);
  if (ofZone.size > 50_000) ofZone.clear();
  offsets.set(zone, ofZone.set(quarter, offset));
  return offset;
}

function computeOffset(moment: number, zone: string): number {
  let format = formats.get(zone);
  if (format === undefined) {
    const numeric = {
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    } as const;
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', ...numeric });
    formats.set(zone, format);
  }
  const found = Object.fromEntries(format.formatToParts(moment).map((part) => [part.type, Number(part.value)]));
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = found;
  return Math.round((Date.UTC(year, month - 1, day, hour, minute, second) - moment) / 60_000);
}
