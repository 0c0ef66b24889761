import { GatewayError } from '../message/failure.js';
import { judge, type Sent } from './answer.js';
import { classify } from './classify.js';
import { openConnections, systemCode } from './connections.js';

export interface FhirEndpoint {
  url: string;
  authorization?: string | undefined;
  timeoutSeconds: number;
  /** Deliveries on their way at once, and connections kept open. */
  concurrency: number;
}

/** Posts one transaction, given as its JSON and the number of its entries, with headers of its own; never throws. */
export type Send = (bundle: Buffer, entries: number, headers: Readonly<Record<string, string>>) => Promise<Sent>;

/** FHIR over HTTP: a transaction is posted to the base address (R4 §3.1.0.11). */
export function fhirSender({ url, authorization, timeoutSeconds, concurrency }: FhirEndpoint): Send {
  const post = openConnections(url, { timeoutMs: timeoutSeconds * 1000, connections: concurrency });
  const own = {
    accept: 'application/fhir+json',
    'content-type': 'application/fhir+json',
    // Without it a server may compress its answer (RFC 9110 §12.5.3).
    'accept-encoding': 'identity',
    ...(authorization === undefined ? {} : { authorization }),
  };
  return async (bundle, entries, headers) => {
    try {
      return judge(await post({ ...own, ...headers }, bundle), entries);
    } catch (error) {
      return failed(error);
    }
  };
}

function failed(error: unknown): Sent {
  if (error instanceof GatewayError) return { status: null, code: error.code, detail: error.message };
  const network = systemCode(error);
  return { status: null, code: classify({ network }) ?? 'endpoint-reset', detail: network };
}
