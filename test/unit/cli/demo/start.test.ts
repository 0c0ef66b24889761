import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const temporary = mkdtempSync(join(tmpdir(), 'tdu-demo-start-'));
afterAll(() => {
  rmSync(temporary, { recursive: true, force: true });
});

describe('a demo whose gateway does not start', () => {
  it.each([
    ['config-invalid', { TDU_TRANSLATORS: '99' }],
    ['store-unavailable', { DATABASE_URL: 'postgresql://nobody:none@127.0.0.1:1/none' }],
  ])('ends with %s and code 1, and leaves neither a process nor a file', (code, environment) => {
    const env = { ...process.env, ...environment, TMPDIR: temporary };
    const demo = spawnSync(process.execPath, ['dist/cli/tdu.js', 'demo', '--exit'], {
      env,
      encoding: 'utf8',
      timeout: 60_000,
      killSignal: 'SIGKILL',
    });
    expect({ status: demo.status, signal: demo.signal }).toEqual({ status: 1, signal: null });
    expect(demo.stderr).toContain(code);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
