import type { IncomingMessage, KeptMessage } from '../message/message.js';
import { Committer, type Keep, type Log } from './committer.js';

/** A message that takes the store longer than hundreds of others. */
const LARGE_BYTES = 1024 * 1024;
/** Several that come at once are written one after the other, and a sender of such a message does not expect its answer at once. */
const LARGE_PATIENCE_MS = 20_000;

/**
 * The committers of a process: small and sound messages wait neither for refused ones and those with work items nor for large ones, so that
 * one sender who is wrong, or sends much, slows no other.
 */
export class CommitLanes implements Pick<Committer, 'commit'> {
  private readonly sound: Committer;
  private readonly withItems: Committer;
  private readonly large: Committer;

  /** @param now milliseconds of a clock that is never set */
  constructor(keep: Keep, now: () => number, log: Log) {
    this.sound = new Committer(keep, now, log);
    this.withItems = new Committer(keep, now, log, { writers: 1 });
    this.large = new Committer(keep, now, log, { writers: 1, maxMessages: 1, patienceMs: LARGE_PATIENCE_MS });
  }

  commit(message: IncomingMessage): Promise<KeptMessage> {
    if (message.bytes.length > LARGE_BYTES) return this.large.commit(message);
    return (message.workItems.length > 0 ? this.withItems : this.sound).commit(message);
  }
}
