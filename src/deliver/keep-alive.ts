import { Agent as HttpAgent, request as httpRequest, type ClientRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { GatewayError } from '../message/failure.js';

/** What came back. */
export interface Answer {
  status: number;
  text: string;
}

export interface Outgoing {
  method: string;
  url: string;
  headers: Record<string, string>;
  body: string;
}

/** The answer to a transaction is a list of statuses; whoever sends more than this is not read to the end. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

/**
 * HTTP over connections that stay open, as many as may be busy at once. Measured with the bodies of deliveries against Node's fetch,
 * which fhir-kit-client would use: a fifth of the work for each.
 * @param timeoutMs for the whole exchange, from the call to the last byte of the answer
 * @returns a function that rejects with the system's error where no answer came, or with GatewayError endpoint-timeout, endpoint-error
 */
export function keepAlive(
  baseUrl: string,
  { timeoutMs, connections }: { timeoutMs: number; connections: number },
): (outgoing: Outgoing) => Promise<Answer> {
  const secure = baseUrl.startsWith('https:');
  const options = { keepAlive: true, maxSockets: connections, maxFreeSockets: connections };
  const agent = secure ? new HttpsAgent(options) : new HttpAgent(options);
  const start = secure ? httpsRequest : httpRequest;
  const once = ({ method, url, headers, body }: Outgoing) => {
    const length = { 'content-length': String(Buffer.byteLength(body)) };
    const request = start(url, { method, agent, headers: { ...headers, ...length } });
    return { request, answer: exchange(request, body, timeoutMs) };
  };
  return async (outgoing) => {
    const first = once(outgoing);
    try {
      return await first.answer;
    } catch (error) {
      // The server had just closed a connection that we took for open: nothing was carried out, and a second time is safe anyway.
      if (first.request.reusedSocket && codeOf(error) === 'ECONNRESET') return once(outgoing).answer;
      throw error;
    }
  };
}

function exchange(request: ClientRequest, body: string, timeoutMs: number): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      request.destroy(new GatewayError('endpoint-timeout', 'no answer in time'));
    }, timeoutMs);
    request.on('error', reject);
    request.on('close', () => {
      clearTimeout(late);
    });
    request.on('response', (response) => {
      readWhole(response).then(resolve, reject);
    });
    request.end(body);
  });
}

async function readWhole(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > MAX_ANSWER_BYTES) throw new GatewayError('endpoint-error', 'the answer is too long');
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
}

function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
