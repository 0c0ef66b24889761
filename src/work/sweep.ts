import { QUEUES } from '../journey.js';
import type { Queues } from './queues.js';

/** What the sweep asks of the store. */
export interface SweepPort {
  untranslated(before: number, limit: number): Promise<string[]>;
  endpointsDue(): Promise<string[]>;
  counts(): Promise<
    Readonly<Record<'untranslated' | 'parked' | 'openWorkItems' | 'dueDeliveries' | 'deadDeliveries', number>>
  >;
  makePartitions(from: number, days: number): Promise<void>;
  /** Notes that the sweep has run. */
  beat(name: string): Promise<void>;
  /** Folds again the circles that changed by the passing of time. */
  upkeepCircles(): Promise<number>;
}

/** Its name among the heartbeats. */
export const SWEEP = 'sweep';

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
export function openSweep(
  queues: Queues,
  port: SweepPort,
  metrics: { counted(counts: Readonly<Record<string, number>>): void },
  now: () => number,
): void {
  queues.every(QUEUES.upkeep, SWEEP, SWEEP_MS, async () => {
    const endpoints = await port.endpointsDue();
    if (endpoints.length > 0) await queues.add(QUEUES.deliver, endpoints);
    // While jobs wait, the messages that look late are theirs.
    const late = (await queues.depth(QUEUES.translate)) > 0 ? [] : await port.untranslated(now() - AGE_MS, MOST);
    for (let at = 0; at < late.length; at += JOB_IDS) await queues.add(QUEUES.translate, late.slice(at, at + JOB_IDS));
    metrics.counted(await port.counts());
    await port.beat(SWEEP);
  });
  queues.every(QUEUES.upkeep, 'circles', MINUTE_MS, async () => void (await port.upkeepCircles()));
  queues.every(QUEUES.upkeep, 'partitions', HOUR_MS, () => port.makePartitions(now(), 3));
}

/**
 * What the schedules do, from the store alone, once: for as long as the queue brings none of them.
 * @param wake brings an endpoint's pump to look for what is due, and waits for nothing
 */
export async function sweepWithoutQueue(
  port: SweepPort,
  wake: (endpoints: string[]) => void,
  metrics: { counted(counts: Readonly<Record<string, number>>): void },
  now: () => number,
): Promise<void> {
  wake(await port.endpointsDue());
  metrics.counted(await port.counts());
  await port.upkeepCircles();
  await port.makePartitions(now(), 3);
}
