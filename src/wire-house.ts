import { programEnvironment } from './config/load.js';
import type { CheckedMappings } from './config/mapping-files.js';
import type { Settings } from './config/schema.js';
import { GatewayError } from './message/failure.js';
import type { Log } from './message/log.js';
import { EMBEDDED_STOP_MS } from './store/embedded-server.js';
import { startEmbedded } from './store/embedded.js';
import type { StoreUse } from './store/pool.js';
import { openStore, type Store } from './store/store.js';
import type { Mappings } from './translate/compile.js';
import { openMetrics, type Metrics } from './watch/metrics.js';
import { openQueues, type Queues } from './work/queues.js';

/** The mappings of every source, by its name. */
export type SourceMappings = CheckedMappings['ofSource'];

/** What was opened, to be closed last first; `ms` is what it may take, where that is more than usual. */
export type Closers = ((() => Promise<void>) & { ms?: number })[];

/** Everything the stages share, opened once in each process. */
export interface House {
  settings: Settings & { databaseUrl: string };
  log: Log;
  metrics: Metrics;
  store: Store;
  queues: Queues;
  mappingsOf(source: string): Mappings;
}

/**
 * The address of the database: the one that is configured, or the gateway's own, started.
 * @throws GatewayError store-owned-by-another, store-start-failed
 */
export async function openDatabase(settings: Settings, log: Log, closers: Closers): Promise<string> {
  if (settings.databaseUrl !== undefined) return settings.databaseUrl;
  const embedded = await startEmbedded({ dataDir: settings.dataDir, environment: programEnvironment(), log });
  closers.push(Object.assign(() => embedded.stop(), { ms: EMBEDDED_STOP_MS }));
  return embedded.url;
}

/**
 * Store, queues and metrics of this process.
 * @param use what this process does with the store
 * @throws GatewayError store-unavailable, migration-failed, queue-unavailable
 */
export async function openHouse(
  settings: Settings & { databaseUrl: string; worker?: string | undefined },
  mappings: SourceMappings,
  use: StoreUse,
  log: Log,
  closers: Closers,
): Promise<House> {
  const { databaseUrl, redisUrl, zone, worker } = settings;
  const store = await openStore({ databaseUrl, log, use, zone, worker });
  closers.push(() => store.close());
  await store.makePartitions(Date.now(), 3);
  const queues = await openQueues({ redisUrl, prefix: `tdu-${await store.databaseId()}`, databaseUrl, log });
  closers.push(() => queues.close());
  for (const { version, files } of mappings.values()) await store.keepMappings(version, Object.fromEntries(files));
  const mappingsOf = (source: string) => {
    const ofSource = mappings.get(source);
    if (ofSource === undefined)
      throw new GatewayError('mapping-invalid', 'the mappings have faults; tdu check lists them');
    return ofSource;
  };
  return { settings, log, metrics: openMetrics(), store, queues, mappingsOf };
}

/** What one part may take to close. */
const CLOSE_MS = 4000;

/** Closes all that was opened, last first. One that fails or hangs holds up no other: what it would have finished is in the store. */
export async function closeAll(closers: Closers, log: Log): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    let late: NodeJS.Timeout | undefined;
    const silence = new Promise<'late'>((resolve) => {
      late = setTimeout(() => {
        resolve('late');
      }, close.ms ?? CLOSE_MS);
    });
    const outcome = await Promise.race([close(), silence]).catch(() => 'failed' as const);
    clearTimeout(late);
    if (outcome !== undefined) log('warn', 'gateway.not-closed', { outcome });
  }
}
