import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Encounter } from 'fhir/r4.js';
import { pamMessage, type SampleDoctor } from '../../src/cli/demo/pam-message.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { exchange } from '../../src/cli/mllp-client.js';
import { freshDatabase } from '../support/database.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { descendants } from '../support/processes.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { startRelay, type Relay } from '../support/relay.js';
import { startTestVendor, type TestVendor } from '../support/vendor.js';

const DOCTOR: SampleDoctor = { rpps: '10999000011', family: 'BERTHIER', given: 'Claire' };
const STAYS = 60;
const EVENTS = ['admission', 'discharge', 'transfer'];

interface Sent {
  controlId: string;
  text: string;
}

/** Who comes to be of a circle is told of stays of these days, not of long ago. */
const YESTERDAY = new Date(Date.now() - 86_400_000).toISOString().slice(0, 10).replaceAll('-', '');

/** Of each stay an admission, which alone says who the family doctor is, a transfer and a discharge. */
function messagesOf(run: string): Sent[][] {
  return Array.from({ length: STAYS }, (_, stay) =>
    ['A01', 'A02', 'A03'].map((trigger, index): Sent => {
      const number = `${run}${String(stay).padStart(3, '0')}`;
      const at = `${YESTERDAY}${String(8 + index * 2).padStart(2, '0')}0000`;
      const controlId = `${number}${trigger}`;
      const patient = {
        ipp: `83${number}`,
        family: 'ESSAI-DEMO',
        given: 'CAMILLE',
        birthDate: '19500101',
        sex: 'F' as const,
        birthPlace: '71014',
        address: '1 rue de l’Essai^^AUTUN^^71400',
        familyDoctor: DOCTOR,
      };
      const unit = index === 0 ? { code: '2040', label: 'Chirurgie' } : { code: '3070', label: 'Médecine' };
      const movement = { id: `M${controlId}`, at, action: 'INSERT' as const };
      const text = pamMessage({ controlId, trigger, at, patient, visit: `V${number}`, unit, movement });
      const lines = text.split('\r').filter((line) => trigger === 'A01' || !line.startsWith('ROL|'));
      return { controlId, text: lines.join('\r') };
    }),
  );
}

(hasRedis ? describe : describe.skip)('two gateways on one PostgreSQL and one Redis (needs redis-server)', () => {
  let vendor: TestVendor;
  let redis: TestRedis;
  let database: Awaited<ReturnType<typeof freshDatabase>>;
  let cables: { postgres: Relay; redis: Relay };
  let [near, far]: (TestGateway | undefined)[] = [];

  /** The one behind the cables, and the one that goes on. */
  const start = async (isFar: boolean) => {
    const config = [
      `endpoints: [{ id: logiciel, url: "${vendor.url}", timeoutSeconds: 2, concurrency: 4 }]`,
      `professionals: [{ rpps: "${DOCTOR.rpps}", family: ${DOCTOR.family}, endpoint: logiciel }]`,
      'rules: [{ id: medecin-traitant, events: [admission, transfer, discharge], roles: [PCP] }]',
    ].join('\n');
    const over = (port: number) => database.url.replace(/@[^/]*\//, `@127.0.0.1:${port}/`);
    const port = isFar ? cables.redis.port : redis.port;
    return startTestGateway(config, {
      DATABASE_URL: isFar ? over(cables.postgres.port) : database.url,
      REDIS_URL: `redis://127.0.0.1:${port}`,
      TDU_LOG_LEVEL: 'warn',
    });
  };

  beforeAll(async () => {
    database = await freshDatabase();
    [vendor, redis] = await Promise.all([startTestVendor(), startRedis()]);
    const postgresPort = Number(/:(\d+)\/[^/]*$/.exec(database.url)?.[1]);
    const [postgresCable, redisCable] = await Promise.all([startRelay(postgresPort), startRelay(redis.port)]);
    cables = { postgres: postgresCable, redis: redisCable };
    [near, far] = [await start(false), await start(true)];
  }, 120_000);
  afterAll(async () => {
    cables.postgres.mend();
    cables.redis.mend();
    await Promise.all([near?.stop(), far?.stop()]);
    await Promise.all([cables.postgres.close(), cables.redis.close(), redis.stop(), vendor.close()]);
    await database.drop();
  }, 120_000);

  /** Sent until it is answered, to the one gateway and then to the other. */
  async function send({ text }: Sent, first: number): Promise<void> {
    for (let attempt = first; ; attempt++) {
      const port = (attempt % 2 === 0 ? near : far)?.mllpPort ?? 0;
      const answer = await exchange('127.0.0.1', port, text, 3000).catch(() => '');
      if (/\rMSA\|AA\|/.test(answer)) return;
      await wait(200);
    }
  }

  /** Each message of a stay goes to the gateway that did not have the one before, hard upon it. */
  async function feed(run: string): Promise<void> {
    const lanes = messagesOf(run).map((messages, stay) => async () => {
      for (const [index, message] of messages.entries()) await send(message, stay + index);
    });
    const takers = Array.from({ length: 6 }, async () => {
      for (let lane = lanes.shift(); lane !== undefined; lane = lanes.shift()) await lane();
    });
    await Promise.all(takers);
  }

  const own =
    (run: string) =>
    (text = '') =>
      text.includes(`M${run}`) || text.includes(`V${run}`);

  /** Events of each movement, as the vendor was told: topic and number of the movement. */
  async function toldOf(run: string): Promise<string[]> {
    return (await vendor.communications()).flatMap(({ topic, about = [] }) => {
      const movement = about.flatMap(({ identifier }) => identifier?.value ?? []).find(own(run));
      return movement === undefined ? [] : [`${topic?.coding?.[0]?.code ?? ''} ${movement}`];
    });
  }

  function expectedOf(run: string): string[] {
    const kinds: Record<string, string> = { A01: 'admission', A02: 'transfer', A03: 'discharge' };
    return messagesOf(run)
      .flat()
      .map(({ controlId }) => `${kinds[controlId.slice(-3)] ?? ''} M${controlId}`);
  }

  it.each<[string, string, () => Promise<void>]>([
    ['nothing happens to either', '1', () => Promise.resolve()],
    [
      'one is killed, and started again',
      '2',
      async () => {
        await wait(1500);
        await far?.kill();
        await wait(1000);
        far = await start(true);
      },
    ],
    [
      'one stands still for a while, and goes on',
      '3',
      async () => {
        await wait(1500);
        const pids = [far?.pid ?? 0, ...(await descendants(far?.pid ?? 0)).map(({ pid }) => pid)];
        for (const pid of pids) process.kill(pid, 'SIGSTOP');
        await wait(8000);
        for (const pid of pids.reverse()) process.kill(pid, 'SIGCONT');
      },
    ],
    [
      'one is cut off from both for a while, and comes back',
      '4',
      async () => {
        await wait(1500);
        cables.postgres.cut();
        cables.redis.cut();
        await wait(8000);
        cables.postgres.mend();
        cables.redis.mend();
      },
    ],
  ])(
    'where %s, tell everybody of everything, each once, and leave the present state',
    async (_what, run, happens) => {
      await Promise.all([feed(run), happens()]);
      await until(async () => (await toldOf(run)).length >= STAYS * EVENTS.length, 120_000).catch(() => undefined);
      await near?.settled();
      expect((await toldOf(run)).sort()).toEqual(expectedOf(run).sort());
      const stays = (await vendor.search<Encounter>('Encounter')).filter(({ identifier = [] }) =>
        identifier.some(({ value }) => own(run)(value)),
      );
      expect(stays).toHaveLength(STAYS);
      expect(stays.filter(({ status }) => status !== 'finished')).toEqual([]);
      expect((await near?.get<{ total: number }>('/api/deliveries?state=dead'))?.total).toBe(0);
    },
    300_000,
  );
});
