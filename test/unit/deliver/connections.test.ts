import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createRawServer, type AddressInfo, type Server as RawServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { openConnections } from '../../../src/deliver/connections.js';

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
});
