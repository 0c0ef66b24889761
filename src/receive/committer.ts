import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../message/failure.js';
import type { IncomingMessage, KeptMessage } from '../message/message.js';

export type Keep = (batch: IncomingMessage[]) => Promise<KeptMessage[]>;
export type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

interface Waiting {
  /** When its sender is told to send it again. */
  until: number;
  message: IncomingMessage;
  resolve(kept: KeptMessage): void;
  reject(error: unknown): void;
}

/** Bytes of a batch, which travels in one statement. */
const MAX_BYTES = 16 * 1024 * 1024;
/** How often a store that is away is asked. */
const AGAIN_MS = 200;

/** How a committer works; each has its usual value. */
export interface CommitterOptions {
  /** Batches under way at once: while the disk writes one, the next is made ready and sent. */
  writers?: number;
  /** Messages of a batch. */
  maxMessages?: number;
  /** How long an answer waits for a store that is away. */
  patienceMs?: number;
}

const USUAL: Required<CommitterOptions> = { writers: 2, maxMessages: 256, patienceMs: 5000 };

/**
 * Micro-batches commits: while batches are being written the next gathers, so that many connections share one fsync and none waits
 * for a timer. A second batch goes beside the first once it is as large: few large batches cost less than many small ones.
 */
export class Committer {
  private waiting: Waiting[] = [];
  /** All whose senders wait for an answer, those that wait longest first. */
  private readonly unanswered = new Set<Waiting>();
  private patienceTimer: NodeJS.Timeout | undefined;
  private writers = 0;
  /** Messages in the batches under way. */
  private underWay = 0;
  private readonly options: Required<CommitterOptions>;

  /**
   * @param now milliseconds of a clock that is never set
   */
  constructor(
    private readonly keep: Keep,
    private readonly now: () => number,
    private readonly log: Log,
    options: CommitterOptions = {},
  ) {
    this.options = { ...USUAL, ...options };
  }

  /**
   * Resolves once the message is on disk.
   * @throws what the store threw, after five seconds of trying; store-unavailable where it said nothing in that time. Then the message may
   * be kept after all: sent again it is a repeat.
   */
  commit(message: IncomingMessage): Promise<KeptMessage> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { until: this.now() + this.options.patienceMs, message, resolve, reject };
      this.waiting.push(waiting);
      this.unanswered.add(waiting);
      this.patienceTimer ??= setTimeout(() => this.loseSilence(), this.options.patienceMs);
      // After this turn of the loop, so that all that the sockets have ready goes together.
      if (this.mayWrite()) setImmediate(() => void this.run());
    });
  }

  private mayWrite(): boolean {
    const { length } = this.waiting;
    return this.writers < this.options.writers && length > 0 && length >= this.underWay;
  }

  private async run(): Promise<void> {
    while (this.mayWrite()) {
      const batch = this.take();
      this.writers += 1;
      this.underWay += batch.length;
      await this.write(batch);
      this.writers -= 1;
      this.underWay -= batch.length;
    }
  }

  private take(): Waiting[] {
    let bytes = 0;
    const end = this.waiting.findIndex(({ message }, index) => {
      bytes += message.bytes.length;
      return index >= this.options.maxMessages || (index > 0 && bytes > MAX_BYTES);
    });
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  /** Tries until the batch is kept; each message waits five seconds at most for a store that is away. */
  private async write(batch: Waiting[]): Promise<void> {
    let open = batch;
    while (open.length > 0)
      try {
        this.settle(open, await this.keep(open.map(({ message }) => message)));
        return;
      } catch (error) {
        if (isFinal(error) && open.length > 1) {
          // One message that the store will never take must not refuse its neighbours.
          for (const alone of open) await this.write([alone]);
          return;
        }
        open = this.notKept(open, error);
        if (open.length > 0) await wait(AGAIN_MS);
      }
  }

  private settle(batch: Waiting[], kept: KeptMessage[]): void {
    batch.forEach((waiting, index) => {
      this.unanswered.delete(waiting);
      waiting.resolve(kept[index] ?? { kind: 'kept', id: waiting.message.id });
    });
  }

  /** Rejects what can wait no longer, or what the store will never take; gives what is to be tried again. */
  private notKept(batch: Waiting[], error: unknown): Waiting[] {
    const over = batch.filter((waiting) => isFinal(error) || this.now() >= waiting.until);
    this.giveUp(over, error);
    this.log('warn', 'receive.store-away', { messages: batch.length, givenUp: over.length });
    return batch.filter((waiting) => this.unanswered.has(waiting));
  }

  private giveUp(batch: readonly Waiting[], error: unknown): void {
    for (const waiting of batch) {
      this.unanswered.delete(waiting);
      waiting.reject(error);
    }
  }

  /** A store that neither keeps nor refuses holds the writers, and everybody behind them: their senders are answered all the same. */
  private loseSilence(): void {
    const now = this.now();
    const over = [...this.unanswered].filter(({ until }) => until <= now);
    if (over.length > 0) {
      this.giveUp(over, new GatewayError('store-unavailable', 'the store did not answer in time'));
      this.waiting = this.waiting.filter((waiting) => this.unanswered.has(waiting));
      this.log('warn', 'receive.store-away', { messages: over.length, givenUp: over.length });
    }
    const [first] = this.unanswered;
    this.patienceTimer = first && setTimeout(() => this.loseSilence(), Math.max(first.until - now, 1));
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof GatewayError && error.kind === 'permanent';
}
