import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { freshDatabase } from '../support/database.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
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
  const ready = async () => (await fetch(`http://127.0.0.1:${gateway.httpPort}/health/ready`)).status;

  it('carries messages to the family doctor’s software', async () => {
    await admit('RA', 20);
    await until(async () => (await told()) === 20, 30_000);
    expect(await ready()).toBe(200);
  });

  it('goes on receiving while Redis is away, says so, and delivers once a Redis that remembers nothing is there', async () => {
    await redis.stop();
    await admit('RB', 20);
    await until(async () => (await ready()) === 503, 30_000);
    expect(await gateway.get('/health/ready')).toEqual({ status: 'not ready', missing: ['queue'] });
    redis = await startRedis(redis.port);
    await until(async () => (await told()) === 40, 40_000);
    await until(async () => (await ready()) === 200, 30_000);
    await gateway.settled();
  });

  it('stops cleanly', async () => {
    await gateway.stop();
    expect(gateway.output()).not.toContain('Unhandled');
  });
});
