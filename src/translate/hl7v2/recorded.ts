import { instant } from '../../message/order.js';
import type { Contributions } from '../contributions.js';
import type { Issues } from '../issues.js';

/** When a message was recorded, sent, and when what it says happened. */
export interface RecordedTimes {
  recordedAt: string;
  sentAt: string;
  /** EVN-6, where no ZBE says more. */
  effectiveAt: string | undefined;
  receivedAt: string;
}

/** How far a sender's clock may be ahead of its reception. */
const DAY = 86_400_000;

/** Is that time later than the reception by more than a sender's clock may be ahead? */
function isAhead(time: string, receivedAt: string): boolean {
  return instant(time) > instant(receivedAt) + DAY;
}

/**
 * EVN-2 says when the sender recorded the message, MSH-7 when it wrote it. A time more than a day after the reception is not believed: it
 * would come before everything else for as long as it is ahead. MSH-7 stands for EVN-2 then, and the reception for both.
 * @param receivedAt ISO instant
 */
export function recordedTimes(event: Contributions, issues: Issues, receivedAt: string): RecordedTimes {
  const believed = (part: string, field: string) => {
    const time = event.filled<string>(part);
    if (time === undefined || !isAhead(time, receivedAt)) return time;
    issues.malformed(field, `${field} is later than the reception of the message by more than a day`);
    return undefined;
  };
  const sentAt = believed('sentAt', 'MSH-7') ?? receivedAt;
  const recordedAt = believed('recordedAt', 'EVN-2') ?? sentAt;
  return { recordedAt, sentAt, effectiveAt: event.filled<string>('effectiveAt'), receivedAt };
}

/** Events that say what has happened; those of what is planned may be of any time to come. */
const HAPPENED = new Set(['A01', 'A02', 'A03', 'A04', 'A06', 'A07', 'A21', 'A22', 'A54']);

/**
 * A stay that began or ended more than a day from now is most likely a slip of the pen: it is taken as it stands, and somebody looks at it.
 * @param read what PV1 and ZBE give of a movement
 */
export function checkHappened(trigger: string, read: Contributions, times: RecordedTimes, issues: Issues): void {
  if (!HAPPENED.has(trigger === 'Z99' ? (read.filled<string>('original') ?? '') : trigger)) return;
  const zbe = read.filled<string>('effectiveAt');
  const fields = [
    zbe === undefined ? (['EVN-6', times.effectiveAt] as const) : (['ZBE-2', zbe] as const),
    ['PV1-44', read.filled<string>('admittedAt')] as const,
    ['PV1-45', read.filled<string>('dischargedAt')] as const,
  ];
  for (const [field, time] of fields) {
    if (time === undefined || !isAhead(time, times.receivedAt)) continue;
    const text = `${field} of what has happened is later than the reception of the message by more than a day`;
    issues.add({ blocking: false, reason: 'field-invalid', field, text }, `${field}|ahead`);
  }
}
