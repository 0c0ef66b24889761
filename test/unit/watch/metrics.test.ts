import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { openMetrics } from '../../../src/watch/metrics.js';

afterEach(() => {
  jest.restoreAllMocks();
});

describe('the time of the last message of a source', () => {
  it.each([3600, -3600, 86_400])(
    'is that of the wall clock, which was set by %i seconds since the start',
    async (step) => {
      const metrics = openMetrics();
      const now = Date.now() + step * 1000;
      jest.spyOn(Date, 'now').mockReturnValue(now);
      metrics.answered('chu', 'AA', 0.1);
      const [, seconds] =
        /^tdu_last_message_timestamp_seconds\{source="chu"\} (\d+)$/m.exec(await metrics.text([])) ?? [];
      expect(Number(seconds)).toBe(Math.floor(now / 1000));
    },
  );
});
