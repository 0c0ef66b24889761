/**
 * The offsets in minutes that a local time may have in a zone, earlier reading first: one as a rule, two in the hour that a change of
 * clocks doubles, and for a time that it skips the offset before the change.
 * @param local the local time as if it were UTC, in milliseconds
 */
export function offsetsAt(local: number, zone: string): number[] {
  const before = offsetOfMoment(local - DAY, zone);
  const after = offsetOfMoment(local + DAY, zone);
  if (before === after) return [before];
  const fitting = [before, after].filter((offset) => offsetOfMoment(local - offset * 60_000, zone) === offset);
  return fitting.length === 0 ? [before] : fitting;
}

const DAY = 86_400_000;

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
