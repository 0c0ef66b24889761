import { fork, spawnSync, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { until } from '../../../src/cli/demo/vendor-process.js';
import { processes } from '../../support/processes.js';

const PROGRAM = fileURLToPath(new URL('../../support/embedded-process.js', import.meta.url));
const NOBODY = 65534;
const isRoot = process.getuid?.() === 0;
/** Can an ordinary user read this checkout? Not under /root, for instance. */
const isReadable =
  isRoot && spawnSync('/bin/sh', ['-c', 'test -r "$0"', PROGRAM], { uid: NOBODY, gid: NOBODY }).status === 0;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function folder(mode = 0o755): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tdu-embedded-'));
  await chmod(path, mode);
  cleanups.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** What the process tells: it started, or it failed. */
interface Told {
  url: string;
  pid: number;
  failure?: string;
  text?: string;
}

interface Started extends Told {
  child: ChildProcess;
  events: string[];
  /** What PostgreSQL says of itself. */
  lines: string[];
  stop(): Promise<void>;
  kill(): Promise<void>;
}

async function start(dataDir: string, options: { uid?: number; env?: Record<string, string> } = {}): Promise<Started> {
  const user = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const env = { ...process.env, ...options.env };
  const child = fork(PROGRAM, [dataDir], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env, ...user });
  const events: string[] = [];
  const lines: string[] = [];
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const told = await new Promise<Told>((resolve, reject) => {
    child.on('message', (message: Told | { event: string; text?: string }) => {
      if ('event' in message && message.event === 'store.postgres') lines.push(message.text ?? '');
      else if ('event' in message) events.push(message.event);
      else resolve(message);
    });
    child.once('exit', (code) => reject(new Error(`ended with ${String(code)} before it told anything`)));
  });
  const stop = async () => {
    if (child.connected) child.send('stop');
    await ended;
  };
  const kill = async () => {
    child.kill('SIGKILL');
    await ended;
  };
  cleanups.push(stop);
  return { ...told, child, events, lines, stop, kill };
}

async function ask(url: string, statement: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(statement)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

const answers = (url: string) => () =>
  ask(url, 'SELECT 1').then(
    () => true,
    () => false,
  );
const runs = async (pid: number) =>
  (await processes()).some((one) => one.pid === pid && one.command.includes('postgres'));

describe('the embedded PostgreSQL', () => {
  it('is created at first, keeps what it holds, and stops cleanly', async () => {
    const dataDir = join(await folder(), 'new', 'data');
    const first = await start(dataDir);
    await ask(first.url, 'CREATE TABLE kept (word text)');
    await ask(first.url, "INSERT INTO kept VALUES ('stays')");
    await first.stop();
    expect(await runs(first.pid)).toBe(false);
    const second = await start(dataDir);
    expect(await ask(second.url, 'SELECT word FROM kept')).toEqual([{ word: 'stays' }]);
    expect(second.events).toEqual([]);
  });

  it('answers on a socket of its folder and on the loopback alone, to its password alone, which nobody else can read', async () => {
    const dataDir = await folder();
    const { url } = await start(dataDir);
    expect(decodeURIComponent(new URL(url).hostname)).toBe(join(dataDir, 'postgres'));
    expect(await ask(url, 'SHOW listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    const password = join(dataDir, 'postgres.password');
    expect((await stat(password)).mode & 0o077).toBe(0);
    expect(await readFile(password, 'utf8')).toMatch(/^[0-9a-f]{48}$/);
    const loopback = url.replace(/@[^:]+:/, '@127.0.0.1:');
    for (const address of [url, loopback]) {
      expect(await ask(address, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      const wrong = ask(address.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1');
      await expect(wrong).rejects.toMatchObject({ code: '28P01' });
    }
  });

  it('starts over what a kill -9 of everything has left', async () => {
    const dataDir = await folder();
    const first = await start(dataDir);
    await ask(first.url, 'CREATE TABLE kept (word text)');
    process.kill(first.pid, 'SIGKILL');
    await first.kill();
    const second = await start(dataDir);
    expect(await ask(second.url, 'SELECT word FROM kept')).toEqual([]);
  });

  it('takes over from a gateway that was killed and left its PostgreSQL running', async () => {
    const dataDir = await folder();
    const first = await start(dataDir);
    await first.kill();
    expect(await runs(first.pid)).toBe(true);
    const second = await start(dataDir);
    expect(second.events).toEqual(['store.leftover']);
    expect(await runs(first.pid)).toBe(false);
    expect(await answers(second.url)()).toBe(true);
  });

  it('refuses a second gateway on the same folder, and says what to do', async () => {
    const dataDir = await folder();
    const first = await start(dataDir);
    const second = await start(dataDir);
    expect(second.failure).toBe('store-owned-by-another');
    expect(second.text).toContain(dataDir);
    expect(second.text).toContain('TDU_DATA_DIR');
    expect(await answers(first.url)()).toBe(true);
  });

  it('comes back on the same address when it dies while the gateway lives', async () => {
    const { url, pid, events } = await start(await folder());
    process.kill(pid, 'SIGKILL');
    await until(() => Promise.resolve(events.includes('store.died')), 10_000);
    await until(answers(url), 30_000);
    expect(await runs(pid)).toBe(false);
  });

  it('says in the log of the gateway what it meets, and never a statement or a value', async () => {
    const { url, lines } = await start(await folder());
    await expect(ask(url, `SELECT 'CAMILLE'::integer`)).rejects.toThrow('CAMILLE');
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    const busy = client.query(`SELECT 'CAMILLE', pg_sleep(60)`).catch(() => undefined);
    process.kill(rows[0]?.pid ?? 0, 'SIGKILL');
    await busy;
    await until(() => Promise.resolve(lines.some((text) => text.includes('was terminated by signal 9'))), 10_000);
    await until(answers(url), 30_000);
    expect(lines.some((text) => text.includes('ready to accept connections'))).toBe(true);
    expect(lines.join()).not.toMatch(/CAMILLE|SELECT/);
    expect(lines.join()).not.toMatch(/the database system is|terminating connection/);
  });

  (isReadable ? it : it.skip)('runs for an ordinary user as that user (needs root, to become one)', async () => {
    const dataDir = await folder(0o777);
    const { url, pid } = await start(dataDir, { uid: NOBODY });
    expect(await answers(url)()).toBe(true);
    expect(await ownerOf(pid)).toBe(NOBODY);
  });

  (isRoot ? it : it.skip)('runs for root as somebody else where namespaces are forbidden (needs root)', async () => {
    // A PATH without `unshare` is as good as a kernel without namespaces.
    const bin = await folder();
    await symlink('/usr/bin/id', join(bin, 'id'));
    for (const mode of [0o755, 0o700]) {
      const dataDir = await folder(mode);
      const { url, pid, stop, kill } = await start(dataDir, { env: { PATH: bin } });
      expect(await answers(url)()).toBe(true);
      expect(await ownerOf(pid)).toBe(NOBODY);
      const command = (await processes()).find((one) => one.pid === pid)?.command ?? '';
      const cluster = / -D (\S+)/.exec(command)?.[1] ?? '';
      // Beside the other data, unless that user cannot enter there.
      expect(cluster.startsWith(dataDir)).toBe(mode === 0o755);
      if (!cluster.startsWith(dataDir)) cleanups.unshift(() => rm(cluster, { recursive: true, force: true }));
      await kill();
      const second = await start(dataDir, { env: { PATH: bin } });
      expect(await answers(second.url)()).toBe(true);
      await second.stop();
      await stop();
    }
  });
});

async function ownerOf(pid: number): Promise<number> {
  return Number(/^Uid:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1]);
}
