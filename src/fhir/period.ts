import { comparable } from '../message/period.js';

/** FHIR Period as the folds write it: the start is always known. */
export interface ClosedPeriod {
  start: string;
  end?: string;
}

/**
 * A Period that satisfies per-1: an end before its start is drawn up to it, and of two bounds that FHIRPath cannot order the finer is cut to
 * the coarser.
 * @param start FHIR date or dateTime
 * @param end FHIR date or dateTime; absent while the period lasts
 */
export function period(start: string, end?: string): ClosedPeriod {
  if (end === undefined) return { start };
  const [from, to] = comparable(start, end);
  return Date.parse(to) < Date.parse(from) ? { start: from, end: from } : { start: from, end: to };
}
