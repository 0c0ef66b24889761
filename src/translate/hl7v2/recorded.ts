import { instant } from '../../message/order.js';
import type { Contributions } from '../contributions.js';
import type { Issues } from '../issues.js';

/** When a message was recorded, sent, and when what it says happened. */
export interface RecordedTimes {
  recordedAt: string;
  sentAt: string;
  /** EVN-6, where no ZBE says more. */
  effectiveAt: string | undefined;
}

/** How far a sender's clock may be ahead of its reception. */
const DAY = 86_400_000;

/**
 * EVN-2 says when the sender recorded the message, MSH-7 when it wrote it. A time more than a day after the reception is not believed: it
 * would come before everything else for as long as it is ahead. MSH-7 stands for EVN-2 then, and the reception for both.
 * @param receivedAt ISO instant
 */
export function recordedTimes(event: Contributions, issues: Issues, receivedAt: string): RecordedTimes {
  const believed = (part: string, field: string) => {
    const time = event.filled<string>(part);
    if (time === undefined || instant(time) <= instant(receivedAt) + DAY) return time;
    issues.malformed(field, `${field} is later than the reception of the message by more than a day`);
    return undefined;
  };
  const sentAt = believed('sentAt', 'MSH-7') ?? receivedAt;
  const recordedAt = believed('recordedAt', 'EVN-2') ?? sentAt;
  return { recordedAt, sentAt, effectiveAt: event.filled<string>('effectiveAt') };
}
