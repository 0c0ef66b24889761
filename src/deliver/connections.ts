import { errors, Pool, type Dispatcher } from 'undici';
import { GatewayError } from '../message/failure.js';

/** What came back. */
export interface Answer {
  status: number;
  text: string;
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
 * @returns a function that rejects with the system's error where no answer came, or with GatewayError endpoint-timeout, endpoint-error
 */
export function openConnections(
  baseUrl: string,
  { timeoutMs, connections }: { timeoutMs: number; connections: number },
): (outgoing: Outgoing) => Promise<Answer> {
  // The whole exchange has one time limit, ours.
  const { origin } = new URL(baseUrl);
  const pool = new Pool(origin, { connections, pipelining: 1, headersTimeout: 0, bodyTimeout: 0 });
  return async ({ url, headers, body }) => {
    const post = { method: 'POST' as const, path: url.slice(origin.length), headers, body };
    const limit = new AbortController();
    const late = setTimeout(() => {
      limit.abort(new GatewayError('endpoint-timeout', 'no answer in time'));
    }, timeoutMs);
    try {
      return await exchange(pool, { ...post, signal: limit.signal }).catch((error: unknown) => {
        // The server had just closed a connection that we took for open: nothing was carried out, and a second time is safe anyway.
        if (wasReused(error)) return exchange(pool, { ...post, signal: limit.signal });
        throw error;
      });
    } finally {
      clearTimeout(late);
    }
  };
}

async function exchange(pool: Pool, post: Dispatcher.RequestOptions): Promise<Answer> {
  const answer = await pool.request(post);
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer.body) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_ANSWER_BYTES) throw new GatewayError('endpoint-error', 'the answer is too long');
  }
  return { status: answer.statusCode, text: Buffer.concat(chunks).toString('utf8') };
}

/** Lost on a connection that had carried an answer before. */
function wasReused(error: unknown): boolean {
  return error instanceof errors.SocketError && (error.socket?.bytesRead ?? 0) > 0;
}
