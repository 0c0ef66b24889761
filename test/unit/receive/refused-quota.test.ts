import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { IncomingMessage } from '../../../src/message/message.js';
import { accept } from '../../../src/receive/accept.js';
import { RefusedQuota } from '../../../src/receive/refused-quota.js';
import { receiveDeps, receiveSource } from '../../support/admissions.js';

const HOUR = 3_600_000;
const ROW = 2048;

describe('the quota of a source for refused messages', () => {
  it('keeps them whole, then their heads, then nothing, until the next hour', () => {
    let now = 5 * HOUR;
    const quota = new RefusedQuota(() => now);
    const source = { name: 'dpi', refusedBytesPerHour: 20_000 };
    const parts = () => Array.from({ length: 8 }, () => quota.take(source, 8000));
    const hour = ['whole', 'head', 'head', 'head', 'head', 'nothing', 'nothing', 'nothing'];
    expect(parts()).toEqual(hour);
    now += HOUR - 1;
    expect(quota.take(source, 10)).toBe('whole');
    now += 1;
    expect(parts()).toEqual(hour);
  });

  it('is each source’s own', () => {
    const quota = new RefusedQuota(() => 0);
    const spent = { name: 'loud', refusedBytesPerHour: 0 };
    expect([quota.take(spent, 10), quota.take({ name: 'quiet', refusedBytesPerHour: 10_000 }, 10)]).toEqual([
      'nothing',
      'whole',
    ]);
  });

  it('gives back what a message that was kept before had taken', () => {
    const quota = new RefusedQuota(() => 0);
    const source = { name: 'dpi', refusedBytesPerHour: 10_000 };
    for (let time = 0; time < 50; time++) {
      const part = quota.take(source, 7000);
      expect(part).toBe('whole');
      quota.giveBack(source, 7000, part);
    }
  });

  it('bounds what an hour takes of the disk, whatever comes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(200_000), { maxLength: 400 }), fc.nat(1_000_000), (sizes, limit) => {
        const quota = new RefusedQuota(() => 0);
        const source = { name: 'dpi', refusedBytesPerHour: limit };
        const kept = sizes.map((size) => {
          const part = quota.take(source, size);
          return part === 'whole' ? size + ROW : part === 'head' ? Math.min(size, 4096) + ROW : 0;
        });
        expect(kept.reduce((sum, bytes) => sum + bytes, 0)).toBeLessThanOrEqual(2 * limit + 4096 + ROW);
      }),
    );
  });
});

/** Sends these bytes one after the other; what the store was given, the answers, and what the metrics were told. */
async function send(texts: readonly string[], refusedBytesPerHour: number) {
  const kept: IncomingMessage[] = [];
  const parts: string[] = [];
  const deps = receiveDeps((batch) => {
    kept.push(...batch);
    return Promise.resolve(batch.map(({ id }) => ({ kind: 'kept', id })));
  });
  deps.onRefused = (_, part) => void parts.push(part);
  const answers: string[] = [];
  for (const text of texts) {
    const source = { ...receiveSource, refusedBytesPerHour };
    const { code, messages } = await accept(Buffer.from(text), source, 'mllp', deps);
    answers.push(`${code} ${String(messages[0]).match(/\rERR.*/)?.[0] ?? ''}`);
  }
  return { kept, parts, answers };
}

const garbage = (index: number) => `${index} is no HL7 at all `.padEnd(6000, 'x');
const wrongType = (index: number) =>
  `MSH|^~\\&|GAM|CHU|||20260302080000||ORU^R01|W${index}|P|2.5\rOBX|`.padEnd(6000, 'x');
const noVisit = (index: number) =>
  `MSH|^~\\&|GAM|CHU|||20260302080000||ADT^A01|V${index}|P|2.5\rPID|||1^^^CHU||DUPONT|`.padEnd(6000, 'x');

describe('a flood of refused messages', () => {
  it.each([
    ['without MSH', garbage],
    ['of a type that is not served', wrongType],
    ['that lack a segment', noVisit],
  ])('%s is answered each time alike, and fills no disk', async (_, text) => {
    const { kept, parts, answers } = await send(
      Array.from({ length: 12 }, (__, index) => text(index)),
      17_000,
    );
    expect(new Set(answers).size).toBe(1);
    expect(answers[0]).toMatch(/^A[ER] \rERR/);
    expect(parts).toEqual(['whole', 'whole', 'head', 'head', 'head', ...Array<string>(7).fill('nothing')]);
    expect(kept.map(({ bytes }) => bytes.length)).toEqual([6000, 6000, 4096, 4096, 4096]);
    const [head] = kept.slice(2);
    expect(head?.whole).toEqual({ length: 6000, sha256: createHash('sha256').update(text(2)).digest() });
    expect(head?.workItems[0]?.text).toContain('only the first 4096 of its 6000 bytes are kept');
    expect(kept.map(({ workItems }) => workItems.map(({ reason }) => reason === 'refused-flood'))).toEqual([
      ...Array<boolean[]>(4).fill([false]),
      [false, true],
    ]);
  });

  it('takes no quota from messages that are sound', async () => {
    const sound = (index: number) =>
      [
        `MSH|^~\\&|GAM|CHU|||20260302080000||ADT^A01|S${index}|P|2.5`,
        'EVN||20260302080000',
        'PID|||1^^^CHU||DUPONT',
        'PV1||I|||||||||||||||||V1',
      ].join('\r');
    const { kept, parts } = await send([sound(1), garbage(1), sound(2)], 0);
    expect(kept.map(({ state }) => state)).toEqual(['received', 'received']);
    expect(parts).toEqual(['nothing']);
  });
});
