/** What is kept of a refused message: all of it, its first bytes, or nothing. */
export type KeptPart = 'whole' | 'head' | 'nothing';

/** Bytes of a message that are its head. */
export const HEAD_BYTES = 4096;
/** What a message takes of the disk beside its bytes: its row, its answer, its work item, their indexes. */
const ROW_BYTES = 2048;
const HOUR_MS = 3_600_000;

interface Use {
  hour: number;
  whole: number;
  heads: number;
}

/**
 * What a source may have kept of refused messages in an hour of the clock: so many bytes of them whole, then as many again of their heads. What
 * comes then is answered and not kept, so that no sender fills the disk.
 */
export class RefusedQuota {
  private readonly uses = new Map<string, Use>();

  /** @param now milliseconds since 1970 */
  constructor(private readonly now: () => number) {}

  /** Takes room for one more message. */
  take(source: { name: string; refusedBytesPerHour: number }, length: number): KeptPart {
    const use = this.useOf(source.name);
    const { refusedBytesPerHour: limit } = source;
    if (use.whole + length + ROW_BYTES <= limit) {
      use.whole += length + ROW_BYTES;
      return 'whole';
    }
    if (use.heads >= limit) return 'nothing';
    use.heads += Math.min(length, HEAD_BYTES) + ROW_BYTES;
    return 'head';
  }

  /** Is this the last head of the hour? */
  isSpent({ name, refusedBytesPerHour }: { name: string; refusedBytesPerHour: number }): boolean {
    return this.useOf(name).heads >= refusedBytesPerHour;
  }

  /** Gives back the room of a message that was kept before, and is not kept again. */
  giveBack({ name }: { name: string }, length: number, part: KeptPart): void {
    const use = this.useOf(name);
    if (part === 'whole') use.whole -= Math.min(use.whole, length + ROW_BYTES);
    if (part === 'head') use.heads -= Math.min(use.heads, Math.min(length, HEAD_BYTES) + ROW_BYTES);
  }

  private useOf(name: string): Use {
    const hour = Math.floor(this.now() / HOUR_MS);
    const use = this.uses.get(name);
    if (use?.hour === hour) return use;
    const fresh = { hour, whole: 0, heads: 0 };
    this.uses.set(name, fresh);
    return fresh;
  }
}
