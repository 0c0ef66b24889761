import { fork, type ChildProcess } from 'node:child_process';
import type { Log } from '../message/log.js';

/** The work role in two halves: recipients do not wait for a batch that is being translated, and each half has a core where there are two. */
export const WORKERS = ['translate', 'deliver'] as const;

export type WorkerName = (typeof WORKERS)[number];

/** The processes of the work role. */
export interface Workers<Report> {
  /** What each last reported of its metrics; nothing of one that has not yet, or is dead. */
  metrics(): Report[];
  states(): WorkerState[];
  /** Asks each to finish, and ends it where it does not in time. */
  stop(): Promise<void>;
}

export interface WorkerState {
  name: string;
  /** It has reported since it was last started. */
  up: boolean;
  restarts: number;
}

/** How long a worker has for what is under way. */
const STOP_MS = 9000;
/** Before a worker that died is started again; twice as long after each death, up to the last, until one has lived for a minute. */
const BACKOFF_MS = { first: 500, most: 30_000, well: 60_000 };

/** The collector's helpers would take the cores that PostgreSQL and the recipients need; alone it is hardly slower. */
const ALONE = '--no-parallel-scavenge';
/** A batch of messages makes tens of megabytes of short-lived objects: with room for them hardly any is copied by the collector. */
const OPTIONS: Readonly<Record<WorkerName, string[]>> = {
  translate: [ALONE, '--max-semi-space-size=64'],
  deliver: [ALONE],
};

/**
 * The work role in processes of its own, each brought back when it dies. They share the store and end with their parent.
 * @param main the program that each runs, with its name as argument
 * @param environment what they read their settings from
 */
export function forkWorkers<Report>(main: string, environment: NodeJS.ProcessEnv, log: Log): Workers<Report> {
  const workers = WORKERS.map((name) => forkWorker<Report>(main, name, environment, log));
  return {
    metrics: () => workers.flatMap((worker) => worker.metrics()),
    states: () => workers.flatMap((worker) => worker.states()),
    stop: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
  };
}

function forkWorker<Report>(main: string, name: WorkerName, env: NodeJS.ProcessEnv, log: Log): Workers<Report> {
  let child: ChildProcess;
  let again: NodeJS.Timeout | undefined;
  let stopping = false;
  let restarts = 0;
  let backoff = BACKOFF_MS.first;
  let last: Report[] = [];
  const start = () => {
    const started = performance.now();
    child = fork(main, [name], { env, execArgv: [...process.execArgv, ...OPTIONS[name]] });
    child.on('message', (report) => {
      last = [report as Report];
    });
    child.on('exit', (code, signal) => {
      last = [];
      if (stopping) return;
      if (performance.now() - started >= BACKOFF_MS.well) backoff = BACKOFF_MS.first;
      log('error', 'work.died', { worker: name, code, signal, againMs: backoff });
      again = setTimeout(start, backoff);
      backoff = Math.min(backoff * 2, BACKOFF_MS.most);
      restarts += 1;
    });
  };
  start();
  return {
    metrics: () => last,
    states: () => [{ name, up: last.length > 0, restarts }],
    stop() {
      stopping = true;
      clearTimeout(again);
      return ended(child);
    },
  };
}

/** SIGTERM, and SIGKILL for one that does not end by it. */
function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    child.once('exit', () => {
      clearTimeout(late);
      resolve();
    });
    child.kill('SIGTERM');
  });
}
