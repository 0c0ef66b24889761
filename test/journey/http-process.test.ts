import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { freshDatabase } from '../support/database.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { childrenOf } from '../support/processes.js';

let gateway: TestGateway;
let drop: () => Promise<void>;
beforeAll(async () => {
  const database = await freshDatabase();
  drop = database.drop;
  gateway = await startTestGateway('', { DATABASE_URL: database.url, TDU_TRANSLATORS: '2' });
});
afterAll(async () => {
  await gateway.stop();
  await drop();
});

const serving = async () => (await childrenOf(gateway.pid, 'main.js http'))[0]?.pid ?? 0;
const admit = async (run: string) => {
  for (let n = 0; n < 5; n++) expect((await gateway.send(benchAdmission(n, run))).value('MSA-1')).toBe('AA');
};
const answers = () =>
  gateway.get('/health/live').then(
    () => true,
    () => false,
  );

const metrics = async () => (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text();

describe('the process that serves HTTP', () => {
  it('serves from the start what has not happened yet, as nought', async () => {
    const refused = /^tdu_answer_seconds_count\{source="[\w-]+",code="(AR|CR)"\} 0$/gm;
    await until(async () => [...(await metrics()).matchAll(refused)].length === 2, 30_000);
  });

  it('may hang, and senders are answered all the same', async () => {
    const pid = await serving();
    process.kill(pid, 'SIGSTOP');
    await admit('HS');
    process.kill(pid, 'SIGCONT');
    await gateway.settled();
  });

  it('comes back on its port when it dies, and senders notice nothing', async () => {
    const before = await serving();
    process.kill(before, 'SIGKILL');
    await admit('HK');
    await until(answers, 30_000);
    expect(await serving()).not.toBe(before);
    await gateway.settled();
  });

  it('serves the metrics of all processes, each once', async () => {
    await until(async () => {
      const text = await metrics();
      const up = [...text.matchAll(/^tdu_worker_up\{worker="([\w-]+)"\} 1$/gm)].map(([, name]) => name);
      return (
        up.sort().join(' ') === 'deliver http translate translate-2' &&
        /^tdu_answer_seconds_count\{[^}]*code="AA"[^}]*\} 10$/m.test(text)
      );
    }, 30_000);
  });
});

describe('a sender of nonsense', () => {
  it.each([
    ['bytes outside of frames', '\x0bx'.repeat(20_000), 'receive.discarded'],
    ['connections that break', '', 'receive.connection-error'],
  ])('fills no log with %s', async (_what, bytes, event) => {
    const lines = () => gateway.output().split(`"${event}"`).length - 1;
    const sender = () => connect(gateway.mllpPort, '127.0.0.1').on('error', () => undefined);
    const one = sender();
    await new Promise((resolve) => one.write(`${bytes}\x0bMSH`, resolve));
    const broken = Array.from({ length: 100 }, sender);
    await Promise.all(broken.map((socket) => new Promise((resolve) => socket.once('connect', resolve))));
    for (const socket of broken) socket.resetAndDestroy();
    await until(() => Promise.resolve(lines() > 0), 10_000);
    await admit(`N${event.length}`);
    one.destroy();
    expect(lines()).toBeLessThanOrEqual(60);
  });
});
