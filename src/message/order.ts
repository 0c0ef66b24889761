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

/** The order of a stay or a life: (effectiveAt, recordedAt, content). Facts that say the same twice are one. */
export function inEffectiveOrder<F extends Fact>(facts: readonly F[]): F[] {
  return ordered(facts, (fact) => [instant(fact.effectiveAt), instant(fact.recordedAt)]);
}

/** The order in which senders came to know: (recordedAt, effectiveAt, content). Facts that say the same twice are one. */
export function inRecordedOrder<F extends Fact>(facts: readonly F[]): F[] {
  return ordered(facts, (fact) => [instant(fact.recordedAt), instant(fact.effectiveAt)]);
}

function ordered<F extends Fact>(facts: readonly F[], times: (fact: F) => [number, number]): F[] {
  if (facts.length < 2) return [...facts];
  return facts
    .map((fact) => ({ fact, times: times(fact) }))
    .sort((a, b) => compareTimes(a.times, b.times) || compareContent(a.fact, b.fact) || compareMessages(a.fact, b.fact))
    .map(({ fact }) => fact)
    .filter((fact, index, all) => {
      const earlier = all[index - 1];
      return earlier === undefined || !sameTimes(earlier, fact) || compareContent(earlier, fact) !== 0;
    });
}

function compareTimes(a: [number, number], b: [number, number]): number {
  return a[0] - b[0] || a[1] - b[1];
}

function sameTimes(a: Fact, b: Fact): boolean {
  return a.effectiveAt === b.effectiveAt && a.recordedAt === b.recordedAt;
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
  const { patient, stay, effectiveAt, recordedAt, kind, body } = fact;
  const text = canonicalJson({ patient, stay, effectiveAt, recordedAt, kind, body });
  contents.set(fact, text);
  return text;
}
