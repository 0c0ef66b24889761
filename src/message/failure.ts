/** How a failure is to be met: try again, try again under the same idempotency key, or stop and show it. */
export type FailureKind = 'transient' | 'ambiguous' | 'permanent';

/**
 * Every failure the gateway can name. The list is closed: `docs/errors.md` documents each code and a test holds the two together.
 * A new code is added here and there, nowhere else.
 */
export const FAILURES = {
  'config-invalid': 'permanent',
  'mapping-invalid': 'permanent',
  'store-unavailable': 'transient',
  'store-owned-by-another': 'permanent',
  'store-conflict': 'transient',
  'store-rejected': 'permanent',
  'store-start-failed': 'permanent',
  'migration-failed': 'permanent',
  'port-in-use': 'permanent',
  'queue-unavailable': 'transient',
  'message-unknown': 'permanent',
  'message-malformed': 'permanent',
  'field-missing': 'permanent',
  'field-invalid': 'permanent',
  'code-unknown': 'permanent',
  'trigger-unmapped': 'permanent',
  'type-not-served': 'permanent',
  'version-not-allowed': 'permanent',
  'processing-id-not-allowed': 'permanent',
  'sender-not-allowed': 'permanent',
  'control-id-reused': 'permanent',
  'message-too-large': 'permanent',
  'refused-flood': 'permanent',
  'movement-unknown': 'permanent',
  'source-unknown': 'permanent',
  'stay-of-another-patient': 'permanent',
  'identity-conflict': 'permanent',
  'document-unreadable': 'permanent',
  'document-inconsistent': 'permanent',
  'document-identity': 'permanent',
  'document-version': 'permanent',
  'document-id-reused': 'permanent',
  'routing-not-allowed': 'permanent',
  'recipient-unknown': 'permanent',
  'translation-failed': 'permanent',
  'messages-waiting': 'permanent',
  'translation-killed': 'permanent',
  'patients-mixed': 'permanent',
  'endpoint-unreachable': 'transient',
  'endpoint-timeout': 'ambiguous',
  'endpoint-reset': 'ambiguous',
  'endpoint-busy': 'transient',
  'endpoint-error': 'transient',
  'endpoint-conflict': 'transient',
  'endpoint-misconfigured': 'transient',
  'endpoint-unauthorized': 'transient',
  'endpoint-refused': 'permanent',
  'delivery-expired': 'permanent',
  'request-invalid': 'permanent',
  'resource-unknown': 'permanent',
  'resource-gone': 'permanent',
  'not-allowed': 'permanent',
  'not-acceptable': 'permanent',
  'not-supported': 'permanent',
  'peer-unreachable': 'transient',
  'peer-refused': 'permanent',
} as const satisfies Record<string, FailureKind>;

export type FailureCode = keyof typeof FAILURES;

/** What a failure may say of itself: places and codes, never patient content. */
export interface FailureContext {
  /** HL7 path or FHIR path at fault, e.g. `ZBE-4` or `Encounter.period`. */
  field?: string;
  /** File and 1-based line of a configuration or mapping fault. */
  file?: string;
  line?: number;
  /** What the reader can do about it. */
  remedy?: string;
  cause?: unknown;
}

/** The one error class of the gateway: a code of the closed list, and where it hurts. */
export class GatewayError extends Error {
  readonly code: FailureCode;
  readonly kind: FailureKind;
  readonly field: string | undefined;
  readonly file: string | undefined;
  readonly line: number | undefined;
  readonly remedy: string | undefined;

  constructor(code: FailureCode, message: string, context: FailureContext = {}) {
    super(message, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.kind = FAILURES[code];
    this.field = context.field;
    this.file = context.file;
    this.line = context.line;
    this.remedy = context.remedy;
  }
}

/** A failure as one line, for who starts the gateway or runs a command: its place, its code, what is wrong, what to do. */
export function describeFailure({ file, line, code, message, remedy }: GatewayError): string {
  const place = file === undefined ? '' : `${file}:${String(line ?? 1)}: `;
  return `${place}${code}: ${message}${remedy === undefined ? '' : ` — ${remedy}`}`;
}
