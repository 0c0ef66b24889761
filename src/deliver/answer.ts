import type { Bundle, OperationOutcome } from 'fhir/r4.js';
import type { FailureCode } from '../message/failure.js';
import { classify } from './classify.js';
import type { Answer } from './connections.js';

/** How one POST went; `detail` is free of content. */
export interface Sent {
  /** null where no answer came. */
  status: number | null;
  code: FailureCode | null;
  detail: string;
  /** The `Retry-After` header as it was written. */
  retryAfter?: string | undefined;
}

/** Statuses whose empty body says that the transaction was carried out. 202 says that it may be some day. */
const DONE = new Set([200, 201, 204]);

/**
 * What an answer to a transaction means. It was taken where the answer is a `transaction-response` with a 2xx for each entry that was sent
 * (R4 §3.1.0.11.3), or is empty with 200, 201 or 204. Anything else is a failure: a transaction has no half success.
 * @param entries how many were sent
 */
export function judge({ status, text, retryAfter }: Answer, entries: number): Sent {
  const failed = (code: FailureCode, detail: string): Sent => ({ status, code, detail, retryAfter });
  const code = classify({ status });
  const body = jsonOf(text);
  if (code !== undefined) return failed(code, [`answered ${status}`, ...issueCodes(body)].join(' '));
  if (!DONE.has(status))
    return failed('endpoint-error', `answered ${status}, which does not say that it was carried out`);
  if (text === '') return { status, code: null, detail: 'an empty answer' };
  if (!isResponse(body)) return failed('endpoint-error', ['no transaction-response', ...issueCodes(body)].join(' '));
  return judgeEntries(body, entries, status);
}

function judgeEntries({ entry = [] }: Bundle, entries: number, status: number): Sent {
  if (entry.length !== entries)
    return { status, code: 'endpoint-error', detail: `${entry.length} entries answered of ${entries}` };
  for (const [index, answered] of entry.entries()) {
    const entryStatus = statusOf(answered?.response?.status);
    if (entryStatus !== undefined && entryStatus >= 200 && entryStatus < 300) continue;
    const codes = issueCodes(answered?.response?.outcome);
    if (entryStatus === undefined)
      return { status, code: 'endpoint-error', detail: [`entry ${index + 1} has no status`, ...codes].join(' ') };
    const detail = [`entry ${index + 1} was answered ${entryStatus}`, ...codes].join(' ');
    return { status: entryStatus, code: entryCode(entryStatus), detail };
  }
  return { status, code: null, detail: `${entry.length} entries` };
}

/** An entry's 404 or 304 speaks of a resource, and not of the address that took the transaction. */
function entryCode(status: number): FailureCode {
  const code = classify({ status }) ?? 'endpoint-error';
  if (code !== 'endpoint-misconfigured') return code;
  return status < 400 ? 'endpoint-error' : 'endpoint-refused';
}

/** `Bundle.entry.response.status` begins with the three digits of an HTTP status. */
function statusOf(written: unknown): number | undefined {
  const digits = typeof written === 'string' ? /^([1-5]\d\d)(?!\d)/.exec(written)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Whatever it is, it does not say that the transaction was carried out.
    return undefined;
  }
}

function isResponse(body: unknown): body is Bundle {
  const bundle = body as Partial<Bundle> | null | undefined;
  return (
    bundle?.resourceType === 'Bundle' &&
    bundle.type === 'transaction-response' &&
    (bundle.entry === undefined || Array.isArray(bundle.entry))
  );
}

/** R4's IssueType: codes alone are kept, since texts and whatever else a server writes may quote the patient. */
const ISSUE_TYPES = new Set(
  (
    'invalid structure required value invariant security login unknown expired forbidden suppressed processing not-supported ' +
    'duplicate multiple-matches not-found deleted too-long code-invalid extension too-costly business-rule conflict transient ' +
    'lock-error no-store exception timeout incomplete throttled informational'
  ).split(' '),
);
/** Codes of R4's operation-outcome code system, and the message numbers of HAPI FHIR. */
const NAMED = /^(MSG_[A-Z_]{1,40}|HAPI-\d{4})\b/;
const MOST = 5;

/** The codes of an OperationOutcome, each once and a few at most. */
export function issueCodes(body: unknown): string[] {
  const outcome = body as Partial<OperationOutcome> | null | undefined;
  if (outcome?.resourceType !== 'OperationOutcome' || !Array.isArray(outcome.issue)) return [];
  const named = (text: unknown) => (typeof text === 'string' ? (NAMED.exec(text)?.[1] ?? []) : []);
  const codes = outcome.issue.flatMap((issue) => [
    ...(ISSUE_TYPES.has(issue?.code) ? [issue.code] : []),
    ...(Array.isArray(issue?.details?.coding) ? issue.details.coding : []).flatMap((coding) => named(coding?.code)),
    ...[named(issue?.diagnostics)].flat(),
  ]);
  return [...new Set(codes)].slice(0, MOST);
}
