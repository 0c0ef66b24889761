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
    const fs = chunk.indexOf(FS, from);
    const end = fs < 0 ? chunk.length : fs;
    const again = chunk.subarray(from, end).lastIndexOf(VT);
    if (again >= 0) {
      const dropped = this.held + again;
      if (dropped > 0) events.push({ kind: 'discarded', bytes: dropped });
      this.reset();
    }
    const piece = chunk.subarray(again < 0 ? from : from + again + 1, end);
    this.parts.push(piece);
    this.held += piece.length;
    if (this.held > this.max) {
      events.push({ kind: 'oversize', head: Buffer.concat(this.parts).subarray(0, HEAD_BYTES) });
      this.reset();
      this.inside = false;
      return chunk.length;
    }
    if (fs < 0) return chunk.length;
    // A single piece is copied: the socket's buffer would otherwise live as long as the message.
    events.push({ kind: 'frame', bytes: Buffer.concat(this.parts) });
    this.reset();
    this.inside = false;
    return fs + 1;
  }

  private reset(): void {
    this.parts = [];
    this.held = 0;
  }
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
