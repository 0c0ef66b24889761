import { fileURLToPath } from 'node:url';
import { childEnvironment, isUnderNpm, readSettings } from './config/load.js';
import { checkMappings } from './config/mapping-files.js';
import type { Settings } from './config/schema.js';
import type { Log } from './message/log.js';
import { openLog } from './watch/logs.js';
import type { MetricsJson } from './watch/metrics.js';
import { openDelivery } from './wire-deliver.js';
import { closeAll, openDatabase, openHouse, type Closers, type SourceMappings } from './wire-house.js';
import { openReceive } from './wire-receive.js';
import { openServe } from './wire-serve.js';
import { openTranslation } from './wire-translate.js';
import { giveUp, isProgram, onStop } from './work/process.js';
import { forkWorkers, WORKERS, type WorkerName, type Workers } from './work/worker-process.js';

/** `node dist/main.js` and `tdu serve`; with the name of a worker, that process of another gateway. */
export async function runGateway(): Promise<void> {
  const read = readSettings();
  // Compiled once, before anything is opened: a broken row is told with all the others.
  const { faults, ofSource } = checkMappings('settings' in read ? read.settings : undefined);
  if ('faults' in read) return giveUp([...read.faults, ...faults]);
  if (faults.length > 0) return giveUp(faults);
  const log = openLog(read.settings.logLevel);
  const worker = WORKERS.find((name) => name === process.argv[2]);
  const closers: Closers = [];
  try {
    if (worker === undefined) await runParent(read.settings, ofSource, log, closers);
    else await runWorker(worker, read.settings, ofSource, log, closers);
  } catch (error) {
    await closeAll(closers, log);
    giveUp([error]);
  }
}

/**
 * Opens the edges in the order of the journey. The work runs in processes of its own, so that receiving never waits for translating, nor
 * translating for those it tells (docs/adr/0003). Tells its ports to the process that forked it, once it is ready.
 */
async function runParent(settings: Settings, mappings: SourceMappings, log: Log, closers: Closers): Promise<void> {
  const { roles } = settings;
  onStop(() => closeAll(closers, log), { seconds: 25, withShell: isUnderNpm() });
  const databaseUrl = await openDatabase(settings, log, closers);
  const house = await openHouse({ ...settings, databaseUrl }, mappings, 'receive', log, closers);
  const workers = roles.includes('work') ? startWorkers(databaseUrl, log, closers) : undefined;
  const receive = roles.includes('receive') ? await openReceive(house, closers) : undefined;
  const { port: httpPort } = await openServe(house, receive, workers, closers);
  const mllpPort = receive?.listeners[0]?.port ?? 0;
  log('info', 'gateway.ready', { httpPort, mllpPort, roles });
  process.send?.({ httpPort, mllpPort, databaseUrl });
}

function startWorkers(databaseUrl: string, log: Log, closers: Closers): Workers<MetricsJson> {
  const environment = childEnvironment({ DATABASE_URL: databaseUrl, TDU_ROLES: 'work' });
  const workers = forkWorkers<MetricsJson>(fileURLToPath(import.meta.url), environment, log);
  // They have their own limit.
  closers.push(Object.assign(() => workers.stop(), { ms: 12_000 }));
  return workers;
}

/** One half of the work role; tells its metrics to the parent every two seconds, and ends with it. */
async function runWorker(
  name: WorkerName,
  settings: Settings,
  mappings: SourceMappings,
  log: Log,
  closers: Closers,
): Promise<void> {
  onStop(() => closeAll(closers, log), { seconds: 8, withParent: true });
  const databaseUrl = settings.databaseUrl ?? '';
  const house = await openHouse({ ...settings, databaseUrl }, mappings, 'work', log, closers);
  if (name === 'translate') openTranslation(house, closers);
  else await openDelivery(house, closers);
  const report = setInterval(() => void house.metrics.json().then((json) => process.send?.(json)), 2000);
  closers.push(() => {
    clearInterval(report);
    return Promise.resolve();
  });
}

if (isProgram(import.meta.url)) await runGateway();
