import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { COMMANDS, main } from '../../../src/cli/tdu.js';
import { printed } from '../../support/output.js';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
const tdu = (...args: string[]) => printed(() => main(args));

describe('tdu', () => {
  it.each([[], ['help'], ['--help'], ['-h']])('lists its commands for %s', async (...args) => {
    const { code, out } = await tdu(...args);
    expect(code).toBe(0);
    for (const name of Object.keys(COMMANDS)) expect(out).toContain(`tdu ${name}`);
    expect(out).toContain(version);
  });

  it.each(['version', '--version', '-v'])('says its version for %s', async (asked) => {
    expect(await tdu(asked)).toEqual({ code: 0, out: version, err: '' });
  });

  it.each(Object.keys(COMMANDS))('says what %s takes, and does not run it', async (name) => {
    const usage = `tdu ${name} ${COMMANDS[name]?.takes ?? ''}`.trimEnd();
    expect((await tdu('help', name)).out).toContain(usage);
    expect(await tdu(name, '--help')).toMatchObject({ code: 0, out: expect.stringContaining(usage) });
  });

  it('does not know a command that is none, nor a word that every object knows', async () => {
    for (const name of ['sned', 'constructor', '__proto__'])
      expect(await tdu(name)).toMatchObject({
        code: 2,
        out: '',
        err: expect.stringContaining(`${name} is no command`),
      });
  });

  it('tells an option that a command does not know, and how the command is called', async () => {
    const { code, err } = await tdu('check', '--jason');
    expect(code).toBe(2);
    expect(err).toContain('--jason');
    expect(err).toContain('tdu check [--json]');
  });

  it('tells a failure as its code, a sentence and a remedy', async () => {
    expect(await tdu('send')).toEqual({ code: 1, out: '', err: 'request-invalid: which files? — tdu send FILE…' });
  });

  it('is a program, through a link too', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tdu-bin-'));
    symlinkSync(resolve('bin/tdu.js'), join(folder, 'tdu'));
    symlinkSync(resolve('.'), join(folder, 'current'));
    const run = (path: string, ...args: string[]) =>
      spawnSync(process.execPath, [join(folder, path), ...args], { encoding: 'utf8' });
    for (const path of ['tdu', 'current/bin/tdu.js', 'current/dist/cli/tdu.js']) {
      expect(run(path, '--version')).toMatchObject({ status: 0, stdout: `${version}\n` });
      expect(run(path, 'sned')).toMatchObject({ status: 2, stdout: '' });
    }
    rmSync(folder, { recursive: true });
  });
});
