/** Writes one event with its ids and codes; never what a message says of a patient (docs/design.md#no-content-in-logs). */
export type Log = (level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>) => void;
