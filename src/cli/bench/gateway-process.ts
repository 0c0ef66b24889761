import { fork, type ChildProcess } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { childEnvironment } from '../../config/load.js';
import { GatewayError } from '../../message/failure.js';

/** A gateway in processes of its own, on a fresh embedded store. */
export interface GatewayProcess {
  mllpPort: number;
  httpPort: number;
  databaseUrl: string;
  dataDir: string;
  process: ChildProcess;
  /** Resident memory of the gateway's processes in MiB, PostgreSQL's left out. */
  residentMiB(): Promise<number>;
  stop(): Promise<void>;
}

/** What `main.ts` tells the process that forked it, once it is ready. */
type Ports = Pick<GatewayProcess, 'mllpPort' | 'httpPort' | 'databaseUrl'>;

/** Starts `dist/main.js` and waits for its ports, which it tells over IPC. */
export async function startGatewayProcess(options: {
  roles: string;
  config?: string;
  dataDir?: string;
  env?: Record<string, string>;
}): Promise<GatewayProcess> {
  const dataDir = options.dataDir ?? (await mkdtemp(join(tmpdir(), 'tdu-')));
  const config = join(dataDir, 'gateway.yaml');
  await writeFile(config, options.config ?? 'sources: []\n');
  const main = fileURLToPath(new URL('../../main.js', import.meta.url));
  const env = childEnvironment({
    TDU_DATA_DIR: dataDir,
    TDU_CONFIG: config,
    TDU_ROLES: options.roles,
    MLLP_PORT: '0',
    HTTP_PORT: '0',
    TDU_LOG_LEVEL: 'warn',
    ...options.env,
  });
  const child = fork(main, [], { env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ports = await new Promise<Ports>((resolve, reject) => {
    child.once('message', (message) => {
      resolve(message as Ports);
    });
    child.once('exit', (code) => {
      reject(new GatewayError('store-start-failed', `the gateway ended with code ${String(code)} before it was ready`));
    });
  });
  return {
    ...ports,
    dataDir,
    process: child,
    residentMiB: async () =>
      Math.round((await residentKiB([child.pid ?? 0, ...(await workers(child.pid ?? 0))])) / 1024),
    async stop() {
      await endProcess(child);
      if (options.dataDir === undefined) await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Asks a process to end, and waits until it has: one that ended by itself is not waited for. */
export function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.kill('SIGTERM');
  });
}

/** The processes that a gateway forked of itself. */
async function workers(pid: number): Promise<number[]> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).trim().split(' ').map(Number);
  const commands = await Promise.all(children.map((child) => readFile(`/proc/${child}/cmdline`, 'utf8')));
  return children.filter((_, index) => commands[index]?.includes('main.js'));
}

/** KiB that these processes hold in memory. */
async function residentKiB(pids: number[]): Promise<number> {
  const held = pids.map(async (pid) =>
    Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0),
  );
  return (await Promise.all(held)).reduce((total, size) => total + size, 0);
}
