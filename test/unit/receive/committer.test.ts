import { describe, expect, it } from '@jest/globals';
import { GatewayError } from '../../../src/message/failure.js';
import type { IncomingMessage } from '../../../src/message/message.js';
import { Committer } from '../../../src/receive/committer.js';
import { messageIds } from '../../../src/receive/message-ids.js';

const message = (id: number): IncomingMessage => ({
  id: String(id),
  source: 'dpi',
  door: 'mllp',
  receivedAt: new Date(0),
  bytes: Buffer.from('x'),
  charset: 'ASCII',
  controlId: String(id),
  sender: 'A|B',
  type: 'ADT^A01',
  state: 'received',
  answer: Buffer.alloc(0),
  answerCode: 'AA',
  issues: [],
  workItems: [],
});
const kept = ({ id }: IncomingMessage) => ({ kind: 'kept' as const, id });
const silent = () => undefined;

describe('the committer', () => {
  it('shares one commit among all that waits, 256 messages at most', async () => {
    const sizes: number[] = [];
    const committer = new Committer(
      (batch) => Promise.resolve(void sizes.push(batch.length)).then(() => batch.map(kept)),
      Date.now,
      silent,
    );
    const all = await Promise.all(Array.from({ length: 300 }, (_, n) => committer.commit(message(n))));
    expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 300 }, (_, n) => String(n)));
    expect(sizes).toEqual([256, 44]);
  });

  it('sends a second batch beside the first only when it is as large', async () => {
    const batches: { size: number; done: () => void }[] = [];
    const keep = (batch: IncomingMessage[]) =>
      new Promise<ReturnType<typeof kept>[]>((resolve) => {
        batches.push({ size: batch.length, done: () => resolve(batch.map(kept)) });
      });
    const committer = new Committer(keep, Date.now, silent);
    // A busy machine may let the timer fire before the immediate that the commit waits for.
    const turn = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await new Promise((resolve) => setImmediate(resolve));
    };
    const all: Promise<unknown>[] = [];
    const come = async (count: number) => {
      for (let n = 0; n < count; n++) all.push(committer.commit(message(all.length)));
      await turn();
    };
    await come(3);
    await come(2);
    expect(batches.map(({ size }) => size)).toEqual([3]);
    await come(1);
    expect(batches.map(({ size }) => size)).toEqual([3, 3]);
    await come(9);
    expect(batches.map(({ size }) => size)).toEqual([3, 3]);
    batches[1]?.done();
    await turn();
    expect(batches.map(({ size }) => size)).toEqual([3, 3, 9]);
    batches[0]?.done();
    await come(1);
    batches[2]?.done();
    await turn();
    batches[3]?.done();
    await Promise.all(all);
    expect(batches.map(({ size }) => size)).toEqual([3, 3, 9, 1]);
  });

  it('waits for a store that comes back', async () => {
    let away = 2;
    const committer = new Committer(
      (batch) =>
        away-- > 0 ? Promise.reject(new GatewayError('store-unavailable', 'away')) : Promise.resolve(batch.map(kept)),
      Date.now,
      silent,
    );
    expect(await committer.commit(message(1))).toEqual({ kind: 'kept', id: '1' });
  });

  it('gives up after five seconds of a store that stays away, and works again afterwards', async () => {
    let now = 0;
    let away = true;
    const committer = new Committer(
      (batch) => {
        now += 3000;
        return away ? Promise.reject(new GatewayError('store-unavailable', 'away')) : Promise.resolve(batch.map(kept));
      },
      () => now,
      silent,
    );
    await expect(committer.commit(message(1))).rejects.toMatchObject({ code: 'store-unavailable' });
    away = false;
    expect(await committer.commit(message(2))).toEqual({ kind: 'kept', id: '2' });
  });

  describe('of a store that says neither yes nor no', () => {
    const opened = () => {
      const answers: ((kept: boolean) => void)[] = [];
      const keep = (batch: IncomingMessage[]) =>
        new Promise<ReturnType<typeof kept>[]>((resolve, reject) => {
          const away = new GatewayError('store-unavailable', 'away');
          answers.push((isKept) => (isKept ? resolve(batch.map(kept)) : reject(away)));
        });
      return { answers, committer: new Committer(keep, () => performance.now(), silent, { patienceMs: 30 }) };
    };
    const turn = () => new Promise((resolve) => setImmediate(resolve));

    it('answers what is being written, and what waits behind it', async () => {
      const { committer, answers } = opened();
      const first = [committer.commit(message(1)), committer.commit(message(2))];
      await turn();
      const second = [committer.commit(message(3))];
      const third = Array.from({ length: 3 }, (_, n) => committer.commit(message(4 + n)));
      const all = await Promise.allSettled([...first, ...second, ...third]);
      const unavailable = {
        status: 'rejected',
        reason: expect.objectContaining({ code: 'store-unavailable' }) as unknown,
      };
      expect(all).toEqual(all.map(() => unavailable));
      expect(answers.length).toBeLessThanOrEqual(2);
    });

    it.each([
      ['keeps after all', true],
      ['refuses at last', false],
    ])('goes on once the store %s', async (_, isKept) => {
      const { committer, answers } = opened();
      await expect(committer.commit(message(1))).rejects.toMatchObject({ code: 'store-unavailable' });
      for (const answer of answers.splice(0)) answer(isKept);
      await turn();
      // Its sender sends again where this machine is slower than the patience.
      const next = async (): Promise<unknown> => {
        const again = committer.commit(message(2)).catch(next);
        await turn();
        for (const answer of answers.splice(0)) answer(true);
        return again;
      };
      expect(await next()).toEqual({ kind: 'kept', id: '2' });
    });
  });

  it('lets one message that the store refuses for ever spoil no other', async () => {
    const committer = new Committer(
      (batch) =>
        batch.some(({ id }) => id === '2')
          ? Promise.reject(new GatewayError('store-rejected', 'no'))
          : Promise.resolve(batch.map(kept)),
      Date.now,
      silent,
    );
    const all = await Promise.allSettled([1, 2, 3].map((n) => committer.commit(message(n))));
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
});

describe('message ids', () => {
  it('grow always, even within a millisecond and when the clock goes back', () => {
    let now = Date.UTC(2026, 2, 2);
    const newId = messageIds(7, () => now);
    const ids = Array.from({ length: 40_000 }, (_, n) => {
      if (n === 20_000) now -= 5000;
      return BigInt(newId());
    });
    expect(ids.every((id, n) => n === 0 || id > (ids[n - 1] ?? id))).toBe(true);
    expect(((ids[0] ?? 0n) >> 14n) & 0xffn).toBe(7n);
  });
});
