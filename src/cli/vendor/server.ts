import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Bundle, BundleEntry, FhirResource, Identifier } from 'fhir/r4.js';
import { isProgram } from '../../work/process.js';

export type Behaviour = 'ok' | '500' | '422' | 'hang' | 'reset';

/** What a vendor's software holds: resources by type and id, found again by identifier (`Type/id` by condition). */
class Records {
  private readonly byType = new Map<string, Map<string, FhirResource>>();
  private readonly byIdentifier = new Map<string, string>();

  /** Carries out a transaction whole or not at all. @returns the response, or the status of the refusal */
  transaction(bundle: Bundle): Bundle | { refused: number; why: string } {
    const entries = bundle.entry ?? [];
    const ids = new Map<string, string>();
    const conditions: string[] = [];
    for (const entry of entries) {
      const condition = conditionOf(entry);
      if (condition === undefined) return { refused: 400, why: 'every entry must be a conditional PUT by identifier' };
      const type = entry.resource?.resourceType ?? '';
      conditions.push(condition);
      ids.set(entry.fullUrl ?? '', this.byIdentifier.get(condition) ?? `${type}/${randomUUID()}`);
    }
    if (!entries.every(({ resource }) => resolve(resource, ids)))
      return { refused: 422, why: 'a reference leads to no entry' };
    return {
      resourceType: 'Bundle',
      type: 'transaction-response',
      entry: entries.map((entry, index) =>
        this.put(entry, ids.get(entry.fullUrl ?? '') ?? '', conditions[index] ?? ''),
      ),
    };
  }

  count(type: string): number {
    return this.byType.get(type)?.size ?? 0;
  }

  private put({ resource }: BundleEntry, location: string, condition: string): BundleEntry {
    const [type = '', id = ''] = location.split('/');
    const known = this.byType.get(type) ?? new Map<string, FhirResource>();
    this.byType.set(type, known);
    const status = known.has(id) ? '200 OK' : '201 Created';
    if (resource !== undefined) {
      resource.id = id;
      known.set(id, resource as FhirResource);
    }
    this.byIdentifier.set(condition, location);
    return { response: { status, location } };
  }

  search(type: string, identifier: string | null): FhirResource[] {
    const all = [...(this.byType.get(type)?.values() ?? [])];
    if (identifier === null) return all;
    return all.filter((resource) =>
      identifiersOf(resource).some(
        (one) => identifier === one.value || identifier === `${one.system ?? ''}|${one.value ?? ''}`,
      ),
    );
  }
}

/** Leads the references of a resource to what this server holds. @returns false where one leads to no entry of its bundle */
function resolve(value: unknown, ids: ReadonlyMap<string, string>): boolean {
  if (Array.isArray(value)) return value.every((item) => resolve(item, ids));
  if (typeof value !== 'object' || value === null) return true;
  const element = value as Record<string, unknown>;
  for (const name in element) {
    const inner = element[name];
    if (name === 'reference' && typeof inner === 'string') {
      element[name] = ids.get(inner) ?? inner;
      if (inner.startsWith('urn:uuid:') && !ids.has(inner)) return false;
    } else if (!resolve(inner, ids)) return false;
  }
  return true;
}

/** The address of a conditional update by identifier, as it was written: whoever repeats it writes it the same. */
function conditionOf({ request }: BundleEntry): string | undefined {
  return request?.method === 'PUT' && CONDITION.test(request.url) ? request.url : undefined;
}

const CONDITION = /^[A-Za-z]+\?identifier=./;

function identifiersOf(resource: FhirResource): Identifier[] {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  return Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier];
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  const json = JSON.stringify(body);
  // With its length known the answer leaves in one piece.
  response.writeHead(status, { 'content-type': 'application/fhir+json', 'content-length': Buffer.byteLength(json) });
  response.end(json);
}

function outcome(response: ServerResponse, status: number, diagnostics: string): void {
  answer(response, status, {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'error', code: 'processing', diagnostics }],
  });
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(request, 'end');
  return JSON.parse(Buffer.concat(chunks).toString('utf8'));
}

/** A vendor's software behind its HTTP server. */
class Vendor {
  private mode: Behaviour = 'ok';
  private readonly records = new Records();
  /** Who wants to hear of so many notifications, once they are here. */
  private waiting: { atLeast: number; tell(): void }[] = [];

  async take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://vendor');
    if (pathname === '/_behaviour') {
      this.mode = ((await readJson(request)) as { mode: Behaviour }).mode;
      answer(response, 200, { mode: this.mode });
    } else if (pathname === '/_received') {
      await this.holding(Number(searchParams.get('atLeast') ?? 0));
      const items =
        searchParams.get('_summary') === 'count' ? {} : { items: this.records.search('Communication', null) };
      answer(response, 200, { total: this.records.count('Communication'), ...items });
    } else if (/^\/fhir(\/|$)/.test(pathname)) {
      await this.fhir(request, response, pathname.split('/')[2] ?? '', searchParams);
    } else outcome(response, 404, 'nothing here');
  }

  /** Asking again and again would cost the machine that is measured. */
  private async holding(atLeast: number): Promise<void> {
    if (this.records.count('Communication') >= atLeast) return;
    await new Promise<void>((resolve) => this.waiting.push({ atLeast, tell: resolve }));
  }

  private tell(): void {
    if (this.waiting.length === 0) return;
    const held = this.records.count('Communication');
    for (const one of this.waiting) if (held >= one.atLeast) one.tell();
    this.waiting = this.waiting.filter(({ atLeast }) => held < atLeast);
  }

  private async fhir(
    request: IncomingMessage,
    response: ServerResponse,
    type: string,
    params: URLSearchParams,
  ): Promise<void> {
    if (this.mode === 'hang') return;
    if (this.mode === 'reset') return void request.socket.resetAndDestroy();
    if (this.mode !== 'ok') return outcome(response, Number(this.mode), 'told to fail');
    if (request.method === 'GET' && type !== '') {
      const found = this.records.search(type, params.get('identifier'));
      const entry = found.map((resource) => ({ resource }));
      return answer(response, 200, { resourceType: 'Bundle', type: 'searchset', total: found.length, entry });
    }
    if (request.method !== 'POST' || type !== '')
      return outcome(response, 405, 'only search and transaction are served');
    const result = this.records.transaction((await readJson(request)) as Bundle);
    if ('refused' in result) return outcome(response, result.refused, result.why);
    answer(response, 200, result);
    this.tell();
  }
}

/** A vendor's FHIR server: takes transactions, answers honestly, and can be told to fail. Everything in memory. */
export function openVendor(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const vendor = new Vendor();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    vendor.take(request, response).catch(() => {
      if (!response.headersSent) outcome(response, 400, 'the body cannot be read');
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
