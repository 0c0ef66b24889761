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
    .map((fact): Ordered<F> => ({ fact, times: timesOf(fact) }))
    .sort((a, b) => compareTimes(a.times, b.times) || compareContent(a, b) || compareMessages(a.fact, b.fact))
    .filter((ordered, index, all) => {
      const earlier = all[index - 1];
      return (
        earlier === undefined ||
        compareTimes(earlier.times, ordered.times) !== 0 ||
        compareContent(earlier, ordered) !== 0
      );
    })
    .map(({ fact }) => fact);
}

/** A fact with what it is ordered by; its content is written where times do not tell it from another, and once. */
interface Ordered<F extends Fact> {
  fact: F;
  times: Times;
  content?: string;
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

function compareContent<F extends Fact>(a: Ordered<F>, b: Ordered<F>): number {
  if (a.fact === b.fact) return 0;
  a.content ??= contentOf(a.fact);
  b.content ??= contentOf(b.fact);
  return compareText(a.content, b.content);
}

/** Message ids are decimal numbers: the shorter is the smaller. */
function compareMessages(a: Fact, b: Fact): number {
  return a.messageId.length - b.messageId.length || compareText(a.messageId, b.messageId) || compareText(a.id, b.id);
}

function contentOf({ patient, stay, account, source, effectiveAt, recordedAt, sentAt, kind, body }: Fact): string {
  return canonicalJson({ patient, stay, account, source, effectiveAt, recordedAt, sentAt, kind, body });
}
