import express, { Router, type Request, type Response } from 'express';
import type { FhirResource } from 'fhir/r4.js';
import { history, searchset, type HistoryEntry } from '../fhir/bundle.js';
import { parseSearch, type SearchQuery } from '../fhir/search.js';
import { GatewayError } from '../message/failure.js';
import { capabilityStatement, SERVED } from './capability.js';
import { isLoopback } from './loopback.js';

/** What the FHIR API asks of the store. */
export interface FhirPort {
  readResource(type: string, id: string): Promise<HistoryEntry | undefined>;
  readVersion(type: string, id: string, version: number): Promise<HistoryEntry | undefined>;
  historyOf(
    type: string,
    id: string,
    page: { count: number; before?: number },
  ): Promise<{ total: number; versions: HistoryEntry[] }>;
  searchResources(query: SearchQuery): Promise<{ total: number; resources: FhirResource[]; next?: string }>;
}

const JSON_TYPE = 'application/fhir+json; charset=utf-8';

/**
 * `/fhir`: read, vread, history and search of every type stored; every error an OperationOutcome.
 * @param insecure answers other hosts than this one too, which no production may until clients have tokens
 */
export function fhirApi(port: FhirPort, { insecure, startedAt }: { insecure: boolean; startedAt: string }): Router {
  const router = Router();
  router.use((request, _response, next) => {
    if (!insecure && !isLoopback(request.socket.remoteAddress)) {
      const remedy = 'call from this machine, or set TDU_INSECURE_FHIR=yes where the network itself is closed';
      throw new GatewayError('not-allowed', 'the FHIR API answers on the loopback only', { remedy });
    }
    negotiate(request);
    next();
  });
  router.get('/metadata', (request, response) => send(response, capabilityStatement(baseOf(request), startedAt)));
  router.get('/:type', (request, response) => search(port, request, response, new URLSearchParams(queryOf(request))));
  router.post('/:type/_search', express.urlencoded({ extended: false, type: '*/*' }), (request, response) => {
    const form = new URLSearchParams(request.body as Record<string, string>);
    for (const [name, value] of new URLSearchParams(queryOf(request))) form.append(name, value);
    return search(port, request, response, form);
  });
  router.get('/:type/:id', (request, response) => read(port, request, response));
  router.get('/:type/:id/_history', (request, response) => instanceHistory(port, request, response));
  router.get('/:type/:id/_history/:version', (request, response) => versionRead(port, request, response));
  router.use((request) => {
    const known = ['GET', 'HEAD'].includes(request.method);
    throw new GatewayError(
      known ? 'resource-unknown' : 'not-supported',
      known ? 'no such address' : `${request.method} is not served here`,
    );
  });
  return router;
}

function negotiate(request: Request): void {
  const asked = request.query['_format'];
  const json =
    asked === undefined
      ? request.accepts(['application/fhir+json', 'application/json', 'text/html'])
      : /json/.test(String(asked));
  if (json === false)
    throw new GatewayError('not-acceptable', 'only JSON is served', {
      field: 'Accept',
      remedy: 'ask for application/fhir+json',
    });
}

function served(request: Request): string {
  const type = String(request.params['type']);
  if (SERVED.includes(type)) return type;
  throw new GatewayError('resource-unknown', 'this resource type is not served', { field: type.slice(0, 64) });
}

async function read(port: FhirPort, request: Request, response: Response): Promise<void> {
  const found = await port.readResource(served(request), String(request.params['id']));
  sendVersion(request, response, found);
}

async function versionRead(port: FhirPort, request: Request, response: Response): Promise<void> {
  const version = Number(request.params['version']);
  if (!Number.isSafeInteger(version) || version < 1 || version > 2_147_483_647) throw unknown();
  sendVersion(request, response, await port.readVersion(served(request), String(request.params['id']), version));
}

function unknown(): GatewayError {
  return new GatewayError('resource-unknown', 'there is no such resource');
}

function sendVersion(request: Request, response: Response, found: HistoryEntry | undefined): void {
  if (found === undefined) throw unknown();
  if (found.removed) throw new GatewayError('resource-gone', 'the resource was withdrawn; its history remains');
  const etag = `W/"${found.version}"`;
  response.set({ ETag: etag, 'Last-Modified': found.updatedAt.toUTCString() });
  if (request.get('If-None-Match') === etag) return void response.status(304).end();
  send(response, found.resource);
}

async function instanceHistory(port: FhirPort, request: Request, response: Response): Promise<void> {
  const type = served(request);
  const params = new URLSearchParams(queryOf(request));
  const number = (name: string) => {
    const text = params.get(name);
    if (text !== null && !/^\d{1,9}$/.test(text))
      throw new GatewayError('request-invalid', `${name}: a whole number`, { field: name });
    return text === null ? undefined : Number(text);
  };
  const count = Math.min(number('_count') ?? 50, 500);
  const before = number('_before');
  const { total, versions } = await port.historyOf(type, String(request.params['id']), {
    count,
    ...(before === undefined ? {} : { before }),
  });
  if (total === 0) throw unknown();
  const last = versions.at(-1)?.version;
  const next = last === undefined || last === 1 ? {} : { next: linkWith(request, params, '_before', String(last)) };
  send(response, history(baseOf(request), total, versions, { self: selfOf(request), ...next }));
}

async function search(port: FhirPort, request: Request, response: Response, params: URLSearchParams): Promise<void> {
  const query = parseSearch(served(request), params);
  const { total, resources, next } = await port.searchResources(query);
  const links = {
    self: selfOf(request),
    ...(next === undefined ? {} : { next: linkWith(request, params, '_cursor', next) }),
  };
  send(response, searchset(baseOf(request), total, resources, links));
}

function send(response: Response, resource: FhirResource): void {
  response.status(200).set('Content-Type', JSON_TYPE).send(JSON.stringify(resource));
}

function baseOf(request: Request): string {
  return `${request.protocol}://${request.get('host') ?? 'localhost'}${request.baseUrl}`;
}

function selfOf(request: Request): string {
  return `${request.protocol}://${request.get('host') ?? 'localhost'}${request.originalUrl}`;
}

function linkWith(request: Request, params: URLSearchParams, name: string, value: string): string {
  const next = new URLSearchParams(params);
  next.set(name, value);
  const path = request.path.replace(/\/_search$/, '');
  return `${baseOf(request)}${path}?${next.toString()}`;
}

function queryOf(request: Request): string {
  const at = request.originalUrl.indexOf('?');
  return at < 0 ? '' : request.originalUrl.slice(at + 1);
}
