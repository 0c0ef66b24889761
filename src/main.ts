import { fileURLToPath } from 'node:url';
import { childEnvironment, isUnderNpm, readSettings } from './config/load.js';
import { checkMappings } from './config/mapping-files.js';
import type { Settings } from './config/schema.js';
import type { Log } from './message/log.js';
import { openLog } from './watch/logs.js';
import type { MetricsJson } from './watch/metrics.js';
import { openDelivery } from './wire-deliver.js';
import { closeAll, openDatabase, openHouse, type Closers, type House, type SourceMappings } from './wire-house.js';
import { openListeners } from './wire-receive.js';
import { openServe } from './wire-serve.js';
import { reportStart, reportStop } from './wire-start.js';
import { openTranslation } from './wire-translate.js';
import { openParent } from './work/parent.js';
import { giveUp, isProgram, onStop } from './work/process.js';
import { forkWorkers, WORKERS, type WorkerName, type Workers } from './work/worker-process.js';

/** `node dist/main.js` and `tdu serve`; with the kind and the id of a worker, that process of another gateway. */
export async function runGateway(): Promise<void> {
  const read = readSettings();
  // Compiled once, before anything is opened: a broken row is told with all the others.
  const { faults, ofSource } = checkMappings(read);
  if ('faults' in read) return giveUp([...read.faults, ...faults]);
  if (faults.length > 0) return giveUp(faults);
  const log = openLog(read.settings.logLevel);
  const worker = WORKERS.find((name) => name === process.argv[2]);
  const closers: Closers = [];
  const limits = worker === undefined ? { seconds: 25, withShell: isUnderNpm() } : { seconds: 8, withParent: true };
  const isStopping = onStop(() => closeAll(closers, log), limits);
  try {
    if (worker === undefined) await runParent(read.settings, ofSource, log, closers);
    else await runWorker(worker, read.settings, ofSource, log, closers);
  } catch (error) {
    // What a stop breaks off is no fault.
    if (isStopping()) return;
    await closeAll(closers, log);
    giveUp([error]);
  }
}

/**
 * Opens the edges in the order of the journey. Working and serving run in processes of their own, so that receiving never waits for
 * translating or for a reader, nor translating for those it tells (docs/adr/0003). Tells its ports to the process that forked it, once it is
 * ready.
 */
async function runParent(settings: Settings, mappings: SourceMappings, log: Log, closers: Closers): Promise<void> {
  const { roles } = settings;
  const databaseUrl = await openDatabase(settings, log, closers);
  const house = await openHouse({ ...settings, databaseUrl }, mappings, 'receive', log, closers);
  const workers = startWorkers(house, closers);
  const listeners = roles.includes('receive') ? await openListeners(house, closers) : [];
  const httpPort = servesApart(settings)
    ? await workers.httpPort()
    : (await openServe(house, () => Promise.resolve(workers.standing()), closers)).port;
  if (httpPort === undefined) {
    // The process that serves has said why.
    await closeAll(closers, log);
    return giveUp([]);
  }
  const mllpPort = listeners[0]?.port ?? 0;
  reportStart(settings, { httpPort, listeners }, log);
  closers.push(reportStop(log));
  process.send?.({ httpPort, mllpPort, databaseUrl });
}

/** Who has another role besides serves in a process of its own. */
function servesApart({ roles }: Settings): boolean {
  return roles.includes('serve') && roles.length > 1;
}

function startWorkers({ settings, metrics, log }: House, closers: Closers): Workers<MetricsJson> {
  const work = Number(settings.roles.includes('work'));
  const counts = { translate: work * settings.translators, deliver: work, http: Number(servesApart(settings)) };
  const own: Record<string, string> = { DATABASE_URL: settings.databaseUrl };
  const workers: Workers<MetricsJson> = forkWorkers(counts, {
    main: fileURLToPath(import.meta.url),
    environment: (name) => childEnvironment({ ...own, ...(name === 'http' ? {} : { TDU_ROLES: 'work' }) }),
    standing: async () => {
      const { reports, states } = workers.standing();
      return { reports: [await metrics.json(), ...reports], states };
    },
    log,
  });
  // One that is started again is found where it was.
  void workers.httpPort().then((port) => {
    if (port !== undefined) own['HTTP_PORT'] = String(port);
  });
  // They have their own limit.
  closers.push(Object.assign(() => workers.stop(), { ms: 12_000 }));
  return workers;
}

/** One process of another gateway; tells its metrics to the parent every two seconds, and ends with it. */
async function runWorker(
  name: WorkerName,
  settings: Settings,
  mappings: SourceMappings,
  log: Log,
  closers: Closers,
): Promise<void> {
  const databaseUrl = settings.databaseUrl ?? '';
  const use = name === 'http' ? 'receive' : 'work';
  const worker = process.argv[3];
  const house = await openHouse({ ...settings, databaseUrl, worker }, mappings, use, log, closers);
  const parent = openParent<MetricsJson>();
  if (name === 'translate') openTranslation(house, closers);
  else if (name === 'deliver') await openDelivery(house, closers);
  else parent.tell({ kind: 'ready', httpPort: (await openServe(house, () => parent.standing(), closers)).port });
  const report = async () => {
    parent.tell({ kind: 'report', report: await house.metrics.json() });
  };
  const timer = setInterval(() => void report(), 2000);
  closers.push(() => {
    clearInterval(timer);
    return Promise.resolve();
  });
}

if (isProgram(import.meta.url)) await runGateway();
