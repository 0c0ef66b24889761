import type { DocumentAccess } from './deliver/attachments.js';
import { openDeliver } from './deliver/pump.js';
import { QUEUES } from './journey.js';
import { binaryPlace } from './message/binary.js';
import { GatewayError } from './message/failure.js';
import { binaryPort } from './wire-binary.js';
import type { Closers, House } from './wire-house.js';
import { foldSettings } from './wire-translate.js';
import { LaneFeed } from './work/lane-feed.js';
import { openFallback } from './work/fallback.js';
import { openSweep, SWEEP, sweepWithoutQueue } from './work/sweep.js';
import { upkeepCircles } from './work/upkeep.js';

/** Jobs of the deliver queue at once: each wakes the pumps of the endpoints it names, and ends. */
const WAKING = 50;
const now = () => Date.now();

/** The bytes of documents, and the address at which recipients read them where there is one. */
function documentAccess({ settings, store }: Pick<House, 'settings' | 'store'>): DocumentAccess {
  const read = binaryPort(store, settings);
  return {
    root: settings.publicUrl === undefined ? undefined : `${settings.publicUrl}/fhir`,
    open: async (id) => {
      const place = binaryPlace(id);
      return place && (await read(place));
    },
  };
}

/** To the recipients, for the jobs of the deliver queue; and the sweep, which makes every stage independent of the queue. */
export async function openDelivery({ settings, store, queues, metrics, log }: House, closers: Closers): Promise<void> {
  for (const { id } of settings.endpoints) metrics.delivers(id);
  const deliver = openDeliver({
    endpoints: settings.endpoints,
    claimDeliveries: (request) => store.claimDeliveries(request),
    recordAttempts: (outcomes) => store.recordAttempts(outcomes),
    releaseDeliveries: (claims) => store.releaseDeliveries(claims),
    reportEndpoint: (endpoint, code) => store.reportEndpoint(endpoint, code),
    documents: documentAccess({ settings, store }),
    now,
    elapsed: () => performance.now(),
    chance: () => Math.random(),
    log,
    observe: (endpoint, code, seconds) => {
      metrics.delivered(endpoint, code, seconds);
    },
  });
  closers.push(() => deliver.close());
  const wake = async (endpoints: string[]) => {
    await Promise.all(endpoints.map((endpoint) => deliver.wake(endpoint)));
  };
  const { lanes: jobs } = queues;
  if (jobs === undefined) queues.work(QUEUES.deliver, WAKING, wake);
  else {
    const places = new Map(settings.endpoints.map(({ id, concurrency }) => [id, concurrency]));
    const feed = new LaneFeed(places, { jobs, laneHeads: store.laneHeads, carry: deliver.carry, log });
    queues.work(QUEUES.deliver, WAKING, (endpoints) => feed.feed(endpoints));
  }
  const upkeep = { ...store, fold: foldSettings(settings), now };
  const port = { ...store, upkeepCircles: () => upkeepCircles(upkeep) };
  openSweep(queues, port, metrics, now);
  const wakeAll = (endpoints: string[]) => {
    wake(endpoints).catch((error: unknown) => {
      const code = error instanceof GatewayError ? error.code : 'unknown';
      log('warn', 'deliver.not-woken', { code });
    });
  };
  const fallback = openFallback({
    secondsSinceSweep: () => store.secondsSinceBeat(SWEEP),
    run: () => sweepWithoutQueue(port, wakeAll, metrics, now),
    log,
  });
  closers.push(() => fallback.close());
}
