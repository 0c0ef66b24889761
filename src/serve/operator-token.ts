import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../message/log.js';

/**
 * The operator's token for `/api` from other machines: in `operator.token` of the data folder, made at the first start, readable by the
 * gateway's user alone. Undefined where that folder cannot be written and holds none; then `/api` answers this machine only.
 */
export function operatorToken(dataDir: string, log: Log): string | undefined {
  const file = join(dataDir, 'operator.token');
  try {
    if (!existsSync(file)) {
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      writeFileSync(file, `${randomBytes(32).toString('base64url')}\n`, { mode: 0o600 });
    }
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch (error) {
    log('warn', 'serve.no-operator-token', { code: codeOf(error) });
    return undefined;
  }
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'unknown';
}
