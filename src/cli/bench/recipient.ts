import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Bundle, Communication } from 'fhir/r4.js';
import { GatewayError } from '../../message/failure.js';
import { isProgram } from '../../work/process.js';
import { endProcess } from './gateway-process.js';

/** Whoever is told in the bench, in a process of its own. */
export interface RecipientProcess {
  /** FHIR base. */
  url: string;
  /** Waits until that many notifications have been answered, each counted once however often it came. */
  received(count: number, withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

/** What the process reports every `REPORT_MS`. */
type Report = { port: number } | { received: number };
const REPORT_MS = 50;

export async function startRecipientProcess(): Promise<RecipientProcess> {
  const child = fork(fileURLToPath(import.meta.url), [], {
    execArgv: ['--single-threaded-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let received = 0;
  const port = await new Promise<number>((resolve, reject) => {
    child.on('message', (message) => {
      const report = message as Report;
      if ('port' in report) resolve(report.port);
      else received = report.received;
    });
    child.once('exit', () => {
      reject(new GatewayError('peer-unreachable', 'the recipient ended before it was ready'));
    });
  });
  return {
    url: `http://127.0.0.1:${port}/fhir`,
    async received(count, withinMs) {
      const end = performance.now() + withinMs;
      while (received < count) {
        if (performance.now() > end)
          throw new GatewayError('endpoint-timeout', 'what was waited for did not come in time');
        await wait(REPORT_MS);
      }
    },
    stop: () => endProcess(child),
  };
}

/**
 * Reads each transaction and answers every entry, as R4 §3.1.0.11.3 says, and looks nothing up: what a server does with what it was sent is
 * no part of what the gateway costs.
 */
function openRecipient(): void {
  const notifications = new Set<string>();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    json(request).then(
      (body) => {
        const { entry = [] } = body as Bundle;
        for (const { resource } of entry) for (const id of notificationIds(resource)) notifications.add(id);
        const answered = entry.map(() => ({ response: { status: '200 OK' } }));
        const text = JSON.stringify({ resourceType: 'Bundle', type: 'transaction-response', entry: answered });
        response.writeHead(200, { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(text) });
        response.end(text);
      },
      () => response.writeHead(400).end(),
    );
  });
  server.listen(0, '127.0.0.1', () => {
    process.send?.({ port: (server.address() as AddressInfo).port });
  });
  setInterval(() => process.send?.({ received: notifications.size }), REPORT_MS);
  process.on('disconnect', () => process.exit(0));
}

function notificationIds(resource: { resourceType: string } | undefined): string[] {
  return resource?.resourceType === 'Communication'
    ? ((resource as Communication).identifier ?? []).flatMap(({ value }) => value ?? [])
    : [];
}

if (isProgram(import.meta.url)) openRecipient();
