import type { Settings, SourceSettings } from './config/schema.js';
import { QUEUES } from './journey.js';
import { GatewayError } from './message/failure.js';
import type { FoldOptions } from './message/stay.js';
import { buildDirectory } from './route/directory.js';
import type { Closers, House } from './wire-house.js';
import { openFallback } from './work/fallback.js';
import { SWEEP } from './work/sweep.js';
import { translateStage } from './work/translate-stage.js';
import { Wakeups } from './work/wakeups.js';

/** Translate jobs at once: while one waits for PostgreSQL the other translates. */
const TRANSLATING = 2;

/** From the journal to receipts and deliveries, for the jobs of the translate queue; what it decides wakes the deliver stage. */
export function openTranslation(house: House, closers: Closers): void {
  const { settings, store, queues, metrics, mappingsOf, log } = house;
  const wakeups = new Wakeups((ids) => queues.add(QUEUES.deliver, ids), Infinity, log);
  let stopping = false;
  const source = sourcesByName(settings.sources);
  const translate = translateStage({
    inTranslation: (claim, run) => store.inTranslation(claim, run),
    source: (name) => ({ ...source(name), mappings: mappingsOf(name) }),
    directory: buildDirectory(settings.professionals, settings.organisations),
    rules: settings.rules,
    fold: foldSettings(settings),
    now: () => Date.now(),
    due: (endpoints) => {
      wakeups.add(endpoints);
    },
    log,
    observe: (messages, seconds) => {
      metrics.translated(messages, seconds);
    },
    stopping: () => stopping,
  });
  queues.work(QUEUES.translate, TRANSLATING, translate);
  // A process that died here left messages behind jobs that the queue takes for ones under way.
  void Promise.all(Array.from({ length: TRANSLATING }, () => queues.add(QUEUES.translate, []))).catch(() => {
    log('warn', 'queue.without', {});
  });
  const fallback = openFallback({
    secondsSinceSweep: () => store.secondsSinceBeat(SWEEP),
    run: () => translate([]),
    log,
  });
  closers.push(() => fallback.close());
  closers.push(() => {
    stopping = true;
    return wakeups.flush();
  });
}

/** What of the configuration a fold depends on. */
export function foldSettings(settings: Settings): Omit<FoldOptions, 'now'> {
  const { zone, hospitalMembersStayDays, circleShowsEndedDays } = settings;
  return { zone, hospitalMembersStayDays, circleShowsEndedDays };
}

/** A source that the configuration no longer knows is never read as another: its messages are parked. */
function sourcesByName(sources: readonly SourceSettings[]): (name: string) => SourceSettings {
  const byName = new Map(sources.map((source) => [source.name, source]));
  return (name) => {
    const source = byName.get(name);
    if (source !== undefined) return source;
    const remedy = 'configure the source again, then release the work item';
    throw new GatewayError('source-unknown', 'the configuration no longer knows the source of the message', { remedy });
  };
}
