import { fork } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../../src/cli/demo/vendor-process.js';
import { exchange } from '../../src/cli/mllp-client.js';
import { parse, type Message } from '../../src/hl7v2/parse.js';

/** A whole gateway in processes of its own, from `dist/`. */
export interface TestGateway {
  readonly mllpPort: number;
  readonly httpPort: number;
  readonly databaseUrl: string;
  readonly pid: number;
  /** All that its processes have written, on both streams. */
  output(): string;
  get<T>(path: string): Promise<T>;
  post(path: string): Promise<number>;
  /** Sends one message over MLLP and reads its acknowledgement. */
  send(text: string): Promise<Message>;
  /** Waits until nothing is left to translate and nothing to deliver. */
  settled(): Promise<void>;
  /** `kill -9` of its main process, and the wait for its end. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

/** A page of the operator API. */
export interface Page {
  total: number;
  items: Record<string, unknown>[];
  next?: string;
}

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

/**
 * Starts `dist/main.js` with that configuration file's text, and waits until it is ready.
 * @param env DATABASE_URL for a database of the run, or TDU_DATA_DIR for an embedded one
 */
export async function startTestGateway(config: string, env: Record<string, string>): Promise<TestGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'tdu-gateway-'));
  const file = join(folder, 'gateway.yaml');
  await writeFile(file, config);
  const defaults = { TDU_DATA_DIR: folder, TDU_CONFIG: file, TDU_LOG_LEVEL: 'debug', HTTP_HOST: '127.0.0.1' };
  const ports = { MLLP_PORT: '0', HTTP_PORT: '0' };
  const child = fork(MAIN, [], {
    env: { ...process.env, ...defaults, ...ports, ...env },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let written = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (written += String(chunk)));
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const told = await new Promise<{ mllpPort: number; httpPort: number; databaseUrl: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { mllpPort: number; httpPort: number; databaseUrl: string }));
    child.once('exit', () => reject(new Error(`the gateway ended before it was ready:\n${written}`)));
  });
  const address = (path: string) => `http://127.0.0.1:${told.httpPort}${path}`;
  const get = async <T>(path: string) => (await (await fetch(address(path))).json()) as T;
  const end = async (signal: 'SIGKILL' | 'SIGTERM') => {
    child.kill(signal);
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  return {
    ...told,
    pid: child.pid ?? 0,
    output: () => written,
    get,
    post: async (path) => (await fetch(address(path), { method: 'POST' })).status,
    send: async (text) => parse(await exchange('127.0.0.1', told.mllpPort, text)),
    settled: () =>
      until(async () => {
        const waiting = await get<Page>('/api/messages?state=received');
        const due = await get<Page>('/api/deliveries?state=due');
        return waiting.total + due.total === 0;
      }, 60_000),
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
  };
}
