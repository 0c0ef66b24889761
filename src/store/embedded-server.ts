import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { GatewayError } from '../message/failure.js';
import type { Log } from '../message/log.js';
import type { Launcher } from './embedded-binaries.js';

/** What stopping PostgreSQL takes at most: half of it for a checkpoint. */
export const EMBEDDED_STOP_MS = 10_000;

export const EMBEDDED_DATABASE = 'tdu';

/** When it is started again: later each time that it dies young, as on a full disk. */
const FIRST_AGAIN_MS = 200;
const LONGEST_AGAIN_MS = 2000;
/** Who has lived so long had started well. */
const SOUND_MS = 10_000;
/** A line of its log that continues no other, and is no answer to one connection while it starts or stops. */
const SAYING = /^(LOG|FATAL|PANIC): +(?! |the database system is |terminating connection )(.+)$/;

/** The server process, brought back on the same port whenever it dies unasked. */
export class Supervised {
  private child: ChildProcess | undefined;
  private stopping = false;
  private lastLine = '';
  private againMs = FIRST_AGAIN_MS / 2;

  constructor(
    private readonly launcher: Launcher,
    private readonly folder: string,
    private readonly settings: string[],
    private readonly log: Log,
  ) {}

  get pid(): number {
    return this.child?.pid ?? 0;
  }

  async start(url: string): Promise<void> {
    this.spawn();
    for (let tenths = 0; !(await answers(url)); tenths++) {
      if (tenths > 600) throw new GatewayError('store-start-failed', `PostgreSQL does not start: ${this.lastLine}`);
      await wait(100);
    }
  }

  async stop(): Promise<void> {
    this.stopping = true;
    const child = this.child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    // One that hangs ends without its checkpoint, and is recovered at the next start.
    const late = setTimeout(() => child.kill('SIGQUIT'), EMBEDDED_STOP_MS / 2);
    const never = setTimeout(() => child.kill('SIGKILL'), EMBEDDED_STOP_MS - 1000);
    await gone;
    clearTimeout(late);
    clearTimeout(never);
  }

  private spawn(): void {
    const chosen = this.settings.flatMap((setting) => ['-c', setting]);
    const { file, args, options } = this.launcher.command('postgres', ['-D', this.folder, ...chosen]);
    const child = spawn(file, args, { ...options, stdio: ['ignore', 'ignore', 'pipe'], cwd: '/' });
    const startedAt = performance.now();
    if (child.stderr !== null)
      createInterface(child.stderr).on('line', (line) => {
        this.pass(line);
      });
    child.on('error', (error) => {
      this.lastLine = error.message;
    });
    child.on('exit', (code, signal) => {
      if (this.stopping) return;
      const lived = performance.now() - startedAt >= SOUND_MS;
      this.againMs = lived ? FIRST_AGAIN_MS : Math.min(this.againMs * 2, LONGEST_AGAIN_MS);
      this.log('error', 'store.died', { code, signal, againMs: this.againMs });
      // Its other processes may still hold the shared memory; a start that fails for it comes back here.
      setTimeout(() => {
        if (!this.stopping) this.spawn();
      }, this.againMs).unref();
    });
    // However this process ends, it leaves no PostgreSQL behind.
    const leave = () => child.kill('SIGINT');
    process.once('exit', leave);
    child.once('exit', () => process.off('exit', leave));
    this.child = child;
  }

  /** What PostgreSQL says of itself, a full disk or a recovery, is the operator's to know. */
  private pass(line: string): void {
    if (line.trim() === '') return;
    this.lastLine = line.trim();
    const [, severity, text] = SAYING.exec(line) ?? [];
    if (severity === 'LOG') this.log('info', 'store.postgres', { text });
    else if (text !== undefined) this.log('error', 'store.postgres', { text });
  }
}

async function answers(url: string): Promise<boolean> {
  const admin = new pg.Client({
    connectionString: url.replace(/\/[^/]*$/, '/postgres'),
    connectionTimeoutMillis: 2000,
  });
  admin.on('error', () => undefined);
  try {
    await admin.connect();
    const { rowCount } = await admin.query('SELECT FROM pg_database WHERE datname = $1', [EMBEDDED_DATABASE]);
    if (rowCount === 0) await admin.query(`CREATE DATABASE ${EMBEDDED_DATABASE}`);
    return true;
  } catch {
    return false;
  } finally {
    await admin.end().catch(() => undefined);
  }
}
