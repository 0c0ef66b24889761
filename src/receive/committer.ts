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

const MAX_MESSAGES = 256;
const MAX_BYTES = 32 * 1024 * 1024;
/** Batches under way at once: while the disk writes one, the next is made ready and sent. */
const WRITERS = 2;
/** How long an answer waits for a store that is away, and how often it is asked. */
const PATIENCE_MS = 5000;
const AGAIN_MS = 200;

/**
 * Micro-batches commits: while batches are being written the next gathers, so that many connections share one fsync and none waits
 * for a timer. A second batch goes beside the first once it is as large: few large batches cost less than many small ones.
 */
export class Committer {
  private waiting: Waiting[] = [];
  private writers = 0;
  /** Messages in the batches under way. */
  private underWay = 0;

  constructor(
    private readonly keep: Keep,
    private readonly now: () => number,
    private readonly log: Log,
  ) {}

  /**
   * Resolves once the message is on disk.
   * @throws what the store threw, after five seconds of trying
   */
  commit(message: IncomingMessage): Promise<KeptMessage> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ until: this.now() + PATIENCE_MS, message, resolve, reject });
      // After this turn of the loop, so that all that the sockets have ready goes together.
      if (this.mayWrite()) setImmediate(() => void this.run());
    });
  }

  private mayWrite(): boolean {
    return this.writers < WRITERS && this.waiting.length > 0 && this.waiting.length >= this.underWay;
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
      return index >= MAX_MESSAGES || (index > 0 && bytes > MAX_BYTES);
    });
    return this.waiting.splice(0, end < 0 ? this.waiting.length : end);
  }

  /** Tries until the batch is kept; each message waits five seconds at most for a store that is away. */
  private async write(batch: Waiting[]): Promise<void> {
    let open = batch;
    while (open.length > 0)
      try {
        settle(open, await this.keep(open.map(({ message }) => message)));
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

  /** Rejects what can wait no longer, or what the store will never take; gives what is to be tried again. */
  private notKept(batch: Waiting[], error: unknown): Waiting[] {
    const over = batch.filter(({ until }) => isFinal(error) || this.now() >= until);
    over.forEach(({ reject }) => {
      reject(error);
    });
    this.log('warn', 'receive.store-away', { messages: batch.length, givenUp: over.length });
    return batch.filter((waiting) => !over.includes(waiting));
  }
}

function isFinal(error: unknown): boolean {
  return error instanceof GatewayError && error.kind === 'permanent';
}

function settle(batch: Waiting[], kept: KeptMessage[]): void {
  batch.forEach(({ message, resolve }, index) => {
    resolve(kept[index] ?? { kind: 'kept', id: message.id });
  });
}
