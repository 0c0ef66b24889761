import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { endProcess } from '../../../../src/cli/bench/gateway-process.js';

/** A process that runs this, until its parent lets go of it. */
const started = (code: string): ChildProcess => fork('--eval', [code], { execArgv: [] });
const WAITS = 'process.on("message", () => {}); process.send("there")';

describe('a process that is asked to end', () => {
  it('is waited for', async () => {
    const child = started(WAITS);
    await once(child, 'message');
    await endProcess(child);
    expect(child.signalCode).toBe('SIGTERM');
  });

  it.each([
    ['by itself', 'process.exit(3)', undefined],
    ['of a signal', WAITS, 'SIGKILL'],
  ] as const)('is not waited for where it ended before, %s', async (_, code, signal) => {
    const child = started(code);
    const end = once(child, 'exit');
    if (signal !== undefined) child.kill(signal);
    await end;
    await endProcess(child);
    expect(child.exitCode ?? child.signalCode).not.toBeNull();
  });
});
