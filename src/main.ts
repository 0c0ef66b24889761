import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkMappings, describeFault } from './cli/load-mappings.js';
import { readSettings, type Settings, type SourceSettings } from './config.js';
import { openDeliver, type Deliver } from './deliver/pump.js';
import { QUEUES } from './journey.js';
import { GatewayError } from './message/failure.js';
import type { ReceiveDeps } from './receive/accept.js';
import { Committer } from './receive/committer.js';
import { hl7v2Router } from './receive/http.js';
import { messageIds } from './receive/message-ids.js';
import { openMllp, type MllpListener } from './receive/mllp.js';
import { buildDirectory } from './route/directory.js';
import { createApp, openHttp, type HttpServer } from './serve/http.js';
import { startEmbedded, type EmbeddedPostgres } from './store/embedded.js';
import { openStore, type Store } from './store/store.js';
import type { Mappings } from './translate/compile.js';
import { openLog, type Log } from './watch/logs.js';
import { openMetrics, type Metrics, type MetricsJson } from './watch/metrics.js';
import { openQueues, type Queues } from './work/queues.js';
import { openSweep } from './work/sweep.js';
import { translateStage } from './work/translate-stage.js';
import { Wakeups } from './work/wakeups.js';
import { forkWorker, type Worker } from './work/worker-process.js';

/** A running gateway. */
export interface Gateway {
  httpPort: number;
  mllpPort: number;
  databaseUrl: string;
  close(): Promise<void>;
}

/** Everything the stages share, opened once. */
interface House {
  settings: Settings;
  log: Log;
  metrics: Metrics;
  store: Store;
  queues: Queues;
  mappingsOf(source: string): Mappings;
}

/**
 * Opens the edges in the order of the journey and hands each what it needs of the others. With several roles the work runs in a process
 * of its own, so that receiving never waits for translating (DESIGN §10).
 * @throws GatewayError where a part cannot start; what was opened is closed again
 */
export async function startGateway(settings: Settings, log: Log = openLog(settings.logLevel)): Promise<Gateway> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const embedded =
      settings.databaseUrl === undefined ? await startEmbedded({ dataDir: settings.dataDir, log }) : undefined;
    if (embedded !== undefined) closers.push(() => embedded.stop());
    const databaseUrl = settings.databaseUrl ?? embeddedUrl(embedded);
    const house = await openHouse(settings, databaseUrl, log, closers);
    const apart = settings.roles.length > 1 && settings.roles.includes('work');
    if (settings.roles.includes('work') && !apart) closers.push(await openWork(house));
    const worker = apart ? forkWorker<MetricsJson>(fileURLToPath(import.meta.url), databaseUrl, log) : undefined;
    if (worker !== undefined) closers.push(() => worker.stop());
    const receive = settings.roles.includes('receive') ? await openReceive(house, closers) : undefined;
    const http = await openServe(house, receive?.deps, worker);
    closers.push(() => http.close());
    return { httpPort: http.port, mllpPort: receive?.listeners[0]?.port ?? 0, databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function embeddedUrl(embedded: EmbeddedPostgres | undefined): string {
  if (embedded === undefined)
    throw new GatewayError('store-start-failed', 'there is neither DATABASE_URL nor an embedded PostgreSQL');
  return embedded.url;
}

async function openHouse(
  settings: Settings,
  databaseUrl: string,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<House> {
  const store = await openStore({ databaseUrl, log });
  closers.push(() => store.close());
  await store.makePartitions(Date.now(), 3);
  const queues = await openQueues({ redisUrl: settings.redisUrl, databaseUrl, log });
  closers.push(() => queues.close());
  const { ofSite } = checkMappings(settings);
  const siteOf = new Map(settings.sources.map((source) => [source.name, source.site]));
  const mappingsOf = (source: string) => {
    const found = ofSite.get(siteOf.get(source));
    if (found === undefined)
      throw new GatewayError('mapping-invalid', 'the mappings have faults; tdu check lists them');
    return found;
  };
  return { settings, log, metrics: openMetrics(), store, queues, mappingsOf };
}

/** Messages that a translate job names: what else waits is taken with them. */
const NAMED = 100;

async function openReceive(
  house: House,
  closers: (() => Promise<void>)[],
): Promise<{ deps: ReceiveDeps; listeners: MllpListener[] }> {
  const { settings, store, queues, metrics, mappingsOf, log } = house;
  const now = () => Date.now();
  const wakeups = new Wakeups((ids) => queues.add(QUEUES.translate, ids), NAMED, now, log);
  const deps: ReceiveDeps = {
    committer: new Committer((batch) => store.keep(batch), now, log),
    triggers: (source) => mappingsOf(source).triggers,
    newId: messageIds(await store.nodeNumber(), now),
    now,
    log,
    onKept: (ids) => {
      wakeups.add(ids);
    },
    onAnswer: (source, code, seconds) => {
      metrics.answered(source, code, seconds);
    },
  };
  closers.push(() => wakeups.flush());
  const listeners = await Promise.all(
    settings.sources.map((source) => openMllp(source, source.port ?? settings.mllpPort, deps)),
  );
  closers.push(async () => void (await Promise.all(listeners.map((listener) => listener.close()))));
  return { deps, listeners };
}

/** The work role: translate, deliver, and the sweep that makes both independent of the queue. */
async function openWork(house: House): Promise<() => Promise<void>> {
  const { settings, store, queues, metrics, mappingsOf, log } = house;
  const bySource = new Map(settings.sources.map((source) => [source.name, source]));
  const [first] = settings.sources;
  const sourceOf = (name: string): SourceSettings => {
    const source = bySource.get(name) ?? first;
    if (source === undefined) throw new GatewayError('config-invalid', 'no source is configured');
    return source;
  };
  const wakeups = new Wakeups(
    (ids) => queues.add(QUEUES.deliver, ids),
    Infinity,
    () => Date.now(),
    log,
  );
  const translate = translateStage({
    inTranslation: (claim, run) => store.inTranslation(claim, run),
    source: (name) => ({ ...sourceOf(name), mappings: mappingsOf(name) }),
    directory: buildDirectory(settings.professionals, settings.organisations),
    rules: settings.rules,
    fold: { hospitalMembersStayDays: settings.hospitalMembersStayDays },
    due: (endpoints) => {
      wakeups.add(endpoints);
    },
    log,
    observe: (messages, seconds) => {
      metrics.translated(messages, seconds);
    },
  });
  const deliver = openDelivery(house);
  queues.work(QUEUES.translate, 2, translate);
  queues.work(
    QUEUES.deliver,
    50,
    async (endpoints) => void (await Promise.all(endpoints.map((endpoint) => deliver.wake(endpoint)))),
  );
  await openSweep(queues, store, metrics, () => Date.now());
  return async () => {
    await wakeups.flush();
    await deliver.close();
  };
}

function openDelivery({ settings, store, metrics, log }: House): Deliver {
  return openDeliver({
    endpoints: settings.endpoints,
    claimDeliveries: (request) => store.claimDeliveries(request),
    recordAttempts: (outcomes) => store.recordAttempts(outcomes),
    releaseDeliveries: (ids) => store.releaseDeliveries(ids),
    now: () => Date.now(),
    chance: () => Math.random(),
    log,
    observe: (endpoint, code, seconds) => {
      metrics.delivered(endpoint, code, seconds);
    },
  });
}

function openServe(
  house: House,
  receive: ReceiveDeps | undefined,
  worker: Worker<MetricsJson> | undefined,
): Promise<HttpServer> {
  const { settings, store, queues, metrics, log } = house;
  const serving = settings.roles.includes('serve');
  const app = createApp({
    insecureFhir: settings.insecureFhir,
    startedAt: new Date().toISOString(),
    log,
    ready: { store: () => store.ping(), queue: () => queues.ping() },
    metrics: async () => metrics.text(worker === undefined ? [] : await worker.metrics()),
    ...(serving ? { fhir: store, operator: { ...store, replay: (id: string) => replay(house, id) } } : {}),
    doors: receive === undefined ? [] : [hl7v2Router(settings.sources, receive)],
  });
  return openHttp(app, settings.http);
}

async function replay({ store, queues }: House, id: string): Promise<boolean> {
  if (!(await store.setMessageState(id, 'received'))) return false;
  await queues.add(QUEUES.translate, [id]);
  return true;
}

/** `node dist/main.js` and `tdu serve`; with the argument `work` the worker process of another gateway. */
export async function runGateway(): Promise<void> {
  const read = readSettings();
  const { faults } = checkMappings('settings' in read ? read.settings : undefined);
  if ('faults' in read) return giveUp([...read.faults, ...faults]);
  if (faults.length > 0) return giveUp(faults);
  const log = openLog(read.settings.logLevel);
  try {
    if (process.argv[2] === 'work') await runWorker(read.settings, log);
    else await runParent(read.settings, log);
  } catch (error) {
    giveUp([error]);
  }
}

async function runParent(settings: Settings, log: Log): Promise<void> {
  const gateway = await startGateway(settings, log);
  const { httpPort, mllpPort, databaseUrl } = gateway;
  log('info', 'gateway.ready', { httpPort, mllpPort, roles: settings.roles });
  process.send?.({ httpPort, mllpPort, databaseUrl });
  onStop(() => gateway.close());
}

async function runWorker(settings: Settings, log: Log): Promise<void> {
  const closers: (() => Promise<void>)[] = [];
  const house = await openHouse(settings, settings.databaseUrl ?? '', log, closers);
  const closeWork = await openWork(house);
  const telling = setInterval(() => void house.metrics.json().then((json) => process.send?.(json)), 2000);
  onStop(async () => {
    clearInterval(telling);
    await closeWork();
    for (const closer of closers.reverse()) await closer();
  });
}

/** SIGTERM, SIGINT, or the parent's end: finish what is under way, once. */
function onStop(close: () => Promise<void>): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 20_000).unref();
    void close().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (process.argv[2] === 'work') process.on('disconnect', stop);
}

/** Every fault with its place and remedy; one line each, on standard error. */
function giveUp(faults: readonly unknown[]): void {
  for (const fault of faults) {
    const unknown = fault instanceof Error ? fault.stack : fault;
    process.stderr.write(`${fault instanceof GatewayError ? describeFault(fault) : String(unknown)}\n`);
  }
  process.exit(1);
}

// Node names a program as it was called, and a module by its real path: through a link they differ.
const [, called] = process.argv;
if (called !== undefined && realpathSync(called) === fileURLToPath(import.meta.url)) await runGateway();
