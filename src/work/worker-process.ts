import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Log } from '../message/log.js';

/**
 * Processes of their own beside the one that receives. The work role in two halves: recipients do not wait for a batch that is being
 * translated, and each half has a core where there are two. Who reads over HTTP keeps no sender waiting for his answer.
 */
export const WORKERS = ['translate', 'deliver', 'http'] as const;

export type WorkerName = (typeof WORKERS)[number];

/** How the processes of a gateway stand. */
export interface Standing<Report> {
  /** What each last reported of its metrics, but for the one that serves; nothing of one that has not yet, or is dead. */
  reports: Report[];
  states: WorkerState[];
}

export interface WorkerState {
  /** `translate`, `translate-2` where several do the same. */
  name: string;
  kind: WorkerName;
  /** It has reported since it was last started. */
  up: boolean;
  restarts: number;
}

/** What a worker tells its parent: its metrics, that it is ready, or that it asks how all of them stand. */
export type WorkerMessage<Report> =
  { kind: 'report'; report: Report } | { kind: 'ready'; httpPort: number } | { kind: 'standing'; id: number };

/** The parent's answer to the last. */
export type ParentMessage<Report> = Standing<Report> & { id: number };

export interface Workers<Report> {
  standing(): Standing<Report>;
  /** The port of the one that serves; undefined where it ends before it has one. */
  httpPort(): Promise<number | undefined>;
  /** Asks each to finish, and ends it where it does not in time. */
  stop(): Promise<void>;
}

export interface WorkerDeps<Report> {
  /** The program that each runs, with its kind and its id as arguments. */
  main: string;
  /** What they read their settings from. */
  environment(name: WorkerName): NodeJS.ProcessEnv;
  /** How all stand, the parent included, for the one that serves. */
  standing(): Promise<Standing<Report>>;
  log: Log;
  silentMs?: number;
}

/** How long a worker has for what is under way. */
const STOP_MS = 9000;
/** Before a worker that died is started again; twice as long after each death, up to the last, until one has lived for a minute. */
const BACKOFF_MS = { first: 500, most: 30_000, well: 60_000 };

/** A worker reports every two seconds. One that has not for so long hangs, and nothing but its end frees what it holds. */
const SILENT_MS = 30_000;

/** A batch of messages makes tens of megabytes of short-lived objects: with room for them hardly any is copied by the collector (ADR 0009). */
const OPTIONS: Readonly<Record<WorkerName, string[]>> = {
  translate: ['--max-semi-space-size=64'],
  deliver: [],
  http: [],
};

/** Starts so many of each kind, each brought back when it dies, and killed when it has reported nothing for too long. They share the store and end with their parent. */
export function forkWorkers<Report>(
  counts: Readonly<Record<WorkerName, number>>,
  deps: WorkerDeps<Report>,
): Workers<Report> {
  const workers = WORKERS.flatMap((kind) =>
    Array.from(
      { length: counts[kind] },
      (_, index) => new Worker(kind, index === 0 ? kind : `${kind}-${index + 1}`, deps),
    ),
  );
  return {
    standing: () => ({
      // The one that serves adds its own.
      reports: workers.flatMap(({ kind, reports }) => (kind === 'http' ? [] : reports)),
      states: workers.map((worker) => worker.state()),
    }),
    httpPort: async () => Promise.race(workers.map(({ httpPort }) => httpPort)),
    stop: async () => void (await Promise.all(workers.map((worker) => worker.stop()))),
  };
}

class Worker<Report> {
  reports: Report[] = [];
  /** Of the one that serves; it never comes of the others. */
  readonly httpPort: Promise<number | undefined>;
  /** Each process that is started in its place knows by it what the one before it left. */
  private readonly id = randomUUID();
  private child: ChildProcess | undefined;
  private again: NodeJS.Timeout | undefined;
  private silence: NodeJS.Timeout | undefined;
  private stopping = false;
  private restarts = 0;
  private backoff = BACKOFF_MS.first;
  private hasPort: (port: number | undefined) => void = () => undefined;

  constructor(
    readonly kind: WorkerName,
    readonly name: string,
    private readonly deps: WorkerDeps<Report>,
  ) {
    this.httpPort = new Promise((resolve) => (this.hasPort = resolve));
    this.start();
  }

  state(): WorkerState {
    return { name: this.name, kind: this.kind, up: this.reports.length > 0, restarts: this.restarts };
  }

  stop(): Promise<void> {
    this.stopping = true;
    clearTimeout(this.again);
    clearTimeout(this.silence);
    return this.child === undefined ? Promise.resolve() : ended(this.child);
  }

  private start(): void {
    const { kind, name, deps } = this;
    const started = performance.now();
    const child = fork(deps.main, [kind, this.id], {
      env: deps.environment(kind),
      execArgv: [...process.execArgv, ...OPTIONS[kind]],
    });
    this.child = child;
    this.watchSilence(child);
    child.on('message', (message) => {
      this.watchSilence(child);
      this.hear(message as WorkerMessage<Report>, child);
    });
    child.on('exit', (code, signal) => {
      clearTimeout(this.silence);
      this.reports = [];
      if (kind === 'http') this.hasPort(undefined);
      if (this.stopping) return;
      if (performance.now() - started >= BACKOFF_MS.well) this.backoff = BACKOFF_MS.first;
      deps.log('error', 'work.died', { worker: name, code, signal, againMs: this.backoff });
      this.again = setTimeout(() => {
        this.start();
      }, this.backoff);
      this.backoff = Math.min(this.backoff * 2, BACKOFF_MS.most);
      this.restarts += 1;
    });
  }

  /** Begins anew to wait for the next message of a worker. */
  private watchSilence(child: ChildProcess): void {
    const { log, silentMs = SILENT_MS } = this.deps;
    clearTimeout(this.silence);
    if (this.stopping) return;
    this.silence = setTimeout(() => {
      log('error', 'work.hangs', { worker: this.name, silentMs });
      child.kill('SIGKILL');
    }, silentMs);
  }

  private hear(message: WorkerMessage<Report>, child: ChildProcess): void {
    if (message.kind === 'report') this.reports = [message.report];
    else if (message.kind === 'ready') this.hasPort(message.httpPort);
    else
      void this.deps.standing().then((standing) => {
        const answer: ParentMessage<Report> = { ...standing, id: message.id };
        if (child.connected) child.send(answer);
      });
  }
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
