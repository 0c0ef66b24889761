import { Worker } from 'node:worker_threads';
import type { DocumentSummary } from '../cda/read-head.js';
import { GatewayError, type FailureCode } from '../message/failure.js';
import type { Log } from '../message/log.js';
import type { DocumentBytes } from '../translate/open-documents.js';

/** What a thread is given: the bytes as structured clone hands them over. */
export type DocumentTask = Omit<DocumentBytes, 'bytes'> & { bytes: Uint8Array<ArrayBuffer> };

/** What it gives: the documents without their content, why they cannot be opened, or the place of a defect. */
export type DocumentAnswer =
  | { summaries: DocumentSummary[] }
  | { failure: { code: FailureCode; text: string; field: string | undefined } }
  | { place: string };

export interface ThreadOptions {
  /** Threads at most: one that a document holds up leaves another for the next. */
  size?: number;
  /** What one message may take. */
  timeoutMs?: number;
  /** Heap of a thread. */
  memoryMb?: number;
  /** The thread's program. */
  script?: URL;
}

const USUAL: Required<ThreadOptions> = {
  size: 2,
  timeoutMs: 15_000,
  memoryMb: 512,
  script: new URL('./document-thread.js', import.meta.url),
};

interface Job {
  message: DocumentBytes;
  resolve(summaries: DocumentSummary[]): void;
  reject(error: unknown): void;
}

/**
 * Opens documents beside the loop that receives, each in bounded time and memory: whatever a document does to its thread, others are
 * answered meanwhile. Threads begin when they are first needed.
 */
export class DocumentThreads {
  private readonly waiting: Job[] = [];
  private readonly idle: Worker[] = [];
  private readonly all = new Set<Worker>();
  private readonly options: Required<ThreadOptions>;

  constructor(
    private readonly log: Log,
    options: ThreadOptions = {},
  ) {
    this.options = { ...USUAL, ...options };
  }

  /** @throws GatewayError what opening throws, and `document-unreadable` for a document that takes too long or needs too much memory */
  open(message: DocumentBytes): Promise<DocumentSummary[]> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ message, resolve, reject });
      this.next();
    });
  }

  /** Ends the threads; who waits is told that nothing was kept. */
  async close(): Promise<void> {
    for (const { reject } of this.waiting.splice(0))
      reject(new GatewayError('store-unavailable', 'the gateway is stopping'));
    await Promise.all([...this.all].map((thread) => thread.terminate()));
  }

  private next(): void {
    if (this.waiting.length === 0) return;
    const thread = this.idle.pop() ?? (this.all.size < this.options.size ? this.begin() : undefined);
    const job = thread && this.waiting.shift();
    if (thread !== undefined && job !== undefined) this.run(thread, job);
  }

  private begin(): Worker {
    const { script, memoryMb } = this.options;
    const thread = new Worker(script, { resourceLimits: { maxOldGenerationSizeMb: memoryMb } });
    // It alone keeps no process alive.
    thread.unref();
    this.all.add(thread);
    return thread;
  }

  private run(thread: Worker, { message, resolve, reject }: Job): void {
    const end = (settle: () => void, isUsable: boolean) => {
      clearTimeout(late);
      thread.removeAllListeners();
      if (isUsable) this.idle.push(thread);
      else {
        this.all.delete(thread);
        // What it dies of is known already.
        thread.on('error', () => undefined);
        void thread.terminate();
      }
      settle();
      this.next();
    };
    const fail = (text: string) => end(() => reject(new GatewayError('document-unreadable', text)), false);
    const late = setTimeout(() => {
      fail('the document takes longer to read than any may');
    }, this.options.timeoutMs);
    thread.once('message', (answer: DocumentAnswer) => {
      end(() => this.settle(answer, resolve, reject), true);
    });
    thread.once('error', () => {
      fail('the document needs more memory than any may');
    });
    thread.once('exit', () => {
      fail('the document could not be read');
    });
    thread.postMessage(message);
  }

  private settle(answer: DocumentAnswer, resolve: Job['resolve'], reject: Job['reject']): void {
    if ('summaries' in answer) return resolve(answer.summaries);
    if ('failure' in answer) {
      const { code, text, field } = answer.failure;
      return reject(new GatewayError(code, text, field === undefined ? {} : { field }));
    }
    this.log('error', 'receive.document-failed', { place: answer.place });
    reject(new GatewayError('document-unreadable', 'the document cannot be read'));
  }
}
