import { describe, expect, it } from '@jest/globals';
import type { IncomingMessage } from '../../../src/message/message.js';
import { CommitLanes } from '../../../src/receive/commit-lanes.js';
import { incoming } from '../../support/stored.js';

const MIB = 1024 * 1024;

/** A store that does not end with what is held before it is released, and keeps everything else at once. */
function lanes(isHeld: (message: IncomingMessage) => boolean) {
  const batches: string[][] = [];
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => (release = resolve));
  const committer = new CommitLanes(
    async (batch) => {
      batches.push(batch.map(({ controlId }) => controlId));
      if (batch.some(isHeld)) await released;
      return batch.map(({ id }) => ({ kind: 'kept', id }));
    },
    () => performance.now(),
    () => undefined,
  );
  return { committer, batches, release };
}

describe('messages on their way to the store', () => {
  it.each<[string, Partial<IncomingMessage>]>([
    ['refused', { state: 'refused' }],
    ['parked', { state: 'parked', workItems: [{ reason: 'trigger-unmapped', text: 't' }] }],
    ['large', { bytes: Buffer.alloc(2 * MIB) }],
    ['large and refused', { bytes: Buffer.alloc(2 * MIB), state: 'refused' }],
  ])('wait for none that are %s', async (_, change) => {
    const { committer, batches, release } = lanes(({ controlId }) => controlId.startsWith('held'));
    const held = Array.from({ length: 5 }, (__, n) => committer.commit(incoming(`held ${n}`, change)));
    const sound = await Promise.all(Array.from({ length: 20 }, (__, n) => committer.commit(incoming(`sound ${n}`))));
    expect(sound.map(({ kind }) => kind)).toEqual(Array<string>(20).fill('kept'));
    release();
    await Promise.all(held);
    for (const batch of batches) expect(new Set(batch.map((controlId) => controlId.split(' ')[0])).size).toBe(1);
  });

  it('go one in a batch where they are large', async () => {
    const { committer, batches } = lanes(() => false);
    const large = Array.from({ length: 4 }, (_, n) => incoming(`large ${n}`, { bytes: Buffer.alloc(2 * MIB) }));
    await Promise.all(large.map((message) => committer.commit(message)));
    expect(batches).toEqual([['large 0'], ['large 1'], ['large 2'], ['large 3']]);
  });
});
