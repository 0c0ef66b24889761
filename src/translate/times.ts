import { toDate, toInstant } from '../hl7v2/datetime.js';

/** How the times of one message are read: the zone of its source. */
export type Clock = string;

/** The clock of a message. */
export function clockOf(_msh7: string, zone: string): Clock {
  return zone;
}

/** An HL7 TS as an ISO instant; undefined where it is none. */
export function instantOf(ts: string, clock: Clock): string | undefined {
  return toInstant(ts, clock);
}

/** An HL7 TS as a FHIR date of its own precision; undefined where it is none. */
export function dateOf(ts: string): string | undefined {
  return toDate(ts);
}

/** An HL7 TS as a FHIR dateTime: a date stays a date. */
export function dateTimeOf(ts: string, clock: Clock): string | undefined {
  return /^\d{9}/.test(ts) ? (toInstant(ts, clock) ?? toDate(ts)) : toDate(ts);
}

/** Years from 2099 say that something has no end. */
export function isOpenEnd(ts: string): boolean {
  return /^(2099|2[1-9]\d\d|[3-9]\d{3})/.test(ts);
}
