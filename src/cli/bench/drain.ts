import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { programEnvironment } from '../../config/load.js';
import { messageIds } from '../../receive/message-ids.js';
import { startEmbedded } from '../../store/embedded.js';
import { openStore } from '../../store/store.js';
import { benchAdmission } from './admission.js';
import { startGatewayProcess } from './gateway-process.js';
import { incomingMessage } from './incoming.js';
import { round } from './load.js';

export interface Drain {
  messages: number;
  /** From a gateway that is ready to the last message translated. */
  seconds: number;
  rate: number;
  /** What 300,000 messages would take at that rate. */
  projectedSeconds: number;
  verdict: 'ok' | 'too slow';
}

/** The backlog that is to be gone in five minutes. */
export const BACKLOG = 300_000;
const MOST_SECONDS = 300;
/** Messages kept in one transaction. */
const KEPT_TOGETHER = 500;
/** Between two looks at what still waits: counting it costs the machine that is measured. */
const LOOK_MS = 1000;

/** Messages kept while nobody translated, then a gateway that works and does nothing else, with nobody to tell. */
export async function benchDrain(messages: number): Promise<Drain> {
  const dataDir = await mkdtemp(join(tmpdir(), 'tdu-'));
  try {
    await keepAll(dataDir, messages);
    const gateway = await startGatewayProcess({ roles: 'work', dataDir });
    try {
      const started = performance.now();
      await drained(gateway.databaseUrl);
      return resultOf(messages, (performance.now() - started) / 1000);
    } finally {
      await gateway.stop();
    }
  } finally {
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function keepAll(dataDir: string, messages: number): Promise<void> {
  const postgres = await startEmbedded({ dataDir, environment: programEnvironment(), log });
  try {
    const store = await openStore({ databaseUrl: postgres.url, log });
    const newId = messageIds(await store.nodeNumber(), () => Date.now());
    for (let from = 0; from < messages; from += KEPT_TOGETHER) {
      const count = Math.min(KEPT_TOGETHER, messages - from);
      await store.keep(Array.from({ length: count }, (_, n) => admission(from + n, newId())));
    }
    await store.close();
  } finally {
    await postgres.stop();
  }
}

function admission(n: number, id: string) {
  const text = benchAdmission(n, 'D');
  return incomingMessage({ id, controlId: `D${n}`, trigger: 'A01', receivedAt: new Date(), text });
}

/** Waits until no message waits for translation. */
async function drained(databaseUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    while (((await client.query('SELECT FROM waiting LIMIT 1')).rowCount ?? 0) > 0) await wait(LOOK_MS);
  } finally {
    await client.end();
  }
}

function resultOf(messages: number, seconds: number): Drain {
  const projectedSeconds = Math.round((BACKLOG * seconds) / messages);
  const verdict = projectedSeconds < MOST_SECONDS ? 'ok' : 'too slow';
  return { messages, seconds: round(seconds), rate: Math.round(messages / seconds), projectedSeconds, verdict };
}

function log(): void {
  // A figure is all that a bench says.
}
