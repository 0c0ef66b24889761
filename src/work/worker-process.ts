import { fork, type ChildProcess } from 'node:child_process';

export interface Worker<Told> {
  /** What the process last told of its metrics; nothing until it has. */
  metrics(): Promise<Told[]>;
  stop(): Promise<void>;
}

type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;

/** A batch makes tens of megabytes of short-lived objects: with room for them hardly any is copied by the collector. */
const YOUNG_SPACE = ['--max-semi-space-size=64'];

/** The work role in a process of its own, brought back when it dies. It shares the store and ends with its parent. */
export function forkWorker<Told>(main: string, databaseUrl: string, log: Log): Worker<Told> {
  let child: ChildProcess;
  let stopping = false;
  let last: Told[] = [];
  const start = () => {
    const env = { ...process.env, DATABASE_URL: databaseUrl, TDU_ROLES: 'work' };
    child = fork(main, ['work'], { env, execArgv: [...process.execArgv, ...YOUNG_SPACE] });
    child.on('message', (told) => {
      last = [told as Told];
    });
    child.on('exit', (code, signal) => {
      if (stopping) return;
      log('error', 'work.died', { code, signal });
      setTimeout(start, 500).unref();
    });
  };
  start();
  return {
    metrics: () => Promise.resolve(last),
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
