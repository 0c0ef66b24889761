import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createPostgresBackend, Queue } from 'bullmq';
import { Redis } from 'ioredis';
import pg from 'pg';
import { until } from '../../../src/cli/demo/vendor-process.js';
import { QUEUES } from '../../../src/journey.js';
import { GatewayError } from '../../../src/message/failure.js';
import type { Store } from '../../../src/store/store.js';
import { openQueues, type Queues } from '../../../src/work/queues.js';
import { openSweep } from '../../../src/work/sweep.js';
import { freePort } from '../../support/ports.js';
import { hasRedis, startRedis } from '../../support/redis.js';
import { startRelay } from '../../support/relay.js';
import { changed, incoming, openTestStore, routed, step } from '../../support/stored.js';

const soon = (holds: () => boolean | Promise<boolean>) => until(async () => holds(), 20_000);

/** The schedule as it stands where the clock was an hour ahead and was then set right. */
async function scheduleInAnHour(queue: Queue): Promise<void> {
  await queue.removeJobScheduler('tick');
  const now = Date.now();
  const clock = jest.spyOn(Date, 'now').mockReturnValue(now + 3_600_000);
  try {
    await queue.upsertJobScheduler('tick', { every: 1000 }, { name: 'tick' });
  } finally {
    clock.mockRestore();
  }
  expect((await queue.getJobScheduler('tick'))?.next).toBeGreaterThan(now + 3_500_000);
}

/** The same promises on both backends. */
function suite(start: () => Promise<{ redisUrl: string | undefined; stop(): Promise<void> }>): void {
  let store: Store;
  let databaseUrl: string;
  let redisUrl: string | undefined;
  const closers: (() => Promise<void>)[] = [];
  const opened: Queues[] = [];
  const logged: { event: string; fields: Record<string, unknown> }[] = [];
  let suffix = 0;

  beforeAll(async () => {
    const backend = await start();
    redisUrl = backend.redisUrl;
    const database = await openTestStore();
    store = database.store;
    databaseUrl = database.url;
    closers.push(() => backend.stop(), database.close);
  });
  afterEach(async () => {
    for (const queues of opened.splice(0)) await queues.close();
  });
  afterAll(async () => {
    for (const closer of closers.reverse()) await closer();
  });

  const open = async () => {
    const queues = await openQueues({
      redisUrl,
      prefix: 'bull',
      databaseUrl,
      log: (_level, event, fields) => logged.push({ event, fields }),
    });
    opened.push(queues);
    return queues;
  };
  /** The queue as BullMQ has it, for a test that breaks it. */
  const rawQueue = (name: string): Queue =>
    redisUrl === undefined
      ? (new Queue(
          name,
          { connection: { connectionString: databaseUrl, schema: 'bullmq' } },
          createPostgresBackend,
        ) as unknown as Queue)
      : new Queue(name, { connection: { url: redisUrl } });
  /** As a store of the queue that throws out what it has no room for. */
  const loseJob = async (name: string, id: string) => {
    if (redisUrl === undefined) {
      const client = new pg.Client({ connectionString: databaseUrl });
      await client.connect();
      await client.query('DELETE FROM bullmq.job WHERE queue = $1', [name]);
      return client.end();
    }
    const redis = new Redis(redisUrl);
    for (const list of ['delayed', 'wait', 'active'])
      await (list === 'delayed' ? redis.zrem(`bull:${name}:delayed`, id) : redis.lrem(`bull:${name}:${list}`, 0, id));
    await redis.del(`bull:${name}:${id}`);
    redis.disconnect();
  };
  const newQueue = () => `queue-${(suffix += 1)}`;

  it('carries every job’s ids to a handler, once', async () => {
    const [queues, name] = [await open(), newQueue()];
    const seen: string[][] = [];
    queues.work(name, 3, (ids) => Promise.resolve(void seen.push(ids)));
    const jobs = Array.from({ length: 40 }, (_, index) => [`${index}`, `${index}:x`]);
    await Promise.all(jobs.map((ids) => queues.add(name, ids)));
    await soon(async () => (await queues.depth(name)) === 0);
    expect([...seen].sort()).toEqual([...jobs].sort());
  });

  it('runs no more jobs at once than asked', async () => {
    const [queues, name] = [await open(), newQueue()];
    let [running, most, done] = [0, 0, 0];
    queues.work(name, 2, async () => {
      most = Math.max(most, (running += 1));
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      done += 1;
    });
    for (let job = 0; job < 20; job++) await queues.add(name, [String(job)]);
    await soon(() => done === 20);
    expect(most).toBeLessThanOrEqual(2);
  });

  it('tries a transient failure again, and an error that nobody classified', async () => {
    const [queues, name] = [await open(), newQueue()];
    const failures = [new GatewayError('store-unavailable', 'away'), new TypeError('unforeseen')];
    const seen: string[] = [];
    queues.work(name, 1, (ids) => {
      seen.push(...ids);
      const failure = failures.shift();
      return failure === undefined ? Promise.resolve() : Promise.reject(failure);
    });
    await queues.add(name, ['7']);
    await soon(() => seen.length === 3);
    await soon(async () => (await queues.depth(name)) === 0);
    expect(seen).toEqual(['7', '7', '7']);
  });

  it('does not try a permanent failure again, and says which it was', async () => {
    const [queues, name] = [await open(), newQueue()];
    let tries = 0;
    queues.work(name, 1, () => {
      tries += 1;
      return Promise.reject(new GatewayError('translation-failed', 'no'));
    });
    await queues.add(name, ['8']);
    await soon(() => logged.some(({ fields }) => fields['queue'] === name));
    await soon(async () => (await queues.depth(name)) === 0);
    expect(tries).toBe(1);
    expect(logged.find(({ fields }) => fields['queue'] === name)).toEqual({
      event: 'queue.job-failed',
      fields: { queue: name, attempts: 1, reason: 'translation-failed: no' },
    });
  });

  it('runs what is due at intervals once, however many gateways there are', async () => {
    const [first, second, name] = [await open(), await open(), newQueue()];
    let runs = 0;
    const tick = () => Promise.resolve(void (runs += 1));
    first.every(name, 'tick', 200, tick);
    second.every(name, 'tick', 200, tick);
    await soon(() => runs >= 1);
    const [started, before] = [performance.now(), runs];
    await soon(() => runs >= before + 6);
    // Twelve runs of two gateways would take half of it.
    expect(performance.now() - started).toBeGreaterThan(900);
  });

  it.each([
    ['its next job', (queue: Queue, next: string) => loseJob(queue.name, next)],
    ['its schedule', async (queue: Queue) => void (await queue.removeJobScheduler('tick'))],
    ['all of the queue', (queue: Queue) => queue.obliterate({ force: true })],
    ['its time, since the clock was set back', (queue: Queue) => scheduleInAnHour(queue)],
  ])('makes a schedule anew that has lost %s', async (_, lose) => {
    const [queues, name] = [await open(), newQueue()];
    let runs = 0;
    queues.every(name, 'tick', 1000, () => Promise.resolve(void (runs += 1)));
    await soon(() => runs > 0);
    const queue = rawQueue(name);
    const scheduler = await queue.getJobScheduler('tick');
    await lose(queue, `repeat:tick:${String(scheduler?.next)}`).finally(() => queue.close());
    const before = runs;
    await soon(() => runs > before + 2);
  });

  it('counts what waits, and works again after all of it was dropped', async () => {
    const [queues, name] = [await open(), newQueue()];
    for (const id of ['1', '2', '3']) await queues.add(name, [id]);
    expect(await queues.depth(name)).toBe(3);
    await queues.obliterate();
    expect(await queues.depth(name)).toBe(0);
    const seen: string[] = [];
    queues.work(name, 1, (ids) => Promise.resolve(void seen.push(...ids)));
    await queues.add(name, ['4']);
    await soon(() => seen.length > 0);
    expect(seen).toEqual(['4']);
  });

  it('has jobs of one lane each where the backend carries so many: one for an id, later where it is told so, no second try of what is dead', async () => {
    const queues = await open();
    if (queues.lanes === undefined) {
      expect(redisUrl).toBeUndefined();
      return;
    }
    const runs: string[] = [];
    let [finish, isLate]: [() => void, boolean] = [() => undefined, false];
    queues.lanes.work(8, async (endpoint, id) => {
      runs.push(`${endpoint} ${id}`);
      if (id === 'waits') await new Promise<void>((resolve) => (finish = resolve));
      if (id === 'dead') return { state: 'dead', code: 'endpoint-refused' };
      if (id !== 'late' || isLate) return { state: 'ended' };
      isLate = true;
      return { state: 'later', at: Date.now() + 300 };
    });
    await queues.lanes.add('cpts', ['waits', 'late', 'dead', 'ended']);
    await soon(() => runs.length >= 4);
    await queues.lanes.add('cpts', ['waits', 'late']);
    const count = (id: string) => runs.filter((run) => run === `cpts ${id}`).length;
    await soon(() => count('late') === 2);
    finish();
    await soon(async () => (await queues.depth(QUEUES.lanes)) === 0);
    expect(['waits', 'late', 'dead', 'ended'].map(count)).toEqual([1, 2, 1, 1]);
    await queues.lanes.add('cpts', ['ended']);
    await soon(() => count('ended') === 2);
  });

  it('finishes what it runs before it closes', async () => {
    const [queues, name] = [await open(), newQueue()];
    let [begun, finished] = [false, false];
    let finish: () => void = () => undefined;
    queues.work(name, 1, async () => {
      begun = true;
      await new Promise<void>((resolve) => (finish = resolve));
      finished = true;
    });
    await queues.add(name, ['1']);
    await soon(() => begun);
    const closed = queues.close();
    finish();
    await closed;
    expect(finished).toBe(true);
  });

  it('loses nothing with the whole queue: the sweep finds messages and deliveries in the store', async () => {
    const queues = await open();
    const messages = Array.from({ length: 230 }, (_, index) => incoming(`S${index}`));
    await store.keep(messages);
    // What was queued is lost, the scheduler of the sweep with it.
    await queues.add(
      QUEUES.translate,
      messages.map(({ id }) => id),
    );
    const sweeping = { untranslated: store.untranslated, endpointsDue: store.endpointsDue, counts: store.counts };
    const counted: Record<string, number>[] = [];
    openSweep(
      queues,
      {
        ...sweeping,
        makePartitions: () => Promise.resolve(),
        beat: store.beat,
        upkeepCircles: () => Promise.resolve(0),
      },
      { counted: (counts) => void counted.push({ ...counts }) },
      () => Date.now(),
    );
    await queues.obliterate();
    const resource = {
      resourceType: 'Patient',
      id: 'swept',
      identifier: [{ system: 'urn:oid:2.999.1', value: 's' }],
    } as const;
    queues.work(QUEUES.translate, 2, async (ids) => {
      await store.inTranslation({ ids, limit: 0 }, (tx) =>
        tx.save(
          tx.messages.map(({ id }) =>
            step(id, {
              resources: [changed({ ...resource, identifier: [...resource.identifier] })],
              ...routed(id, { endpoint: 'cpts', member: 'Practitioner/d', lane: id, resources: ['Patient/swept'] }),
            }),
          ),
        ),
      );
    });
    queues.work(QUEUES.deliver, 5, async (endpoints) => {
      for (const endpoint of endpoints) {
        const due = await store.claimDeliveries({ endpoint, limit: 500, leaseMs: 10_000 });
        await store.recordAttempts(
          due.map(({ id, claim }) => ({
            deliveryId: id,
            claim,
            reached: true,
            startedAt: new Date(0),
            durationMs: 1,
            ok: true,
            status: 200,
            code: null,
            detail: '',
            sent: [],
            sha256: Buffer.alloc(32),
            next: { state: 'delivered' as const },
          })),
        );
      }
    });
    await soon(async () => (await store.listDeliveries({ state: 'delivered' })).total === messages.length);
    expect((await store.listMessages({ state: 'received' })).total).toBe(0);
    await soon(() => counted.some((counts) => counts['untranslated'] === 0 && counts['dueDeliveries'] === 0));
  });
}

describe('the queues on PostgreSQL', () => {
  suite(() => Promise.resolve({ redisUrl: undefined, stop: () => Promise.resolve() }));
});

(hasRedis ? describe : describe.skip)('the queues on Redis (needs redis-server)', () => {
  suite(async () => {
    const { url, stop } = await startRedis();
    return { redisUrl: url, stop };
  });
});

describe('a PostgreSQL that is away when the queue is first used', () => {
  it('lets the process live, and is used once it is back', async () => {
    const database = await openTestStore();
    const port = Number(/:(\d+)\/[^/]*$/.exec(database.url)?.[1]);
    const relay = await startRelay(port);
    const databaseUrl = database.url.replace(/@[^/]*\//, `@127.0.0.1:${relay.port}/`);
    const queues = await openQueues({ redisUrl: undefined, prefix: 'p', databaseUrl, log: () => undefined });
    relay.refuse();
    const seen: string[] = [];
    queues.work('away', 1, (ids) => Promise.resolve(void seen.push(...ids)));
    await expect(queues.add('away', ['1'])).rejects.toMatchObject({ code: 'queue-unavailable' });
    // Whoever turns in a circle here would never come to this.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    relay.mend();
    await soon(() =>
      queues.add('away', ['2']).then(
        () => true,
        () => false,
      ),
    );
    await soon(() => seen.includes('2'));
    await queues.close();
    await relay.close();
    await database.close();
  });
});

describe('a Redis that is not there', () => {
  it('keeps nobody from starting or from stopping, and is one line a minute', async () => {
    const port = await freePort();
    const logged: string[] = [];
    const log = (_level: string, event: string) => void logged.push(event);
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    const queues = await openQueues({ redisUrl: `redis://127.0.0.1:${port}`, prefix: 'bull', databaseUrl: '', log });
    queues.work('translate', 2, () => Promise.resolve());
    queues.every('upkeep', 'sweep', 100, () => Promise.resolve());
    await expect(queues.add('translate', ['1'])).rejects.toMatchObject({ code: 'queue-unavailable' });
    await expect(queues.ping()).rejects.toThrow();
    await queues.close();
    expect(logged).toEqual(['queue.connection']);
    // A timer that is left keeps the process from ending by itself.
    await soon(() => timers() <= before);
  });
});
