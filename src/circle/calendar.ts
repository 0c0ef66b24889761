import { toInstant, toTimestamp } from '../hl7v2/datetime.js';
import { instant } from '../message/order.js';

const DAY = 86_400_000;

/**
 * The same local time some days later, across changes of clocks, with the offset of that day.
 * @param dateTime FHIR dateTime with offset
 * @param zone IANA zone whose days count
 */
export function addDays(dateTime: string, days: number, zone: string): string {
  if (days === 0) return dateTime;
  const moment = instant(dateTime);
  const local = toTimestamp(new Date(moment), zone).slice(0, 14);
  const [year, month, day] = [local.slice(0, 4), local.slice(4, 6), local.slice(6, 8)].map(Number);
  const date = new Date(Date.UTC(year ?? 0, (month ?? 1) - 1, (day ?? 1) + days)).toISOString().slice(0, 10);
  // HL7 feeds write years from 2099 on for an open end, so toInstant reads none.
  return toInstant(date.replaceAll('-', '') + local.slice(8), zone) ?? new Date(moment + days * DAY).toISOString();
}

/** The earlier of two instants, the first of two equal ones. */
export function earlier(a: string, b: string): string {
  return instant(b) < instant(a) ? b : a;
}

/** The later of two instants, the first of two equal ones. */
export function later(a: string, b: string): string {
  return instant(b) > instant(a) ? b : a;
}
