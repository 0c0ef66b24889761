import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { main } from '../../../src/cli/tdu.js';
import { GatewayError } from '../../../src/message/failure.js';
import type { OperatorPort } from '../../../src/serve/operator-api.js';
import { createApp } from '../../../src/serve/http.js';
import { NO_OPERATOR } from '../../support/operator.js';
import { printed } from '../../support/output.js';

const replayed: string[] = [];
let server: Server;
let port: number;

/** The real operator API over a store that knows the message 42. */
beforeEach(async () => {
  replayed.length = 0;
  const operator: OperatorPort = {
    ...NO_OPERATOR,
    replay: (id) => {
      if (id === '99') return Promise.reject(new GatewayError('queue-unavailable', 'the queue took no job'));
      if (id === '42') replayed.push(id);
      return Promise.resolve(id === '42');
    },
  };
  const app = createApp({
    insecureFhir: false,
    startedAt: '2026-03-02T07:00:00Z',
    log: () => undefined,
    ready: {},
    metrics: () => Promise.resolve(''),
    operator,
    doors: [],
  });
  server = createServer(app).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const replay = (...args: string[]) => printed(() => main(['replay', ...args]), { HTTP_PORT: String(port) });

describe('tdu replay', () => {
  it('has the gateway of this machine send a message through the stages again', async () => {
    expect(await replay('42')).toEqual({ code: 0, out: '42: queued again', err: '' });
    expect(replayed).toEqual(['42']);
  });

  it('asks another gateway by its address, with a slash at its end or without', async () => {
    for (const url of [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port}/`])
      expect((await printed(() => main(['replay', '42', '--url', url]))).code).toBe(0);
  });

  it('prints the gateway’s answer as JSON', async () => {
    const { code, out } = await replay('42', '--json');
    expect([code, JSON.parse(out)]).toEqual([0, { id: '42', state: 'received' }]);
  });

  it.each([
    ['a message that is not known', '7', /404 message-unknown: no message of that id can be replayed: .* not MSH-10/],
    ['what is no id', '../..', /400 request-invalid: that is no id$/],
    ['a queue that is away', '99', /503 queue-unavailable: the queue took no job$/],
  ])('says what the gateway answered for %s', async (_, id, sentence) => {
    const { code, out, err } = await replay(id);
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^peer-refused: /);
    expect(err).toMatch(sentence);
  });

  it('prints a refusal as JSON too, and ends with 1', async () => {
    const { code, out } = await replay('7', '--json');
    expect([code, JSON.parse(out)]).toEqual([1, expect.objectContaining({ resourceType: 'OperationOutcome' })]);
  });

  it('fails with a sentence where no gateway answers, and without an id', async () => {
    const { err } = await printed(() => main(['replay', '42', '--url', 'http://127.0.0.1:1']));
    expect(err).toBe(
      'peer-unreachable: no gateway answers at http://127.0.0.1:1 — is it up? HTTP_PORT or --url says where',
    );
    expect((await replay()).err).toBe('request-invalid: which message? — tdu replay ID');
    expect((await replay('42', '43')).err).toBe('request-invalid: which message? — tdu replay ID');
  });
});
