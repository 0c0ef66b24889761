/**
 * The bounds of a period as FHIRPath can order them (R4 per-1, FHIRPath §Comparison): of two that agree as far as the coarser goes, in their own
 * zone or in UTC, the finer is cut to it. Nothing is put in that nobody said.
 * @param start FHIR date or dateTime
 * @param end FHIR date or dateTime
 */
export function comparable(start: string, end: string): [string, string] {
  if (start.includes('T') && end.includes('T')) return [start, end];
  const length = coarser(start, end);
  const agree = [dayOf, utcDayOf].some((day) => day(start).slice(0, length) === day(end).slice(0, length));
  return agree ? [start.slice(0, length), end.slice(0, length)] : [start, end];
}

/** Does an end lie before its begin, as far as both are exact? */
export function isBefore(end: string, start: string): boolean {
  if (start.includes('T') && end.includes('T')) return Date.parse(end) < Date.parse(start);
  const length = coarser(start, end);
  return end.slice(0, length) < start.slice(0, length);
}

/** How much of two of them is as exact as the less exact: a year, a month or a day. */
function coarser(start: string, end: string): number {
  return Math.min(dayOf(start).length, dayOf(end).length);
}

function dayOf(time: string): string {
  return time.slice(0, 10);
}

function utcDayOf(time: string): string {
  return time.includes('T') ? new Date(time).toISOString().slice(0, 10) : time;
}
