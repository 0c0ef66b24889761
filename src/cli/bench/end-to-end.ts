import pg from 'pg';
import { round } from './load.js';
import { runLoad } from './load-process.js';
import { startRecipientProcess, type RecipientProcess } from './recipient.js';
import { startGatewayProcess, type GatewayProcess } from './gateway-process.js';
import { isRedisInstalled, startRedisProcess } from './redis-process.js';

export interface EndToEnd {
  messages: number;
  connections: number;
  /** From the first byte sent to the last vendor 2xx. */
  seconds: number;
  rate: number;
  /** The same for the answers to the sender. */
  ackRate: number;
  /** From journal to the vendor's 2xx, as the vendor's clock saw the bundles; milliseconds. */
  p50: number;
  p99: number;
  /** Most memory that the gateway's processes held in the first half of the run, and in the second: what is flat does not grow. */
  residentMiBFirstHalf: number;
  residentMiBSecondHalf: number;
}

/** The demo territory reduced to one family doctor whose software is the recipient of this bench. */
function benchTerritory(url: string): string {
  return [
    'endpoints:',
    `  - { id: logiciel, url: "${url}", concurrency: 8 }`,
    'professionals:',
    '  - { rpps: "10999000011", family: BERTHIER, given: Claire, endpoint: logiciel }',
    'rules:',
    '  - { id: medecin-traitant, events: [admission, transfer, discharge], roles: [PCP] }',
    '',
  ].join('\n');
}

/** Unmeasured messages first: the compiler of a process that has just begun takes a core of its own. */
const WARM_UP = 8000;

/** Runs of each backend, in turns with the other: a shared machine drifts. */
const TURNS = 3;

/** The run of the median rate on each backend; Redis where `redis-server` is installed. */
export async function benchBackends(
  messages: number,
  connections: number,
): Promise<{ postgres: EndToEnd | undefined; redis: EndToEnd | undefined }> {
  const postgres: EndToEnd[] = [];
  const redis: EndToEnd[] = [];
  for (let turn = 0; turn < TURNS; turn++) {
    postgres.push(await benchEndToEnd(messages, connections, {}));
    if (!isRedisInstalled()) continue;
    const server = await startRedisProcess();
    redis.push(await benchEndToEnd(messages, connections, { REDIS_URL: server.url }).finally(() => server.stop()));
  }
  return { postgres: median(postgres), redis: median(redis) };
}

function median(runs: readonly EndToEnd[]): EndToEnd | undefined {
  return [...runs].sort((a, b) => a.rate - b.rate)[Math.floor(runs.length / 2)];
}

/** MLLP in, vendor's 2xx out, everything real, on the embedded store. */
async function benchEndToEnd(messages: number, connections: number, env: Record<string, string>): Promise<EndToEnd> {
  const recipient = await startRecipientProcess();
  try {
    const config = benchTerritory(recipient.url);
    const gateway = await startGatewayProcess({ roles: 'receive,work,serve', config, env });
    try {
      return await throughBoth(gateway, recipient, messages, connections);
    } finally {
      await gateway.stop();
    }
  } finally {
    await recipient.stop();
  }
}

async function throughBoth(
  gateway: GatewayProcess,
  recipient: RecipientProcess,
  messages: number,
  connections: number,
): Promise<EndToEnd> {
  await runLoad({ port: gateway.mllpPort, connections, messages: WARM_UP, seconds: 60, run: 'W' });
  await recipient.received(WARM_UP, 120_000);
  const resident = watchMemory(gateway);
  const ack = await runLoad({ port: gateway.mllpPort, connections, messages, seconds: 300, run: 'E' });
  await recipient.received(WARM_UP + messages, 300_000);
  const seconds = (Date.now() - ack.startedAt) / 1000;
  const [residentMiBFirstHalf, residentMiBSecondHalf] = resident.stop();
  const { p50, p99 } = await delays(gateway.databaseUrl);
  return {
    messages,
    connections,
    seconds: round(seconds),
    rate: Math.round(messages / seconds),
    ackRate: ack.rate,
    p50,
    p99,
    residentMiBFirstHalf,
    residentMiBSecondHalf,
  };
}

/** Looks at the gateway's memory every two seconds; gives the most of the first half and of the second. */
function watchMemory(gateway: GatewayProcess): { stop(): [number, number] } {
  const seen: number[] = [];
  const timer = setInterval(look, 2000);
  function look(): void {
    gateway.residentMiB().then(
      (held) => seen.push(held),
      // A gateway that ended is met by whoever waits for it.
      () => {
        clearInterval(timer);
      },
    );
  }
  return {
    stop() {
      clearInterval(timer);
      const half = Math.ceil(seen.length / 2);
      return [Math.max(0, ...seen.slice(0, half)), Math.max(0, ...seen.slice(half))];
    },
  };
}

/** Journal to 2xx, from the gateway's own records. */
async function delays(databaseUrl: string): Promise<{ p50: number; p99: number }> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ p50: number; p99: number }>(`
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY ms) AS p50, percentile_cont(0.99) WITHIN GROUP (ORDER BY ms) AS p99
    FROM (
      SELECT extract(epoch FROM attempt.started_at - journal.received_at) * 1000 + attempt.duration_ms AS ms
      FROM attempt
      JOIN delivery ON delivery.id = attempt.delivery_id
      JOIN receipt ON receipt.id = delivery.receipt_id
      JOIN journal ON journal.id = receipt.message_id
      WHERE attempt.ok
    ) AS told`);
  await client.end();
  return { p50: round(rows[0]?.p50 ?? 0), p99: round(rows[0]?.p99 ?? 0) };
}
