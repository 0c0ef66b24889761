import type { JobOutcome } from '../message/delivery.js';
import type { Log } from '../message/log.js';
import type { LaneJobs } from './lane-jobs.js';
import { sparseLog } from './sparse-log.js';

export interface LaneFeedDeps {
  jobs: LaneJobs;
  /** Deliveries that are due and first in their lanes. */
  laneHeads(endpoint: string, limit: number): Promise<string[]>;
  carry(endpoint: string, id: string): Promise<JobOutcome>;
  log: Log;
}

/** Jobs of an endpoint in the queue for each place that it has, and how few may be left before more are fed. */
const WINDOW = 16;
const LOW = 4;

/**
 * Feeds the queue with lane heads, a window of them for each endpoint, so that a backlog of one takes no more of the queue than that: when a
 * delivery ends, the next of its lane is a head. What is fed twice is one job.
 */
export class LaneFeed {
  private readonly log: Log;
  /** Jobs under way in this process. */
  private readonly underWay = new Map<string, number>();
  private readonly feeding = new Map<string, Promise<void>>();
  private readonly again = new Set<string>();

  /** @param places what each endpoint may do at once */
  constructor(
    private readonly places: ReadonlyMap<string, number>,
    private readonly deps: LaneFeedDeps,
  ) {
    this.log = sparseLog(deps.log);
    const all = [...places.values()].reduce((sum, concurrency) => sum + concurrency * WINDOW, 0);
    deps.jobs.work(Math.max(all, 1), (endpoint, id) => this.run(endpoint, id));
  }

  /** Something may be due for these endpoints. */
  async feed(endpoints: readonly string[]): Promise<void> {
    await Promise.all(endpoints.map((endpoint) => this.feedOne(endpoint)));
  }

  private async run(endpoint: string, id: string): Promise<JobOutcome> {
    this.count(endpoint, 1);
    const outcome = await this.deps.carry(endpoint, id).finally(() => {
      this.count(endpoint, -1);
    });
    const low = (this.places.get(endpoint) ?? 1) * LOW;
    if (outcome.state !== 'later' && (this.underWay.get(endpoint) ?? 0) <= low) {
      // What is not fed now is found by the sweep.
      this.feedOne(endpoint).catch(() => {
        this.log('warn', 'queue.lanes-not-fed', { endpoint });
      });
    }
    return outcome;
  }

  private count(endpoint: string, change: number): void {
    this.underWay.set(endpoint, (this.underWay.get(endpoint) ?? 0) + change);
  }

  /** One look at a time; who asks meanwhile brings about one more. */
  private feedOne(endpoint: string): Promise<void> {
    const current = this.feeding.get(endpoint);
    if (current !== undefined) {
      this.again.add(endpoint);
      return current;
    }
    const feeding = this.look(endpoint).finally(() => this.feeding.delete(endpoint));
    this.feeding.set(endpoint, feeding);
    return feeding;
  }

  private async look(endpoint: string): Promise<void> {
    do {
      this.again.delete(endpoint);
      const heads = await this.deps.laneHeads(endpoint, (this.places.get(endpoint) ?? 1) * WINDOW);
      if (heads.length > 0) await this.deps.jobs.add(endpoint, heads);
    } while (this.again.has(endpoint));
  }
}
