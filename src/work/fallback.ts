import type { Log } from '../message/log.js';
import { sparseLog } from './sparse-log.js';

export interface FallbackDeps {
  /** Seconds since a job of the queue last swept; undefined where none ever has. */
  secondsSinceSweep(): Promise<number | undefined>;
  /** What a stage does of itself, without a job that names anything. */
  run(): Promise<void>;
  log: Log;
  everyMs?: number;
  /** Seconds without a sweep after which the queue is taken for one that brings nothing. */
  patienceSeconds?: number;
}

const EVERY_MS = 2000;
const PATIENCE_SECONDS = 10;

/**
 * Carries a stage on from PostgreSQL, by a timer of this process, while the queue brings nothing: away, full, or never there. Beside a
 * queue that works it does nothing; beside one that comes back it does no harm, since what is claimed is claimed once.
 */
export function openFallback(deps: FallbackDeps): { close(): Promise<void> } {
  const { secondsSinceSweep, run, everyMs = EVERY_MS, patienceSeconds = PATIENCE_SECONDS } = deps;
  const log = sparseLog(deps.log);
  const started = performance.now();
  let underWay: Promise<void> | undefined;
  const round = async () => {
    try {
      const alive = (performance.now() - started) / 1000;
      if (Math.min((await secondsSinceSweep()) ?? Infinity, alive) < patienceSeconds) return;
      log('warn', 'queue.without', {});
      await run();
    } catch (error) {
      const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
      log('warn', 'queue.fallback-failed', { code });
    }
  };
  const timer = setInterval(() => {
    underWay ??= round().finally(() => (underWay = undefined));
  }, everyMs);
  return {
    async close() {
      clearInterval(timer);
      await underWay;
    },
  };
}
