/** One thing that the byte stream gave. */
export type FrameEvent =
  | { kind: 'frame'; bytes: Buffer }
  /** A frame whose FS stands before a byte that ends none: what was read is half a message at most. */
  | { kind: 'broken'; bytes: Buffer }
  /** Bytes outside frames that are not blank; `head` holds the first of a frame that a VT or the end of the stream has cut. */
  | { kind: 'discarded'; bytes: number; head?: Buffer }
  /** A frame longer than allowed; `head` holds its first bytes, MSH among them. The stream is not to be read further. */
  | { kind: 'oversize'; head: Buffer };

const VT = 0x0b;
const FS = 0x1c;
const CR = 0x0d;
const LF = 0x0a;
const HEAD_BYTES = 4096;

/**
 * MLLP receiver as a state machine over bytes (HL7 v2.5 appendix C.4): VT opens a frame; FS ends it before CR, LF, VT, a pause or the end
 * of the stream, and breaks it before any other byte; a VT inside a frame starts afresh. Outside a frame CR, LF, NUL and space are
 * skipped, all else is counted up to the next VT. Any cutting of the stream gives the same events.
 */
export class FrameDecoder {
  private readonly max: number;
  private parts: Buffer[] = [];
  private held = 0;
  /** `ended` is behind an FS, until the next byte tells what it was. */
  private state: 'outside' | 'inside' | 'ended' = 'outside';

  constructor(options: { maxMessageBytes: number }) {
    this.max = options.maxMessageBytes;
  }

  /** True inside a frame whose FS has not come. */
  get open(): boolean {
    return this.state === 'inside';
  }

  /** True behind an FS that nothing has followed yet. */
  get awaitsEnd(): boolean {
    return this.state === 'ended';
  }

  /** Bytes held of the frame that has not ended. */
  get size(): number {
    return this.held;
  }

  push(chunk: Buffer): FrameEvent[] {
    const events: FrameEvent[] = [];
    for (let at = 0; at < chunk.length;) {
      if (this.state === 'ended') this.decide(chunk[at], events);
      at = this.state === 'inside' ? this.readInside(chunk, at, events) : this.readOutside(chunk, at, events);
    }
    return events;
  }

  /** Nothing came for a while: an FS that nothing follows has ended its frame. */
  pause(): FrameEvent[] {
    return this.state === 'ended' ? [this.take('frame')] : [];
  }

  /** The stream has ended: so has a frame behind its FS, and half a frame is discarded. */
  end(): FrameEvent[] {
    if (this.state !== 'inside' || this.held === 0) return this.pause();
    const cut = this.cut();
    this.state = 'outside';
    return [cut];
  }

  /** What stands behind FS says whether it has ended the frame; the byte itself is read after that. */
  private decide(byte: number | undefined, events: FrameEvent[]): void {
    events.push(this.take(byte === CR || byte === LF || byte === VT ? 'frame' : 'broken'));
  }

  private take(kind: 'frame' | 'broken'): FrameEvent {
    // Always a copy: the socket's buffer would otherwise live as long as the message.
    const bytes = Buffer.concat(this.parts);
    this.reset();
    this.state = 'outside';
    return { kind, bytes };
  }

  private readOutside(chunk: Buffer, from: number, events: FrameEvent[]): number {
    const start = chunk.indexOf(VT, from);
    const end = start < 0 ? chunk.length : start;
    let waste = 0;
    for (let at = from; at < end; at++) if (!isBlank(chunk[at])) waste += 1;
    if (waste > 0) events.push({ kind: 'discarded', bytes: waste });
    if (start < 0) return chunk.length;
    this.state = 'inside';
    return start + 1;
  }

  private readInside(chunk: Buffer, from: number, events: FrameEvent[]): number {
    const mark = nextMark(chunk, from);
    const piece = chunk.subarray(from, mark);
    this.parts.push(piece);
    this.held += piece.length;
    if (this.held > this.max) return this.refuse(chunk, events);
    if (mark === chunk.length) return mark;
    if (chunk[mark] === FS) this.state = 'ended';
    else if (this.held > 0) events.push(this.cut());
    return mark + 1;
  }

  /** What was read of a frame that will not be whole. */
  private cut(): FrameEvent {
    const event: FrameEvent = { kind: 'discarded', bytes: this.held, head: this.head() };
    this.reset();
    return event;
  }

  /** The rest of the chunk goes with the frame: the connection is about to be closed. */
  private refuse(chunk: Buffer, events: FrameEvent[]): number {
    events.push({ kind: 'oversize', head: this.head() });
    this.reset();
    this.state = 'outside';
    return chunk.length;
  }

  private head(): Buffer {
    return Buffer.concat(this.parts).subarray(0, Math.min(HEAD_BYTES, this.max));
  }

  private reset(): void {
    this.parts = [];
    this.held = 0;
  }
}

/** Where the next VT or FS stands; the length of the chunk when there is none. */
function nextMark(chunk: Buffer, from: number): number {
  const fs = chunk.indexOf(FS, from);
  const end = fs < 0 ? chunk.length : fs;
  const vt = chunk.subarray(from, end).indexOf(VT);
  return vt < 0 ? end : from + vt;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x00 || byte === LF || byte === CR || byte === 0x20;
}

/** The message between VT and FS CR, as the standard sends it. */
export function frame(bytes: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(bytes.length + 3);
  framed[0] = VT;
  bytes.copy(framed, 1);
  framed[bytes.length + 1] = FS;
  framed[bytes.length + 2] = CR;
  return framed;
}
