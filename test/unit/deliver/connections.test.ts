import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createRawServer, type AddressInfo, type Server as RawServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openConnections } from '../../../src/deliver/connections.js';
import { CERTIFICATE, KEY } from '../../support/certificate.js';

const servers: (Server | RawServer)[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server | RawServer): Promise<string> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/fhir`;
}

const http = (answer: (request: IncomingMessage, response: ServerResponse) => void) =>
  listening(createServer((request, response) => request.resume().on('end', () => answer(request, response))));

const headers = { 'content-type': 'application/fhir+json' };
const body = Buffer.from('{}');

describe('connections', () => {
  it('are opened as many as may be busy at once, and used again', async () => {
    const url = await http((_request, response) => setTimeout(() => response.end('ok'), 5));
    const send = openConnections(url, { timeoutMs: 5000, connections: 3 });
    const answers = await Promise.all(Array.from({ length: 30 }, () => send(headers, body)));
    expect(answers).toEqual(Array.from({ length: 30 }, () => ({ status: 200, text: 'ok' })));
    expect(sockets.size).toBe(3);
  });

  it('that the server had closed meanwhile are opened again at once', async () => {
    let requests = 0;
    const raw = createRawServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', () => {
        requests += 1;
        // The second request meets a connection that is being closed: the server never reads it.
        if (requests === 2) socket.destroy();
        else socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: keep-alive\r\n\r\nok');
      });
    });
    const url = await listening(raw);
    const send = openConnections(url, { timeoutMs: 5000, connections: 1 });
    expect(await send(headers, body)).toEqual({ status: 200, text: 'ok' });
    expect(await send(headers, body)).toEqual({ status: 200, text: 'ok' });
    expect([requests, sockets.size]).toEqual([3, 2]);
  });

  it('that are lost before they ever answered are not tried twice', async () => {
    let requests = 0;
    const url = await http((request) => {
      requests += 1;
      request.socket.resetAndDestroy();
    });
    const send = openConnections(url, { timeoutMs: 5000, connections: 1 });
    await expect(send(headers, body)).rejects.toHaveProperty('code');
    expect(requests).toBe(1);
  });

  it('have one time limit, from the call to the last byte of the answer', async () => {
    const url = await http((_request, response) => {
      response.writeHead(200);
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    const send = openConnections(url, { timeoutMs: 200, connections: 1 });
    await expect(send(headers, body)).rejects.toMatchObject({ code: 'endpoint-timeout' });
  });

  it('count the wait for a free one too', async () => {
    let requests = 0;
    const url = await http(() => (requests += 1));
    const send = openConnections(url, { timeoutMs: 200, connections: 1 });
    const both = await Promise.allSettled([send(headers, body), send(headers, body)]);
    const late = { status: 'rejected', reason: expect.objectContaining({ code: 'endpoint-timeout' }) as unknown };
    expect(both).toEqual([late, late]);
    expect(requests).toBeLessThanOrEqual(2);
  });

  it('are given up by an answer without end', async () => {
    const piece = Buffer.alloc(1 << 20, 'x');
    const url = await http((_request, response) => {
      const more = () => {
        while (response.write(piece));
        response.once('drain', more);
      };
      more();
    });
    const send = openConnections(url, { timeoutMs: 20_000, connections: 1 });
    await expect(send(headers, body)).rejects.toMatchObject({ code: 'endpoint-error' });
  });

  it.each([
    ['once', ['30'], '30'],
    ['twice', ['20', '40'], '20'],
    ['three times', ['', 'soon', '7'], ''],
  ])('give the Retry-After that stands %s', async (_times, values, given) => {
    const url = await http((_request, response) => {
      response
        .writeHead(
          503,
          values.flatMap((value) => ['Retry-After', value]),
        )
        .end();
    });
    const send = openConnections(url, { timeoutMs: 5000, connections: 1 });
    expect(await send(headers, body)).toEqual({ status: 503, text: '', retryAfter: given });
  });

  it('give a text without the mark of its encoding', async () => {
    const url = await http((_request, response) => response.end('\ufeff{"é":1}'));
    const send = openConnections(url, { timeoutMs: 5000, connections: 1 });
    expect(await send(headers, body)).toEqual({ status: 200, text: '{"é":1}' });
  });
});

describe('nothing was sent, and the endpoint is unreachable,', () => {
  const failureOf = (url: string) => openConnections(url, { timeoutMs: 300, connections: 1 })(headers, body);
  const unreachable = (message: string) => ({ code: 'endpoint-unreachable', message });

  it('where nobody listens', async () => {
    const url = await http(() => undefined);
    for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
    await expect(failureOf(url)).rejects.toMatchObject(unreachable('ECONNREFUSED'));
  });

  it('where the certificate is one that nobody trusts', async () => {
    const server = createTlsServer({ key: KEY, cert: CERTIFICATE }, (_request, response) => response.end('ok'));
    const url = (await listening(server)).replace('http:', 'https:');
    await expect(failureOf(url)).rejects.toMatchObject(unreachable('DEPTH_ZERO_SELF_SIGNED_CERT'));
  });

  it('where the server never answers the handshake', async () => {
    const url = await listening(createRawServer((socket) => socket.on('error', () => undefined)));
    await expect(failureOf(url.replace('http:', 'https:'))).rejects.toMatchObject(unreachable('no connection in time'));
  });

  it('where the server speaks no TLS', async () => {
    const url = await http((_request, response) => response.end('ok'));
    await expect(failureOf(url.replace('http:', 'https:'))).rejects.toMatchObject({ code: 'endpoint-unreachable' });
  });
});
