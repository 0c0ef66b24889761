import { DelayedError, UnrecoverableError, type Job, type Queue } from 'bullmq';
import type { JobOutcome } from '../message/delivery.js';

/** Deliver jobs of one lane head each. */
export interface LaneJobs {
  /** Adds a job for each of these deliveries that has none. */
  add(endpoint: string, ids: readonly string[]): Promise<void>;
  /** Runs the jobs; one that is to come later moves itself there. */
  work(concurrency: number, carry: (endpoint: string, id: string) => Promise<JobOutcome>): void;
}

interface LaneJob {
  endpoint: string;
  ids: [string];
}

/** How long a job stays away at most: what it waits for may come sooner, as when an endpoint is back. */
const LONGEST_MS = 60_000;

/**
 * Jobs on one queue of BullMQ. `jobId` is the delivery's id, so that who feeds the queue again and again adds no second one; what is due, and
 * when, stays PostgreSQL's to say.
 */
export function laneJobs(
  queue: () => Queue,
  start: (run: (job: Job, token: string | undefined) => Promise<void>, concurrency: number) => void,
): LaneJobs {
  return {
    async add(endpoint, ids) {
      const opts = { removeOnComplete: true, removeOnFail: true };
      await queue().addBulk(
        ids.map((id) => ({
          name: 'lane',
          data: { endpoint, ids: [id] } satisfies LaneJob,
          opts: { ...opts, jobId: id },
        })),
      );
    },
    work(concurrency, carry) {
      start(async (job, token) => {
        const { endpoint, ids } = job.data as LaneJob;
        const outcome = await carry(endpoint, ids[0]);
        if (outcome.state === 'dead') throw new UnrecoverableError(outcome.code ?? 'dead');
        if (outcome.state === 'ended') return;
        await job.moveToDelayed(Math.min(outcome.at, Date.now() + LONGEST_MS), token);
        throw new DelayedError();
      }, concurrency);
    },
  };
}
