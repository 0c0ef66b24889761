import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { benchAdmission } from '../../src/cli/bench/admission.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { childrenOf } from '../support/processes.js';

/** Whoever writes a fact of a deadly message sleeps, until its process is killed from outside. */
const TRAP = `
  CREATE FUNCTION trap() RETURNS trigger LANGUAGE plpgsql AS $$
  BEGIN
    IF EXISTS (SELECT FROM journal WHERE id = NEW.message_id AND control_id LIKE 'DEADLY%') THEN
      PERFORM pg_sleep(120);
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER trap BEFORE INSERT ON fact FOR EACH ROW EXECUTE FUNCTION trap()`;

const CAUGHT = `SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'`;

let database: TestDatabase;
let gateway: TestGateway;
let client: pg.Client;

beforeAll(async () => {
  database = await freshDatabase();
  gateway = await startTestGateway('', { DATABASE_URL: database.url, TDU_TRANSLATORS: '1', TDU_LOG_LEVEL: 'info' });
  client = new pg.Client({ connectionString: database.url });
  await client.connect();
  await client.query(TRAP);
});
afterAll(async () => {
  await client.end();
  await gateway.stop();
  await database.drop();
});

const caught = async () => (await client.query<{ pid: number }>(CAUGHT)).rows.map(({ pid }) => pid);
const workItems = (reason: string) => gateway.get<Page>(`/api/work-items?reason=${reason}&state=open`);

/** Kills the process that has a deadly message in its hands; the sessions that it leaves end with it. */
async function kill(): Promise<void> {
  const [worker] = await childrenOf(gateway.pid, 'translate');
  process.kill(worker?.pid ?? 0, 'SIGKILL');
  for (const pid of await caught()) await client.query('SELECT pg_terminate_backend($1)', [pid]);
}

describe('messages of which the process that translates dies', () => {
  it('are parked after two deaths in batches and two alone, and all others go on', async () => {
    const deadly = (index: number) => benchAdmission(index, 'DEADLY');
    const sent = [0, 1, 2, 3].map((index) => benchAdmission(index, 'WELL'));
    sent.splice(1, 0, deadly(100));
    sent.splice(3, 0, deadly(101));
    for (const text of sent) expect((await gateway.send(text)).value('MSA-1')).toBe('AA');
    let deaths = 0;
    await until(async () => {
      if ((await caught()).length > 0) {
        await kill();
        deaths += 1;
      }
      return (await workItems('translation-killed')).items[0]?.['waiting'] === 2;
    }, 110_000);
    // Each dies alone twice; what kills the batch before that kills it for both.
    expect(deaths).toBeLessThanOrEqual(6);
    await gateway.settled();
    const messages = await gateway.get<Page>('/api/messages?count=100');
    const states = messages.items.map(({ controlId, state }) => [String(controlId).startsWith('DEADLY'), state]);
    expect(states.filter(([isDeadly]) => isDeadly === true)).toEqual(Array(2).fill([true, 'parked']));
    expect(states.filter(([isDeadly]) => isDeadly === false)).toEqual(Array(4).fill([false, 'translated']));
    // One problem, behind which both wait.
    expect((await workItems('translation-killed')).total).toBe(1);
  }, 150_000);
});
