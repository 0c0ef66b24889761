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

const UNREAD = 'the document cannot be read';

/** One that a thread is at, and when it has taken too long. */
interface RunningJob extends Job {
  late: NodeJS.Timeout;
}

/**
 * Opens documents beside the loop that receives, each in bounded time and memory: whatever a document does to its thread, others are
 * answered meanwhile. Threads begin when they are first needed.
 */
export class DocumentThreads {
  private readonly waiting: Job[] = [];
  private readonly idle: Worker[] = [];
  private readonly running = new Map<Worker, RunningJob>();
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
    const jobs = [...this.waiting.splice(0), ...this.running.values()];
    for (const { late } of this.running.values()) clearTimeout(late);
    this.running.clear();
    for (const { reject } of jobs) reject(new GatewayError('store-unavailable', 'the gateway is stopping'));
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
    thread.on('message', (answer: DocumentAnswer) => {
      const job = this.running.get(thread);
      this.running.delete(thread);
      this.idle.push(thread);
      if (job !== undefined) this.settle(answer, job);
      this.next();
    });
    thread.on('error', (error) => {
      const tooLarge = 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
      if (!tooLarge) this.log('error', 'receive.document-failed', { place: placeOf(error) });
      this.lose(thread, tooLarge ? 'the document needs more memory than any may' : UNREAD);
    });
    thread.on('exit', () => {
      this.lose(thread, UNREAD);
    });
    return thread;
  }

  private run(thread: Worker, job: Job): void {
    const late = setTimeout(() => {
      this.lose(thread, 'the document takes longer to read than any may');
      void thread.terminate();
    }, this.options.timeoutMs);
    this.running.set(thread, { ...job, late });
    thread.postMessage(job.message);
  }

  /** A thread that is no more, or is not to be waited for. */
  private lose(thread: Worker, text: string): void {
    const job = this.running.get(thread);
    this.running.delete(thread);
    this.all.delete(thread);
    if (this.idle.includes(thread)) this.idle.splice(this.idle.indexOf(thread), 1);
    clearTimeout(job?.late);
    job?.reject(new GatewayError('document-unreadable', text));
    this.next();
  }

  private settle(answer: DocumentAnswer, { resolve, reject, late }: RunningJob): void {
    clearTimeout(late);
    if ('summaries' in answer) return resolve(answer.summaries);
    if ('failure' in answer) {
      const { code, text, field } = answer.failure;
      return reject(new GatewayError(code, text, field === undefined ? {} : { field }));
    }
    this.log('error', 'receive.document-failed', { place: answer.place });
    reject(new GatewayError('document-unreadable', UNREAD));
  }
}

/** The line of the program at which it failed. */
export function placeOf(error: unknown): string {
  return error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
}
