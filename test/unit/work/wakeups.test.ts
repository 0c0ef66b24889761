import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { GatewayError } from '../../../src/message/failure.js';
import { Wakeups } from '../../../src/work/wakeups.js';

const logged: unknown[] = [];
const log = (_level: string, event: string, fields: Record<string, unknown>) => void logged.push([event, fields]);

beforeEach(() => {
  jest.useFakeTimers();
  logged.length = 0;
});
afterEach(() => {
  jest.useRealTimers();
});

function open(most = 3) {
  const jobs: { at: number; ids: string[] }[] = [];
  const started = Date.now();
  const queue = (ids: string[]) => Promise.resolve(void jobs.push({ at: Date.now() - started, ids }));
  return { jobs, wakeups: new Wakeups(queue, most, log) };
}

describe('wake-ups', () => {
  it('go at once after a pause, and every 500 ms at most while more comes', async () => {
    const { jobs, wakeups } = open();
    for (let n = 0; n < 60; n++) {
      wakeups.add([String(n)]);
      await jest.advanceTimersByTimeAsync(10);
    }
    await jest.advanceTimersByTimeAsync(1000);
    expect(jobs.map(({ at }) => at)).toEqual([0, 500, 1000]);
    wakeups.add(['later']);
    await jest.advanceTimersByTimeAsync(0);
    expect(jobs.at(-1)).toEqual({ at: 1600, ids: ['later'] });
  });

  it('go though the clock was set back meanwhile', async () => {
    const { jobs, wakeups } = open();
    wakeups.add(['before']);
    await jest.advanceTimersByTimeAsync(0);
    jest.setSystemTime(Date.now() - 3_600_000);
    wakeups.add(['after']);
    await jest.advanceTimersByTimeAsync(500);
    expect(jobs.map(({ ids }) => ids)).toEqual([['before'], ['after']]);
  });

  it('name each id once, and no more than a job may name', async () => {
    const { jobs, wakeups } = open(3);
    wakeups.add(['a', 'b', 'a']);
    wakeups.add(['c', 'd']);
    await wakeups.flush();
    expect(jobs.map(({ ids }) => ids)).toEqual([['a', 'b', 'c']]);
  });

  it('add no job where there is nothing to name', async () => {
    const { jobs, wakeups } = open();
    wakeups.add([]);
    await wakeups.flush();
    await jest.advanceTimersByTimeAsync(1000);
    expect(jobs).toEqual([]);
  });

  it('that the queue does not take are told, and the next go their way', async () => {
    let away = true;
    const jobs: string[][] = [];
    const queue = (ids: string[]) =>
      away ? Promise.reject(new TypeError('away')) : Promise.resolve(void jobs.push(ids));
    const wakeups = new Wakeups(queue, 10, log);
    wakeups.add(['a', 'b']);
    await wakeups.flush();
    expect(logged).toEqual([['queue.not-woken', { ids: 2, code: 'TypeError' }]]);
    away = false;
    wakeups.add(['c']);
    await wakeups.flush();
    expect(jobs).toEqual([['c']]);
  });

  it('name the failure of a queue by its code', async () => {
    const wakeups = new Wakeups(() => Promise.reject(new GatewayError('queue-unavailable', 'away')), 10, log);
    wakeups.add(['a']);
    await wakeups.flush();
    expect(logged).toEqual([['queue.not-woken', { ids: 1, code: 'queue-unavailable' }]]);
  });
});
