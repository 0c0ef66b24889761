import { readFileSync } from 'node:fs';
import type { OperationOutcome } from 'fhir/r4.js';
import { readPorts } from '../config/load.js';
import { GatewayError } from '../message/failure.js';

/** The options of every command that asks a running gateway. */
export const GATEWAY_OPTIONS = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
} as const;

/** What may follow the name of such a command besides its own. */
export const GATEWAY_USAGE = '[--url URL] [--token-file FILE] [--json]';

interface GatewayValues {
  url?: string | undefined;
  'token-file'?: string | undefined;
}

export interface GatewayAnswer {
  ok: boolean;
  status: number;
  body: string;
}

/** How long an answer may take: a question is answered in seconds, a decision about all that waits in a minute. */
const PATIENCE_MS = { GET: 15_000, POST: 120_000 };

/** Asks a gateway: the one of this machine, or the one at `--url`, with the operator's token where `--token-file` holds it. */
export class GatewayClient {
  private readonly url: string;
  private readonly headers: Record<string, string>;

  /** @throws GatewayError config-invalid where the token's file cannot be read */
  constructor(
    { url, 'token-file': tokenFile }: GatewayValues,
    private readonly patienceMs = PATIENCE_MS,
  ) {
    this.url = (url ?? `http://127.0.0.1:${readPorts().http}`).replace(/\/+$/, '');
    this.headers = tokenFile === undefined ? {} : { Authorization: `Bearer ${tokenIn(tokenFile)}` };
  }

  /** @throws GatewayError peer-unreachable */
  async ask(path: string, method: 'GET' | 'POST' = 'GET'): Promise<GatewayAnswer> {
    const signal = AbortSignal.timeout(this.patienceMs[method]);
    try {
      const response = await fetch(`${this.url}${path}`, { method, headers: this.headers, signal });
      return { ok: response.ok, status: response.status, body: await response.text() };
    } catch (cause) {
      const remedy = 'is it up? HTTP_PORT or --url says where';
      throw new GatewayError('peer-unreachable', `no gateway answers at ${this.url}`, { remedy, cause });
    }
  }

  /**
   * The JSON of an answer.
   * @param what the thing asked about, for the sentence of a refusal
   * @throws GatewayError peer-unreachable, peer-refused
   */
  async json<T>(what: string, path: string, method: 'GET' | 'POST' = 'GET'): Promise<T> {
    const answer = await this.ask(path, method);
    if (!answer.ok) throw refusalOf(what, answer);
    return jsonOf(what, answer);
  }
}

/** @throws GatewayError peer-refused where the answer is no JSON: something else than a gateway gave it */
export function jsonOf<T>(what: string, { status, body }: GatewayAnswer): T {
  try {
    return JSON.parse(body) as T;
  } catch (cause) {
    throw new GatewayError('peer-refused', `${what}: ${status} without JSON; is that a gateway?`, { cause });
  }
}

/** What a gateway that refused says of it, by the code and the sentence of its OperationOutcome. */
export function refusalOf(what: string, { status, body }: GatewayAnswer): GatewayError {
  return new GatewayError('peer-refused', `${what}: the gateway answered ${status} ${reasonIn(body)}`);
}

/** Code and sentence of an OperationOutcome; nothing where the answer is none. */
function reasonIn(body: string): string {
  try {
    const [issue] = (JSON.parse(body) as Partial<OperationOutcome>).issue ?? [];
    const code = issue?.details?.coding?.[0]?.code ?? '';
    return issue === undefined ? '' : `${code}: ${issue.diagnostics ?? ''}`;
  } catch {
    // What answered is no gateway, and its status is told.
    return '';
  }
}

function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    const remedy = 'copy operator.token of the gateway’s data folder';
    throw new GatewayError('config-invalid', `the operator’s token cannot be read from ${file}`, { remedy, cause });
  }
}
