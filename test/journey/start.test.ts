import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { lockStore } from '../../src/store/embedded-lock.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { startTestGateway } from '../support/gateway.js';

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
        expect.stringMatching(
          `^${config}:3: config-invalid: sources\\.0\\.colour: no such setting — take it out; there are name, `,
        ),
        expect.stringMatching(`^${config}:4: config-invalid: rule: no such setting — did you mean rules\\?`),
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

  it.each([
    ['HTTP_HOST', { HTTP_HOST: '203.0.113.9' }, '', 'HTTP_HOST is no address of this machine'],
    [
      'the host of a source',
      {},
      'sources: [{ name: chu, host: 203.0.113.9 }]',
      'the host of the source is no address of',
    ],
  ])('says what to mend where %s is another machine’s', async (_, environment, config, remedy) => {
    const { code, lines } = await start(config, { DATABASE_URL: database.url, ...environment });
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(`^port-in-use: \\w+ cannot listen on 203\\.0\\.113\\.9:\\d+ — ${remedy}`),
    ]);
  });

  it('says store-start-failed where the data folder is a file', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, '');
    const { code, lines } = await start('', { TDU_DATA_DIR: file });
    expect(code).toBe(1);
    expect(lines).toEqual([
      expect.stringMatching(/^store-start-failed: .* is no folder to write in — point TDU_DATA_DIR at/),
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

describe('a start', () => {
  it('says what listens, who is told, and what is insecure, and no secret', async () => {
    const text = [
      'sources:',
      '  - { name: chu, host: 127.0.0.1, port: 0 }',
      '  - { name: labo, doors: [http], httpTokenEnv: LABO_TOKEN }',
      'endpoints:',
      "  - { id: cpts, url: 'http://fhir.example.fr/r4/', authorizationEnv: CPTS_AUTHORIZATION }",
      'rules: [{ id: all, events: [admission], roles: [PCP] }]',
    ].join('\n');
    const secrets = { LABO_TOKEN: 'hush', CPTS_AUTHORIZATION: 'Bearer hush' };
    const environment = { DATABASE_URL: database.url, TDU_LOG_LEVEL: 'info', TDU_INSECURE_FHIR: 'yes', ...secrets };
    const gateway = await startTestGateway(text, environment);
    await gateway.stop();
    const events = gateway
      .output()
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Record<string, unknown>] : []));
    const of = (name: string) => events.filter(({ event }) => event === name);
    expect(of('receive.listens')).toMatchObject([
      { source: 'chu', host: '127.0.0.1', port: gateway.mllpPort, tls: 'none' },
    ]);
    expect(of('serve.listens')).toMatchObject([{ host: '127.0.0.1', port: gateway.httpPort, fhir: 'open' }]);
    expect(of('deliver.tells')).toMatchObject([
      { endpoint: 'cpts', url: 'http://fhir.example.fr/r4', authorization: true },
    ]);
    expect(of('gateway.insecure')).toMatchObject([{ what: 'fhir-open' }, { what: 'endpoint-plain', endpoint: 'cpts' }]);
    expect(of('gateway.ready')).toMatchObject([{ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) }]);
    expect(gateway.output()).not.toContain('hush');
  });

  it('that tells nobody says so', async () => {
    const gateway = await startTestGateway('', { DATABASE_URL: database.url, TDU_LOG_LEVEL: 'info' });
    await gateway.stop();
    expect(gateway.output()).toContain('deliver.tells-nobody');
  });

  it('says nothing of a stop until it is asked to stop', async () => {
    const gateway = await startTestGateway('', { DATABASE_URL: database.url, TDU_LOG_LEVEL: 'info' });
    expect(gateway.output()).not.toContain('gateway.stops');
    await gateway.stop();
    expect(gateway.output()).toContain('"gateway.stops"');
  });
});
