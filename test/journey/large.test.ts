import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { childrenOf } from '../support/processes.js';

const NIGHTLY = process.env['TDU_NIGHTLY'] === 'yes';
/** Large messages, and how many senders send them at once. */
const LARGE = NIGHTLY ? 150 : 12;
const SENDERS = 3;
const LENGTH = 15 * 1024 * 1024;
const GIB = 1024 * 1024 * 1024;

let database: TestDatabase;
let gateway: TestGateway;

beforeAll(async () => {
  database = await freshDatabase();
  gateway = await startTestGateway('', { DATABASE_URL: database.url, TDU_TRANSLATORS: '2', TDU_LOG_LEVEL: 'info' });
});
afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

/** An admission of 15 MiB: measurements, and one text that is a third of it. */
function largeAdmission(index: number): string {
  const admission = benchAdmission(index, 'LARGE');
  const line = `OBX||TX|8251-1^W^LN||${'x'.repeat(1000)}`;
  const lines = Array<string>(10_000).fill(line).join('\r');
  return `${admission}\r${lines}\rOBX||TX|8251-1^W^LN||${'y'.repeat(LENGTH - lines.length - admission.length)}`;
}

/** The most memory that each process of the gateway ever had, in bytes. */
async function peaks(): Promise<[name: string, bytes: number][]> {
  const found = [{ pid: gateway.pid, command: 'receive' }, ...(await childrenOf(gateway.pid))];
  return Promise.all(
    found.map(async ({ pid, command }) => {
      const status = await readFile(`/proc/${pid}/status`, 'utf8');
      return [/main\.js (\S+)/.exec(command)?.[1] ?? command, Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1]) * 1024];
    }),
  );
}

describe('messages of 15 MiB', () => {
  it('are translated with a bounded memory, while others are answered', async () => {
    const times: number[] = [];
    let next = 0;
    let sending = true;
    const sender = async () => {
      for (let index = next++; index < LARGE; index = next++)
        expect((await gateway.send(largeAdmission(index))).value('MSA-1')).toBe('AA');
    };
    const small = async () => {
      for (let index = 0; sending; index++) {
        const started = performance.now();
        expect((await gateway.send(benchAdmission(index, 'SMALL'))).value('MSA-1')).toBe('AA');
        times.push(performance.now() - started);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    };
    const feed = small();
    await Promise.all(Array.from({ length: SENDERS }, sender));
    sending = false;
    await feed;
    await gateway.settled();
    const parked = await gateway.get<Page>('/api/messages?state=parked');
    const translated = await gateway.get<Page>('/api/messages?state=translated');
    expect([parked.total, translated.total]).toEqual([0, LARGE + times.length]);
    const memory = await peaks();
    expect(memory.map(([name]) => name).sort()).toEqual(['deliver', 'http', 'receive', 'translate', 'translate']);
    for (const [name, bytes] of memory) expect({ name, isBounded: bytes < GIB }).toEqual({ name, isBounded: true });
    times.sort((a, b) => a - b);
    const p99 = times[Math.floor(times.length * 0.99)] ?? Infinity;
    // By day the machine has other work, and times say little.
    if (NIGHTLY) expect(p99).toBeLessThan(1000);
    expect(times.length).toBeGreaterThan(LARGE);
  }, 600_000);
});
