import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lockStore } from '../../src/store/embedded-lock.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-start-'));
const config = join(folder, 'gateway.yaml');
let database: TestDatabase;
let occupied: Server;
let port: string;
beforeAll(async () => {
  database = await freshDatabase();
  occupied = createServer().listen(0, '0.0.0.0');
  await new Promise((resolve) => occupied.once('listening', resolve));
  port = String((occupied.address() as AddressInfo).port);
});
afterAll(async () => {
  occupied.close();
  await database.drop();
  rmSync(folder, { recursive: true });
});

/** How `dist/main.js` ends with that configuration file, and what it writes on standard error. */
async function start(
  text: string,
  environment: Record<string, string>,
): Promise<{ code: number | null; lines: string[] }> {
  writeFileSync(config, text);
  const defaults = {
    TDU_CONFIG: config,
    TDU_DATA_DIR: folder,
    HTTP_PORT: '0',
    MLLP_PORT: '0',
    TDU_LOG_LEVEL: 'silent',
  };
  const env = { ...process.env, ...defaults, ...environment };
  const child = spawn(process.execPath, ['dist/main.js'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  let written = '';
  child.stderr.on('data', (chunk) => (written += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, lines: written.trim().split('\n') };
}

describe('a start that fails', () => {
  it('says config-invalid with file and line, one line for each fault', async () => {
    expect(await start('sources:\n  - name: chu\n    colour: blue\nrule: []\n', { MLLP_PORT: 'x' })).toEqual({
      code: 1,
      lines: [
        expect.stringMatching(/^config-invalid: MLLP_PORT: a number — set MLLP_PORT/),
        `${config}:3: config-invalid: sources.0.colour: no such setting — remove colour, or correct its spelling`,
        `${config}:4: config-invalid: rule: no such setting — remove rule, or correct its spelling`,
      ],
    });
  });

  it.each(['HTTP_PORT', 'MLLP_PORT'])('says port-in-use where %s is taken', async (name) => {
    const { code, lines } = await start('', { DATABASE_URL: database.url, [name]: port });
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`^port-in-use: \\w+ cannot listen on 0\\.0\\.0\\.0:${port} — `)),
    ]);
  });

  it('says store-owned-by-another where another gateway holds the data folder', async () => {
    const lock = await lockStore(folder);
    const { code, lines } = await start('', {});
    await lock.release();
    expect(code).toBe(1);
    expect(lines).toEqual([expect.stringMatching(/^store-owned-by-another: .* — stop the other gateway/)]);
  });

  it('says mapping-invalid where the folder of the mappings is none', async () => {
    const { code, lines } = await start('', { TDU_MAPPINGS: join(folder, 'none') });
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^mapping-invalid: the mappings cannot be read from .* — point TDU_MAPPINGS/),
    ]);
  });
});
