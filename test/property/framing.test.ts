import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { frame, FrameDecoder } from '../../src/hl7v2/frame.js';

const RUNS = 10_000;

/** Message bytes: anything but the two marks of MLLP, short enough to meet every cut. */
const body = fc
  .array(fc.constantFrom(0x00, 0x0a, 0x0d, 0x20, 0x4d, 0x7c, 0x80, 0xc3, 0xe9, 0xff), { minLength: 1, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes));
/** What may stand between frames without being counted. */
const between = fc.constantFrom('', '\r', '\r\n', '\n', '\r\0', '\n \0\r\n');
/** Sizes of the chunks in which a stream arrives; 0 is an empty read. */
const cuts = fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 8 });
const connection = fc.record({
  messages: fc.array(fc.tuple(body, between, fc.boolean()), { maxLength: 5 }),
  cuts,
});

interface Connection {
  messages: [Buffer, string, boolean][];
  cuts: number[];
}

function stream({ messages }: Connection): Buffer {
  const framed = messages.map(([bytes, blank, withCr]) => {
    const whole = frame(bytes);
    return Buffer.concat([withCr ? whole : whole.subarray(0, -1), Buffer.from(blank)]);
  });
  return Buffer.concat(framed);
}

/** The stream in chunks of the sizes given, again and again until it ends. */
function chunksOf(bytes: Buffer, sizes: number[]): Buffer[] {
  const chunks: Buffer[] = [];
  const usable = sizes.some((size) => size > 0) ? sizes : [1];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = usable[turn % usable.length] ?? 1;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
  }
  return chunks;
}

describe('framing', () => {
  it(`gives exactly the messages sent, over ${RUNS} cuttings of interleaved connections`, () => {
    const runs = fc.property(
      fc.array(connection, { minLength: 1, maxLength: 4 }),
      fc.array(fc.nat(3), { minLength: 1, maxLength: 12 }),
      (connections, turns) => {
        const lines = connections.map((each) => ({
          decoder: new FrameDecoder({ maxMessageBytes: 12 }),
          chunks: chunksOf(stream(each), each.cuts),
          got: [] as string[],
        }));
        for (let turn = 0; lines.some(({ chunks }) => chunks.length > 0); turn++) {
          const waiting = lines.filter(({ chunks }) => chunks.length > 0);
          const line = waiting[(turns[turn % turns.length] ?? 0) % waiting.length];
          const events = line?.decoder.push(line.chunks.shift() ?? Buffer.alloc(0)) ?? [];
          if (line?.chunks.length === 0) events.push(...line.decoder.end());
          for (const event of events) line?.got.push(event.kind === 'frame' ? event.bytes.toString('hex') : event.kind);
        }
        const sent = connections.map(({ messages }) => messages.map(([bytes]) => bytes.toString('hex')));
        if (JSON.stringify(lines.map(({ got }) => got)) !== JSON.stringify(sent)) return false;
        return lines.every(({ decoder }) => !decoder.open && decoder.size === 0);
      },
    );
    fc.assert(runs, { numRuns: RUNS });
  });

  it('gives the same events for any bytes, however they are cut', () => {
    const bytes = fc
      .array(fc.constantFrom(0x0b, 0x1c, 0x0d, 0x41, 0x42, 0x00), { maxLength: 60 })
      .map((list) => Buffer.from(list));
    fc.assert(
      fc.property(bytes, cuts, (all, sizes) => {
        expect(summary(chunksOf(all, sizes))).toEqual(summary([all]));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes no part of a frame for a message, wherever an FS stands in it', () => {
    const plain = fc.stringMatching(/^[A-Z|]{1,8}$/);
    const behind = fc.constantFrom('A', '|', ' ', '\0', '\t', '\x1c');
    fc.assert(
      fc.property(plain, behind, plain, cuts, (before, byte, after, sizes) => {
        const stream = Buffer.from(`\x0b${before}\x1c${byte}${after}\x1c\r\x0bWHOLE\x1c\r`);
        const decoder = new FrameDecoder({ maxMessageBytes: 100 });
        const events = chunksOf(stream, sizes).flatMap((chunk) => decoder.push(chunk));
        const read = events.flatMap((event) =>
          'bytes' in event && Buffer.isBuffer(event.bytes) ? [`${event.kind} ${event.bytes.toString()}`] : [],
        );
        expect(read).toEqual([`broken ${before}`, 'frame WHOLE']);
      }),
      { numRuns: 2000 },
    );
  });
});

/** Frames and broken ones until the first oversize, after which a connection is closed; counts of neighbouring waste added up. */
function summary(chunks: Buffer[]): string[] {
  const decoder = new FrameDecoder({ maxMessageBytes: 6 });
  const seen: string[] = [];
  let waste = 0;
  for (const event of [...chunks.flatMap((chunk) => decoder.push(chunk)), ...decoder.end()]) {
    if (event.kind === 'discarded') {
      waste += event.bytes;
      continue;
    }
    const held = event.kind === 'oversize' ? '' : event.bytes.toString('hex');
    seen.push(`${waste} discarded`, `${event.kind} ${held}`);
    waste = 0;
    if (event.kind === 'oversize') return seen;
  }
  return [...seen, `${waste} discarded`];
}
