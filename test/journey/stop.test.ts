import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { startTestGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { childrenOf, descendants, processes, type RunningProcess } from '../support/processes.js';

/** Waits until none of these processes is there any more. */
async function gone(started: readonly RunningProcess[]): Promise<void> {
  await until(async () => {
    const now = await processes();
    return !now.some(({ pid, command }) => started.some((one) => one.pid === pid && one.command === command));
  }, 60_000);
}

/** A vendor that takes every connection and answers nothing. */
async function hangingVendor(): Promise<{ url: string; connections: Socket[]; close(): void }> {
  const connections: Socket[] = [];
  const server = createServer((socket) => connections.push(socket.on('error', () => undefined))).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const close = () => {
    for (const socket of connections) socket.destroy();
    server.close();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, connections, close };
}

describe('SIGTERM', () => {
  it.each([
    ['a vendor that hangs', {}],
    ['a vendor that hangs and a Redis that is not there', { REDIS_URL: 'absent' }],
  ])(
    'stops everything under %s, a silent sender and one that reads nothing',
    async (_, extra: Record<string, string>) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tdu-stop-'));
      const vendor = await hangingVendor();
      const config = [
        `endpoints: [{ id: logiciel, url: "${vendor.url}", timeoutSeconds: 300 }]`,
        'professionals: [{ rpps: "10999000011", family: BERTHIER, endpoint: logiciel }]',
        'rules: [{ id: medecin-traitant, events: [admission], roles: [PCP] }]',
      ].join('\n');
      const redis = extra['REDIS_URL'] === undefined ? {} : { REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
      const gateway = await startTestGateway(config, { TDU_DATA_DIR: dataDir, ...redis });
      const peers = [connect(gateway.mllpPort, '127.0.0.1'), connect(gateway.httpPort, '127.0.0.1')];
      for (const peer of peers) peer.on('error', () => undefined);
      for (let n = 0; n < 4; n++) await gateway.send(benchAdmission(n, 'ST'));
      await until(() => Promise.resolve(vendor.connections.length > 0), 60_000);
      const started = [...(await descendants(gateway.pid))];
      expect(started.filter(({ command }) => command.includes('postgres -D'))).toHaveLength(1);
      await gateway.stop();
      await gone(started);
      vendor.close();
      for (const peer of peers) peer.destroy();
      await rm(dataDir, { recursive: true, force: true });
    },
    200_000,
  );

  it.each([
    ['npm start', ['npm', 'start', '--ignore-scripts']],
    ['npx tdu serve', ['npx', '--no-install', 'tdu', 'serve']],
  ])(
    'sent to `%s` reaches the gateway, and leaves no orphan',
    async (_, [program = '', ...args]) => {
      const dataDir = await mkdtemp(join(tmpdir(), 'tdu-stop-'));
      await writeFile(join(dataDir, 'gateway.yaml'), '');
      const own = { TDU_DATA_DIR: dataDir, TDU_CONFIG: join(dataDir, 'gateway.yaml'), TDU_LOG_LEVEL: 'info' };
      const ports = { MLLP_PORT: '0', HTTP_PORT: '0', HTTP_HOST: '127.0.0.1' };
      const child = spawn(program, args, {
        env: { ...process.env, ...own, ...ports },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let written = '';
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (written += String(chunk)));
      const exited = new Promise((resolve) => child.once('exit', resolve));
      await until(() => Promise.resolve(written.includes('gateway.ready')), 60_000).catch((error: unknown) => {
        child.kill('SIGKILL');
        throw new Error(written, { cause: error });
      });
      const started = await descendants(child.pid ?? 0);
      const [main] = started.filter(({ command }) => /main\.js$|tdu(\.js)? serve$/.test(command));
      expect(
        await childrenOf(main?.pid ?? 0, 'postgres -D').then((found) => found.length + started.length),
      ).toBeGreaterThan(2);
      child.kill('SIGTERM');
      await exited;
      await gone(started);
      await rm(dataDir, { recursive: true, force: true });
    },
    200_000,
  );
});
