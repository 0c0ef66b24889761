/** How the times of one message or document are read (HL7 v2.5 §2.15.9.7). */
export interface MessageClock {
  /** IANA zone of the source. */
  readonly zone: string;
  /** The default offset of every time in the message, e.g. `-04:00`, where its own time has one that the zone never has. */
  readonly offset?: string;
  /** An ISO instant by which the message was recorded. It settles the hour that a change of clocks doubles. */
  readonly notAfter?: string;
}

/**
 * A local time that has no offset of its own, with the one it is read by: the message's, then that of the zone. Of a time that a change of clocks
 * doubles the latest counts that is not after the recording of the message, else the earlier; one that it skips has the offset before.
 * @param local ISO date and time without offset
 */
export function withOffset(local: string, { zone, offset, notAfter }: MessageClock): string {
  if (offset !== undefined) return local + offset;
  const readings = offsetsAt(Date.parse(`${local}Z`), zone).map((minutes) => local + offsetText(minutes));
  const past = notAfter === undefined ? [] : readings.filter((reading) => Date.parse(reading) <= Date.parse(notAfter));
  return past.at(-1) ?? readings[0] ?? `${local}Z`;
}

/**
 * The offsets in minutes that a local time may have in a zone, earlier reading first: one as a rule, two in the hour that a change of
 * clocks doubles, and for a time that it skips the offset before the change.
 * @param local the local time as if it were UTC, in milliseconds
 */
export function offsetsAt(local: number, zone: string): number[] {
  const day = Math.floor(local / DAY);
  const before = offsetOfDay(day - 1, zone);
  const after = offsetOfDay(day + 2, zone);
  if (before === after) return [before];
  const fitting = [before, after].filter((offset) => offsetOfMoment(local - offset * 60_000, zone) === offset);
  return fitting.length === 0 ? [before] : fitting;
}

const DAY = 86_400_000;
const offsets = new Map<string, Map<number, number>>();
/** Days remembered of a zone: ten years of them. */
const REMEMBERED = 3650;

/** The offset at the midnight UTC that begins a day. The times of all messages lie within few days, and Intl is slow to ask. */
function offsetOfDay(day: number, zone: string): number {
  const ofZone = offsets.get(zone) ?? new Map<number, number>();
  const remembered = ofZone.get(day);
  if (remembered !== undefined) return remembered;
  if (ofZone.size >= REMEMBERED) ofZone.clear();
  const offset = offsetOfMoment(day * DAY, zone);
  offsets.set(zone, ofZone.set(day, offset));
  return offset;
}

/** Offset from UTC in minutes that clocks of a zone show at a moment, in milliseconds since 1970. */
export function offsetOfMoment(moment: number, zone: string): number {
  const [, sign, hours, minutes] = OFFSET.exec(formatFor(zone).format(moment)) ?? [];
  if (hours === undefined) return 0;
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

/** `+01:00` of 60 minutes. */
export function offsetText(minutes: number): string {
  const size = Math.abs(minutes);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** What `longOffset` writes: `GMT` for UTC, else `GMT+01:00`. */
const OFFSET = /GMT([+-])(\d\d):(\d\d)/;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Making a formatter takes far longer than using it. */
function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  return format;
}
