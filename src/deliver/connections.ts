import { errors, Pool, type Dispatcher } from 'undici';
import { GatewayError } from '../message/failure.js';

/** What came back. */
export interface Answer {
  status: number;
  text: string;
  /** The `Retry-After` header as it was written. */
  retryAfter?: string | undefined;
}

/** A POST. */
export interface Outgoing {
  url: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** The answer to a transaction is a list of statuses; whoever sends more than this is not read to the end. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * HTTP over connections that stay open, as many as may be busy at once (ADR 0007).
 * @param timeoutMs for the whole exchange, from the call to the last byte of the answer
 * @returns a function that rejects with GatewayError endpoint-unreachable where there was no connection, and nothing was sent; with the
 * system's error where no answer came; or with GatewayError endpoint-timeout, endpoint-error
 */
export function openConnections(
  baseUrl: string,
  { timeoutMs, connections }: { timeoutMs: number; connections: number },
): (outgoing: Outgoing) => Promise<Answer> {
  // The whole exchange has one time limit, ours.
  const { origin } = new URL(baseUrl);
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  return ({ url, headers, body }) =>
    new Promise((resolve, reject) => {
      const post = { method: 'POST' as const, path: url.slice(origin.length), headers, body };
      new Exchange(pool, post, timeoutMs, resolve, reject).begin();
    });
}

/** One request and its answer, as the pool's handler: its promises, streams and abort signals took half the time of an exchange. */
class Exchange implements Dispatcher.DispatchHandler {
  private readonly limit: NodeJS.Timeout;
  private readonly chunks: Buffer[] = [];
  private length = 0;
  private status = 0;
  private retryAfter: string | undefined;
  private controller: Dispatcher.DispatchController | undefined;
  private failure: GatewayError | undefined;
  private again = false;

  constructor(
    private readonly pool: Pool,
    private readonly post: Dispatcher.DispatchOptions,
    timeoutMs: number,
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.limit = setTimeout(() => {
      this.giveUp(
        this.controller === undefined
          ? new GatewayError('endpoint-unreachable', 'no connection in time')
          : new GatewayError('endpoint-timeout', 'no answer in time'),
      );
    }, timeoutMs);
  }

  begin(): void {
    this.pool.dispatch(this.post, this);
  }

  /** There is a connection, its TLS included: from now on something may have been sent. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.failure !== undefined) controller.abort(this.failure);
  }

  /** A header that stands twice comes as a list. */
  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.status = status;
    this.retryAfter = [headers['retry-after']].flat()[0];
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
    this.length += chunk.length;
    if (this.length > MAX_ANSWER_BYTES) this.giveUp(new GatewayError('endpoint-error', 'the answer is too long'));
  }

  onResponseEnd(): void {
    clearTimeout(this.limit);
    // Without the byte order mark that some servers write (RFC 8259 §8.1).
    const text = new TextDecoder().decode(Buffer.concat(this.chunks));
    this.resolve({
      status: this.status,
      text,
      ...(this.retryAfter === undefined ? {} : { retryAfter: this.retryAfter }),
    });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (!this.again && this.length === 0 && wasReused(error)) {
      // The server had just closed a connection that we took for open: nothing was carried out, and a second time is safe anyway.
      this.again = true;
      this.begin();
      return;
    }
    clearTimeout(this.limit);
    this.reject(this.controller === undefined ? new GatewayError('endpoint-unreachable', systemCode(error)) : error);
  }

  /** Ends it from our side; one that has not begun, for want of a connection, ends when it would. */
  private giveUp(failure: GatewayError): void {
    clearTimeout(this.limit);
    this.failure = failure;
    this.controller?.abort(failure);
    this.reject(failure);
  }
}

/** The system's code of an error, which holds no content. */
export function systemCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

/** Lost on a connection that had carried an answer before. */
function wasReused(error: unknown): boolean {
  return error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0;
}
