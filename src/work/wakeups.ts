type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

const MAX_IDS = 100;
/** Least time between two jobs: a job costs the queue some milliseconds, and takes all that waits whatever it names. */
const BETWEEN_MS = 100;

/**
 * Gathers the ids of kept messages into few jobs: at once after a pause, then one job every 100 ms at most. What is gathered and not yet
 * queued is lost with the process and found by the sweep: the journal is the truth.
 */
export class Wakeups {
  private ids: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private lastAt = 0;
  private underWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly queue: (ids: string[]) => Promise<void>,
    private readonly now: () => number,
    private readonly log: Log,
  ) {}

  add(ids: readonly string[]): void {
    this.ids.push(...ids);
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
    while (this.ids.length > 0) {
      const ids = this.ids.splice(0, MAX_IDS);
      try {
        await this.queue(ids);
      } catch (error) {
        const code = error instanceof Error ? error.name : 'unknown';
        this.log('warn', 'queue.not-woken', { messages: ids.length, code });
      }
    }
  }
}
