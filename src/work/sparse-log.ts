import type { Log } from '../message/log.js';

const MINUTE_MS = 60_000;

interface Minute {
  began: number;
  lines: number;
  withheld: number;
}

/**
 * A log for what fails as often as it is tried, or as often as somebody likes: so many lines a minute for each event of each source, the
 * first of a minute with the number of those that the minute before withheld.
 * @param now milliseconds of a clock that is never set
 */
export function sparseLog(log: Log, now: () => number = () => performance.now(), linesAMinute = 1): Log {
  const minutes = new Map<string, Minute>();
  return (level, event, fields) => {
    const key = `${event}|${String(fields['source'])}`;
    const last = minutes.get(key);
    if (last !== undefined && now() - last.began < MINUTE_MS) {
      if (last.lines >= linesAMinute) last.withheld += 1;
      else {
        last.lines += 1;
        log(level, event, fields);
      }
      return;
    }
    minutes.set(key, { began: now(), lines: 1, withheld: 0 });
    log(level, event, last === undefined || last.withheld === 0 ? fields : { ...fields, withheld: last.withheld });
  };
}
