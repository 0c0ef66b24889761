import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeFailure, GatewayError } from '../message/failure.js';

/** Was this module called as a program? Node names a program as it was called, and a module by its real path: through a link they differ. */
export function isProgram(moduleUrl: string): boolean {
  const [, called] = process.argv;
  return called !== undefined && realpathSync(called) === fileURLToPath(moduleUrl);
}

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

/** Every fault with its place, code and remedy; one line each, on standard error. */
export function giveUp(faults: readonly unknown[]): void {
  for (const fault of faults) {
    const defect = fault instanceof Error ? fault.stack : fault;
    process.stderr.write(`${fault instanceof GatewayError ? describeFailure(fault) : String(defect)}\n`);
  }
  process.exit(1);
}
