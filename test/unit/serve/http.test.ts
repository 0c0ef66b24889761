import { mkdtempSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Router, type Request } from 'express';
import request from 'supertest';
import type { FhirPort } from '../../../src/serve/fhir-api.js';
import { createApp, openHttp, type HttpDeps, type HttpServer } from '../../../src/serve/http.js';
import { isLocal, isLoopback } from '../../../src/serve/loopback.js';
import { fromTrustedProxy } from '../../../src/serve/trusted-proxies.js';
import { operatorToken } from '../../../src/serve/operator-token.js';
import { openMetrics } from '../../../src/watch/metrics.js';
import { NO_OPERATOR } from '../../support/operator.js';
import { openTestStore } from '../../support/stored.js';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

const logged: { event: string; fields: Record<string, unknown> }[] = [];
const appOf = (deps: Partial<HttpDeps> = {}) =>
  createApp({
    insecureFhir: false,
    startedAt: '2026-03-02T08:00:00Z',
    log: (_level, event, fields) => logged.push({ event, fields }),
    ready: {},
    metrics: () => Promise.resolve(''),
    doors: [],
    ...deps,
  });

async function listening(deps: Partial<HttpDeps> = {}, host = '127.0.0.1'): Promise<HttpServer> {
  const server = await openHttp(appOf(deps), { port: 0, host });
  cleanups.push(() => server.close());
  return server;
}

const silent = () => undefined;
const resolved = () => Promise.resolve();
const operator = NO_OPERATOR;
const fhir: FhirPort = {
  readResource: () => Promise.resolve(undefined),
  readVersion: () => Promise.resolve(undefined),
  historyOf: () => Promise.resolve({ total: 0, versions: [] }),
  changesAfter: () => Promise.resolve({ until: new Date(0), versions: [] }),
  searchResources: () => Promise.resolve({ total: 0, resources: [] }),
  readCommunication: () => Promise.resolve(undefined),
  searchCommunications: () => Promise.resolve({ total: 0, resources: [] }),
  readBinary: () => Promise.resolve(undefined),
};

describe('health', () => {
  it('is live as long as it answers', async () => {
    const response = await request(appOf()).get('/health/live');
    expect([response.status, response.body]).toEqual([200, { status: 'live' }]);
  });

  it('is ready while all that it depends on answers', async () => {
    const response = await request(appOf({ ready: { store: resolved, queue: resolved } })).get('/health/ready');
    expect([response.status, response.body]).toEqual([200, { status: 'ready' }]);
  });

  it('is not ready once the database is gone, and says so by name', async () => {
    const { store, close } = await openTestStore();
    const app = appOf({ ready: { store: () => store.ping(), queue: resolved } });
    expect((await request(app).get('/health/ready')).status).toBe(200);
    await close();
    const response = await request(app).get('/health/ready');
    expect([response.status, response.body]).toEqual([503, { status: 'not ready', missing: ['store'] }]);
    expect((await request(app).get('/health/live')).status).toBe(200);
  });

  it('does not wait for ever for a part that says nothing', async () => {
    const app = appOf({ ready: { store: resolved, queue: () => new Promise(() => undefined) } });
    const response = await request(app).get('/health/ready');
    expect([response.status, response.body]).toEqual([503, { status: 'not ready', missing: ['queue'] }]);
  });
});

describe('a gateway that does without something for a while', () => {
  const answer = async (deps: Partial<HttpDeps>) => {
    const { status, body } = await request(appOf({ ready: { store: resolved }, ...deps })).get('/health/ready');
    return [status, body as unknown];
  };
  const away = () => Promise.reject(new Error('away'));

  it.each([
    ['its queue is away', { degraded: { queue: away } }, { status: 'degraded', degraded: ['queue'] }],
    [
      'its queue says nothing',
      { degraded: { queue: () => new Promise<void>(() => undefined) } },
      { status: 'degraded', degraded: ['queue'] },
    ],
    [
      'its sweep stands still',
      { sweepSeconds: () => Promise.resolve(31.2) },
      { status: 'degraded', degraded: ['sweep'], sweepSeconds: 31 },
    ],
    ['nobody can say when it swept', { sweepSeconds: away }, { status: 'degraded', degraded: ['sweep'] }],
    [
      'all is well',
      { degraded: { queue: resolved }, sweepSeconds: () => Promise.resolve(1.4) },
      { status: 'ready', sweepSeconds: 1 },
    ],
  ])('still takes messages, and says so: %s', async (_, deps, body) => {
    expect(await answer(deps)).toEqual([200, body]);
  });

  it('is not ready without its store, whatever else is missing', async () => {
    const deps = { ready: { store: away }, degraded: { queue: away } };
    expect(await answer(deps)).toEqual([503, { status: 'not ready', missing: ['store'] }]);
  });
});

describe('metrics', () => {
  it('are Prometheus text: each sample is of a family that is typed, labels are quoted, values are numbers', async () => {
    const metrics = openMetrics();
    metrics.answered('chu', 'AA', 0.002);
    metrics.translated(3, 0.01);
    metrics.delivered('cpts', 'delivered', 0.02);
    metrics.counted({ untranslated: 4, deadDeliveries: 1 });
    const other = openMetrics();
    other.translated(5, 0.01);
    const response = await request(appOf({ metrics: async () => metrics.text([await other.json()]) })).get('/metrics');
    expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
    const samples = samplesOf(response.text);
    expect(samples.get('tdu_translated_total')).toBe(8);
    expect(samples.get('tdu_answer_seconds_count{source="chu",code="AA"}')).toBe(1);
    expect(samples.get('tdu_waiting{what="untranslated"}')).toBe(4);
    expect(samples.get('tdu_delivery_seconds_count{endpoint="cpts",code="delivered"}')).toBe(1);
  });

  it('say when a source was last heard, whichever process heard it', async () => {
    const [mllp, http] = [openMetrics(), openMetrics()];
    for (const metrics of [mllp, http]) metrics.answers('chu', ['AA']);
    http.answered('chu', 'AA', 0.002);
    const samples = samplesOf(await mllp.text([await http.json()]));
    const seconds = samples.get('tdu_last_message_timestamp_seconds{source="chu"}') ?? 0;
    expect(Math.abs(Date.now() / 1000 - seconds)).toBeLessThan(60);
    expect(samples.get('tdu_answer_seconds_count{source="chu",code="AA"}')).toBe(1);
  });

  it('say what is due at each endpoint, and no more of one at which nothing is', async () => {
    const metrics = openMetrics();
    const dueAt = async () =>
      [...samplesOf(await metrics.text([]))].filter(([name]) => /^tdu_(due|oldest_due_seconds)\{/.test(name));
    metrics.endpoints([
      { id: 'cpts', due: 3, oldestDueSeconds: 70 },
      { id: 'msp', due: 1, oldestDueSeconds: 2 },
    ]);
    expect(await dueAt()).toEqual([
      ['tdu_due{endpoint="cpts"}', 3],
      ['tdu_due{endpoint="msp"}', 1],
      ['tdu_oldest_due_seconds{endpoint="cpts"}', 70],
      ['tdu_oldest_due_seconds{endpoint="msp"}', 2],
    ]);
    metrics.endpoints([{ id: 'msp', due: 0, oldestDueSeconds: null }]);
    expect(await dueAt()).toEqual([
      ['tdu_due{endpoint="msp"}', 0],
      ['tdu_oldest_due_seconds{endpoint="msp"}', 0],
    ]);
  });
});

/** Every sample of a text in Prometheus' exposition format 0.0.4; a line that is none fails the test. */
function samplesOf(text: string): Map<string, number> {
  const typed = new Set<string>();
  const samples = new Map<string, number>();
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const type = /^# TYPE (\S+) (?:counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (type !== null) typed.add(type[1] ?? '');
    if (line.startsWith('#')) continue;
    const sample = /^([a-zA-Z_:][\w:]*)((?:\{(?:[a-zA-Z_]\w*="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line);
    expect([line, sample]).not.toEqual([line, null]);
    const [, name = '', labels = '', value = ''] = sample ?? [];
    expect([line, typed.has(name) || typed.has(name.replace(/_(bucket|sum|count)$/, ''))]).toEqual([line, true]);
    expect([line, Number.isNaN(Number(value.replace('Inf', 'Infinity')))]).toEqual([
      line,
      value === 'NaN' || value === 'Nan',
    ]);
    samples.set(`${name}${labels}`, Number(value));
  }
  return samples;
}

describe('the HTTP face', () => {
  it('answers an unknown address 404, and says nothing of what it is built with', async () => {
    const response = await request(appOf()).get('/nowhere');
    expect([response.status, response.body]).toMatchObject([404, { resourceType: 'OperationOutcome' }]);
    expect(response.headers['x-powered-by']).toBeUndefined();
    expect(response.headers['x-content-type-options']).toBe('nosniff');
  });

  it('serves the APIs only where their roles are', async () => {
    const app = appOf();
    for (const path of ['/fhir/metadata', '/api/messages']) expect((await request(app).get(path)).status).toBe(404);
    expect((await request(app).get('/metrics')).status).toBe(200);
  });

  it('logs a failure by its route and place, never by its query or its text', async () => {
    const door = Router().get('/door', () => {
      throw new Error('ESSAI CAMILLE');
    });
    const response = await request(appOf({ doors: [door] })).get('/door?name=CAMILLE');
    expect([response.status, response.text.includes('CAMILLE')]).toEqual([500, false]);
    const last = logged.at(-1);
    expect(last).toMatchObject({ event: 'serve.failed', fields: { method: 'GET', status: 500 } });
    expect(JSON.stringify(last)).not.toContain('CAMILLE');
  });

  it('refuses a port that is taken, by name', async () => {
    const { port } = await listening();
    await expect(openHttp(appOf(), { port, host: '127.0.0.1' })).rejects.toMatchObject({ code: 'port-in-use' });
  });

  it('closes although a client keeps its connection', async () => {
    const server = await listening();
    const response = await fetch(`http://127.0.0.1:${server.port}/health/live`);
    await response.arrayBuffer();
    await server.close();
    cleanups.pop();
    await expect(fetch(`http://127.0.0.1:${server.port}/health/live`)).rejects.toThrow();
  });
});

describe('the loopback rule', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.8.9.10', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['192.0.2.1', false],
    ['::ffff:192.0.2.1', false],
    ['2001:db8::1', false],
    ['', false],
    [undefined, false],
  ])('takes %s for this machine: %s', (address, expected) => {
    expect(isLoopback(address)).toBe(expected);
  });

  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one !== undefined && !one.internal && one.family === 'IPv4')?.address;

  (own === undefined ? it.skip : it)('refuses who comes by another address of this machine (needs one)', async () => {
    const closed = await listening({ fhir, operator }, '0.0.0.0');
    const open = await listening({ fhir, insecureFhir: true }, '0.0.0.0');
    const status = async (port: number, path: string) => (await fetch(`http://${own ?? ''}:${port}${path}`)).status;
    expect(await status(closed.port, '/fhir/metadata')).toBe(403);
    expect(await status(closed.port, '/api/messages')).toBe(403);
    expect(await status(closed.port, '/health/live')).toBe(200);
    expect(await status(open.port, '/fhir/metadata')).toBe(200);
  });
});

describe('a reverse proxy that the configuration names', () => {
  const relayed = { 'X-Forwarded-For': '192.0.2.7', Host: 'fhir.example.fr' };
  const behind = (trustedProxies: string[], path: string, headers: Record<string, string> = relayed) =>
    request(appOf({ fhir, operator, operatorToken: 'good', trustedProxies, publicUrl: 'https://fhir.example.fr/tdu' }))
      .get(path)
      .set(headers);

  it('opens /fhir to whom it lets through, and any other is refused', async () => {
    for (const [trusted, status] of [
      [['127.0.0.1', '::1'], 200],
      [['127.0.0.0/8', '::/64'], 200],
      [['10.1.2.3', '192.0.2.7', '2001:db8::/32'], 403],
      [[], 403],
    ] as const)
      expect([trusted, (await behind([...trusted], '/fhir/Patient')).status]).toEqual([trusted, status]);
  });

  it('opens /api to nobody without the operator’s token', async () => {
    expect((await behind(['127.0.0.1', '::1'], '/api/messages')).status).toBe(403);
    const headers = { ...relayed, Authorization: 'Bearer good' };
    expect((await behind(['127.0.0.1', '::1'], '/api/messages', headers)).status).toBe(200);
  });

  it('is the way that all links of an answer lead', async () => {
    const { body } = await behind(['127.0.0.1', '::1'], '/fhir/Patient?_count=1');
    expect(body).toMatchObject({ link: [{ url: 'https://fhir.example.fr/tdu/fhir/Patient?_count=1' }] });
    const metadata = await behind(['127.0.0.1', '::1'], '/fhir/metadata');
    expect(metadata.body).toMatchObject({ implementation: { url: 'https://fhir.example.fr/tdu/fhir' } });
  });

  it.each([
    ['::ffff:10.1.2.9', true],
    ['10.1.2.9', true],
    ['10.1.3.9', false],
    ['2001:db8::7', true],
    ['2001:db9::7', false],
    ['', false],
    [undefined, false],
  ])('is known by the address of its socket: %s %s', (remoteAddress, expected) => {
    const isTrusted = fromTrustedProxy(['10.1.2.0/24', '2001:db8::/32'], 'https://fhir.example.fr/tdu');
    const from = (hostname: string) => isTrusted({ socket: { remoteAddress }, hostname } as unknown as Request);
    expect(from('fhir.example.fr')).toBe(expected);
    expect(from('evil.example')).toBe(false);
  });

  it('passes on the name that its callers used: a page that leads its own name here is refused', async () => {
    for (const Host of ['evil.example', 'evil.fhir.example.fr', 'fhir.example.fr.evil.example'])
      for (const headers of [{ Host }, { ...relayed, Host }])
        expect((await behind(['127.0.0.1', '::1'], '/fhir/Patient', headers)).status).toBe(403);
    expect((await behind(['127.0.0.1', '::1'], '/fhir/Patient', { Host: 'FHIR.example.fr:443' })).status).toBe(200);
  });
});

describe('the id of a request', () => {
  const idOf = async (given?: string, path = '/fhir/metadata') => {
    const asked = request(appOf({ fhir, operator })).get(path);
    const response = await (given === undefined ? asked : asked.set('X-Request-Id', given));
    return response.get('X-Request-Id');
  };

  it('is the caller’s where it is sane', async () => {
    for (const id of ['req-2026-03-06.17', '3f2b8c1e-9d4a-4c57-8e21-6b0f4d1a7c90', 'a:b_c-d.e'])
      for (const path of ['/fhir/metadata', '/api/messages', '/fhir/nothing/here', '/api/nothing'])
        expect(await idOf(id, path)).toBe(id);
  });

  it.each([undefined, '', 'short', 'x'.repeat(65), 'a b c d e f', '<script>alert', 'Zoé-123456', '-begins-so'])(
    'is a new one else: %s',
    async (given) => {
      expect(await idOf(given)).toMatch(/^[0-9a-f-]{36}$/);
    },
  );

  it('stands in the log where a machine made it, and never where it may be content', async () => {
    const door = Router().get('/door', () => {
      throw new Error('broken');
    });
    const logs = async (id: string) => {
      await request(appOf({ doors: [door] }))
        .get('/door')
        .set('X-Request-Id', id);
      return logged.at(-1)?.fields['id'];
    };
    expect(await logs('3f2b8c1e-9d4a-4c57-8e21-6b0f4d1a7c90')).toBe('3f2b8c1e-9d4a-4c57-8e21-6b0f4d1a7c90');
    expect(await logs('279035121518989')).toBeUndefined();
    expect(await logs('DUPONT-CAMILLE')).toBeUndefined();
  });
});

describe('a request from this machine', () => {
  const from = (headers: Record<string, string>, remoteAddress = '127.0.0.1') =>
    isLocal({ headers, socket: { remoteAddress } } as unknown as IncomingMessage);

  it.each(['localhost', 'LOCALHOST:8080', '127.0.0.1:8080', '127.0.0.2', '[::1]:8080'])('says so: %s', (host) => {
    expect(from({ host })).toBe(true);
    expect(from({ host, 'sec-fetch-site': 'same-origin' })).toBe(true);
    expect(from({ host }, '::1')).toBe(true);
    expect(from({ host }, '192.0.2.7')).toBe(false);
  });

  it.each([
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '',
    '[::2]',
    '0.0.0.0',
  ])('is none where a name of another site leads here: %s', (host) => {
    expect(from({ host, 'sec-fetch-site': 'same-origin' })).toBe(false);
    expect(from({ host })).toBe(false);
  });

  it.each([
    ['sec-fetch-site', 'cross-site'],
    ['sec-fetch-site', 'same-site'],
    ['via', '1.1 proxy'],
    ['x-forwarded-host', 'gateway.example'],
  ])('is none where %s says otherwise', (name, value) => {
    expect(from({ host: 'localhost', [name]: value })).toBe(false);
  });

  it('without a name is none', () => {
    expect(from({})).toBe(false);
  });
});

describe('the operator’s token', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'tdu-token-'));

  it('is made at the first start for the gateway’s user alone, and stays', () => {
    const dataDir = join(folder(), 'data');
    const token = operatorToken(dataDir, silent);
    expect(token).toMatch(/^[\w-]{43}$/);
    expect(operatorToken(dataDir, silent)).toBe(token);
    expect(statSync(join(dataDir, 'operator.token')).mode & 0o077).toBe(0);
    expect(operatorToken(folder(), silent)).not.toBe(token);
  });

  it('is none where it cannot be made, or is empty', () => {
    const dataDir = folder();
    writeFileSync(join(dataDir, 'file'), '');
    expect(operatorToken(join(dataDir, 'file'), silent)).toBeUndefined();
    writeFileSync(join(dataDir, 'operator.token'), '\n');
    expect(operatorToken(dataDir, silent)).toBeUndefined();
  });

  it('opens /api where the request is not from this machine, and nothing else does', async () => {
    const status = async (headers: Record<string, string>, token?: string) =>
      (
        await request(appOf({ operator, operatorToken: token }))
          .get('/api/messages')
          .set({ 'X-Forwarded-For': '192.0.2.7', ...headers })
      ).status;
    expect(await status({ Authorization: 'Bearer good' }, 'good')).toBe(200);
    expect(await status({ Authorization: 'Bearer bad' }, 'good')).toBe(403);
    expect(await status({}, 'good')).toBe(403);
    expect(await status({ Authorization: 'Bearer undefined' })).toBe(403);
  });
});
