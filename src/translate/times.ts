import { messageClock, toDate, toDateTime, toInstant, type MessageClock } from '../hl7v2/datetime.js';

/** How the times of one message are read. */
export type Clock = MessageClock;

/** The clock of a message: the zone of its source, and what MSH-7 says of it. */
export const clockOf = messageClock;

/** An HL7 TS as an ISO instant; undefined where it is none. */
export const instantOf = toInstant;

/** An HL7 TS as a FHIR date of its own precision; undefined where it is none. */
export const dateOf = toDate;

/** An HL7 TS as a FHIR dateTime: a date stays a date. */
export const dateTimeOf = toDateTime;

/** Years from 2099 say that something has no end. */
export function isOpenEnd(ts: string): boolean {
  return /^(2099|2[1-9]\d\d|[3-9]\d{3})/.test(ts);
}
