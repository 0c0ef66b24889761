import express, { Router, type Request, type Response } from 'express';
import type { Bundle, FhirResource } from 'fhir/r4.js';
import { searchset, type HistoryEntry } from '../fhir/bundle.js';
import { ignoredOutcome, unsearchedOutcome } from '../fhir/outcome.js';
import { parseSearch, placeText, type SearchPage, type SearchQuery } from '../fhir/search.js';
import { GatewayError } from '../message/failure.js';
import { Addresses } from './addresses.js';
import { readBinary, type BinaryPort } from './binaries.js';
import { capabilityStatement, COMMUNICATED, DEFINED, SERVED } from './capability.js';
import { loadDefinitions, searchDefinitions, type Definition } from './definitions.js';
import {
  negotiate,
  queryOf,
  readGeneral,
  invalidParameter,
  isLenient,
  type GeneralParameters,
} from './general-parameters.js';
import { changeFeed, instanceHistory, stamp, type HistoryPort } from './histories.js';

/** What the FHIR API asks of the store. */
export interface FhirPort extends HistoryPort {
  readResource(type: string, id: string): Promise<HistoryEntry | undefined>;
  readVersion(type: string, id: string, version: number): Promise<HistoryEntry | undefined>;
  searchResources(query: SearchQuery): Promise<SearchPage>;
  readCommunication(id: string): Promise<FhirResource | undefined>;
  searchCommunications(query: SearchQuery): Promise<SearchPage>;
  readBinary: BinaryPort;
}

export interface FhirSettings {
  /** May that caller read? */
  isAllowed(request: Request): boolean;
  startedAt: string;
  /** IANA zone of dates without offset. */
  zone: string;
  /** The address of the gateway's root as callers know it; undefined: the one that they use. */
  publicUrl: string | undefined;
}

const JSON_TYPE = 'application/fhir+json; charset=utf-8';
const FORM_TYPE = 'application/x-www-form-urlencoded';

/**
 * `/fhir`: read, vread, history and search of every type stored, read and search of what the gateway defines itself; every error an
 * OperationOutcome.
 */
export function fhirApi(port: FhirPort, settings: FhirSettings): Router {
  const router = Router();
  const definitions = loadDefinitions();
  const { zone } = settings;
  const addresses = new Addresses(settings.publicUrl);
  router.use((request, response, next) => {
    if (!settings.isAllowed(request)) {
      const remedy =
        'call from this machine or through a trusted proxy, or set TDU_INSECURE_FHIR=yes on a closed network';
      throw new GatewayError('not-allowed', 'the FHIR API does not answer this caller', { remedy });
    }
    // What is said of a patient stays in no cache on the way.
    response.set('Cache-Control', 'no-store');
    // It speaks to caches (RFC 9111 §5.2.1), and `fetch` sends it with every conditional read: Express would answer 200 to it in the place of 304.
    delete request.headers['cache-control'];
    next();
  });
  // What a document is does not depend on what its reader asks for.
  router.get('/Binary/:id', (request, response) => readBinary(port.readBinary, request, response));
  router.use((request, _response, next) => {
    negotiate(request);
    next();
  });
  router.get('/metadata', (request, response) => {
    send(response, capabilityStatement(addresses.base(request), settings.startedAt, zone), generalOf(request));
  });
  historyRoutes(router, port, { addresses, zone });
  router.get('/Binary', (request, response) => {
    send(response, noBinary(request, addresses), generalOf(request));
  });
  const searching = { find: (query: SearchQuery) => find(port, definitions, query), addresses, zone };
  router.get('/:type', (request, response) =>
    search(searching, request, response, new URLSearchParams(queryOf(request))),
  );
  router.post('/:type/_search', express.text({ type: FORM_TYPE }), (request, response) =>
    search(searching, request, response, formOf(request)),
  );
  for (const type of DEFINED)
    router.get(`/${type}/:id`, (request, response) => {
      readDefinition(definitions, type, request, response);
    });
  router.get('/Communication/:id', (request, response) => readCommunication(port, request, response));
  router.get('/:type/:id', (request, response) => read(port, request, response));
  router.get('/:type/:id/_history/:version', (request, response) => versionRead(port, request, response));
  router.use(notServed);
  return router;
}

function notServed({ method }: Request, response: Response): never {
  if (['GET', 'HEAD'].includes(method)) throw new GatewayError('resource-unknown', 'no such address');
  response.set('Allow', 'GET, HEAD');
  throw new GatewayError('not-supported', `${method} is not served here`);
}

/** The bytes of documents are found by no search: whoever walks through all types is told so. */
function noBinary(request: Request, addresses: Addresses): Bundle {
  const outcome = unsearchedOutcome('a Binary is read by the address that its DocumentReference names');
  const links = { self: addresses.self(request, new URLSearchParams()) };
  return searchset(addresses.base(request), stamp(), { total: 0, resources: [], outcome, links });
}

/** History of all, of a type, and of one resource. */
function historyRoutes(router: Router, port: HistoryPort, settings: { addresses: Addresses; zone: string }): void {
  router.get('/_history', async (request, response) => {
    const general = generalOf(request);
    send(response, await changeFeed(port, settings, request, { types: SERVED, params: general.params }), general);
  });
  router.get('/:type/_history', async (request, response) => {
    const general = generalOf(request);
    const types = [served(request)];
    send(response, await changeFeed(port, settings, request, { types, params: general.params }), general);
  });
  router.get('/:type/:id/_history', async (request, response) => {
    const general = generalOf(request);
    const history = { type: served(request), id: idOf(request), params: general.params };
    send(response, await instanceHistory(port, settings, request, history), general);
  });
}

function generalOf(request: Request): GeneralParameters {
  return readGeneral(new URLSearchParams(queryOf(request)));
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
  const general = generalOf(request);
  sendVersion(response, await port.readResource(served(request), idOf(request)), general);
}

function readDefinition(definitions: readonly Definition[], type: string, request: Request, response: Response): void {
  const general = generalOf(request);
  const definition = definitions.find(({ resourceType, id }) => resourceType === type && id === request.params['id']);
  if (definition === undefined) throw unknown();
  send(response, definition, general);
}

async function readCommunication(port: FhirPort, request: Request, response: Response): Promise<void> {
  const general = generalOf(request);
  const communication = await port.readCommunication(idOf(request));
  if (communication === undefined) throw unknown();
  send(response, communication, general);
}

async function versionRead(port: FhirPort, request: Request, response: Response): Promise<void> {
  const general = generalOf(request);
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

/** A search where its type is kept. What is not stored has no time of change. */
async function find(port: FhirPort, definitions: readonly Definition[], query: SearchQuery): Promise<SearchPage> {
  if (SERVED.includes(query.type)) return port.searchResources(query);
  if (query.lastUpdated.length > 0) throw invalidParameter('_lastUpdated', `not served for ${query.type}`);
  return COMMUNICATED.includes(query.type) ? port.searchCommunications(query) : searchDefinitions(definitions, query);
}

interface Searching {
  find(query: SearchQuery): Promise<SearchPage>;
  addresses: Addresses;
  zone: string;
}

async function search(
  searching: Searching,
  request: Request,
  response: Response,
  params: URLSearchParams,
): Promise<void> {
  const { addresses, zone } = searching;
  const type = served(request, [...SERVED, ...COMMUNICATED, ...DEFINED]);
  const lenient = isLenient(request);
  const general = readGeneral(params, lenient);
  const query = parseSearch(type, general.params, { zone, lenient, total: general.total });
  const { next, ...page } = await searching.find(query);
  // The address that asks for what was applied.
  const applied = new URLSearchParams(params);
  for (const name of query.ignored) applied.delete(name);
  const links = {
    self: addresses.self(request, applied),
    next: next && addresses.changed(request, applied, { _cursor: placeText(next) }),
  };
  const outcome = query.ignored.length === 0 ? undefined : ignoredOutcome(query.ignored);
  send(response, searchset(addresses.base(request), stamp(), { ...page, outcome, links }), general);
}

function send(response: Response, resource: FhirResource, { pretty }: Pick<GeneralParameters, 'pretty'>): void {
  response
    .status(200)
    .set('Content-Type', JSON_TYPE)
    .send(JSON.stringify(resource, undefined, pretty ? 2 : undefined));
}
