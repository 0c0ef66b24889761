import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { carrying, letter } from '../support/letters.js';

const CONFIG = `
sources:
  - { name: ris, doors: [mllp, http], charset: UNICODE UTF-8 }
`;
const DOCUMENTS = 60;
const KILLS = 3;

let database: TestDatabase;
let gateway: TestGateway;

const start = async () => {
  gateway = await startTestGateway(CONFIG, { DATABASE_URL: database.url, TDU_LOG_LEVEL: 'error' });
};

beforeAll(async () => {
  database = await freshDatabase();
  await start();
});
afterAll(async () => {
  await gateway.stop();
  await database.drop();
});

const letterOf = (number: number) => letter({ id: `2.999.90.${String(number)}`, set: `2.999.91.${String(number)}` });

/** By HTTP or in a message, by turns. @returns whether it was accepted; false where no answer came */
async function send(number: number): Promise<boolean> {
  const xml = letterOf(number);
  try {
    if (number % 2 === 0)
      return (await gateway.send(carrying(xml, { controlId: `KILL${String(number)}` }))).value('MSA-1') === 'AA';
    const address = `http://127.0.0.1:${gateway.httpPort}/documents`;
    const headers = { 'Content-Type': 'application/xml' };
    return (await fetch(address, { method: 'POST', headers, body: xml })).status === 202;
  } catch {
    return false;
  }
}

it('a gateway that is killed between journal and answer loses no document, and takes none twice', async () => {
  const open = new Set(Array.from({ length: DOCUMENTS }, (_, number) => number + 1));
  for (let kill = 0; open.size > 0; kill++) {
    const numbers = [...open];
    const sending = Promise.all(
      numbers.map(async (number, place) => {
        await wait(place * 15);
        if (await send(number)) open.delete(number);
      }),
    );
    if (kill < KILLS) {
      await wait(250 + kill * 100);
      await gateway.kill();
      await sending;
      await start();
    } else await sending;
    expect(kill).toBeLessThan(KILLS + 3);
  }
  await gateway.settled();
  const { total } = await gateway.get<Page>('/api/messages?state=translated');
  expect(total).toBe(DOCUMENTS);
  const references = await gateway.get<{ total: number }>('/fhir/DocumentReference?_summary=count');
  expect(references.total).toBe(DOCUMENTS);
});
