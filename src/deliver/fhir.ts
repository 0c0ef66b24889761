import { Client, type FhirResource } from 'fhir-kit-client';
import { GatewayError } from '../message/failure.js';
import { judge, type Sent } from './answer.js';
import { classify } from './classify.js';
import { openConnections, systemCode, type Answer } from './connections.js';

export interface FhirEndpoint {
  url: string;
  authorization?: string | undefined;
  timeoutSeconds: number;
  /** Deliveries on their way at once, and connections kept open. */
  concurrency: number;
}

/** Posts one transaction, given as its JSON and the number of its entries, with headers of its own; never throws. */
export type Send = (bundle: Buffer, entries: number, headers: Readonly<Record<string, string>>) => Promise<Sent>;

/** The only file that knows fhir-kit-client. */
export function fhirSender(endpoint: FhirEndpoint): Send {
  const client = openClient(endpoint);
  return async (bundle, entries, headers) => {
    try {
      // The client passes bytes on as they are, and the answer as our transport gives it, though its types know of resources only.
      const body = bundle as unknown as FhirResource & { type: 'transaction' };
      const answer = await client.transaction({ body, options: { headers } });
      return judge(answer as unknown as Answer, entries);
    } catch (error) {
      return failed(error);
    }
  };
}

/** The client over connections of ours, in place of fetch's: `httpClient` is what it offers for that. */
function openClient({ url, authorization, timeoutSeconds, concurrency }: FhirEndpoint): Client {
  const client = new Client({ baseUrl: url });
  const exchange = openConnections(url, { timeoutMs: timeoutSeconds * 1000, connections: concurrency });
  // Without the second header a server may compress its answer (RFC 9110 §12.5.3).
  const own = {
    accept: 'application/fhir+json',
    'accept-encoding': 'identity',
    ...(authorization === undefined ? {} : { authorization }),
  };
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

function failed(error: unknown): Sent {
  if (error instanceof GatewayError) return { status: null, code: error.code, detail: error.message };
  const network = systemCode(error);
  return { status: null, code: classify({ network }) ?? 'endpoint-reset', detail: network };
}
