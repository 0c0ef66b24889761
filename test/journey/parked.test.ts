import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '../../src/cli/demo/vendor-process.js';
import { main } from '../../src/cli/tdu.js';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { printed } from '../support/output.js';
import { HOSPITAL, movement, pam } from '../support/pam.js';

const AT = '20260302080000';
const MESSAGES = 120;
const CONFIG = 'sources:\n  - { name: chu, site: chu }\n';

/** An admission of the nth patient, with a class that no table has. */
const admission = (n: number) =>
  pam({
    trigger: 'A01',
    at: AT,
    pid: { 3: `IPP${n}^^^${HOSPITAL}^PI`, 5: `ESSAI^CAMILLE ${n}^^^^^L` },
    pv1: { 2: 'ZZ', 19: `V${n}^^^${HOSPITAL}^VN` },
    zbe: movement(`M${n}`, AT),
  }).replace(`|C${AT}|`, `|PARKED-${n}|`);

let database: TestDatabase;
let folder: string;
let gateways: TestGateway[] = [];

/** Two gateways on one database, with that row in the hospital's own table of classes. */
async function start(row: string): Promise<void> {
  const site = join(folder, 'sites', 'chu', 'codes');
  await mkdir(site, { recursive: true });
  await writeFile(join(site, 'EncounterClass.yaml'), `table: EncounterClass\nrows:\n  - ${row}\n`);
  const env = { DATABASE_URL: database.url, TDU_MAPPINGS: folder };
  gateways = await Promise.all([startTestGateway(CONFIG, env), startTestGateway(CONFIG, env)]);
}

async function stop(): Promise<void> {
  await Promise.all(gateways.map((gateway) => gateway.stop()));
  gateways = [];
}

beforeAll(async () => {
  database = await freshDatabase();
  folder = await mkdtemp(join(tmpdir(), 'tdu-mappings-'));
  await cp('mappings', folder, { recursive: true });
  await start('{ code: YY, to: AMB, because: another code }');
}, 60_000);
afterAll(async () => {
  await stop();
  await database.drop();
  await rm(folder, { recursive: true });
}, 60_000);

const tdu = async (...args: string[]) =>
  (await printed(() => main(args), { HTTP_PORT: String(gateways[0]?.httpPort) })).out;
const items = async () => JSON.parse(await tdu('items', '--json')) as Page;
const status = async () =>
  JSON.parse(await tdu('status', '--json')) as { waiting: { parked: number; untranslated: number } };

describe('messages that one unknown code parks at two gateways', () => {
  it('stand behind one work item', async () => {
    const answers = Array.from({ length: MESSAGES }, (_, n) => gateways[n % 2]?.send(admission(n)));
    for (const answer of await Promise.all(answers)) expect(answer?.value('MSA-1')).toBe('AA');
    await until(async () => (await status()).waiting.parked === MESSAGES, 30_000);
    expect(await items()).toMatchObject({
      total: 1,
      items: [{ source: 'chu', reason: 'code-unknown', code: 'ZZ', count: MESSAGES, waiting: MESSAGES }],
    });
    const last = await gateways[0]?.get<Page>(`/api/work-items?controlId=PARKED-${MESSAGES - 1}&state=open`);
    expect(last?.total).toBe(1);
  }, 60_000);

  it('are all translated by one release once the table has it, and nothing of it is open', async () => {
    await stop();
    await start('{ code: ZZ, to: AMB, because: what the hospital writes }');
    const id = String((await items()).items[0]?.['id']);
    expect(await tdu('items', '--release', id)).toBe(`${id}: messages queued again: ${MESSAGES}`);
    await until(
      async () => (await gateways[1]?.get<Page>('/api/messages?state=translated'))?.total === MESSAGES,
      30_000,
    );
    expect((await status()).waiting).toMatchObject({ parked: 0, untranslated: 0 });
    expect((await items()).total).toBe(0);
  }, 90_000);
});
