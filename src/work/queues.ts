import { UnrecoverableError, type Queue, type Worker } from 'bullmq';
import { QUEUES, type StageJob } from '../journey.js';
import { GatewayError } from '../message/failure.js';
import type { Log } from '../message/log.js';
import { laneJobs, type LaneJobs } from './lane-jobs.js';
import { postgresBackend, redisBackend, type Run } from './queue-backends.js';
import { sparseLog } from './sparse-log.js';

/** The queues of the gateway. They carry ids only; the whole of them may be lost, and the sweep brings everything back (docs/design.md#one-truth). */
export interface Queues {
  /** Adds one job that carries these ids. */
  add(queue: string, ids: string[]): Promise<void>;
  /** Runs a handler for the jobs of a queue; a transient failure is tried again with backoff, a permanent one is not. */
  work(queue: string, concurrency: number, handler: (ids: string[]) => Promise<void>): void;
  /** Runs a handler at intervals, once among all gateways. */
  every(queue: string, name: string, ms: number, handler: () => Promise<void>): void;
  /** Jobs that wait or are being run. */
  depth(queue: string): Promise<number>;
  ping(): Promise<void>;
  /** Deliver jobs of one lane each, where the backend carries so many (docs/adr/0010); else a deliver job names endpoints. */
  readonly lanes: LaneJobs | undefined;
  /** Drops everything queued: what losing the queue looks like. */
  obliterate(): Promise<void>;
  close(): Promise<void>;
}

export interface QueueOptions {
  redisUrl: string | undefined;
  /** Keeps the queues of several databases on one Redis apart. */
  prefix: string;
  databaseUrl: string;
  log: Log;
}

const SCHEDULE_WATCH_MS = 5000;
/** Before a worker is made anew whose queue was not there. */
const AGAIN_MS = 1000;
const JOB_OPTIONS = {
  removeOnComplete: true,
  // The store is the truth: a job that failed for good is swept up from there.
  removeOnFail: true,
  attempts: 8,
  backoff: { type: 'exponential', delay: 500, jitter: 0.5 },
} as const;

/**
 * Opens BullMQ on Redis when there is one, else on PostgreSQL in a schema of its own.
 * @throws GatewayError queue-unavailable
 */
// eslint-disable-next-line max-lines-per-function -- the methods of one object over the state they share
export async function openQueues({ redisUrl, prefix, databaseUrl, log }: QueueOptions): Promise<Queues> {
  const queues = new Map<string, Queue>();
  const workers = new Set<Worker>();
  const handlers = new Map<string, Map<string, () => Promise<void>>>();
  let closing = false;
  const watches: NodeJS.Timeout[] = [];
  const running = new Set<Promise<void>>();
  const connectionFailed = connectionLog(sparseLog(log));
  const failed = (cause: Error) => {
    if (!closing) connectionFailed(cause);
  };
  const backend = redisUrl === undefined ? await postgresBackend(databaseUrl) : redisBackend(redisUrl, prefix, failed);
  const queue = (name: string): Queue => {
    const open = queues.get(name);
    if (open !== undefined) return open;
    const opened = backend.queue(name);
    opened.on('error', failed);
    queues.set(name, opened);
    // Where PostgreSQL is away at first, BullMQ never looks again.
    if (redisUrl === undefined)
      opened.waitUntilReady().catch(async () => {
        queues.delete(name);
        await opened.close().catch(failed);
      });
    return opened;
  };
  const start = (name: string, concurrency: number, process: Run) => {
    const followed: Run = (job, token) => {
      const run = process(job, token).finally(() => running.delete(run));
      running.add(run);
      return run;
    };
    const begin = () => {
      if (closing) return;
      const worker = backend.worker(name, followed, concurrency);
      workers.add(worker);
      worker.on('error', failed);
      worker.on('failed', (job, error) => {
        log('warn', 'queue.job-failed', {
          queue: name,
          attempts: job?.attemptsMade ?? 0,
          reason: error instanceof UnrecoverableError ? error.message : codeOf(error),
        });
      });
      // A worker that runs before its queue was there once asks for jobs in a circle that lets nothing else happen.
      worker
        .waitUntilReady()
        .then(() => worker.run())
        .catch(async (cause: unknown) => {
          failed(new GatewayError('queue-unavailable', 'the queue was not there', { cause }));
          workers.delete(worker);
          await soon(worker.close(true)).catch(() => undefined);
          setTimeout(begin, AGAIN_MS).unref();
        });
    };
    begin();
  };
  const lanes = laneJobs(
    () => queue(QUEUES.lanes),
    (run, concurrency) => {
      start(QUEUES.lanes, concurrency, run);
    },
  );
  return {
    lanes: redisUrl === undefined ? undefined : lanes,
    async add(name, ids) {
      const job: StageJob = { ids };
      await soon(queue(name).add(name, job, JOB_OPTIONS)).catch((cause: unknown) => {
        throw new GatewayError('queue-unavailable', 'the queue took no job', { cause });
      });
    },
    work(name, concurrency, handler) {
      start(name, concurrency, (job) => carryOut(() => handler((job.data as StageJob).ids)));
    },
    every(name, job, ms, handler) {
      const earlier = handlers.get(name);
      const table = earlier ?? new Map<string, () => Promise<void>>();
      table.set(job, handler);
      handlers.set(name, table);
      if (earlier === undefined) start(name, 1, async ({ name: due }) => void (await table.get(due)?.()));
      const schedule = () =>
        queue(name).upsertJobScheduler(
          job,
          { every: ms },
          { name: job, opts: { removeOnComplete: true, removeOnFail: true } },
        );
      const restore = async () => {
        if (await isLost(queue(name), job, ms)) await schedule();
      };
      // A queue that is away is no reason not to start: the watch makes the schedule once it is there.
      void schedule().catch(failed);
      watches.push(setInterval(() => void soon(restore()).catch(failed), SCHEDULE_WATCH_MS));
    },
    depth: (name) => soon(queue(name).getJobCountByTypes('waiting', 'active', 'delayed')),
    ping: async () => void (await soon(queue('translate').getJobCounts('waiting'))),
    obliterate: async () => {
      for (const open of queues.values()) await open.obliterate({ force: true });
    },
    async close() {
      closing = true;
      watches.forEach(clearInterval);
      // A worker would wait for a queue that is away as long as it takes.
      const isAway = backend.isAway();
      if (isAway) await Promise.allSettled(running);
      await Promise.allSettled([...workers].map((worker) => soon(worker.close(isAway))));
      await Promise.allSettled([...queues.values()].map((open) => soon(open.close())));
      await backend.close();
    },
  };
}

const SILENCE_MS = 4000;

/** BullMQ waits for its connection as long as it takes. @throws GatewayError queue-unavailable after four seconds */
async function soon<T>(answer: Promise<T>): Promise<T> {
  let late: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => {
      reject(new GatewayError('queue-unavailable', 'the queue does not answer'));
    }, SILENCE_MS);
  });
  return Promise.race([answer, silence]).finally(() => {
    clearTimeout(late);
  });
}

/** How late a scheduled job may be before it is looked for. */
const LATE_MS = 3000;
/** How much later than a turn from now its next job may be: clocks of several gateways differ. */
const EARLY_MS = 20_000;

/**
 * A queue that was lost has lost its schedules too; a schedule may have lost its next job alone, and would wait for it for ever; and where the
 * clock was set back it would wait until the clock is there again.
 * @param everyMs between two jobs of the schedule
 */
async function isLost(queue: Queue, scheduler: string, everyMs: number): Promise<boolean> {
  const { next } = (await queue.getJobScheduler(scheduler)) ?? {};
  if (next === undefined) return true;
  const away = next - Date.now();
  const isThere = async () => (await queue.getJob(`repeat:${scheduler}:${next}`)) !== undefined;
  if (away < everyMs + EARLY_MS && (away > -LATE_MS || (await isThere()))) return false;
  await queue.removeJobScheduler(scheduler);
  return true;
}

function connectionLog(log: Log): (cause: Error) => void {
  return (cause) => {
    log('warn', 'queue.connection', { code: codeOf(cause) });
  };
}

/** Permanent failures are not tried again; the stage has left a work item or a dead letter for them. */
async function carryOut(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (error instanceof GatewayError && error.kind === 'permanent')
      throw new UnrecoverableError(`${error.code}: ${error.message}`);
    throw error;
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
