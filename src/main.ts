import { fileURLToPath } from 'node:url';
import { checkMappings, type CheckedMappings } from './cli/load-mappings.js';
import { giveUp, onStop } from './cli/process.js';
import { isProgram } from './cli/program.js';
import { readSettings, type Settings, type SourceSettings } from './config.js';
import { openDeliver } from './deliver/pump.js';
import { QUEUES } from './journey.js';
import { GatewayError } from './message/failure.js';
import type { ReceiveDeps } from './receive/accept.js';
import { Committer } from './receive/committer.js';
import { hl7v2Router } from './receive/http.js';
import { messageIds } from './receive/message-ids.js';
import { openMllp, type MllpListener } from './receive/mllp.js';
import { buildDirectory } from './route/directory.js';
import { createApp, openHttp, type HttpServer } from './serve/http.js';
import { startEmbedded } from './store/embedded.js';
import { openStore, type Store } from './store/store.js';
import type { Mappings } from './translate/compile.js';
import { openLog, type Log } from './watch/logs.js';
import { openMetrics, type Metrics, type MetricsJson } from './watch/metrics.js';
import { openQueues, type Queues } from './work/queues.js';
import { openSweep } from './work/sweep.js';
import { translateStage } from './work/translate-stage.js';
import { Wakeups } from './work/wakeups.js';
import { forkWorkers, WORKERS, type WorkerName, type Workers } from './work/worker-process.js';

type SiteMappings = CheckedMappings['ofSite'];

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
 * Opens the edges in the order of the journey and hands each what it needs of the others. The work runs in processes of its own, so that
 * receiving never waits for translating, nor translating for those it tells (DESIGN §10, ADR 0003).
 * @throws GatewayError where a part cannot start; what was opened is closed again
 */
export async function startGateway(settings: Settings, mappings: SiteMappings, log: Log): Promise<Gateway> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer();
  };
  try {
    const databaseUrl = await openDatabase(settings, log, closers);
    const house = await openHouse({ ...settings, databaseUrl }, mappings, log, closers);
    const working = settings.roles.includes('work');
    const workers = working ? forkWorkers<MetricsJson>(fileURLToPath(import.meta.url), databaseUrl, log) : undefined;
    if (workers !== undefined) closers.push(() => workers.stop());
    const receive = settings.roles.includes('receive') ? await openReceive(house, closers) : undefined;
    const http = await openServe(house, receive?.deps, workers);
    closers.push(() => http.close());
    return { httpPort: http.port, mllpPort: receive?.listeners[0]?.port ?? 0, databaseUrl, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** The one named, or the gateway's own. */
async function openDatabase(settings: Settings, log: Log, closers: (() => Promise<void>)[]): Promise<string> {
  if (settings.databaseUrl !== undefined) return settings.databaseUrl;
  const embedded = await startEmbedded({ dataDir: settings.dataDir, log });
  closers.push(() => embedded.stop());
  return embedded.url;
}

async function openHouse(
  settings: Settings & { databaseUrl: string },
  mappings: SiteMappings,
  log: Log,
  closers: (() => Promise<void>)[],
): Promise<House> {
  const store = await openStore({ databaseUrl: settings.databaseUrl, log });
  closers.push(() => store.close());
  await store.makePartitions(Date.now(), 3);
  const queues = await openQueues({ redisUrl: settings.redisUrl, databaseUrl: settings.databaseUrl, log });
  closers.push(() => queues.close());
  const siteOf = new Map(settings.sources.map((source) => [source.name, source.site]));
  const mappingsOf = (source: string) => {
    const found = mappings.get(siteOf.get(source));
    if (found === undefined)
      throw new GatewayError('mapping-invalid', 'the mappings have faults; tdu check lists them');
    return found;
  };
  return { settings, log, metrics: openMetrics(), store, queues, mappingsOf };
}

const now = () => Date.now();

/** Translate jobs at once: while one waits for PostgreSQL the other translates. With one alone it was a fifth slower, a third gained nothing. */
const TRANSLATING = 2;
/** Messages that a translate job names: what else waits is taken with them. */
const NAMED = 100;

async function openReceive(
  house: House,
  closers: (() => Promise<void>)[],
): Promise<{ deps: ReceiveDeps; listeners: MllpListener[] }> {
  const { settings, store, queues, metrics, mappingsOf, log } = house;
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

/** The first half of the work role: from the journal to receipts and deliveries. */
function openTranslation(house: House): () => Promise<void> {
  const { settings, store, queues, metrics, mappingsOf, log } = house;
  const bySource = new Map(settings.sources.map((source) => [source.name, source]));
  const sourceOf = (name: string): SourceSettings => {
    const source = bySource.get(name) ?? settings.sources[0];
    if (source === undefined) throw new GatewayError('config-invalid', 'no source is configured');
    return source;
  };
  const wakeups = new Wakeups((ids) => queues.add(QUEUES.deliver, ids), Infinity, now, log);
  let stopping = false;
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
    stopping: () => stopping,
  });
  queues.work(QUEUES.translate, TRANSLATING, translate);
  return () => {
    stopping = true;
    return wakeups.flush();
  };
}

/** The second half: to the recipients; and the sweep, which makes both halves independent of the queue. */
async function openDelivery({ settings, store, queues, metrics, log }: House): Promise<() => Promise<void>> {
  const deliver = openDeliver({
    endpoints: settings.endpoints,
    claimDeliveries: (request) => store.claimDeliveries(request),
    recordAttempts: (outcomes) => store.recordAttempts(outcomes),
    releaseDeliveries: (ids) => store.releaseDeliveries(ids),
    now,
    chance: () => Math.random(),
    log,
    observe: (endpoint, code, seconds) => {
      metrics.delivered(endpoint, code, seconds);
    },
  });
  const wake = async (endpoints: string[]) => void (await Promise.all(endpoints.map((one) => deliver.wake(one))));
  queues.work(QUEUES.deliver, 50, wake);
  await openSweep(queues, store, metrics, now);
  return () => deliver.close();
}

function openServe(
  house: House,
  receive: ReceiveDeps | undefined,
  workers: Workers<MetricsJson> | undefined,
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
    doors: receive === undefined ? [] : [hl7v2Router(settings.sources, receive)],
  });
  return openHttp(app, settings.http);
}

async function replay({ store, queues }: House, id: string): Promise<boolean> {
  if (!(await store.setMessageState(id, 'received'))) return false;
  await queues.add(QUEUES.translate, [id]);
  return true;
}

/** `node dist/main.js` and `tdu serve`; with the name of a worker, that process of another gateway. */
export async function runGateway(): Promise<void> {
  const read = readSettings();
  // Compiled once, before anything is opened: a broken row is told with all the others.
  const { faults, ofSite } = checkMappings('settings' in read ? read.settings : undefined);
  if ('faults' in read) return giveUp([...read.faults, ...faults]);
  if (faults.length > 0) return giveUp(faults);
  const log = openLog(read.settings.logLevel);
  try {
    const worker = WORKERS.find((name) => name === process.argv[2]);
    if (worker === undefined) await runParent(read.settings, ofSite, log);
    else await runWorker(worker, read.settings, ofSite, log);
  } catch (error) {
    giveUp([error]);
  }
}

async function runParent(settings: Settings, mappings: SiteMappings, log: Log): Promise<void> {
  const gateway = await startGateway(settings, mappings, log);
  const { httpPort, mllpPort, databaseUrl } = gateway;
  log('info', 'gateway.ready', { httpPort, mllpPort, roles: settings.roles });
  process.send?.({ httpPort, mllpPort, databaseUrl });
  onStop(() => gateway.close(), false);
}

async function runWorker(name: WorkerName, settings: Settings, mappings: SiteMappings, log: Log): Promise<void> {
  const closers: (() => Promise<void>)[] = [];
  const house = await openHouse({ ...settings, databaseUrl: settings.databaseUrl ?? '' }, mappings, log, closers);
  closers.push(name === 'translate' ? openTranslation(house) : await openDelivery(house));
  const telling = setInterval(() => void house.metrics.json().then((json) => process.send?.(json)), 2000);
  onStop(async () => {
    clearInterval(telling);
    for (const closer of closers.reverse()) await closer();
  }, true);
}

if (isProgram(import.meta.url)) await runGateway();
