import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createRawServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GatewayClient } from '../../../src/cli/gateway-client.js';
import { main } from '../../../src/cli/tdu.js';
import { GatewayError } from '../../../src/message/failure.js';
import { createApp, openHttp, type HttpServer } from '../../../src/serve/http.js';
import type { Store } from '../../../src/store/store.js';
import { operatorOf } from '../../support/operator.js';
import { printed } from '../../support/output.js';
import { incoming, openTestStore, routed, step, translated } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
let http: HttpServer;
let storeAway = false;
const queued: string[] = [];

/** The real operator API over a real store: three messages behind one unknown code, two dead deliveries, one that is due. */
beforeAll(async () => {
  ({ store, close } = await openTestStore());
  const app = createApp({
    insecureFhir: false,
    startedAt: '2026-03-02T07:00:00Z',
    log: () => undefined,
    ready: {
      store: () => (storeAway ? Promise.reject(new GatewayError('store-unavailable', 'away')) : Promise.resolve()),
    },
    metrics: () => Promise.resolve(''),
    operator: operatorOf(store, (ids) => queued.push(...ids)),
    operatorToken: 'secret',
    doors: [],
  });
  http = await openHttp(app, { port: 0, host: '127.0.0.1' });
  const item = { reason: 'code-unknown', field: 'PV1-14', text: 'a code is not in the table', key: 'k', code: 'ZZ' };
  for (const name of ['A1', 'A2', 'A3']) await translated(store, name, [], { state: 'parked', workItems: [item] });
  for (const endpoint of ['cpts', 'msp', 'ssiad']) {
    const message = incoming(endpoint);
    await store.keep([message]);
    await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
      tx.save([step(message.id, routed(message.id, { endpoint, member: 'Practitioner/d', resources: [] }))]),
    );
    if (endpoint !== 'ssiad') await kill(endpoint);
  }
});
afterAll(async () => {
  await http.close();
  await close();
});

async function kill(endpoint: string): Promise<void> {
  const due = await store.claimDeliveries({ endpoint, limit: 10, leaseMs: 60_000 });
  await store.recordAttempts(
    due.map(({ id, claim }) => ({
      ...{ deliveryId: id, claim, reached: false, startedAt: new Date(0), durationMs: 1, ok: false, status: 422 },
      ...{ code: 'endpoint-refused', detail: 'answered 422 required', sent: [], sha256: Buffer.alloc(32) },
      next: { state: 'dead' },
    })),
  );
}

const tdu = (...args: string[]) => printed(() => main(args), { HTTP_PORT: String(http.port) });
const json = async (...args: string[]) => JSON.parse((await tdu(...args, '--json')).out) as Record<string, unknown>;
const itemId = async () => String((await store.listWorkItems({ state: 'open' })).items[0]?.['id']);

describe('tdu status', () => {
  it('says whether the gateway is ready, what waits in it, and what at each endpoint', async () => {
    const { code, out } = await tdu('status');
    expect([code, out.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))]).toEqual([
      0,
      [
        ...['ready', 'untranslated 0', 'parked 3', 'openWorkItems 1', 'dueDeliveries 1', 'deadDeliveries 2'],
        ...['endpoint due dead oldest', expect.stringContaining('─'), 'cpts 0 1', 'msp 0 1'],
        expect.stringMatching(/^ssiad 1 0 \d+ s$/),
      ],
    ]);
    expect(await json('status')).toMatchObject({ health: { status: 'ready' }, waiting: { parked: 3 } });
  });

  it('ends with 1 and the missing part where it is not', async () => {
    storeAway = true;
    expect(await tdu('status')).toEqual({ code: 1, out: 'not ready: without store', err: '' });
    storeAway = false;
  });
});

describe('tdu items', () => {
  it('lists what is open, with the code and the messages behind it', async () => {
    const { code, out } = await tdu('items');
    expect(code).toBe(0);
    expect(out.split('\n').at(-1)?.trim().split(/ {2,}/)).toEqual([
      ...[await itemId(), 'chu', 'code-unknown', 'PV1-14', 'ZZ', '3'],
      ...[expect.stringMatching(/Z$/), expect.stringMatching(/Z$/), 'a code is not in the table'],
    ]);
    expect(await json('items')).toMatchObject({ total: 1, items: [{ code: 'ZZ', waiting: 3 }] });
  });

  it('does not close what messages wait behind, and says what to do', async () => {
    const { code, err } = await tdu('items', '--close', await itemId());
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('409 messages-waiting: parked messages wait behind this work item alone'),
    ]);
    expect(err).toContain('--release');
  });

  it('releases all messages behind one', async () => {
    const id = await itemId();
    expect(await tdu('items', '--release', id)).toEqual({ code: 0, out: `${id}: messages queued again: 3`, err: '' });
    expect(queued).toHaveLength(3);
  });

  it('closes one behind which nothing waits', async () => {
    await store.keep([incoming('R', { state: 'refused' })]);
    const id = await itemId();
    expect(await tdu('items', '--close', id)).toEqual({ code: 0, out: `${id}: closed`, err: '' });
    expect(await tdu('items', '--close', id)).toMatchObject({ code: 1, err: expect.stringContaining('404') });
  });

  it('does one thing at a time', async () => {
    expect((await tdu('items', '--close', '1', '--release', '1')).err).toContain('request-invalid');
  });
});

describe('tdu dead and tdu revive', () => {
  it('list what was given up, with what the last attempt said', async () => {
    const { out } = await tdu('dead');
    const lines = out.split('\n').slice(2);
    expect(lines.map((line) => line.trim().split(/ {2,}/)[1])).toEqual(['msp', 'cpts']);
    expect(lines[0]).toContain('endpoint-refused  answered 422 required');
    expect(await json('dead', '--endpoint', 'cpts')).toMatchObject({ total: 1, items: [{ endpoint: 'cpts' }] });
  });

  it.each([
    ['nothing', []],
    ['two ways at once', ['--all', '--endpoint', 'cpts']],
    ['two deliveries', ['a', 'b']],
  ])('revive for %s is refused', async (_, args) => {
    expect(await tdu('revive', ...args)).toMatchObject({ code: 1, err: expect.stringContaining('request-invalid') });
  });

  it('revive one, those of an endpoint, and all', async () => {
    const [first] = (await store.listDeliveries({ state: 'dead', endpoint: 'cpts' })).items;
    const id = String(first?.['id']);
    expect(await tdu('revive', id)).toEqual({ code: 0, out: `${id}: due again`, err: '' });
    expect(await tdu('revive', id)).toMatchObject({ code: 1, err: expect.stringContaining('404') });
    await kill('cpts');
    expect(await tdu('revive', '--endpoint', 'cpts')).toEqual({ code: 0, out: 'due again: 1', err: '' });
    expect(await json('revive', '--all')).toEqual({ revived: 1 });
    expect(await tdu('dead')).toEqual({ code: 0, out: 'nothing is dead', err: '' });
  });
});

describe('a gateway on another machine', () => {
  let far: Server;
  const seen: (string | undefined)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'tdu-token-'));

  beforeAll(async () => {
    far = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end(request.url === '/api/deliveries/revive' ? 'a login page' : '{"total":0,"items":[]}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => far.once('listening', resolve));
  });
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await new Promise((resolve) => far.close(resolve));
  });
  const url = () => `http://127.0.0.1:${(far.address() as AddressInfo).port}/`;

  it('is asked with the operator’s token where its file is named, and without it where not', async () => {
    const file = join(folder, 'operator.token');
    writeFileSync(file, 'secret\n');
    expect((await tdu('items', '--url', url(), '--token-file', file)).out).toBe('nothing waits for anybody');
    expect((await tdu('dead', '--url', url())).code).toBe(0);
    expect(seen).toEqual(['Bearer secret', undefined]);
  });

  it('that gives something else than a gateway would is told', async () => {
    expect((await tdu('revive', '--all', '--url', url())).err).toMatch(/^peer-refused: .*is that a gateway/);
  });

  it.each([
    ['says nothing', undefined],
    ['begins an answer and does not end it', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'],
    ['breaks its answer off', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{'],
  ])('that %s is not waited for', async (how, answer) => {
    const silent = createRawServer((socket) => {
      socket
        .on('error', () => undefined)
        .once('data', () => {
          if (answer !== undefined) socket.write(answer);
          if (how.startsWith('breaks')) socket.end();
        });
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const client = new GatewayClient({ url: address }, { GET: 200, POST: 200 });
    for (const method of ['GET', 'POST'] as const)
      await expect(client.ask('/health/ready', method)).rejects.toMatchObject({ code: 'peer-unreachable' });
    silent.close();
  });

  it('whose token is not where it should be, or that is not there, is told', async () => {
    expect((await tdu('items', '--token-file', join(folder, 'none'))).err).toMatch(/^config-invalid: .*none/);
    expect((await tdu('status', '--url', 'http://127.0.0.1:1')).err).toMatch(/^peer-unreachable/);
  });
});
