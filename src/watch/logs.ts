import { pino } from 'pino';
import type { Log } from '../message/log.js';

/** One JSON line an event on standard error: ids and codes, never content (docs/design.md#no-content-in-logs). */
export function openLog(level: string): Log {
  const logger = pino(
    { level, base: { service: 'trait-d-union' }, timestamp: pino.stdTimeFunctions.isoTime },
    pino.destination({ dest: 2, sync: false }),
  );
  return (severity, event, fields) => {
    logger[severity]({ event, ...fields });
  };
}
