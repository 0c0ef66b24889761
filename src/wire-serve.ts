import { QUEUES } from './journey.js';
import { hl7v2Router } from './receive/http.js';
import { createApp, openHttp, type HttpServer } from './serve/http.js';
import type { MetricsJson } from './watch/metrics.js';
import type { Closers, House } from './wire-house.js';
import type { Receive } from './wire-receive.js';
import type { Workers } from './work/worker-process.js';

/**
 * Opens the HTTP port: health and metrics whatever the roles, the APIs where `serve` is one, the door of the receive stage where it is open.
 * @param workers whose metrics are served with this process's
 * @throws GatewayError port-in-use
 */
export async function openServe(
  house: House,
  receive: Receive | undefined,
  workers: Workers<MetricsJson> | undefined,
  closers: Closers,
): Promise<HttpServer> {
  const { settings, store, queues, metrics, log } = house;
  const serving = settings.roles.includes('serve');
  const app = createApp({
    insecureFhir: settings.insecureFhir,
    startedAt: new Date().toISOString(),
    log,
    ready: { store: () => store.ping(), queue: () => queues.ping() },
    metrics: () => metrics.text(workers?.metrics() ?? []),
    ...(serving ? { fhir: store, operator: { ...store, replay: (id: string) => replay(house, id) } } : {}),
    doors: receive === undefined ? [] : [hl7v2Router(settings.sources, receive.deps)],
  });
  const http = await openHttp(app, settings.http);
  closers.push(() => http.close());
  return http;
}

async function replay({ store, queues }: House, id: string): Promise<boolean> {
  if (!(await store.setMessageState(id, 'received'))) return false;
  await queues.add(QUEUES.translate, [id]);
  return true;
}
