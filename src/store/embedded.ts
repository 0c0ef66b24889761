import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { GatewayError } from '../message/failure.js';
import type { Log } from '../message/log.js';
import { freeAddress } from './embedded-address.js';
import { findLauncher, handOver, nobodyCanEnter, type Launcher } from './embedded-binaries.js';
import { lockStore } from './embedded-lock.js';
import { EMBEDDED_DATABASE, Supervised } from './embedded-server.js';

export interface EmbeddedPostgres {
  /** Connection string of the gateway's database, on this machine. */
  url: string;
  /** Process id of PostgreSQL, for the crash tests. */
  pid(): number;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  dataDir: string;
  /** What PostgreSQL's programs need of the environment: PATH and its like. */
  environment: NodeJS.ProcessEnv;
  log: Log;
  /** Extra `postgres -c` settings, e.g. `fsync=off` in tests. */
  settings?: string[];
}

const USER = 'tdu';
/** Durable by default; the rest gives a small machine room. */
const SETTINGS = [
  'max_connections=200',
  'shared_buffers=256MB',
  'max_wal_size=2GB',
  'checkpoint_timeout=15min',
  // Else the commit that needs a new file of the log waits until sixteen megabytes of zeros are on disk: the slowest answers were these.
  'wal_init_zero=off',
  'random_page_cost=1.1',
  'jit=off',
  // What it says of itself; what it says of a statement may quote one.
  'log_min_messages=log',
  'log_statement=none',
  'log_min_error_statement=panic',
  'log_error_verbosity=terse',
  'log_checkpoints=off',
  'log_line_prefix=',
];

/** @throws GatewayError store-start-failed */
function openFolder(dataDir: string): void {
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    accessSync(dataDir, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const remedy = 'point TDU_DATA_DIR at a folder that the gateway may write in, or correct its rights';
    throw new GatewayError('store-start-failed', `${dataDir} is no folder to write in`, { remedy, cause });
  }
}

/**
 * Starts the gateway's own PostgreSQL under the data folder: created at first, restarted over what a crash left, restarted when it dies
 * while the gateway lives, stopped cleanly.
 * @throws GatewayError store-owned-by-another, store-start-failed
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const { dataDir, environment, log, settings = [] } = options;
  openFolder(dataDir);
  const lock = await lockStore(dataDir);
  try {
    const launcher = findLauncher(dataDir, environment);
    const folder = clusterFolder(dataDir, launcher);
    const password = passwordOf(dataDir);
    if (!existsSync(join(folder, 'PG_VERSION'))) createCluster(folder, password, launcher);
    await stopLeftover(folder, log);
    const address = await freeAddress(folder);
    const server = new Supervised(launcher, folder, [...SETTINGS, ...address.settings, ...settings], log);
    const url = `postgresql://${USER}:${password}@${address.host}/${EMBEDDED_DATABASE}`;
    await server.start(url);
    const stop = async () => {
      await server.stop();
      await lock.release();
    };
    return { url, pid: () => server.pid, stop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Beside the gateway's other data, unless PostgreSQL's user cannot enter there. */
function clusterFolder(dataDir: string, launcher: Launcher): string {
  const beside = join(dataDir, 'postgres');
  if (launcher.how !== 'other-user' || existsSync(beside) || nobodyCanEnter(dataDir)) {
    handOver(beside, launcher.how);
    return beside;
  }
  const elsewhere = join(
    '/var/tmp',
    `trait-d-union-${createHash('sha256').update(dataDir).digest('hex').slice(0, 16)}`,
  );
  handOver(elsewhere, launcher.how);
  return elsewhere;
}

function passwordOf(dataDir: string): string {
  const file = join(dataDir, 'postgres.password');
  if (!existsSync(file)) writeFileSync(file, randomBytes(24).toString('hex'), { mode: 0o600 });
  return readFileSync(file, 'utf8').trim();
}

function createCluster(folder: string, password: string, launcher: Launcher): void {
  // initdb refuses a folder that holds anything: what an interrupted creation left goes first.
  rmSync(folder, { recursive: true, force: true });
  handOver(folder, launcher.how);
  const secret = mkdtempSync(join(tmpdir(), 'tdu-initdb-'));
  handOver(secret, launcher.how);
  const passwordFile = join(secret, 'password');
  // Its folder admits PostgreSQL's user only.
  writeFileSync(passwordFile, password, { mode: launcher.how === 'other-user' ? 0o644 : 0o600 });
  const args = [
    '-D',
    folder,
    '-U',
    USER,
    '--encoding=UTF8',
    '--locale=C',
    '--auth=scram-sha-256',
    `--pwfile=${passwordFile}`,
  ];
  const { file, args: all, options } = launcher.command('initdb', args);
  const made = spawnSync(file, all, { ...options, stdio: ['ignore', 'pipe', 'pipe'], cwd: '/' });
  rmSync(secret, { recursive: true, force: true });
  if (made.status === 0) return;
  const lastLine = made.stderr.toString().trim().split('\n').pop() ?? '';
  rmSync(folder, { recursive: true, force: true });
  throw new GatewayError('store-start-failed', `PostgreSQL could not create its files: ${lastLine}`, {
    cause: made.error,
  });
}

/** A PostgreSQL left by a killed gateway is stopped; one that is still dying is waited for. */
async function stopLeftover(folder: string, log: Log): Promise<void> {
  const file = join(folder, 'postmaster.pid');
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').split('\n')[0]) : 0;
  if (pid <= 0 || !runsPostgres(pid, folder)) return;
  log('warn', 'store.leftover', { pid });
  process.kill(pid, 'SIGINT');
  for (let tenths = 0; runsPostgres(pid, folder); tenths++) {
    if (tenths === 150) process.kill(pid, 'SIGQUIT');
    if (tenths > 300) throw new GatewayError('store-start-failed', `the PostgreSQL of process ${pid} does not stop`);
    await wait(100);
  }
}

function runsPostgres(pid: number, folder: string): boolean {
  try {
    process.kill(pid, 0);
    if (!existsSync('/proc/self/cmdline')) return true;
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(folder);
  } catch {
    return false;
  }
}
