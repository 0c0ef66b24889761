import { describe, expect, it } from '@jest/globals';
import { frame, FrameDecoder, type FrameEvent } from '../../../src/hl7v2/frame.js';

const VT = '\x0b';
const FS = '\x1c';

/** What the chunks give, and then the end of the stream. */
function decode(chunks: string[], maxMessageBytes = 1000): string[] {
  const decoder = new FrameDecoder({ maxMessageBytes });
  const events = chunks.flatMap((chunk) => decoder.push(Buffer.from(chunk, 'latin1')));
  return [...events, ...decoder.end()].map(shown);
}

function shown(event: FrameEvent): string {
  if (event.kind === 'frame') return event.bytes.toString('latin1');
  if (event.kind === 'broken') return `broken ${event.bytes.toString('latin1')}`;
  return event.kind === 'discarded' ? `discarded ${event.bytes}` : `oversize ${event.head.toString('latin1')}`;
}

describe('FrameDecoder', () => {
  it('gives the message between VT and FS CR', () => {
    expect(decode([frame(Buffer.from('MSH|a\r')).toString('latin1')])).toEqual(['MSH|a\r']);
  });

  it('gives each of several frames that arrive together', () => {
    expect(decode([`${VT}one${FS}\r${VT}two${FS}\r${VT}thr`, `ee${FS}\r`])).toEqual(['one', 'two', 'three']);
  });

  it('ends a frame at FS when no CR follows, and when CR LF follows', () => {
    expect(decode([`${VT}one${FS}${VT}two${FS}\r\n${VT}three${FS}`])).toEqual(['one', 'two', 'three']);
  });

  it('keeps an FS and its CR apart when they arrive apart', () => {
    expect(decode([`${VT}one${FS}`, '\r', `${VT}two${FS}`])).toEqual(['one', 'two']);
  });

  it('passes over blanks and NULs between frames in silence', () => {
    expect(decode([`\0\r\n ${VT}one${FS}\r\n\0\0`])).toEqual(['one']);
  });

  it('counts what stands outside a frame', () => {
    expect(decode([`GET /\r\n${VT}one${FS}\r`])).toEqual(['discarded 4', 'one']);
  });

  it('starts afresh at a VT inside a frame', () => {
    expect(decode([`${VT}half${VT}whole${FS}\r`])).toEqual(['discarded 4', 'whole']);
    expect(decode([`${VT}ha`, 'lf', `${VT}`, `${VT}whole${FS}\r`])).toEqual(['discarded 4', 'whole']);
  });

  it('gives the beginning of a frame that a VT or the end of the stream has cut', () => {
    const decoder = new FrameDecoder({ maxMessageBytes: 1000 });
    expect(decoder.push(Buffer.from(`${VT}MSH|half${VT}MSH|other`))).toEqual([
      { kind: 'discarded', bytes: 8, head: Buffer.from('MSH|half') },
    ]);
    expect(decoder.end()).toEqual([{ kind: 'discarded', bytes: 9, head: Buffer.from('MSH|other') }]);
    expect([decoder.open, decoder.end()]).toEqual([false, []]);
  });

  it.each([
    ['a blank', ' awaiting scan', 12],
    ['a letter', 'x', 1],
    ['another FS', FS, 1],
    ['NUL', '\0', 0],
    ['a tab', '\ttext', 5],
    ['the field mark', '|||Y', 4],
  ])('breaks a frame at an FS before %s, and discards the rest of it', (_, rest, bytes) => {
    const waste = bytes === 0 ? [] : [`discarded ${bytes}`];
    const stream = `${VT}MSH|half${FS}${rest}\r${VT}whole${FS}\r`;
    expect(decode([stream])).toEqual(['broken MSH|half', ...waste, 'whole']);
    expect(decode([`${VT}MSH|half${FS}`, `${rest}\r${VT}whole${FS}\r`])).toEqual([
      'broken MSH|half',
      ...waste,
      'whole',
    ]);
  });

  it('waits behind an FS for what follows it, until a pause or the end of the stream', () => {
    const decoder = new FrameDecoder({ maxMessageBytes: 100 });
    expect(decoder.push(Buffer.from(`${VT}one${FS}`))).toEqual([]);
    expect([decoder.open, decoder.awaitsEnd]).toEqual([false, true]);
    expect(decoder.pause().map(shown)).toEqual(['one']);
    expect([decoder.awaitsEnd, decoder.pause(), decoder.end()]).toEqual([false, [], []]);
    expect(decoder.push(Buffer.from(`\r${VT}two${FS}\r`)).map(shown)).toEqual(['two']);
    decoder.push(Buffer.from(`${VT}three${FS}`));
    expect(decoder.end().map(shown)).toEqual(['three']);
    decoder.push(Buffer.from(`${VT}half`));
    expect(decoder.pause()).toEqual([]);
  });

  it('reports an oversize frame with its head and reads no further in the chunk', () => {
    expect(decode([`${VT}MSH|`, `12345${FS}\r${VT}x${FS}`], 8)).toEqual(['oversize MSH|1234']);
  });

  it('takes a frame of exactly the greatest size', () => {
    expect(decode([`${VT}12345678${FS}\r`], 8)).toEqual(['12345678']);
  });

  it('says whether a frame is open and how much of it is held', () => {
    const decoder = new FrameDecoder({ maxMessageBytes: 100 });
    expect([decoder.open, decoder.size]).toEqual([false, 0]);
    decoder.push(Buffer.from(`${VT}half`));
    expect([decoder.open, decoder.size]).toEqual([true, 4]);
    decoder.push(Buffer.from(`${FS}\r`));
    expect([decoder.open, decoder.size]).toEqual([false, 0]);
  });

  it('gives bytes of its own, not the buffer of the socket', () => {
    const chunk = Buffer.from(`${VT}one${FS}\r`);
    const [event] = new FrameDecoder({ maxMessageBytes: 100 }).push(chunk);
    chunk.fill(0);
    expect(event === undefined ? '' : shown(event)).toBe('one');
  });
});
