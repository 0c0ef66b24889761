import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:http';
import express, { type Request, type Response } from 'express';
import { withReferences } from '../../fhir/reference.js';
import type { Bundle, BundleEntry, FhirResource, Identifier } from 'fhir/r4.js';

export type Behaviour = 'ok' | '500' | '422' | 'hang' | 'reset';

/** What a vendor's software holds: resources by type and id, found again by identifier (`Type/id` by condition). */
class Records {
  readonly byType = new Map<string, Map<string, FhirResource>>();
  private readonly byIdentifier = new Map<string, string>();

  /** Carries out a transaction whole or not at all. @returns the response, or the status of the refusal */
  transaction(bundle: Bundle): Bundle | { refused: number; why: string } {
    const entries = bundle.entry ?? [];
    const ids = new Map<string, string>();
    for (const entry of entries) {
      const condition = conditionOf(entry);
      if (condition === undefined) return { refused: 400, why: 'every entry must be a conditional PUT by identifier' };
      const type = entry.resource?.resourceType ?? '';
      ids.set(entry.fullUrl ?? '', this.byIdentifier.get(condition) ?? `${type}/${randomUUID()}`);
    }
    let unresolved = false;
    withReferences(entries, (reference) => {
      unresolved ||= reference.startsWith('urn:uuid:') && !ids.has(reference);
      return reference;
    });
    if (unresolved) return { refused: 422, why: 'a reference leads to no entry' };
    return {
      resourceType: 'Bundle',
      type: 'transaction-response',
      entry: entries.map((entry) => this.put(entry, ids)),
    };
  }

  private put(entry: BundleEntry, ids: ReadonlyMap<string, string>): BundleEntry {
    const location = ids.get(entry.fullUrl ?? '') ?? '';
    const [type = '', id = ''] = location.split('/');
    const resource = withReferences(entry.resource, (reference) => ids.get(reference) ?? reference) as FhirResource;
    const known = this.byType.get(type) ?? new Map<string, FhirResource>();
    this.byType.set(type, known);
    const status = known.has(id) ? '200 OK' : '201 Created';
    known.set(id, { ...resource, id });
    this.byIdentifier.set(conditionOf(entry) ?? '', location);
    return { response: { status, location } };
  }

  search(type: string, identifier: string | undefined): FhirResource[] {
    const all = [...(this.byType.get(type)?.values() ?? [])];
    if (identifier === undefined) return all;
    return all.filter((resource) =>
      identifiersOf(resource).some(
        (one) => identifier === one.value || identifier === `${one.system ?? ''}|${one.value ?? ''}`,
      ),
    );
  }
}

function conditionOf({ request }: BundleEntry): string | undefined {
  if (request?.method !== 'PUT') return undefined;
  const found = /^([A-Za-z]+)\?identifier=(.+)$/.exec(request.url);
  return found === null ? undefined : `${found[1] ?? ''} ${decodeURIComponent(found[2] ?? '')}`;
}

function identifiersOf(resource: FhirResource): Identifier[] {
  const { identifier } = resource as { identifier?: Identifier | Identifier[] };
  return Array.isArray(identifier) ? identifier : identifier === undefined ? [] : [identifier];
}

function outcome(response: Response, status: number, diagnostics: string): void {
  response
    .status(status)
    .json({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'processing', diagnostics }] });
}

/** A vendor's FHIR server: takes transactions, answers honestly, and can be told to fail. Everything in memory. */
// eslint-disable-next-line max-lines-per-function -- a whole small server, its routes in order
export function openVendor(port: number): Promise<{ port: number; close(): Promise<void> }> {
  const records = new Records();
  const state: { mode: Behaviour } = { mode: 'ok' };
  const app = express();
  app.use(express.json({ limit: '20mb', type: ['application/fhir+json', 'application/json'] }));
  app.post('/_behaviour', (request: Request, response: Response) => {
    state.mode = (request.body as { mode: Behaviour }).mode;
    response.json(state);
  });
  app.get('/_received', (request: Request, response: Response) => {
    const communications = records.search('Communication', undefined);
    response.json({
      total: communications.length,
      ...(request.query['_summary'] === 'count' ? {} : { items: communications }),
    });
  });
  app.use('/fhir', (request, response, next) => {
    if (state.mode === 'hang') return;
    if (state.mode === 'reset') return void (request.socket as Socket).resetAndDestroy();
    if (state.mode === '500' || state.mode === '422') return outcome(response, Number(state.mode), 'told to fail');
    next();
  });
  app.post('/fhir', (request: Request, response: Response) => {
    const bundle = request.body as Bundle;
    const result = records.transaction(bundle);
    if ('refused' in result) outcome(response, result.refused, result.why);
    else response.type('application/fhir+json').send(JSON.stringify(result));
  });
  app.get('/fhir/:type', (request: Request, response: Response) => {
    const identifier = request.query['identifier'];
    const found = records.search(
      String(request.params['type']),
      typeof identifier === 'string' ? identifier : undefined,
    );
    response.json({
      resourceType: 'Bundle',
      type: 'searchset',
      total: found.length,
      entry: found.map((resource) => ({ resource })),
    });
  });
  const server = createServer({ keepAliveTimeout: 60_000 }, app);
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

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const vendor = await openVendor(Number(process.argv[2] ?? 8090));
  process.send?.({ port: vendor.port });
  const stop = () => void vendor.close().then(() => process.exit(0));
  process.on('SIGTERM', stop);
  // A vendor server must not outlive the demo that started it.
  process.on('disconnect', stop);
  process.on('SIGINT', () => undefined);
}
