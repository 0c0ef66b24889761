import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { pamMessage, type SampleDoctor } from '../../src/cli/demo/pam-message.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { Feed, type FeedMessage } from '../support/feed.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { childrenOf, processes, type RunningProcess } from '../support/processes.js';
import { seededRandom, shuffled } from '../support/random.js';
import { startTestVendor } from '../support/vendor.js';

const CONNECTIONS = 6;
const ROUNDS = 17;
/** Patients admitted together on one connection; the next batch discharges them. */
const PATIENTS = 5;
const MESSAGES = CONNECTIONS * ROUNDS * PATIENTS * 2;

const GATEWAY = 'the gateway';
const POSTGRES = 'PostgreSQL';
const TRANSLATE = 'the translating worker';
const DELIVER = 'the delivering worker';
const BOTH = 'PostgreSQL and the gateway';
const KILLS = [
  ...Array.from({ length: 8 }, () => GATEWAY),
  ...Array.from({ length: 8 }, () => POSTGRES),
  ...Array.from({ length: 2 }, () => BOTH),
  TRANSLATE,
  DELIVER,
];

const DOCTOR: SampleDoctor = { rpps: '10999000011', family: 'BERTHIER', given: 'Claire' };

/** Admissions of five patients, then their discharges, and so on: what one connection sends. */
function batchesOf(connection: number): FeedMessage[][] {
  return Array.from({ length: ROUNDS * 2 }, (_, batch) =>
    Array.from({ length: PATIENTS }, (_, index) => {
      const number = `${connection}${String(Math.floor(batch / 2)).padStart(2, '0')}${index}`;
      const [trigger, hour] = batch % 2 === 0 ? ['A01', '08'] : ['A03', '16'];
      const at = `20260302${hour}0000`;
      const controlId = `K${number}${trigger}`;
      const patient = {
        ipp: `82${number}`,
        family: 'ESSAI-DEMO',
        given: 'CAMILLE',
        birthDate: '19500101',
        sex: 'F' as const,
        birthPlace: '71014',
        address: '1 rue de l’Essai^^AUTUN^^71400',
        familyDoctor: DOCTOR,
      };
      const unit = { code: '2040', label: 'Chirurgie' };
      const movement = { id: `MK${number}${trigger}`, at, action: 'INSERT' as const };
      return { controlId, text: pamMessage({ controlId, trigger, at, patient, visit: `VK${number}`, unit, movement }) };
    }),
  );
}

/** `kill -9` of a child of the gateway; waits where it has none, as after a kill just before. */
async function killChild(gateway: TestGateway, word: string): Promise<void> {
  const kill = async () => {
    const [child] = await childrenOf(gateway.pid, word);
    return child !== undefined && kills(child.pid);
  };
  await until(kill, 30_000);
}

/** @returns false for one that had died before */
function kills(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

describe('kill -9 at twenty random instants', () => {
  it('loses nothing that was acknowledged, keeps it once, and delivers it once', async () => {
    const seed = Number(process.env['TDU_KILL_SEED'] ?? Date.now() % 1_000_000);
    process.stdout.write(`kill.test.ts: TDU_KILL_SEED=${seed} gives these instants again\n`);
    const random = seededRandom(seed);
    const dataDir = await mkdtemp(join(tmpdir(), 'tdu-kill-'));
    const vendor = await startTestVendor();
    const config = [
      `endpoints: [{ id: logiciel, url: "${vendor.url}", timeoutSeconds: 1, concurrency: 8 }]`,
      `professionals: [{ rpps: "${DOCTOR.rpps}", family: ${DOCTOR.family}, endpoint: logiciel }]`,
      'rules: [{ id: medecin-traitant, events: [admission, discharge], roles: [PCP] }]',
    ].join('\n');
    const mllpPort = await freePort();
    const start = () =>
      startTestGateway(config, { TDU_DATA_DIR: dataDir, MLLP_PORT: String(mllpPort), TDU_LOG_LEVEL: 'info' });
    const started: RunningProcess[] = [];
    const acknowledged = new Map<string, number>();
    const feeds = Array.from(
      { length: CONNECTIONS },
      () => new Feed(mllpPort, (controlId) => acknowledged.set(controlId, (acknowledged.get(controlId) ?? 0) + 1)),
    );
    let gateway: TestGateway = await start();
    const feeding = Promise.all(feeds.map((feed, connection) => feed.send(batchesOf(connection))));
    try {
      for (const [index, what] of shuffled(KILLS, random).entries()) {
        const share = (index + random()) / (KILLS.length + 1);
        await until(() => Promise.resolve(acknowledged.size >= share * MESSAGES), 60_000);
        await wait(random() * 150);
        started.push(...(await childrenOf(gateway.pid)));
        if (what === TRANSLATE) await killChild(gateway, 'main.js translate');
        if (what === DELIVER) await killChild(gateway, 'main.js deliver');
        if (what === POSTGRES || what === BOTH) await killChild(gateway, 'postgres -D');
        if (what === GATEWAY || what === BOTH) {
          await gateway.kill();
          gateway = await start();
        }
      }
      await feeding;
      await gateway.settled();

      const client = new pg.Client({ connectionString: gateway.databaseUrl });
      await client.connect();
      const { rows } = await client.query<{ controlId: string; state: string; deliveries: string[]; done: boolean }>(`
          SELECT control_id AS "controlId", message.state, array_agg(delivery.id::text) AS deliveries,
            bool_and(delivery.state = 'delivered') AS done
          FROM message LEFT JOIN delivery ON delivery.message_id = message.id
          GROUP BY message.id, control_id, message.state`);
      await client.end();
      const sent = feeds.flatMap((_, connection) => batchesOf(connection).flat()).map(({ controlId }) => controlId);
      expect(sent).toHaveLength(MESSAGES);
      expect([...acknowledged.keys()].sort()).toEqual([...sent].sort());
      // Each once, in the journal and in the vendor's hands.
      expect(rows.map(({ controlId }) => controlId).sort()).toEqual([...sent].sort());
      expect(await gateway.get<object>('/api/work-items?state=open')).toMatchObject({ total: 0 });
      expect(
        rows.filter(({ state, done, deliveries }) => state !== 'translated' || !done || deliveries.length !== 1),
      ).toEqual([]);
      const told = (await vendor.communications()).map(({ identifier }) => identifier?.[0]?.value ?? '');
      expect(told.sort()).toEqual(rows.flatMap(({ deliveries }) => deliveries.map((id) => `urn:uuid:${id}`)).sort());
    } finally {
      started.push(...(await childrenOf(gateway.pid)));
      for (const feed of feeds) feed.close();
      await gateway.stop();
      await vendor.close();
    }
    // Neither a worker nor a PostgreSQL outlives its gateway.
    const alive = async () =>
      (await processes()).filter((one) =>
        started.some(({ pid, command }) => pid === one.pid && command === one.command),
      );
    await until(async () => (await alive()).length === 0, 30_000);
    await rm(dataDir, { recursive: true, force: true });
  }, 300_000);
});
