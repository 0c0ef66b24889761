import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle, FhirResource } from 'fhir/r4.js';
import { isProgram } from '../../work/process.js';
import { readTokens } from './condition.js';
import { Records } from './records.js';
import { Refusal, transaction } from './transaction.js';

/** How it answers: well, not at all, by a broken connection, or with that HTTP status. */
export type Behaviour = 'ok' | 'hang' | 'reset' | `${number}`;

/** What a vendor's software is told to do, for a demonstration or a test. */
export interface Instruction {
  mode: Behaviour;
  /** Transactions that it still answers well before; none where absent. */
  after?: number;
  /** Transactions that it answers so; for ever where absent. */
  times?: number;
  /** Carries out what it was sent all the same: its answer is lost, or says something else. */
  carryOut?: boolean;
  headers?: Record<string, string>;
  /** The body of its answer; an OperationOutcome where absent. */
  body?: string;
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  // With its length known the answer leaves in one piece.
  response.writeHead(status, { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(json) });
  response.end(json);
}

function outcome(response: ServerResponse, status: number, code: string, diagnostics: string): void {
  const issue = [{ severity: 'error', code, diagnostics }];
  answer(response, status, { resourceType: 'OperationOutcome', issue });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** A vendor's software behind its HTTP server. */
class Vendor {
  private instruction: Instruction = { mode: 'ok' };
  private transactions = 0;
  private readonly records = new Records();
  /** Who wants to hear of so many notifications, once they are here. */
  private waiting: { atLeast: number; tell: () => void }[] = [];

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://vendor');
    const [, root, type = '', id] = pathname.split('/');
    if (pathname === '/_behaviour') {
      this.instruction = (await readJson(request)) as Instruction;
      this.transactions = 0;
      answer(response, 200, this.instruction);
    } else if (pathname === '/_received') {
      await this.holding(Number(searchParams.get('atLeast') ?? 0));
      const items = searchParams.get('_summary') === 'count' ? {} : { items: this.records.all('Communication') };
      answer(response, 200, { total: this.records.count('Communication'), ...items });
    } else if (root !== 'fhir') outcome(response, 404, 'not-found', 'nothing here');
    else if (type === '' && request.method === 'POST') await this.post(request, response);
    else await this.resource(request, response, type, id, searchParams);
  }

  /** Asking again and again would cost the machine that is measured. */
  private async holding(atLeast: number): Promise<void> {
    if (this.records.count('Communication') >= atLeast) return;
    await new Promise<void>((resolve) => this.waiting.push({ atLeast, tell: resolve }));
  }

  private tell(): void {
    if (this.waiting.length === 0) return;
    const held = this.records.count('Communication');
    for (const { atLeast, tell } of this.waiting) if (held >= atLeast) tell();
    this.waiting = this.waiting.filter(({ atLeast }) => held < atLeast);
  }

  /** A transaction, answered as the vendor was told to. */
  private async post(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const bundle = (await readJson(request)) as Bundle;
    const { mode, after = 0, times = Infinity, carryOut = false, headers = {}, body } = this.instruction;
    const number = this.transactions++;
    const well = mode === 'ok' || number < after || number >= after + times;
    const result = well || carryOut ? this.carryOut(bundle) : undefined;
    if (well) {
      if (result instanceof Refusal) outcome(response, result.status, result.code, result.message);
      else answer(response, 200, result);
    } else if (mode === 'reset') request.socket.resetAndDestroy();
    else if (mode !== 'hang') {
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
      if (body === undefined) outcome(response, Number(mode), 'processing', 'told to answer so');
      else response.writeHead(Number(mode), { 'content-type': 'application/fhir+json' }).end(body);
    }
    this.tell();
  }

  private carryOut(bundle: Bundle): Bundle | Refusal {
    try {
      return transaction(this.records, bundle, new Date());
    } catch (error) {
      if (error instanceof Refusal) return error;
      throw error;
    }
  }

  /** Search, read and create: what the vendor's own users do. */
  private async resource(
    request: IncomingMessage,
    response: ServerResponse,
    type: string,
    id: string | undefined,
    params: URLSearchParams,
  ): Promise<void> {
    if (request.method === 'POST' && id === undefined) {
      const created = { ...((await readJson(request)) as FhirResource), id: randomUUID() };
      this.records.write(created, new Date());
      return answer(response, 201, created);
    }
    if (request.method !== 'GET') return outcome(response, 405, 'not-supported', 'search, read, create, transaction');
    if (id !== undefined) {
      const stored = this.records.read(type, id);
      return stored === undefined
        ? outcome(response, 404, 'not-found', 'no such resource')
        : answer(response, 200, stored.resource);
    }
    const identifier = params.get('identifier');
    const matches =
      identifier === null
        ? this.records.all(type)
        : this.records.search({ type, tokens: readTokens(identifier) }).map(({ resource }) => resource);
    const entry = matches.map((resource) => ({ resource }));
    answer(response, 200, { resourceType: 'Bundle', type: 'searchset', total: matches.length, entry });
  }
}

/** A vendor's FHIR server: takes transactions, answers honestly, and can be told to fail. Everything in memory. */
export function openVendor(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const vendor = new Vendor();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    vendor.take(request, response).catch(() => {
      if (!response.headersSent) outcome(response, 400, 'structure', 'the body cannot be read');
    });
  });
  return new Promise((resolve) => {
    server.listen(port, '127.0.0.1', () => {
      resolve({
        port: (server.address() as AddressInfo).port,
        close: () =>
          new Promise((closed) => {
            server.close(() => {
              closed();
            });
            server.closeAllConnections();
          }),
      });
    });
  });
}

if (isProgram(import.meta.url)) {
  const vendor = await openVendor(Number(process.argv[2] ?? 8090));
  process.send?.({ port: vendor.port });
  const stop = () => void vendor.close().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  // A vendor server must not outlive the demo that started it.
  process.on('disconnect', stop);
  process.on('SIGINT', () => undefined);
}
