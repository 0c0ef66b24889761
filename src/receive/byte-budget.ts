/** Bytes that a reader may hold whatever the others hold: most messages are far smaller. */
const SMALL = 1024 * 1024;

/** What a budget calls to let a reader go on, and what it holds. */
interface Reader {
  bytes: number;
  resume(): void;
}

/**
 * The bytes of messages that a process holds, half read or not yet answered, over all its connections. While they are too many, who holds
 * more than a mebibyte waits, but for the one that has waited longest: its message must end before the others go on.
 */
export class ByteBudget {
  private held = 0;
  /** In the order in which they came to wait. */
  private readonly waiting = new Set<Reader>();

  constructor(private readonly maxBytes: number) {}

  /** One more reader. @param resume lets it look again whether it may read on */
  join(resume: () => void): ByteShare {
    const reader: Reader = { bytes: 0, resume };
    return {
      holds: (bytes) => this.holds(reader, bytes),
      leave: () => {
        this.holds(reader, 0);
      },
    };
  }

  private holds(reader: Reader, bytes: number): boolean {
    const before = reader.bytes;
    this.held += bytes - before;
    reader.bytes = bytes;
    const free = this.held <= this.maxBytes || bytes <= SMALL;
    if (free) this.waiting.delete(reader);
    else this.waiting.add(reader);
    if (bytes < before) this.wake();
    const [first] = this.waiting;
    return free || first === reader;
  }

  private wake(): void {
    const [first] = this.waiting;
    const ready = this.held <= this.maxBytes ? [...this.waiting] : first === undefined ? [] : [first];
    // Not within the call of another reader.
    for (const reader of ready) setImmediate(() => reader.resume());
  }
}

/** What one reader holds of the budget. */
export interface ByteShare {
  /** It holds so many bytes now. @returns whether it may read on */
  holds(bytes: number): boolean;
  /** It holds nothing any more. */
  leave(): void;
}
