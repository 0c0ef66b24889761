import type { Bundle } from 'fhir/r4.js';
import { Client, type FhirResource } from 'fhir-kit-client';
import { GatewayError, type FailureCode } from '../message/failure.js';
import { classify } from './classify.js';
import { openConnections, type Answer } from './connections.js';

export interface FhirEndpoint {
  url: string;
  authorization?: string | undefined;
  timeoutSeconds: number;
  /** Deliveries on their way at once, and connections kept open. */
  concurrency: number;
}

/** How one POST went; `detail` is free of content. */
export interface Sent {
  status: number | null;
  code: FailureCode | null;
  detail: string;
}

/**
 * The only file that knows fhir-kit-client.
 * @returns a function that posts one transaction, given as its JSON, and never throws
 */
export function fhirSender(endpoint: FhirEndpoint): (bundle: Buffer) => Promise<Sent> {
  const client = openClient(endpoint);
  return async (bundle) => {
    try {
      // The client passes bytes on as they are, and the answer as our transport gives it, though its types know of resources only.
      const body = bundle as unknown as FhirResource & { type: 'transaction' };
      return judged((await client.transaction({ body })) as unknown as Answer);
    } catch (error) {
      return failed(error);
    }
  };
}

/** The client over connections of ours, in place of fetch's: `httpClient` is what it offers for that. */
function openClient({ url, authorization, timeoutSeconds, concurrency }: FhirEndpoint): Client {
  const client = new Client({ baseUrl: url });
  const exchange = openConnections(url, { timeoutMs: timeoutSeconds * 1000, connections: concurrency });
  const own = { accept: 'application/fhir+json', ...(authorization === undefined ? {} : { authorization }) };
  client.httpClient.request = async (_method, path, options, body) => {
    const headers = { ...own, ...(options?.headers as Record<string, string> | undefined) };
    const answer = await exchange({
      url: client.httpClient.expandUrl(path),
      headers,
      body: body as unknown as Buffer,
    });
    return answer as unknown as FhirResource;
  };
  return client;
}

/** A 200 whose entries failed is a failure: a transaction has no half success, but some servers answer so. */
function judged({ status, text }: Answer): Sent {
  const code = classify({ status });
  if (code !== undefined) return { status, code, detail: `answered ${status}` };
  const statuses = entryStatuses(text);
  if (statuses === undefined) return { status, code: 'endpoint-error', detail: `answered ${status} without FHIR JSON` };
  const worst = statuses.find((one) => one >= 400);
  if (worst === undefined) return { status, code: null, detail: `${statuses.length} entries` };
  return { status: worst, code: classify({ status: worst }) ?? null, detail: `an entry was answered ${worst}` };
}

/** The status of each entry of a transaction's answer; none of an empty body, undefined where the body is no JSON object. */
function entryStatuses(text: string): number[] | undefined {
  if (text === '') return [];
  try {
    const { entry = [] } = JSON.parse(text) as Bundle;
    return entry.map(({ response }) => Number.parseInt(response?.status ?? '200', 10));
  } catch {
    // Whatever it is, it does not say that the transaction was carried out.
    return undefined;
  }
}

function failed(error: unknown): Sent {
  if (error instanceof GatewayError) return { status: null, code: error.code, detail: error.message };
  const network = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
  return { status: null, code: classify({ network }) ?? 'endpoint-reset', detail: network };
}
