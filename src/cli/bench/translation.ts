import { foldWhole } from '../../apply/window.js';
import { decodeText } from '../../hl7v2/charset.js';
import { parse } from '../../hl7v2/parse.js';
import { compileMappings } from '../../translate/compile.js';
import { translate } from '../../translate/translate.js';
import { loadMappingFiles } from '../../config/mapping-files.js';

const FOLD = {
  now: '2026-03-02T08:00:00Z',
  zone: 'Europe/Paris',
  hospitalMembersStayDays: 0,
  circleShowsEndedDays: 90,
};

/** How long it runs unmeasured first: a gateway runs for months, and the compiler is done after some seconds. */
const WARM_UP_SECONDS = 4;

/** Messages a second from bytes to facts to folded resources, without a store, in this one thread. */
export function benchTranslation(messages: readonly string[], seconds: number): { rate: number; microseconds: number } {
  const compiled = compileMappings(loadMappingFiles());
  if ('faults' in compiled) throw compiled.faults[0];
  const { mappings } = compiled;
  const bytes = messages.map((message) => Buffer.from(message, 'utf8'));
  const context = {
    messageId: '1',
    mappings,
    zone: 'Europe/Paris',
    source: { name: 'bench', authorities: {} },
    receivedAt: '2026-03-02T08:00:00Z',
  };
  const carryOn = (limit: number) => {
    let count = 0;
    const started = performance.now();
    while (performance.now() - started < limit * 1000)
      for (const message of bytes) {
        const { text, charset } = decodeText(message, '8859/15');
        const { facts } = translate(parse(text, charset), context);
        foldWhole(facts, FOLD);
        count += 1;
      }
    return { count, elapsed: (performance.now() - started) / 1000 };
  };
  carryOn(WARM_UP_SECONDS);
  const { count, elapsed } = carryOn(seconds);
  return { rate: Math.round(count / elapsed), microseconds: Math.round((elapsed / count) * 1e6) };
}
