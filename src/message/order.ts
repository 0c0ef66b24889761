import { canonicalJson } from './canonical-json.js';
import type { Fact } from './fact.js';

/** Milliseconds of a FHIR date or dateTime, whatever its offset; a partial date counts from its first moment. */
export function instant(dateTime: string): number {
  const milliseconds = Date.parse(dateTime);
  return Number.isNaN(milliseconds) ? 0 : milliseconds;
}

/** Order of code units: the same everywhere, unlike that of a locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * The order in which senders came to know: (recordedAt, sentAt, effectiveAt, content). Facts that say the same at the same times are one:
 * the first of them by message.
 */
export function inRecordedOrder<F extends Fact>(facts: readonly F[]): F[] {
  if (facts.length < 2) return [...facts];
  return facts
    .map((fact) => ({ fact, times: timesOf(fact) }))
    .sort((a, b) => compareTimes(a.times, b.times) || compareContent(a.fact, b.fact) || compareMessages(a.fact, b.fact))
    .filter(({ fact, times }, index, all) => {
      const earlier = all[index - 1];
      return (
        earlier === undefined || compareTimes(earlier.times, times) !== 0 || compareContent(earlier.fact, fact) !== 0
      );
    })
    .map(({ fact }) => fact);
}

/** Order of the times alone. */
export function compareRecorded(a: Fact, b: Fact): number {
  return compareTimes(timesOf(a), timesOf(b));
}

type Times = readonly [recorded: number, sent: number, effective: number];

function timesOf({ recordedAt, sentAt, effectiveAt }: Fact): Times {
  return [instant(recordedAt), instant(sentAt), instant(effectiveAt)];
}

function compareTimes(a: Times, b: Times): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

function compareContent(a: Fact, b: Fact): number {
  return a === b ? 0 : compareText(contentOf(a), contentOf(b));
}

/** Message ids are decimal numbers: the shorter is the smaller. */
function compareMessages(a: Fact, b: Fact): number {
  return a.messageId.length - b.messageId.length || compareText(a.messageId, b.messageId) || compareText(a.id, b.id);
}

function contentOf({ patient, stay, account, source, effectiveAt, recordedAt, sentAt, kind, body }: Fact): string {
  return canonicalJson({ patient, stay, account, source, effectiveAt, recordedAt, sentAt, kind, body });
}
