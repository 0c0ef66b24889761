type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

const MAX_IDS = 100;
const GATHER_MS = 5;

/**
 * Gathers the ids of kept messages into few jobs. What is gathered and not yet queued is lost with the process and found by the sweep:
 * the journal is the truth.
 */
export class Wakeups {
  private ids: string[] = [];
  private timer: NodeJS.Timeout | undefined;
  private underWay: Promise<void> = Promise.resolve();

  constructor(
    private readonly queue: (ids: string[]) => Promise<void>,
    private readonly log: Log,
  ) {}

  add(ids: readonly string[]): void {
    this.ids.push(...ids);
    this.timer ??= setTimeout(() => void this.flush(), GATHER_MS);
  }

  /** Queues what is gathered, one job after the other. */
  flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
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
