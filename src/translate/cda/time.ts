import type { Place } from '../../cda/place.js';
import { toDate, toDateTime, toInstant, type MessageClock } from '../../hl7v2/datetime.js';

const MIDNIGHT = /^(\d{4})(\d{2})(\d{2})24(?:00(?:00)?(?:\.0+)?)?([+-]\d{4})?$/;
const OFFSET = /([+-]\d{2}):(\d{2})$/;

/** A TS in the form of HL7: `24:00` is the midnight that begins the next day; a colon in the offset is passed over. */
function timestamp(place: Place): string {
  const text = place.value().replace(OFFSET, '$1$2');
  const [, year, month, day, offset = ''] = MIDNIGHT.exec(text) ?? [];
  if (year === undefined) return text;
  const next = new Date(Date.UTC(Number(year), Number(month) - 1, Number(day) + 1));
  return `${next.toISOString().slice(0, 10).replaceAll('-', '')}0000${offset}`;
}

export function dateOf(place: Place): string | undefined {
  return toDate(timestamp(place));
}

export function dateTimeOf(place: Place, clock: MessageClock): string | undefined {
  return toDateTime(timestamp(place), clock);
}

export function instantOf(place: Place, clock: MessageClock): string | undefined {
  return toInstant(timestamp(place), clock);
}

/** An interval as FHIR's Period; undefined where neither bound is a time. A single time is no period. */
export function periodOf(place: Place, clock: MessageClock): { start?: string; end?: string } | undefined {
  const bound = (name: string) => {
    const at = place.children(name).find(({ isNull }) => !isNull);
    return at === undefined ? undefined : dateTimeOf(at, clock);
  };
  const start = bound('low');
  const end = bound('high');
  if (start === undefined && end === undefined) return undefined;
  return { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) };
}
