import { fork, type ChildProcess } from 'node:child_process';
import type { Log } from '../message/log.js';

/** The work role in two halves: recipients do not wait for a batch that is being translated, and each half has a core where there are two. */
export const WORKERS = ['translate', 'deliver'] as const;

export type WorkerName = (typeof WORKERS)[number];

/** The processes of the work role. */
export interface Workers<Report> {
  /** What each last reported of its metrics; nothing of one that has not yet. */
  metrics(): Report[];
  stop(): Promise<void>;
}

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
    stop: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
  };
}

function forkWorker<Report>(main: string, name: WorkerName, env: NodeJS.ProcessEnv, log: Log): Workers<Report> {
  let child: ChildProcess;
  let stopping = false;
  let last: Report[] = [];
  const start = () => {
    child = fork(main, [name], { env, execArgv: [...process.execArgv, ...OPTIONS[name]] });
    child.on('message', (report) => {
      last = [report as Report];
    });
    child.on('exit', (code, signal) => {
      if (stopping) return;
      log('error', 'work.died', { worker: name, code, signal });
      setTimeout(start, 500).unref();
    });
  };
  start();
  return {
    metrics: () => last,
    stop: () =>
      new Promise((resolve) => {
        stopping = true;
        child.once('exit', () => {
          resolve();
        });
        if (child.exitCode !== null || child.signalCode !== null || !child.kill('SIGTERM')) resolve();
      }),
  };
}
