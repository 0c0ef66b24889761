import { offsetsAt } from '../message/zone.js';

/** Half-open. */
export interface DateRange {
  from: Date;
  to: Date;
}

const DATE =
  /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?)?)?$/;

/**
 * The range that a FHIR date or dateTime stands for by its precision (R4 §3.1.1.4.7), to the millisecond.
 * @param zone IANA zone of what is written without offset
 * @returns undefined for what is none
 */
export function dateRange(text: string, zone: string): DateRange | undefined {
  const parts = DATE.exec(text);
  if (parts === null) return undefined;
  const [, year = '', month, day, hour, minute, second, fraction = '', offset] = parts;
  const date = `${year}-${month ?? '01'}-${day ?? '01'}`;
  const milliseconds = fraction.slice(0, 3).padEnd(3, '0');
  const from = Date.parse(
    `${date}T${hour ?? '00'}:${minute ?? '00'}:${second ?? '00'}.${milliseconds}${offset ?? 'Z'}`,
  );
  if (Number.isNaN(from) || !isInMonth(Number(year), Number(month ?? 1), Number(day ?? 1))) return undefined;
  const end = new Date(from);
  if (month === undefined) end.setUTCFullYear(end.getUTCFullYear() + 1);
  else if (day === undefined) end.setUTCMonth(end.getUTCMonth() + 1);
  else end.setTime(from + widthOf(hour, second, fraction));
  if (offset !== undefined) return { from: new Date(from), to: end };
  return { from: new Date(momentOf(from, zone, 0)), to: new Date(momentOf(end.getTime(), zone, -1)) };
}

/** The parser takes 30 February for a day of March. */
function isInMonth(year: number, month: number, day: number): boolean {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  return date.getUTCDate() === day;
}

function widthOf(hour: string | undefined, second: string | undefined, fraction: string): number {
  if (hour === undefined) return 86_400_000;
  if (second === undefined) return 60_000;
  return 10 ** Math.max(0, 3 - fraction.length);
}

/**
 * When clocks of a zone show a local time (as if it were UTC): of the two moments of an hour that is there twice a range begins with the
 * first (0) and ends with the last (-1).
 */
function momentOf(local: number, zone: string, which: 0 | -1): number {
  return local - (offsetsAt(local, zone).at(which) ?? 0) * 60_000;
}
