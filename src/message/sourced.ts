import { compareText } from './order.js';
import type { Trace } from './fact.js';
import type { Origin } from './resource.js';

/** A value, and what it comes from. */
export interface Sourced<T> {
  value: T;
  messageId: string;
  from: string;
  row: string;
}

/** An origin that names what a value comes from. */
export function originAt(path: string, { messageId, from, row }: Omit<Sourced<unknown>, 'value'>): Origin {
  return { path, messageId, from, row };
}

/** Is the first path the second or one of its parts? */
export function isBeneath(path: string, at: string): boolean {
  if (!path.startsWith(at)) return false;
  const next = path.charAt(at.length);
  return next === '' || next === '.' || next === '[';
}

/** The first trace that says where a part comes from. */
export function traceOf(trace: readonly Trace[], part: string): Trace | undefined {
  return trace.find(([to]) => isBeneath(to, part));
}

/** Order of fields in a message: by segment, then by number. */
export function compareFields(a: string, b: string): number {
  const [segmentA = '', numberA = ''] = a.split('-');
  const [segmentB = '', numberB = ''] = b.split('-');
  return compareText(segmentA, segmentB) || Number.parseInt(numberA, 10) - Number.parseInt(numberB, 10);
}
