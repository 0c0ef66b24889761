import type { Fact } from './fact.js';
import { canonicalJson } from './id.js';

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
 * The order in which senders came to know: (recordedAt, sentAt, effectiveAt, content). Facts of one source that say the same at the same
 * times count once.
 */
export function inRecordedOrder<F extends Fact>(facts: readonly F[]): F[] {
  if (facts.length < 2) return [...facts];
  return [...facts]
    .sort((a, b) => compareTimes(a, b) || compareContent(a, b) || compareMessages(a, b))
    .filter((fact, index, all) => {
      const earlier = all[index - 1];
      return earlier === undefined || compareTimes(earlier, fact) !== 0 || compareContent(earlier, fact) !== 0;
    });
}

/** Order of the times alone, by which facts of one message are equal. */
export function compareTimes(a: Fact, b: Fact): number {
  return (
    instant(a.recordedAt) - instant(b.recordedAt) ||
    instant(a.sentAt) - instant(b.sentAt) ||
    instant(a.effectiveAt) - instant(b.effectiveAt)
  );
}

function compareContent(a: Fact, b: Fact): number {
  return a === b ? 0 : compareText(contentOf(a), contentOf(b));
}

/** Message ids are decimal numbers: the shorter is the smaller. */
function compareMessages(a: Fact, b: Fact): number {
  return a.messageId.length - b.messageId.length || compareText(a.messageId, b.messageId) || compareText(a.id, b.id);
}

/** Facts never change, so what one says is worked out once, and only where two have the same times. */
const contents = new WeakMap<Fact, string>();

function contentOf(fact: Fact): string {
  const known = contents.get(fact);
  if (known !== undefined) return known;
  const { source, patient, stay, effectiveAt, recordedAt, sentAt, kind, body } = fact;
  const text = canonicalJson({ source, patient, stay, effectiveAt, recordedAt, sentAt, kind, body });
  contents.set(fact, text);
  return text;
}
