import { programEnvironment } from '../../dist/config/load.js';
import { startEmbedded } from '../../dist/store/embedded.js';

/**
 * A gateway's embedded PostgreSQL in a process of its own, to be killed: tells its address, its PostgreSQL's process id and how it
 * runs over IPC, or the failure's code and text.
 */
const log = (_level, event, { text }) => process.send?.({ event, text });
try {
  const postgres = await startEmbedded({ dataDir: process.argv[2] ?? '', environment: programEnvironment(), log });
  process.send?.({ url: postgres.url, pid: postgres.pid() });
  process.on('message', () => void postgres.stop().then(() => process.exit(0)));
} catch (error) {
  process.send?.({ failure: error.code, text: `${error.message} — ${error.remedy ?? ''}` }, () => process.exit(1));
}
