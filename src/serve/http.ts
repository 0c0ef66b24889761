import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Express, type NextFunction, type Request, type Response, type Router } from 'express';
import helmet from 'helmet';
import { listenFailure } from '../config/listening.js';
import { outcomeOf, statusOf } from '../fhir/outcome.js';
import { GatewayError } from '../message/failure.js';
import type { Log } from '../message/log.js';
import { fhirApi, type FhirPort, type FhirSettings } from './fhir-api.js';
import { isLocal } from './loopback.js';
import { operatorApi, type OperatorPort } from './operator-api.js';
import { loggedId, requestId } from './request-id.js';
import { fromTrustedProxy } from './trusted-proxies.js';

export interface HttpDeps {
  insecureFhir: boolean;
  startedAt: string;
  log: Log;
  /** Each names what it depends on; a rejection makes the gateway not ready. */
  ready: Readonly<Record<string, () => Promise<void>>>;
  /** Each names what the gateway does without for a while; a rejection makes it degraded. */
  degraded?: Readonly<Record<string, () => Promise<void>>>;
  /** Seconds since the last sweep. */
  sweepSeconds?: () => Promise<number>;
  metrics(): Promise<string>;
  /** IANA zone of dates without offset in searches. Absent: UTC. */
  zone?: string;
  /** The address of the gateway's root as callers know it, without a final slash. Absent: the one that they use. */
  publicUrl?: string | undefined;
  /** Addresses of the reverse proxies whose callers may read. */
  trustedProxies?: readonly string[];
  /** Absent where the role is not served. */
  fhir?: FhirPort;
  operator?: OperatorPort;
  /** Opens the operator API to other machines. */
  operatorToken?: string | undefined;
  /** Routers of other edges, e.g. `POST /hl7v2`. */
  doors: readonly Router[];
}

/** The whole HTTP face: health and metrics always, the APIs by role, the doors of the receive stage. */
export function createApp(deps: HttpDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet());
  app.use(requestId);
  app.get('/health/live', (_request, response) => void response.json({ status: 'live' }));
  app.get('/health/ready', async (_request, response) => ready(deps, response));
  app.get(
    '/metrics',
    async (_request, response) => void response.type('text/plain; version=0.0.4').send(await deps.metrics()),
  );
  for (const door of deps.doors) app.use(door);
  if (deps.fhir !== undefined) app.use('/fhir', fhirApi(deps.fhir, fhirSettings(deps)));
  if (deps.operator !== undefined) app.use('/api', operatorApi(deps.operator, deps.operatorToken));
  app.use(() => {
    throw new GatewayError('resource-unknown', 'no such address');
  });
  app.use((error: unknown, request: Request, response: Response, _next: NextFunction) => {
    fail(error, request, response, deps.log);
  });
  return app;
}

/** `/fhir` answers this machine and what trusted proxies let through; all others only where the network itself is closed. */
function fhirSettings({
  insecureFhir,
  startedAt,
  zone = 'UTC',
  publicUrl,
  trustedProxies = [],
}: HttpDeps): FhirSettings {
  const isRelayed = fromTrustedProxy(trustedProxies, publicUrl);
  const isAllowed = (request: Request) => insecureFhir || isLocal(request) || isRelayed(request);
  return { isAllowed, startedAt, zone, publicUrl };
}

/** A part that says nothing for so long is missing, as one that says no. */
const PATIENCE_MS = 2000;

/** A sweep comes every two seconds; one that is so late stands still. */
const SWEEP_SECONDS = 30;

async function ready(
  { ready: parts, degraded: optional = {}, sweepSeconds }: HttpDeps,
  response: Response,
): Promise<void> {
  let seconds: number | undefined;
  const sweep = async () => {
    seconds = await sweepSeconds?.();
    if ((seconds ?? 0) > SWEEP_SECONDS) throw new GatewayError('queue-unavailable', 'the sweep stands still');
  };
  const [missing, degraded] = await Promise.all([failing(parts), failing({ ...optional, sweep })]);
  const swept = seconds === undefined ? {} : { sweepSeconds: Math.round(seconds) };
  if (missing.length > 0) response.status(503).json({ status: 'not ready', missing, ...swept });
  else if (degraded.length > 0) response.json({ status: 'degraded', degraded, ...swept });
  else response.json({ status: 'ready', ...swept });
}

/** The names of those that say no, or nothing in time. */
async function failing(checks: Readonly<Record<string, () => Promise<void>>>): Promise<string[]> {
  const results = await Promise.allSettled(Object.values(checks).map((check) => soon(check())));
  return Object.keys(checks).filter((_, index) => results[index]?.status === 'rejected');
}

async function soon(check: Promise<void>): Promise<void> {
  let late: NodeJS.Timeout | undefined;
  const silence = new Promise<never>((_resolve, reject) => {
    late = setTimeout(() => {
      reject(new GatewayError('store-unavailable', 'no answer in time'));
    }, PATIENCE_MS);
  });
  await Promise.race([check, silence]).finally(() => {
    clearTimeout(late);
  });
}

function fail(error: unknown, request: Request, response: Response, log: Log): void {
  const thrown = fromExpress(error);
  const status = statusOf(thrown);
  // The path only: queries hold identifiers.
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  const id = loggedId(response);
  if (status >= 500)
    log('error', 'serve.failed', { method: request.method, route: request.baseUrl, status, place, ...(id && { id }) });
  if (response.headersSent) return void response.destroy();
  response
    .status(status)
    .set('Content-Type', 'application/fhir+json; charset=utf-8')
    .send(JSON.stringify(outcomeOf(thrown)));
}

/** body-parser and the router throw errors with a status of their own. */
function fromExpress(error: unknown): unknown {
  if (error instanceof GatewayError || typeof error !== 'object' || error === null || !('status' in error))
    return error;
  const status = Number(error.status);
  if (status < 400 || status >= 500) return error;
  return new GatewayError('request-invalid', status === 413 ? 'the body is too large' : 'the request cannot be read', {
    cause: error,
  });
}

export interface HttpServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Opens the HTTP port.
 * @throws GatewayError port-in-use
 */
export function openHttp(app: Express, { port, host }: { port: number; host: string }): Promise<HttpServer> {
  const server = createServer(app);
  return new Promise((resolve, reject) => {
    const whereTaken = 'set HTTP_PORT to a free port';
    server.once('error', (cause) => {
      reject(listenFailure({ door: 'HTTP', host, port, hostSetting: 'HTTP_HOST', whereTaken }, cause));
    });
    server.listen(port, host, () => {
      resolve({ port: (server.address() as AddressInfo).port, close: () => closeServer(server) });
    });
  });
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeIdleConnections();
    setTimeout(() => server.closeAllConnections(), 2000).unref();
  });
}
