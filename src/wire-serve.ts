import type { Router } from 'express';
import { peopleAt, type PersonAt } from './apply/time-travel.js';
import type { Settings } from './config/schema.js';
import { QUEUES } from './journey.js';
import { GatewayError } from './message/failure.js';
import type { ReceiveDeps } from './receive/accept.js';
import { documentsRouter } from './receive/documents-http.js';
import { hl7v2Router } from './receive/http.js';
import { carriesToken } from './serve/bearer.js';
import { createApp, openHttp, type HttpDeps, type HttpServer } from './serve/http.js';
import { isLocal } from './serve/loopback.js';
import { operatorToken } from './serve/operator-token.js';
import type { OperatorPort } from './serve/operator-api.js';
import { openStore, type Store } from './store/store.js';
import type { MetricsJson } from './watch/metrics.js';
import type { Closers, House } from './wire-house.js';
import { receiveStage } from './wire-receive.js';
import { binaryPort } from './wire-binary.js';
import { foldSettings } from './wire-translate.js';
import type { Queues } from './work/queues.js';
import { SWEEP } from './work/sweep.js';
import { WORKERS, type Standing } from './work/worker-process.js';

/**
 * Opens the HTTP port: health and metrics whatever the roles, the APIs where `serve` is one, the door of the receive stage where it is open.
 * @param standing of the gateway's other processes: their metrics are served with this one's
 * @throws GatewayError port-in-use
 */
export async function openServe(
  house: House,
  standing: () => Promise<Standing<MetricsJson>>,
  closers: Closers,
): Promise<HttpServer> {
  const { settings, queues, metrics, log } = house;
  const { roles } = settings;
  const receive = roles.includes('receive') ? await receiveStage(house, closers) : undefined;
  // Connections of its own: whoever reads, however much, takes none from those that keep messages.
  const store = await openStore({ databaseUrl: settings.databaseUrl, log, use: 'serve', zone: settings.zone });
  closers.push(() => store.close());
  // A gateway that has just started has had no time for one.
  const sweepSeconds = async () =>
    Math.min((await store.secondsSinceBeat(SWEEP)) ?? Infinity, performance.now() / 1000);
  const app = createApp({
    insecureFhir: settings.insecureFhir,
    zone: settings.zone,
    publicUrl: settings.publicUrl,
    trustedProxies: settings.trustedProxies,
    startedAt: new Date().toISOString(),
    log,
    ready: { store: () => store.ping() },
    degraded: { queue: () => queues.ping(), ...(roles.includes('work') ? workerChecks(standing) : {}) },
    sweepSeconds,
    metrics: async () => {
      const [{ states, reports }, seconds, loads] = await Promise.all([
        standing(),
        sweepSeconds().catch(() => NaN),
        store.endpointLoads().catch(() => []),
      ]);
      metrics.workers(states);
      metrics.swept(seconds);
      metrics.endpoints(loads);
      return metrics.text(reports);
    },
    ...(roles.includes('serve') ? apisOf(house, store) : {}),
    doors: receive === undefined ? [] : doorsOf(settings, receive),
  });
  const http = await openHttp(app, settings.http);
  closers.push(() => http.close());
  return http;
}

function apisOf(house: House, store: Store): Pick<HttpDeps, 'fhir' | 'operator' | 'operatorToken'> {
  const { settings, log } = house;
  return {
    fhir: { ...store, readBinary: binaryPort(store, settings) },
    operator: operatorPort(house, store),
    operatorToken: operatorToken(settings.dataDir, log),
  };
}

function doorsOf({ sources, publicUrl }: Settings, receive: ReceiveDeps): Router[] {
  const door = { isLocal, carriesToken };
  return [hl7v2Router(sources, receive, door), documentsRouter(sources, receive, door, publicUrl)];
}

function operatorPort({ queues, settings }: House, store: Store): OperatorPort {
  return {
    ...store,
    configured: {
      source: settings.sources.map(({ name }) => name),
      endpoint: settings.endpoints.map(({ id }) => id),
    },
    replay: (id) => replay(store, queues, id),
    async releaseWorkItem(id) {
      const released = await store.releaseWorkItem(id);
      // One job is enough: it goes on as long as messages wait, and leaves the other place to those that come in.
      if (released !== undefined && released.first.length > 0) await queues.add(QUEUES.translate, released.first);
      return released?.count;
    },
    content: (id) => store.journalMessage(id),
    async status() {
      const [waiting, endpoints] = await Promise.all([store.counts(), store.endpointLoads()]);
      return { waiting, endpoints };
    },
    async circleAt({ subject, asOf, knownAt }) {
      const window = await store.factsKnownAt(subject, knownAt);
      return window && peopleAt(window, asOf, foldSettings(settings)).map(personText);
    },
  };
}

/** One check for each half of the work role, by its name: it says no while a process of it is dead or not there yet. */
function workerChecks(standing: () => Promise<Standing<MetricsJson>>): Record<string, () => Promise<void>> {
  const checks = WORKERS.filter((name) => name !== 'http').map((name) => {
    const check = async () => {
      const { states } = await standing();
      const down = states.find(({ kind, up }) => kind === name && !up);
      if (down !== undefined || !states.some(({ kind }) => kind === name))
        throw new GatewayError('store-unavailable', `${down?.name ?? name} is not up`);
    };
    return [name, check] as const;
  });
  return Object.fromEntries(checks);
}

/** A person at an instant as the operator reads it. */
function personText({ anchor, patientId, members, encounters }: PersonAt): Record<string, unknown> {
  return {
    patient: anchor,
    reference: `Patient/${patientId}`,
    members: members.map(({ person, label, role, from, to, fromDerived, toDerived, stay, source, basis, hidden }) => {
      return { person, label, role: role.code, from, to, fromDerived, toDerived, stay, source, basis, hidden };
    }),
    encounters: encounters.map(({ resource }) => resource),
  };
}

async function replay(store: Store, queues: Queues, id: string): Promise<boolean> {
  if (!(await store.setMessageState(id, 'received'))) return false;
  await queues.add(QUEUES.translate, [id]);
  return true;
}
