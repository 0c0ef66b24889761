import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describeFailure, GatewayError } from '../message/failure.js';

/** Was this module called as a program? Node names a program as it was called, and a module by its real path: through a link they differ. */
export function isProgram(moduleUrl: string): boolean {
  const [, called] = process.argv;
  return called !== undefined && realpathSync(called) === fileURLToPath(moduleUrl);
}

/**
 * SIGTERM, SIGINT, the parent's end, or an error that nobody caught: finish what is under way, once. Whatever hangs, the process ends in time.
 * @param seconds after which it ends as it is
 * @param withParent a process that ends with the one that forked it
 * @param withShell a process that ends with the shell that runs it
 * @returns whether it is about to end
 */
export function onStop(
  close: () => Promise<void>,
  { seconds, withParent = false, withShell = false }: { seconds: number; withParent?: boolean; withShell?: boolean },
): () => boolean {
  let stopping = false;
  const stop = (code: number) => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), seconds * 1000).unref();
    void close().then(
      () => process.exit(code),
      () => process.exit(1),
    );
  };
  const crash = (error: unknown) => {
    process.stderr.write(`${crashText(error)}\n`);
    stop(1);
  };
  process.on('SIGTERM', () => {
    stop(0);
  });
  process.on('SIGINT', () => {
    stop(0);
  });
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  if (withParent)
    process.on('disconnect', () => {
      stop(0);
    });
  if (withShell) whenOrphaned(() => stop(0));
  return () => stopping;
}

/** Once the process that started this one is gone, and another has taken its place. */
function whenOrphaned(act: () => void): void {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    act();
  }, 250).unref();
}

/** An error's kind, code and place. Its text and its other properties may quote a message, and are left out. */
export function crashText(error: unknown): string {
  if (error instanceof GatewayError) return describeFailure(error);
  if (!(error instanceof Error)) return 'an error of no kind';
  const code = 'code' in error ? ` ${String(error.code)}` : '';
  const frames = (error.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  return [`${error.constructor.name}${code}`, ...frames].join('\n');
}

/** Every fault with its place, code and remedy; one line each, on standard error. */
export function giveUp(faults: readonly unknown[]): void {
  for (const fault of faults) process.stderr.write(`${crashText(fault)}\n`);
  process.exit(1);
}
