import type { Socket } from 'node:net';
import type { SourceSettings } from '../config/schema.js';
import { frame, FrameDecoder, type FrameEvent } from '../hl7v2/frame.js';
import { GatewayError } from '../message/failure.js';
import type { AddressShare } from './address-budget.js';
import type { ByteShare } from './byte-budget.js';
import { accept, acceptBroken, controlIdOf, oversizeAnswer, type ReceiveDeps } from './accept.js';

/** Frames that one connection may have unanswered before its socket is no longer read. */
const MAX_PENDING = 64;
/** And bytes of them. */
const MAX_PENDING_BYTES = 32 * 1024 * 1024;
/** An FS that nothing follows for so long has ended its frame. */
const PAUSE_MS = 20;
/** How long a refused sender may go on before it is cut off. */
const FAREWELL_MS = 2000;

/** A frame whose answer has not left yet. */
interface PendingFrame {
  bytes: number;
  /** None where the sender wants none; undefined while the message is not kept. */
  answers: Buffer[] | undefined;
}

/** One sender: its frames in, their answers out in the same order. */
export class Connection {
  private readonly decoder: FrameDecoder;
  /** Answers that have not left, in the order of the frames: an answer that is ready waits for those before it. */
  private readonly pending: PendingFrame[] = [];
  private pendingBytes = 0;
  private whenNothingPends: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private pauseTimer: NodeJS.Timeout | undefined;
  /** MSH-10 of the last frame that was broken: what is discarded behind it was part of it. */
  private brokenControlId = '';
  private refusing = false;
  /** The sender has ended its half: what pends goes out, then ours ends too. */
  private halfClosed = false;
  /** Of the bytes that the process holds. */
  private readonly held: ByteShare;
  /** What comes from now on is not read: its sender sends it again elsewhere. */
  private ending = false;

  constructor(
    private readonly socket: Socket,
    private readonly source: SourceSettings,
    private readonly deps: ReceiveDeps,
    private readonly share: AddressShare,
    gone: () => void,
  ) {
    this.decoder = new FrameDecoder({ maxMessageBytes: source.maxMessageBytes });
    this.held = deps.budget.join(() => {
      this.holdBack();
    });
    socket.setNoDelay(true);
    socket.setTimeout(source.idleSeconds * 1000, () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      this.read(chunk);
    });
    socket.on('end', () => {
      this.readEnd();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      deps.log('info', 'receive.connection-error', { source: source.name, code: error.code ?? 'unknown' });
    });
    socket.on('close', () => {
      clearTimeout(this.timer);
      clearTimeout(this.pauseTimer);
      share.release();
      this.held.leave();
      gone();
    });
  }

  /** Reads no more, sends what pends, closes. */
  async finish(): Promise<void> {
    this.ending = true;
    this.socket.pause();
    if (this.pending.length > 0)
      await new Promise<void>((resolve) => {
        this.whenNothingPends = resolve;
      });
    if (this.socket.destroyed) return;
    await new Promise<void>((resolve) => {
      this.socket.once('close', () => {
        resolve();
      });
      this.socket.end(() => this.socket.destroy());
    });
  }

  private read(chunk: Buffer): void {
    if (this.refusing || this.ending) return;
    const events = this.decoder.push(chunk);
    for (const event of events) this.take(event);
    if (!this.share.holds(this.decoder.size)) return this.overBudget();
    // Each frame has its own time.
    if (events.some(({ kind }) => kind === 'frame' || kind === 'broken')) this.stopHalfFrameTimer();
    this.watchHalfFrame();
    this.watchPause();
    this.holdBack();
  }

  private readEnd(): void {
    clearTimeout(this.timer);
    clearTimeout(this.pauseTimer);
    this.halfClosed = true;
    if (this.refusing || this.ending) return;
    for (const event of this.decoder.end()) this.take(event);
    if (this.pending.length === 0) this.socket.end();
  }

  private take(event: FrameEvent): void {
    if (event.kind === 'discarded') {
      const { bytes, head } = event;
      const controlId = head === undefined ? this.brokenControlId : controlIdOf(head, this.source);
      this.deps.log('warn', 'receive.discarded', { source: this.source.name, bytes, controlId });
      return;
    }
    if (event.kind === 'oversize') {
      this.refusing = true;
      this.deps.log('warn', 'receive.oversize', { source: this.source.name, limit: this.source.maxMessageBytes });
      this.enqueue(0).answers = [oversizeAnswer(event.head, this.source, this.deps)];
      this.answer();
      return;
    }
    const place = this.enqueue(event.bytes.length);
    const broken = event.kind === 'broken';
    this.brokenControlId = broken ? controlIdOf(event.bytes, this.source) : '';
    const answer = broken
      ? acceptBroken(event.bytes, this.source, this.deps)
      : accept(event.bytes, this.source, 'mllp', this.deps);
    answer.then(
      ({ messages }) => {
        place.answers = messages;
        this.answer();
      },
      (error: unknown) => {
        this.fail(error);
        place.answers = [];
        this.answer();
      },
    );
  }

  private enqueue(bytes: number): PendingFrame {
    const place: PendingFrame = { bytes, answers: undefined };
    this.pending.push(place);
    this.pendingBytes += bytes;
    return place;
  }

  /** An answer that could not be made: the connection is closed, so that the sender sends again. */
  private fail(error: unknown): void {
    const code = error instanceof GatewayError ? error.code : 'unknown';
    this.deps.log('error', 'receive.no-answer', { source: this.source.name, code });
    this.socket.destroy();
  }

  /** Writes what is ready, up to the first frame whose answer is not. */
  private answer(): void {
    for (let first = this.pending[0]; first?.answers !== undefined; first = this.pending[0]) {
      first.answers.forEach((message) => {
        this.write(frame(message));
      });
      this.pending.shift();
      this.pendingBytes -= first.bytes;
    }
    if (this.pending.length > 0) return void this.holdBack();
    this.whenNothingPends?.();
    if (this.refusing) this.farewell();
    else if (this.halfClosed) this.socket.end();
    else this.holdBack();
  }

  private farewell(): void {
    this.socket.end();
    this.timer = setTimeout(() => this.socket.destroy(), FAREWELL_MS);
  }

  private write(bytes: Buffer): void {
    if (this.socket.writable && !this.socket.write(bytes))
      this.socket.once('drain', () => {
        this.holdBack();
      });
  }

  /** The kernel's buffers hold the sender back while it has too much unanswered or does not read its answers. */
  private holdBack(): void {
    if (this.socket.destroyed) return;
    const mayRead = this.held.holds(this.pendingBytes + this.decoder.size);
    if (this.ending) return;
    const much = this.pending.length >= MAX_PENDING || this.pendingBytes >= MAX_PENDING_BYTES;
    const full = much || !mayRead || this.socket.writableNeedDrain;
    if (full === this.socket.isPaused()) return;
    if (full) this.socket.pause();
    else this.socket.resume();
    this.watchHalfFrame();
  }

  private overBudget(): void {
    this.deps.log('warn', 'receive.over-budget', { source: this.source.name, what: 'bytes' });
    this.socket.destroy();
  }

  private stopHalfFrameTimer(): void {
    if (this.refusing) return;
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Times the frame that is open. While the gateway itself holds the socket back nothing can come, and no time runs. */
  private watchHalfFrame(): void {
    if (!this.decoder.open || this.socket.isPaused()) return this.stopHalfFrameTimer();
    this.timer ??= setTimeout(() => {
      // What the socket has ready is read first: this process may have been busy, and the sender not silent.
      const timer = this.timer;
      setImmediate(() => {
        if (this.timer === timer && !this.refusing) this.cutHalfFrame();
      });
    }, this.source.frameSeconds * 1000);
  }

  private cutHalfFrame(): void {
    const bytes = this.decoder.size;
    const [cut] = this.decoder.end();
    const controlId = cut?.kind === 'discarded' && cut.head !== undefined ? controlIdOf(cut.head, this.source) : '';
    this.deps.log('warn', 'receive.half-frame', { source: this.source.name, bytes, controlId });
    this.socket.destroy();
  }

  /** Takes a frame behind whose FS nothing comes. */
  private watchPause(): void {
    clearTimeout(this.pauseTimer);
    this.pauseTimer = undefined;
    if (!this.decoder.awaitsEnd) return;
    const timer = setTimeout(() => {
      // What the socket has ready is read first: this process may have been busy, and the sender not silent.
      setImmediate(() => {
        if (this.pauseTimer !== timer) return;
        if (this.socket.isPaused()) return void this.watchPause();
        for (const event of this.decoder.pause()) this.take(event);
      });
    }, PAUSE_MS);
    this.pauseTimer = timer;
  }
}
