import type { Log } from '../message/log.js';
import { GatewayError } from '../message/failure.js';
import { sparseLog } from './sparse-log.js';

/** Least time between two jobs: a job costs the queue ten milliseconds, and whoever takes it takes all that waits. */
const BETWEEN_MS = 500;

/**
 * Gathers ids into few jobs: at once after a pause, then one job every 500 ms at most. What is gathered and not yet queued is lost with the
 * process and found by the sweep: the store is the truth.
 */
export class Wakeups {
  private readonly log: Log;
  private readonly ids = new Set<string>();
  private timer: NodeJS.Timeout | undefined;
  private lastAt = -Infinity;
  private underWay: Promise<void> = Promise.resolve();

  /**
   * @param queue adds a job that carries these ids
   * @param most how many ids a job names; those beyond are for whoever takes the job to find
   */
  constructor(
    private readonly queue: (ids: string[]) => Promise<void>,
    private readonly most: number,
    log: Log,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.log = sparseLog(log, now);
  }

  add(ids: readonly string[]): void {
    for (const id of ids) if (this.ids.size < this.most) this.ids.add(id);
    if (this.ids.size > 0)
      this.timer ??= setTimeout(() => void this.flush(), Math.max(0, this.lastAt + BETWEEN_MS - this.now()));
  }

  /** Queues what is gathered, one job after the other. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.lastAt = this.now();
    this.underWay = this.underWay.then(() => this.send());
    return this.underWay;
  }

  private async send(): Promise<void> {
    const ids = [...this.ids];
    this.ids.clear();
    if (ids.length === 0) return;
    try {
      await this.queue(ids);
    } catch (error) {
      this.log('warn', 'queue.not-woken', { ids: ids.length, code: codeOf(error) });
    }
  }
}

function codeOf(error: unknown): string {
  if (error instanceof GatewayError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
