import { fork, type ChildProcess } from 'node:child_process';

/** The work role in two halves: recipients do not wait for a batch that is being translated, and each half has a core where there are two. */
export const WORKERS = ['translate', 'deliver'] as const;

export type WorkerName = (typeof WORKERS)[number];

/** The processes of the work role. */
export interface Workers<Told> {
  /** What each last told of its metrics; nothing of one that has not yet. */
  metrics(): Told[];
  stop(): Promise<void>;
}

type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

/** The collector's helpers would take the cores that PostgreSQL and the recipients need; alone it is hardly slower. */
const ALONE = '--no-parallel-scavenge';
/** A batch of messages makes tens of megabytes of short-lived objects: with room for them hardly any is copied by the collector. */
const OPTIONS: Readonly<Record<WorkerName, string[]>> = {
  translate: [ALONE, '--max-semi-space-size=64'],
  deliver: [ALONE],
};

/** The work role in processes of its own, each brought back when it dies. They share the store and end with their parent. */
export function forkWorkers<Told>(main: string, databaseUrl: string, log: Log): Workers<Told> {
  const workers = WORKERS.map((name) => forkWorker<Told>(main, name, databaseUrl, log));
  return {
    metrics: () => workers.flatMap((worker) => worker.metrics()),
    stop: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
  };
}

function forkWorker<Told>(main: string, name: WorkerName, databaseUrl: string, log: Log): Workers<Told> {
  let child: ChildProcess;
  let stopping = false;
  let last: Told[] = [];
  const start = () => {
    const env = { ...process.env, DATABASE_URL: databaseUrl, TDU_ROLES: 'work' };
    child = fork(main, [name], { env, execArgv: [...process.execArgv, ...OPTIONS[name]] });
    child.on('message', (told) => {
      last = [told as Told];
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
