import { isBefore } from '../../message/period.js';
import type { Contributions } from '../contributions.js';
import type { Issues } from '../issues.js';

/** From when and until when, as rows read it of an element. An end before its begin is none, and a work item. */
export function boundsOf(read: Contributions, issues: Issues): { begin?: string; end?: string } {
  const [begin, end] = [read.filled<string>('begin'), read.filled<string>('end')];
  if (begin === undefined) return end === undefined ? {} : { end };
  if (end === undefined) return { begin };
  if (!isBefore(end, begin)) return { begin, end };
  const [trace] = read.traces(new Map([['end', 'end']]));
  issues.malformed(trace?.[1] ?? 'end', 'the end of a time lies before its begin');
  return { begin };
}
