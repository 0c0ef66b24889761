import { describe, expect, it } from '@jest/globals';
import { Breaker } from '../../../src/deliver/breaker.js';
import { nextState, retryAfterMs, type Tries } from '../../../src/deliver/retry.js';
import type { FailureCode } from '../../../src/message/failure.js';

const NOW = Date.UTC(2026, 2, 2, 8);
const HOUR = 3_600_000;
const tries = (change: Partial<Tries> = {}): Tries => ({
  attempts: 1,
  conflicts: 0,
  createdAt: new Date(NOW),
  expireHours: 72,
  now: NOW,
  chance: 0.5,
  askedMs: 0,
  ...change,
});
const seconds = (code: FailureCode, change: Partial<Tries>) => {
  const { at } = nextState(code, tries(change));
  return at === undefined ? undefined : (at.getTime() - NOW) / 1000;
};

describe('what follows a failed attempt', () => {
  it('is another after a time that doubles, up to half an hour', () => {
    const waits = [1, 2, 3, 9, 20].map((attempts) => seconds('endpoint-unreachable', { attempts }));
    expect(waits).toEqual([5, 10, 20, 1280, 1800]);
  });

  it('is spread, so that many do not come back at once', () => {
    expect(seconds('endpoint-busy', { chance: 0 })).toBe(3.75);
    expect(seconds('endpoint-busy', { chance: 1 })).toBe(6.25);
  });

  it('comes soon after a conflict, and is the end after eight of them', () => {
    expect([1, 2, 3].map((conflicts) => seconds('endpoint-conflict', { conflicts, attempts: 9 }))).toEqual([1, 2, 4]);
    expect(nextState('endpoint-conflict', tries({ conflicts: 7, attempts: 90 }))).toMatchObject({ state: 'due' });
    expect(nextState('endpoint-conflict', tries({ conflicts: 8 }))).toEqual({
      state: 'dead',
      code: 'endpoint-conflict',
    });
  });

  it('is not before the server asks for it', () => {
    expect(seconds('endpoint-busy', { askedMs: 60_000 })).toBe(60);
    expect(seconds('endpoint-busy', { askedMs: 1000 })).toBe(5);
  });

  it('is the end for what is refused, and for what is too old', () => {
    expect(nextState('endpoint-refused', tries())).toEqual({ state: 'dead', code: 'endpoint-refused' });
    expect(nextState('endpoint-timeout', tries({ now: NOW + 73 * HOUR }))).toEqual({
      state: 'dead',
      code: 'delivery-expired',
    });
  });
});

describe('Retry-After', () => {
  it.each([
    ['60', 60_000],
    [' 0 ', 0],
    [new Date(NOW + 90_000).toUTCString(), 90_000],
    [new Date(NOW - 90_000).toUTCString(), 0],
    ['99999999999', 72 * HOUR],
    ['soon', 0],
    ['-5', 0],
    ['', 0],
    [undefined, 0],
  ])('%s asks for %i ms', (header, ms) => {
    expect(retryAfterMs(header, NOW, 72 * HOUR)).toBe(ms);
  });
});

describe('an endpoint', () => {
  const after = (...codes: (FailureCode | null)[]) => {
    const breaker = new Breaker();
    const began = codes.map((code) => breaker.record(code, NOW, 0));
    return { breaker, began, restsMs: [2000, 4000, 60_000].filter((ms) => breaker.isResting(NOW + ms - 1)).at(-1) };
  };
  const times = (count: number, code: FailureCode | null) => Array.from({ length: count }, () => code);

  it.each([
    ['that fails four times', times(4, 'endpoint-error'), undefined],
    ['that fails five times', times(5, 'endpoint-error'), 2000],
    ['that fails six times', times(6, 'endpoint-timeout'), 4000],
    ['that fails for long', times(40, 'endpoint-unreachable'), 60_000],
    ['that is misconfigured', times(5, 'endpoint-misconfigured'), 2000],
    ['that was back once in between', [...times(4, 'endpoint-error'), null, ...times(4, 'endpoint-error')], undefined],
    ['that met conflicts', times(30, 'endpoint-conflict'), undefined],
    ['that refused some', times(19, 'endpoint-refused'), undefined],
    ['that refuses everything', times(20, 'endpoint-refused'), 2000],
  ] as const)('%s rests as long as it should', (_which, codes, restsMs) => {
    expect(after(...codes).restsMs).toBe(restsMs);
  });

  it('tells once that its rests begin', () => {
    expect(after(...times(8, 'endpoint-error')).began.filter(Boolean)).toHaveLength(1);
  });

  it('is tried by one delivery alone until it is back', () => {
    const { breaker } = after(...times(5, 'endpoint-error'));
    expect(breaker.isHalfOpen).toBe(true);
    breaker.record(null, NOW + HOUR, 0);
    expect([breaker.isHalfOpen, breaker.isFailing]).toEqual([false, false]);
  });

  it('rests as long as it asks for, even after one failure', () => {
    const breaker = new Breaker();
    breaker.record('endpoint-busy', NOW, 60_000);
    expect([breaker.isResting(NOW + 59_999), breaker.isResting(NOW + 60_000)]).toEqual([true, false]);
  });
});
