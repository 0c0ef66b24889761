import type { Bundle, BundleEntry } from 'fhir/r4.js';
import { Client, type FhirResource } from 'fhir-kit-client';
import type { FailureCode } from '../message/failure.js';
import { classify } from './classify.js';

export interface FhirEndpoint {
  url: string;
  authorization?: string | undefined;
  timeoutSeconds: number;
}

/** How one POST went; `detail` is free of content. */
export interface Sent {
  status: number | null;
  code: FailureCode | null;
  detail: string;
}

/**
 * The only file that knows fhir-kit-client. The client goes through Node's own fetch, whose dispatcher keeps connections open.
 * @returns a function that posts one transaction, given as its JSON text, and never throws
 */
export function fhirSender({ url, authorization, timeoutSeconds }: FhirEndpoint): (bundle: string) => Promise<Sent> {
  const client = new Client({
    baseUrl: url,
    ...(authorization === undefined ? {} : { customHeaders: { authorization } }),
  });
  return async (bundle) => {
    try {
      // `keepalive` of fetch means "outlive the page" and limits bodies to 64 KiB; connections are kept without it.
      const options = { signal: AbortSignal.timeout(timeoutSeconds * 1000), keepalive: false };
      // The client sends a text as it is, though its types know of resources only.
      const body = bundle as unknown as FhirResource & { type: 'transaction' };
      const answer = (await client.transaction({ body, options })) as unknown as Bundle;
      return entriesOf(answer);
    } catch (error) {
      return failed(error);
    }
  };
}

/** A 200 whose entries failed is a failure: a transaction has no half success, but some servers answer so. */
function entriesOf(answer: Bundle): Sent {
  const statuses = (answer.entry ?? []).map((entry: BundleEntry) =>
    Number.parseInt(entry.response?.status ?? '200', 10),
  );
  const worst = statuses.find((status) => status >= 400);
  if (worst === undefined) return { status: 200, code: null, detail: `${statuses.length} entries` };
  return { status: worst, code: classify({ status: worst }) ?? null, detail: `an entry was answered ${worst}` };
}

function failed(error: unknown): Sent {
  const status = statusOf(error);
  if (status !== undefined) {
    // A 2xx here is a body that is no JSON.
    const code = classify({ status }) ?? 'endpoint-error';
    return { status, code, detail: `answered ${status}` };
  }
  const network = networkCode(error);
  return { status: null, code: classify({ network }) ?? 'endpoint-reset', detail: network };
}

function statusOf(error: unknown): number | undefined {
  const response = typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined;
  const status =
    typeof response === 'object' && response !== null && 'status' in response ? response.status : undefined;
  return typeof status === 'number' ? status : undefined;
}

/** The name of a time-out, else the system's code, else the error's name: read by shape, as fetch's errors may be another realm's. */
function networkCode(error: unknown): string {
  const { name, cause } = shapeOf(error);
  if (name === 'TimeoutError' || name === 'AbortError') return name;
  return String(shapeOf(cause).code ?? name ?? 'unknown');
}

function shapeOf(value: unknown): { name?: string; code?: string; cause?: unknown } {
  return typeof value === 'object' && value !== null ? value : {};
}
