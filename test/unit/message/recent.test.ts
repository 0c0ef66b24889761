import { describe, expect, it } from '@jest/globals';
import { Recent } from '../../../src/message/recent.js';

describe('what was worked out lately', () => {
  it('is held as long as it is asked for, whatever comes between', () => {
    const recent = new Recent<number>(10);
    recent.set('used', 1);
    for (let n = 0; n < 1000; n++) {
      recent.set(String(n), n);
      expect(recent.get('used')).toBe(1);
    }
  });

  it('is let go when it is not, so that never more than twice as many are held', () => {
    const recent = new Recent<number>(10);
    for (let n = 0; n < 1000; n++) recent.set(String(n), n);
    const held = Array.from({ length: 1000 }, (_, n) => recent.get(String(n))).filter((one) => one !== undefined);
    expect(held.length).toBeLessThanOrEqual(20);
    expect(recent.get('999')).toBe(999);
    expect(recent.get('never')).toBeUndefined();
  });
});
