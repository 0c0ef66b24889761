import { QUEUES } from '../journey.js';
import type { Queues } from './queues.js';

/** What the sweep asks of the store. */
export interface SweepPort {
  untranslated(before: number, limit: number): Promise<string[]>;
  endpointsDue(): Promise<string[]>;
  counts(): Promise<Readonly<Record<'untranslated' | 'openWorkItems' | 'dueDeliveries' | 'deadDeliveries', number>>>;
  makePartitions(from: number, days: number): Promise<void>;
  /** Folds again the circles that changed by the passing of time. */
  upkeepCircles(): Promise<number>;
}

const SWEEP_MS = 2000;
/** Younger messages are still on their way through the queue. */
const AGE_MS = 3000;
const JOB_IDS = 100;
const MOST = 5000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/**
 * Puts back in the queue whatever PostgreSQL says is due and the queue may have lost: messages kept and not translated, endpoints with
 * something due (docs/design.md#one-truth). A message queued twice is translated once: the second job finds it done.
 */
export async function openSweep(
  queues: Queues,
  port: SweepPort,
  metrics: { counted(counts: Readonly<Record<string, number>>): void },
  now: () => number,
): Promise<void> {
  await queues.every(QUEUES.upkeep, 'sweep', SWEEP_MS, async () => {
    const endpoints = await port.endpointsDue();
    if (endpoints.length > 0) await queues.add(QUEUES.deliver, endpoints);
    // While jobs wait, the messages that look late are theirs.
    const late = (await queues.depth(QUEUES.translate)) > 0 ? [] : await port.untranslated(now() - AGE_MS, MOST);
    for (let at = 0; at < late.length; at += JOB_IDS) await queues.add(QUEUES.translate, late.slice(at, at + JOB_IDS));
    metrics.counted(await port.counts());
  });
  await queues.every(QUEUES.upkeep, 'circles', MINUTE_MS, async () => void (await port.upkeepCircles()));
  await queues.every(QUEUES.upkeep, 'partitions', HOUR_MS, () => port.makePartitions(now(), 3));
}
