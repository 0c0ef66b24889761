import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { reachableCopy } from '../../../src/store/embedded-binaries.js';

const isRoot = process.getuid?.() === 0;
const NOBODY = 65534;
let home: string;
let native: string;
let temporary: string;

/** A package of binaries in a folder that only its owner enters, and a temporary folder of its own. */
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'tdu-binaries-'));
  native = join(home, 'package', 'native');
  mkdirSync(join(native, 'bin'), { recursive: true });
  writeFileSync(join(native, 'bin', 'postgres'), 'the program', { mode: 0o755 });
  writeFileSync(join(home, 'package', 'package.json'), '{ "version": "18.4.0" }');
  temporary = join(home, 'tmp');
  mkdirSync(temporary);
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
});

(isRoot ? describe : describe.skip)('the binaries for another user (needs root)', () => {
  it('stay where they are when that user can enter there', () => {
    chmodSync(home, 0o755);
    expect(reachableCopy(native, temporary)).toBe(native);
    expect(readdirSync(temporary)).toEqual([]);
  });

  it('are copied once for each version', () => {
    const copy = reachableCopy(native, temporary);
    expect(copy).toBe(join(temporary, 'trait-d-union-postgres-18.4.0', 'native'));
    expect(readFileSync(join(copy, 'bin', 'postgres'), 'utf8')).toBe('the program');
    writeFileSync(join(copy, 'bin', 'mark'), '');
    expect(reachableCopy(native, temporary)).toBe(copy);
    expect(existsSync(join(copy, 'bin', 'mark'))).toBe(true);
    writeFileSync(join(home, 'package', 'package.json'), '{ "version": "18.5.0" }');
    expect(reachableCopy(native, temporary)).not.toBe(copy);
    expect(readdirSync(temporary).sort()).toEqual(['trait-d-union-postgres-18.4.0', 'trait-d-union-postgres-18.5.0']);
  });

  it.each([
    ['is another user’s', (folder: string) => chownSync(folder, NOBODY, NOBODY)],
    ['anybody may write to', (folder: string) => chmodSync(folder, 0o777)],
  ])('are not taken from a folder that %s', (_what, spoil) => {
    const folder = join(temporary, 'trait-d-union-postgres-18.4.0');
    mkdirSync(join(folder, 'native', 'bin'), { recursive: true });
    spoil(folder);
    expect(() => reachableCopy(native, temporary)).toThrow(
      expect.objectContaining({ code: 'store-start-failed', remedy: 'remove it' }),
    );
  });
});
