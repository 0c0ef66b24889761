import express, { Router, type Request, type Response } from 'express';
import type { FhirResource } from 'fhir/r4.js';
import { history, searchset, type HistoryEntry } from '../fhir/bundle.js';
import { parseSearch, type SearchQuery } from '../fhir/search.js';
import { GatewayError } from '../message/failure.js';
import { capabilityStatement, DEFINED, SERVED } from './capability.js';
import { loadDefinitions, searchDefinitions, type Definition } from './definitions.js';
import { negotiate, queryOf, readGeneral, invalidParameter, type GeneralParameters } from './general-parameters.js';
import { isLocal } from './loopback.js';

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
const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * `/fhir`: read, vread, history and search of every type stored, read and search of what the gateway defines itself; every error an
 * OperationOutcome.
 * @param insecure answers other hosts than this one too, which no production may until clients have tokens
 */
export function fhirApi(port: FhirPort, { insecure, startedAt }: { insecure: boolean; startedAt: string }): Router {
  const router = Router();
  const definitions = loadDefinitions();
  router.use((request, response, next) => {
    if (!insecure && !isLocal(request)) {
      const remedy = 'call from this machine, or set TDU_INSECURE_FHIR=yes where the network itself is closed';
      throw new GatewayError('not-allowed', 'the FHIR API answers on the loopback only', { remedy });
    }
    negotiate(request);
    // What is said of a patient stays in no cache on the way.
    response.set('Cache-Control', 'no-store');
    next();
  });
  router.get('/metadata', (request, response) => {
    const general = readGeneral(new URLSearchParams(queryOf(request)));
    send(response, capabilityStatement(baseOf(request), startedAt), general);
  });
  const find = async (query: SearchQuery) =>
    DEFINED.includes(query.type) ? searchDefinitions(definitions, query) : port.searchResources(query);
  router.get('/:type', (request, response) => search(find, request, response, new URLSearchParams(queryOf(request))));
  router.post('/:type/_search', express.text({ type: FORM_TYPE }), (request, response) =>
    search(find, request, response, formOf(request)),
  );
  for (const type of DEFINED)
    router.get(`/${type}/:id`, (request, response) => {
      readDefinition(definitions, type, request, response);
    });
  router.get('/:type/:id', (request, response) => read(port, request, response));
  router.get('/:type/:id/_history', (request, response) => instanceHistory(port, request, response));
  router.get('/:type/:id/_history/:version', (request, response) => versionRead(port, request, response));
  router.use((request, response) => {
    if (['GET', 'HEAD'].includes(request.method)) throw new GatewayError('resource-unknown', 'no such address');
    response.set('Allow', 'GET, HEAD');
    throw new GatewayError('not-supported', `${request.method} is not served here`);
  });
  return router;
}

/** The parameters of `POST …/_search`: those of the body and those of the address, each as often as it was written. */
function formOf(request: Request): URLSearchParams {
  const body: unknown = request.body;
  if (typeof body !== 'string' && Number(request.get('Content-Length') ?? 0) > 0)
    throw invalidParameter('Content-Type', `the parameters of a search are sent as ${FORM_TYPE}`);
  return new URLSearchParams([queryOf(request), typeof body === 'string' ? body : ''].filter(Boolean).join('&'));
}

function served(request: Request, types = SERVED): string {
  const type = String(request.params['type']);
  if (types.includes(type)) return type;
  throw new GatewayError('resource-unknown', 'this resource type is not served', { field: type.slice(0, 64) });
}

/** R4's `id`: what has another form names nothing. */
function idOf(request: Request): string {
  const id = String(request.params['id']);
  if (!/^[A-Za-z0-9.-]{1,64}$/.test(id)) throw unknown();
  return id;
}

async function read(port: FhirPort, request: Request, response: Response): Promise<void> {
  const general = readGeneral(new URLSearchParams(queryOf(request)));
  sendVersion(response, await port.readResource(served(request), idOf(request)), general);
}

function readDefinition(definitions: readonly Definition[], type: string, request: Request, response: Response): void {
  const general = readGeneral(new URLSearchParams(queryOf(request)));
  const definition = definitions.find(({ resourceType, id }) => resourceType === type && id === request.params['id']);
  if (definition === undefined) throw unknown();
  send(response, definition, general);
}

async function versionRead(port: FhirPort, request: Request, response: Response): Promise<void> {
  const general = readGeneral(new URLSearchParams(queryOf(request)));
  const version = Number(request.params['version']);
  if (!Number.isSafeInteger(version) || version < 1 || version > 2_147_483_647) throw unknown();
  sendVersion(response, await port.readVersion(served(request), idOf(request), version), general);
}

function unknown(): GatewayError {
  return new GatewayError('resource-unknown', 'there is no such resource');
}

/** Express answers 304 by itself where If-None-Match names this ETag. */
function sendVersion(response: Response, version: HistoryEntry | undefined, general: GeneralParameters): void {
  if (version === undefined) throw unknown();
  if (version.removed) throw new GatewayError('resource-gone', 'the resource was withdrawn; its history remains');
  response.set({ ETag: `W/"${version.version}"`, 'Last-Modified': version.updatedAt.toUTCString() });
  send(response, version.resource, general);
}

const HISTORY_PARAMETERS = ['_count', '_before'];

async function instanceHistory(port: FhirPort, request: Request, response: Response): Promise<void> {
  const type = served(request);
  const general = readGeneral(new URLSearchParams(queryOf(request)));
  const number = (name: string) => {
    const text = general.params.get(name);
    if (text !== null && !/^\d{1,9}$/.test(text)) throw invalidParameter(name, 'a whole number');
    return text === null ? undefined : Number(text);
  };
  for (const name of general.params.keys())
    if (!HISTORY_PARAMETERS.includes(name)) throw invalidParameter(name, 'not served in a history');
  const before = number('_before');
  const { total, versions } = await port.historyOf(type, idOf(request), {
    count: Math.min(number('_count') ?? 50, 500),
    ...(before === undefined ? {} : { before }),
  });
  if (total === 0) throw unknown();
  const last = versions.at(-1)?.version;
  const params = new URLSearchParams(queryOf(request));
  const next = last === undefined || last === 1 ? {} : { next: linkWith(request, params, '_before', String(last)) };
  send(response, history(baseOf(request), total, versions, { self: linkTo(request, params), ...next }), general);
}

async function search(
  find: FhirPort['searchResources'],
  request: Request,
  response: Response,
  params: URLSearchParams,
): Promise<void> {
  const type = served(request, [...SERVED, ...DEFINED]);
  const general = readGeneral(params);
  const { total, resources, next } = await find(parseSearch(type, general.params));
  const links = {
    self: linkTo(request, params),
    ...(next === undefined ? {} : { next: linkWith(request, params, '_cursor', next) }),
  };
  send(response, searchset(baseOf(request), total, resources, links), general);
}

function send(response: Response, resource: FhirResource, { pretty }: GeneralParameters): void {
  response
    .status(200)
    .set('Content-Type', JSON_TYPE)
    .send(JSON.stringify(resource, undefined, pretty ? 2 : undefined));
}

function baseOf(request: Request): string {
  return `${request.protocol}://${request.get('host') ?? 'localhost'}${request.baseUrl}`;
}

/** The address that asks the same with GET, whichever way it was general. */
function linkTo(request: Request, params: URLSearchParams): string {
  const query = params.toString();
  return `${baseOf(request)}${request.path.replace(/\/_search$/, '')}${query === '' ? '' : `?${query}`}`;
}

function linkWith(request: Request, params: URLSearchParams, name: string, value: string): string {
  const next = new URLSearchParams(params);
  next.set(name, value);
  return linkTo(request, next);
}
