import { describe, expect, it } from '@jest/globals';
import { ByteBudget, type ByteShare } from '../../../src/receive/byte-budget.js';

const MIB = 1024 * 1024;
const turn = () => new Promise((resolve) => setImmediate(resolve));

function readers(count: number, maxBytes = 10 * MIB): { shares: ByteShare[]; resumed: number[] } {
  const budget = new ByteBudget(maxBytes);
  const resumed: number[] = [];
  const shares = Array.from({ length: count }, (_, index) => budget.join(() => void resumed.push(index)));
  return { shares, resumed };
}

describe('the bytes that a process holds', () => {
  it('let everybody read while they are few', () => {
    const { shares } = readers(3);
    expect(shares.map((share) => share.holds(3 * MIB))).toEqual([true, true, true]);
  });

  it('hold back large messages while they are too many, and no small one', () => {
    const { shares } = readers(4);
    expect([8 * MIB, 4 * MIB, 4 * MIB, 1000].map((bytes, index) => shares[index]?.holds(bytes))).toEqual([
      true,
      true, // It has waited longest, and ends before the others go on.
      false,
      true,
    ]);
  });

  it('resume who waits once there is room again', async () => {
    const { shares, resumed } = readers(3);
    shares.forEach((share) => share.holds(5 * MIB));
    expect(shares[2]?.holds(5 * MIB)).toBe(true);
    shares[0]?.leave();
    await turn();
    expect(resumed).toEqual([2]);
    expect(shares[2]?.holds(5 * MIB)).toBe(true);
  });

  it('never let everybody wait, however many half messages there are', async () => {
    const { shares, resumed } = readers(20);
    const reads = new Map(shares.map((share, index) => [index, share.holds(2 * MIB)]));
    const done: number[] = [];
    while (done.length < shares.length) {
      const next = [...reads].find(([, mayRead]) => mayRead)?.[0];
      if (next === undefined) throw new Error('everybody waits');
      reads.delete(next);
      shares[next]?.leave();
      done.push(next);
      await turn();
      for (const index of resumed.splice(0))
        if (reads.has(index)) reads.set(index, shares[index]?.holds(2 * MIB) === true);
    }
    expect([...done].sort((a, b) => a - b)).toEqual([...shares.keys()]);
  });
});
