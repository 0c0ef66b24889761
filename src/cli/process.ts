import { GatewayError } from '../message/failure.js';
import { describeFault } from './load-mappings.js';

/**
 * SIGTERM, SIGINT, or the parent's end: finish what is under way, once.
 * @param withParent a process that ends with the one that forked it
 */
export function onStop(close: () => Promise<void>, withParent: boolean): void {
  let stopping = false;
  const stop = () => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), 20_000).unref();
    void close().finally(() => process.exit(0));
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (withParent) process.on('disconnect', stop);
}

/** Every fault with its place and remedy; one line each, on standard error. */
export function giveUp(faults: readonly unknown[]): void {
  for (const fault of faults) {
    const unknown = fault instanceof Error ? fault.stack : fault;
    process.stderr.write(`${fault instanceof GatewayError ? describeFault(fault) : String(unknown)}\n`);
  }
  process.exit(1);
}
