import { errors, Pool, type Dispatcher } from 'undici';
import { GatewayError } from '../message/failure.js';

/** What came back. */
export interface Answer {
  status: number;
  text: string;
  /** The `Retry-After` header as it was written. */
  retryAfter?: string | undefined;
}

/** The answer to a transaction is a list of statuses; whoever sends more than this is not read to the end. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/** For a connection, its TLS included: half of the time where the whole exchange has less than twice as much. */
const CONNECT_MS = 10_000;

/**
 * HTTP over connections that stay open, as many as may be busy at once (ADR 0012).
 * @param url what is posted to
 * @param timeoutMs for the whole exchange, from the call to the last byte of the answer
 * @returns a function that posts a body and rejects with GatewayError endpoint-unreachable where there was no connection, and nothing was sent;
 * with the system's error where no answer came; or with GatewayError endpoint-timeout, endpoint-error
 */
export function openConnections(
  url: string,
  { timeoutMs, connections }: { timeoutMs: number; connections: number },
): (headers: Readonly<Record<string, string>>, body: Buffer) => Promise<Answer> {
  const { origin } = new URL(url);
  const path = url.slice(origin.length) || '/';
  // The whole exchange has one time limit, ours.
  const limits = { headersTimeout: 0, bodyTimeout: 0, maxResponseSize: MAX_ANSWER_BYTES };
  const connect = { timeout: Math.min(CONNECT_MS, timeoutMs / 2) };
  const pool = new Pool(origin, { connections, pipelining: 1, connect, ...limits });
  // One may be that of all who waited for a connection.
  const unconnected = new WeakSet<object>();
  pool.on('connectionError', (_origin, _targets, error) => {
    unconnected.add(error);
  });
  return async (headers, body) => {
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      return await answerTo(await begun(pool, { method: 'POST', path, headers, body, signal }));
    } catch (cause) {
      if (typeof cause === 'object' && cause !== null && unconnected.has(cause)) throw unreachable(cause);
      if (signal.aborted) throw new GatewayError('endpoint-timeout', 'no answer in time', { cause });
      if (cause instanceof errors.ResponseExceededMaxSizeError)
        throw new GatewayError('endpoint-error', 'the answer is too long', { cause });
      throw cause;
    }
  };
}

function unreachable(cause: unknown): GatewayError {
  const isLate = cause instanceof errors.ConnectTimeoutError;
  return new GatewayError('endpoint-unreachable', isLate ? 'no connection in time' : systemCode(cause), { cause });
}

/** The system's code of an error, which holds no content. */
export function systemCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : 'unknown';
}

/** A connection that the server had just closed, and that we took for open, carried nothing out: it is opened again at once. */
async function begun(pool: Pool, post: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
  try {
    return await pool.request(post);
  } catch (error) {
    if (!wasReused(error)) throw error;
    return pool.request(post);
  }
}

/** Lost on a connection that had carried an answer before. */
function wasReused(error: unknown): boolean {
  return error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0;
}

async function answerTo({ statusCode, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
  const text = await body.text();
  // A header that stands twice comes as a list.
  const [retryAfter] = [headers['retry-after']].flat();
  return { status: statusCode, text, ...(retryAfter === undefined ? {} : { retryAfter }) };
}
