import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { freshDatabase } from '../support/database.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { freePort } from '../support/ports.js';
import { hasRedis, startRedis, type TestRedis } from '../support/redis.js';
import { startTestVendor, type TestVendor } from '../support/vendor.js';

(hasRedis ? describe : describe.skip)('a gateway on Redis (needs redis-server)', () => {
  let gateway: TestGateway;
  let vendor: TestVendor;
  let redis: TestRedis;
  let drop: () => Promise<void>;

  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    [vendor, redis] = await Promise.all([startTestVendor(), startRedis()]);
    const config = [
      `endpoints: [{ id: logiciel, url: "${vendor.url}" }]`,
      'professionals: [{ rpps: "10999000011", family: BERTHIER, endpoint: logiciel }]',
      'rules: [{ id: medecin-traitant, events: [admission], roles: [PCP] }]',
    ].join('\n');
    gateway = await startTestGateway(config, { DATABASE_URL: database.url, REDIS_URL: redis.url });
  });
  afterAll(async () => {
    await gateway.stop();
    await redis.stop();
    await vendor.close();
    await drop();
  });

  const admit = async (run: string, count: number) => {
    for (let n = 0; n < count; n++) expect((await gateway.send(benchAdmission(n, run))).value('MSA-1')).toBe('AA');
  };
  const told = async () => (await vendor.communications()).length;
  const ready = async () => (await gateway.get<{ status: string }>('/health/ready')).status;

  it('carries messages to the family doctor’s software', async () => {
    await admit('RA', 20);
    await until(async () => (await told()) === 20, 30_000);
    await until(async () => (await ready()) === 'ready', 30_000);
  });

  it('goes on from PostgreSQL while Redis is away, says so, and takes to a Redis that remembers nothing', async () => {
    await redis.stop();
    await admit('RB', 20);
    await until(async () => (await ready()) === 'degraded', 30_000);
    await until(async () => (await told()) === 40, 60_000);
    redis = await startRedis(redis.port);
    await admit('RC', 20);
    await until(async () => (await told()) === 60, 60_000);
    await until(async () => (await ready()) === 'ready', 60_000);
    await gateway.settled();
  });

  it('stops cleanly', async () => {
    await gateway.stop();
    expect(gateway.output()).not.toContain('Unhandled');
  });
});

describe('a gateway whose Redis was never there', () => {
  it('starts degraded, carries messages from end to end, and stops', async () => {
    const database = await freshDatabase();
    const vendor = await startTestVendor();
    const config = [
      `endpoints: [{ id: logiciel, url: "${vendor.url}" }]`,
      'professionals: [{ rpps: "10999000011", family: BERTHIER, endpoint: logiciel }]',
      'rules: [{ id: medecin-traitant, events: [admission], roles: [PCP] }]',
    ].join('\n');
    const env = { DATABASE_URL: database.url, REDIS_URL: `redis://127.0.0.1:${await freePort()}` };
    const gateway = await startTestGateway(config, env);
    for (let n = 0; n < 20; n++) expect((await gateway.send(benchAdmission(n, 'RN'))).value('MSA-1')).toBe('AA');
    await until(async () => (await vendor.communications()).length === 20, 60_000);
    await gateway.settled();
    expect(await gateway.get('/health/ready')).toMatchObject({
      status: 'degraded',
      degraded: expect.arrayContaining(['queue']) as unknown,
    });
    const lines = gateway
      .output()
      .split('\n')
      .filter((line) => line.includes('queue.connection'));
    // One a minute and process: what starts and waits takes less than two.
    expect(lines.length).toBeLessThanOrEqual(6);
    await gateway.stop();
    expect(gateway.output()).not.toContain('work.died');
    await vendor.close();
    await database.drop();
  });
});
