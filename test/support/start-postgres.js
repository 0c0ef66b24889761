import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { programEnvironment } from '../../dist/config/load.js';
import { startEmbedded } from '../../dist/store/embedded.js';
import { openStore } from '../../dist/store/store.js';

/** One PostgreSQL for the whole run, with a migrated template that every test database is cloned from. */
export default async function startPostgres() {
  const dataDir = mkdtempSync(join(tmpdir(), 'tdu-jest-'));
  const log = () => undefined;
  const settings = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
  const postgres = await startEmbedded({ dataDir, environment: programEnvironment(), log, settings });
  const store = await openStore({ databaseUrl: postgres.url, log });
  await store.close();
  process.env['TDU_TEST_POSTGRES'] = postgres.url;
  Object.assign(globalThis, {
    stopTestPostgres: async () => {
      await postgres.stop();
      rmSync(dataDir, { recursive: true, force: true });
    },
  });
}
