import type { OpenedDocument } from '../../cda/opened.js';
import { childOf } from '../../cda/path.js';
import { instantOf, readInstant } from '../../cda/time.js';
import { instant } from '../../message/order.js';
import type { Contributions } from '../contributions.js';
import { take } from '../fhir/take.js';
import type { Issues } from '../issues.js';

/** When a document was written, took effect, was recorded and sent. */
export interface DocumentTimes {
  /** As exact as it was given. */
  writtenAt: string;
  effectiveAt: string;
  recordedAt: string;
  sentAt: string;
}

/** How far the clock of an author may be ahead of the reception. */
const DAY = 86_400_000;

/**
 * A document is recorded when it was written; a time that lies more than a day after its reception is not believed.
 * @param receivedAt ISO instant
 */
export function documentTimes(
  read: Contributions,
  { sentAt }: OpenedDocument['carriage'],
  { receivedAt, zone }: { receivedAt: string; zone: string },
  issues: Issues,
): DocumentTimes {
  const written = read.filled<string>('writtenAt');
  const effectiveAt = read.filled<string>('effectiveAt') ?? (written && instantOf(written, zone)) ?? receivedAt;
  const writtenAt = written ?? receivedAt;
  const believed = instant(effectiveAt) <= instant(receivedAt) + DAY;
  if (!believed) issues.malformed('effectiveTime', 'effectiveTime is later than the reception by more than a day');
  const recordedAt = believed ? effectiveAt : receivedAt;
  return { writtenAt, effectiveAt, recordedAt, sentAt: sentAt ?? recordedAt };
}

/** The instant at which the last of some documents was written; undefined where none says. */
export function writtenLast(documents: readonly OpenedDocument[], zone: string): string | undefined {
  const times = documents.flatMap((document) => {
    if (document.format === 'fhir')
      return (take('instant', document.bundle.timestamp, () => undefined) as string | undefined) ?? [];
    const written = childOf(document.root, 'effectiveTime')?.attributes['value'];
    const time = readInstant(written ?? '', { zone });
    return time === undefined || time === 'malformed' ? [] : time;
  });
  return times.sort((a, b) => instant(a) - instant(b)).at(-1);
}
