/** FHIR Period as the folds write it: the start is always known. */
export interface ClosedPeriod {
  start: string;
  end?: string;
}

/**
 * A Period that satisfies per-1: an end before its start is drawn up to it, and a date beside a time of the same day becomes that
 * day's first moment, because FHIRPath cannot order the two.
 * @param start FHIR date or dateTime
 * @param end FHIR date or dateTime; absent while the period lasts
 */
export function period(start: string, end?: string): ClosedPeriod {
  if (end === undefined) return { start };
  const [from, to] = comparable(start, end);
  return Date.parse(to) < Date.parse(from) ? { start: from, end: from } : { start: from, end: to };
}

function comparable(start: string, end: string): [string, string] {
  if (start.length === end.length || start.includes('T') === end.includes('T')) return [start, end];
  if (!start.includes('T')) return end.startsWith(start) ? [end, end] : [start, end];
  return start.startsWith(end) ? [start, start] : [start, end];
}
