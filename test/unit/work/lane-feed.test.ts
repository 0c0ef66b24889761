import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JobOutcome } from '../../../src/message/delivery.js';
import { LaneFeed } from '../../../src/work/lane-feed.js';
import type { LaneJobs } from '../../../src/work/lane-jobs.js';

const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lanes of deliveries in memory, and a queue that runs one job for each id that it does not have. */
function territory(lanes: readonly number[]) {
  const left = lanes.map((length, lane) => Array.from({ length }, (_, index) => `${lane}-${index}`));
  const order: string[] = [];
  const queued = new Set<string>();
  let most = 0;
  let looks = 0;
  let carry: (endpoint: string, id: string) => Promise<JobOutcome> = () => Promise.resolve({ state: 'ended' });
  const jobs: LaneJobs = {
    add(endpoint, ids) {
      for (const id of ids.filter((one) => !queued.has(one))) {
        queued.add(id);
        void turn().then(async () => {
          await carry(endpoint, id);
          queued.delete(id);
        });
      }
      most = Math.max(most, queued.size);
      return Promise.resolve();
    },
    work: (_concurrency, run) => void (carry = run),
  };
  const feed = new LaneFeed(new Map([['a', 2]]), {
    jobs,
    laneHeads: (_endpoint, limit) => {
      looks += 1;
      return Promise.resolve(left.flatMap(([head]) => head ?? []).slice(0, limit));
    },
    carry: async (_endpoint, id) => {
      await turn();
      const lane = left.find(([head]) => head === id);
      if (lane !== undefined) order.push(lane.shift() ?? '');
      return { state: 'ended' };
    },
    log: () => undefined,
  });
  return { feed, order, isEmpty: () => left.every((lane) => lane.length === 0), most: () => most, looks: () => looks };
}

describe('the feed of lanes', () => {
  it('carries every delivery once, each lane in its order, from one wake-up, and queues no more than its window', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 80 }), async (lanes) => {
        const { feed, order, isEmpty, most } = territory(lanes);
        await feed.feed(['a']);
        for (let turns = 0; turns < 2000 && !isEmpty(); turns++) await turn();
        expect(isEmpty()).toBe(true);
        expect(new Set(order).size).toBe(lanes.reduce((sum, length) => sum + length, 0));
        for (const lane of lanes.keys()) {
          const own = order.filter((id) => id.startsWith(`${lane}-`));
          expect(own).toEqual(own.map((_, index) => `${lane}-${index}`));
        }
        expect(most()).toBeLessThanOrEqual(2 * 2 * 16);
      }),
      { numRuns: 50 },
    );
  });

  it('looks once more for all who ask while it looks', async () => {
    const { feed, looks } = territory([]);
    await Promise.all(Array.from({ length: 50 }, () => feed.feed(['a'])));
    expect(looks()).toBe(2);
  });
});
