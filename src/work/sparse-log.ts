import type { Log } from '../message/log.js';

const MINUTE_MS = 60_000;

/**
 * A log for what fails as often as it is tried: one line a minute for each event, with the number of those that it stands for.
 * @param now milliseconds of a clock that is never set
 */
export function sparseLog(log: Log, now: () => number = () => performance.now()): Log {
  const events = new Map<string, { at: number; withheld: number }>();
  return (level, event, fields) => {
    const last = events.get(event);
    if (last !== undefined && now() - last.at < MINUTE_MS) {
      last.withheld += 1;
      return;
    }
    events.set(event, { at: now(), withheld: 0 });
    log(level, event, last === undefined || last.withheld === 0 ? fields : { ...fields, withheld: last.withheld });
  };
}
