import { openDeliver } from './deliver/pump.js';
import { QUEUES } from './journey.js';
import type { Closers, House } from './wire-house.js';
import { foldSettings } from './wire-translate.js';
import { openSweep } from './work/sweep.js';
import { upkeepCircles } from './work/upkeep.js';

/** Jobs of the deliver queue at once: each wakes the pumps of the endpoints it names, and ends. */
const WAKING = 50;
const now = () => Date.now();

/** To the recipients, for the jobs of the deliver queue; and the sweep, which makes every stage independent of the queue. */
export async function openDelivery({ settings, store, queues, metrics, log }: House, closers: Closers): Promise<void> {
  const deliver = openDeliver({
    endpoints: settings.endpoints,
    claimDeliveries: (request) => store.claimDeliveries(request),
    recordAttempts: (outcomes) => store.recordAttempts(outcomes),
    releaseDeliveries: (claims) => store.releaseDeliveries(claims),
    reportEndpoint: (endpoint, code) => store.reportEndpoint(endpoint, code),
    now,
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
  queues.work(QUEUES.deliver, WAKING, wake);
  const upkeep = { ...store, fold: foldSettings(settings), now };
  await openSweep(queues, { ...store, upkeepCircles: () => upkeepCircles(upkeep) }, metrics, now);
}
