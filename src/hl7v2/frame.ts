/** One thing that the byte stream gave. `discarded` counts bytes outside frames that are not blank. */
export type FrameEvent =
  | { kind: 'frame'; bytes: Buffer }
  | { kind: 'discarded'; bytes: number }
  /** A frame longer than allowed; `head` holds its first bytes, MSH among them. The stream is not to be read further. */
  | { kind: 'oversize'; head: Buffer };

const VT = 0x0b;
const FS = 0x1c;
const HEAD_BYTES = 4096;

/**
 * MLLP receiver as a state machine over bytes (pam-fr §4.1, DESIGN §10): VT opens a frame, FS ends it with or without CR; outside a
 * frame blanks and NULs are skipped, all else is counted; a VT inside a frame starts afresh. Any cutting of the stream gives the same events.
 */
export class FrameDecoder {
  private readonly max: number;
  private parts: Buffer[] = [];
  private held = 0;
  private inside = false;

  constructor(options: { maxMessageBytes: number }) {
    this.max = options.maxMessageBytes;
  }

  /** True inside a frame that has not ended. */
  get open(): boolean {
    return this.inside;
  }

  /** Bytes held of the frame that has not ended. */
  get size(): number {
    return this.held;
  }

  push(chunk: Buffer): FrameEvent[] {
    const events: FrameEvent[] = [];
    let at = 0;
    while (at < chunk.length)
      at = this.inside ? this.readInside(chunk, at, events) : this.readOutside(chunk, at, events);
    return events;
  }

  private readOutside(chunk: Buffer, from: number, events: FrameEvent[]): number {
    const start = chunk.indexOf(VT, from);
    const end = start < 0 ? chunk.length : start;
    let waste = 0;
    for (let at = from; at < end; at++) if (!isBlank(chunk[at])) waste += 1;
    if (waste > 0) events.push({ kind: 'discarded', bytes: waste });
    this.inside = start >= 0;
    return start < 0 ? chunk.length : start + 1;
  }

  private readInside(chunk: Buffer, from: number, events: FrameEvent[]): number {
    const mark = nextMark(chunk, from);
    const piece = chunk.subarray(from, mark);
    this.parts.push(piece);
    this.held += piece.length;
    if (this.held > this.max) return this.refuse(chunk, events);
    if (mark === chunk.length) return mark;
    if (chunk[mark] === FS) {
      // Always a copy: the socket's buffer would otherwise live as long as the message.
      events.push({ kind: 'frame', bytes: Buffer.concat(this.parts) });
      this.inside = false;
    } else if (this.held > 0) {
      events.push({ kind: 'discarded', bytes: this.held });
    }
    this.reset();
    return mark + 1;
  }

  /** The rest of the chunk goes with the frame: the connection is about to be closed. */
  private refuse(chunk: Buffer, events: FrameEvent[]): number {
    const enough = Math.min(HEAD_BYTES, this.max);
    events.push({ kind: 'oversize', head: Buffer.concat(this.parts).subarray(0, enough) });
    this.reset();
    this.inside = false;
    return chunk.length;
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
  const vt = chunk.indexOf(VT, from);
  return vt < 0 ? end : Math.min(vt, end);
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x00 || byte === 0x09 || byte === 0x0a || byte === 0x0d || byte === 0x20 || byte === FS;
}

/** The message between VT and FS CR, as the standard sends it. */
export function frame(bytes: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(bytes.length + 3);
  framed[0] = VT;
  bytes.copy(framed, 1);
  framed[bytes.length + 1] = FS;
  framed[bytes.length + 2] = 0x0d;
  return framed;
}
