import { afterEach, describe, expect, it } from '@jest/globals';
import { until } from '../../../src/cli/demo/vendor-process.js';
import { openFallback } from '../../../src/work/fallback.js';
import { sparseLog } from '../../../src/work/sparse-log.js';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const fallback of opened.splice(0)) await fallback.close();
});

function fallback(seconds: () => Promise<number | undefined>, patienceSeconds: number) {
  const state = { asked: 0, runs: 0, atOnce: 0, most: 0, logged: [] as string[] };
  opened.push(
    openFallback({
      secondsSinceSweep: () => {
        state.asked += 1;
        return seconds();
      },
      run: async () => {
        state.most = Math.max(state.most, (state.atOnce += 1));
        await new Promise((resolve) => setTimeout(resolve, 15));
        state.atOnce -= 1;
        state.runs += 1;
      },
      log: (_level, event) => state.logged.push(event),
      everyMs: 5,
      patienceSeconds,
    }),
  );
  return state;
}
const soon = (holds: () => boolean) => until(() => Promise.resolve(holds()), 20_000);

describe('work without the queue', () => {
  it.each([
    ['has swept lately', () => Promise.resolve(1), 60],
    ['has never swept, and this process is young', () => Promise.resolve(undefined), 1000],
    ['swept long ago, and this process is young', () => Promise.resolve(9999), 1000],
  ])('is none where the queue %s', async (_, seconds, patience) => {
    const state = fallback(seconds, patience);
    await soon(() => state.asked > 5);
    expect([state.runs, state.logged]).toEqual([0, []]);
  });

  it.each([
    ['never', undefined],
    ['long ago', 9999],
  ])('goes on by a timer, one round at a time, where the queue swept %s', async (_, seconds) => {
    const state = fallback(() => Promise.resolve(seconds), 0);
    await soon(() => state.runs > 3);
    expect(state.most).toBe(1);
    expect(state.logged).toEqual(['queue.without']);
  });

  it('goes on after a store that was away too', async () => {
    let away = 3;
    const state = fallback(() => (away-- > 0 ? Promise.reject(new Error('away')) : Promise.resolve(undefined)), 0);
    await soon(() => state.runs > 1);
    expect(state.logged).toEqual(['queue.fallback-failed', 'queue.without']);
  });
});

describe('a sparse log', () => {
  it('gives one line a minute for each event, and says how many it withheld', () => {
    let now = 0;
    const lines: unknown[] = [];
    const log = sparseLog(
      (_level, event, fields) => lines.push([event, fields]),
      () => now,
    );
    for (let n = 0; n < 50; n++) log('warn', 'a', { n });
    log('warn', 'b', {});
    now = 60_000;
    log('warn', 'a', { n: 50 });
    now = 119_999;
    log('warn', 'a', { n: 51 });
    now = 120_000;
    log('warn', 'a', { n: 52 });
    log('warn', 'b', {});
    expect(lines).toEqual([
      ['a', { n: 0 }],
      ['b', {}],
      ['a', { n: 50, withheld: 49 }],
      ['a', { n: 52, withheld: 1 }],
      ['b', {}],
    ]);
  });

  it('gives each source its lines of an event', () => {
    let now = 0;
    const lines: unknown[] = [];
    const log = sparseLog(
      (_level, event, fields) => lines.push([event, fields]),
      () => now,
      2,
    );
    const tell = (source: string, times: number) => {
      for (let n = 1; n <= times; n++) log('warn', 'a', { source, n });
    };
    tell('chu', 5);
    tell('clinic', 2);
    now = 60_000;
    tell('chu', 1);
    tell('clinic', 3);
    expect(lines).toEqual([
      ['a', { source: 'chu', n: 1 }],
      ['a', { source: 'chu', n: 2 }],
      ['a', { source: 'clinic', n: 1 }],
      ['a', { source: 'clinic', n: 2 }],
      ['a', { source: 'chu', n: 1, withheld: 3 }],
      ['a', { source: 'clinic', n: 1 }],
      ['a', { source: 'clinic', n: 2 }],
    ]);
  });
});
