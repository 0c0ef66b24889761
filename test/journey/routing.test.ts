import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  pamMessage,
  type SampleDoctor,
  type SampleMessage,
  type SamplePatient,
} from '../../src/cli/demo/pam-message.js';
import { until } from '../../src/cli/demo/vendor-process.js';
import { freshDatabase } from '../support/database.js';
import { startTestGateway, type Page, type TestGateway } from '../support/gateway.js';
import { startTestVendor, type TestVendor } from '../support/vendor.js';

/** One family doctor for each way in which a destination fails, each with a software of his own. */
const WAYS = ['well', 'down', '500', '422', 'hang', 'reset', 'successor'] as const;
type Way = (typeof WAYS)[number];

const doctorOf = (way: Way): SampleDoctor => ({
  rpps: `109990001${String(20 + WAYS.indexOf(way))}`,
  family: `MEDECIN${String.fromCharCode(65 + WAYS.indexOf(way))}`,
  given: 'Alix',
});

const patientOf = (way: Way): SamplePatient => ({
  ipp: `81000${WAYS.indexOf(way)}`,
  ins: `260027101400${WAYS.indexOf(way)}`,
  family: `ZYGOMATIQUE-${String.fromCharCode(65 + WAYS.indexOf(way))}`,
  given: 'OPHELIANE',
  birthDate: '19600213',
  sex: 'F',
  birthPlace: '71014',
  address: '9 impasse du Cormoran^^AUTUN^^71400',
  familyDoctor: doctorOf(way),
});

const CONTENT = ['ZYGOMATIQUE', 'OPHELIANE', 'Cormoran', '2600271014', '19600213', '1960-02-13', '71400'];

let controlId = 0;

/** A message of that patient's stay. */
function stayMessage(way: Way, trigger: string, at: string, change: Partial<SampleMessage> = {}): string {
  controlId += 1;
  return pamMessage({
    controlId: `R${controlId}`,
    trigger,
    at,
    patient: patientOf(way),
    visit: `VR${WAYS.indexOf(way)}`,
    unit: { code: '2040', label: 'Chirurgie' },
    movement: { id: `MR${WAYS.indexOf(way)}`, at, action: 'INSERT' },
    ...change,
  });
}

describe('routing, from MLLP to seven destinations of which five fail', () => {
  let gateway: TestGateway;
  let drop: () => Promise<void>;
  const vendors = new Map<Way, TestVendor>();
  const vendor = (way: Way): TestVendor => {
    const found = vendors.get(way);
    if (found === undefined) throw new Error(`no vendor ${way}`);
    return found;
  };
  const kinds = async (way: Way) =>
    (await vendor(way).communications()).map(({ topic }) => topic?.coding?.[0]?.code ?? '');
  const deliveries = (way: Way) => gateway.get<Page>(`/api/deliveries?endpoint=logiciel-${way}`);

  beforeAll(async () => {
    const database = await freshDatabase();
    drop = database.drop;
    for (const way of WAYS) vendors.set(way, await startTestVendor());
    const config = [
      'endpoints:',
      ...WAYS.map((way) => `  - { id: logiciel-${way}, url: "${vendor(way).url}", timeoutSeconds: 1, concurrency: 2 }`),
      'professionals:',
      ...WAYS.map(
        (way) => `  - { rpps: "${doctorOf(way).rpps}", family: ${doctorOf(way).family}, endpoint: logiciel-${way} }`,
      ),
      'rules: [{ id: medecin-traitant, events: [admission, transfer, discharge], roles: [PCP] }]',
    ];
    gateway = await startTestGateway(config.join('\n'), { DATABASE_URL: database.url });
  });
  afterAll(async () => {
    await gateway.stop();
    await Promise.all([...vendors.values()].map((one) => one.close()));
    await drop();
  });

  it('harms no destination by another one that is down, answers 500 or 422, hangs, or resets', async () => {
    await vendor('down').close();
    for (const way of ['500', '422', 'hang', 'reset'] as const) await vendor(way).behave(way);
    for (const way of WAYS.filter((one) => one !== 'successor'))
      expect((await gateway.send(stayMessage(way, 'A01', '20260302080000'))).value('MSA-1')).toBe('AA');
    await until(async () => (await kinds('well')).length === 1, 20_000);
    const code = async (way: Way) => (await deliveries(way)).items[0];
    for (const [way, reason] of [
      ['down', 'endpoint-unreachable'],
      ['500', 'endpoint-error'],
      ['hang', 'endpoint-timeout'],
      ['reset', 'endpoint-reset'],
    ] as const) {
      await until(async () => (await code(way))?.['code'] === reason, 20_000);
      expect(await code(way)).toMatchObject({ state: 'due', event: 'admission' });
    }
  });

  it('shows a refusal as dead with its reason, and delivers once an operator revives it', async () => {
    await until(async () => (await gateway.get<Page>('/api/deliveries?state=dead')).total === 1, 20_000);
    const [dead] = (await deliveries('422')).items;
    expect(dead).toMatchObject({ state: 'dead', code: 'endpoint-refused', attempts: 1 });
    expect(gateway.output()).toContain('deliver.dead');
    await vendor('422').behave('ok');
    expect(await gateway.post(`/api/deliveries/${String(dead?.['id'])}/revive`)).toBe(202);
    await until(async () => (await deliveries('422')).items[0]?.['state'] === 'delivered', 20_000);
    expect(await kinds('422')).toEqual(['admission']);
  });

  it('loses nothing: what failed is delivered once the destination is back', async () => {
    for (const way of ['500', 'hang', 'reset'] as const) await vendor(way).behave('ok');
    vendors.set('down', await startTestVendor(vendor('down').port));
    for (const way of ['down', '500', 'hang', 'reset'] as const) {
      await until(async () => (await deliveries(way)).items[0]?.['state'] === 'delivered', 40_000);
      expect(await kinds(way)).toEqual(['admission']);
    }
  });

  it('sends a correction to who was told the wrong thing, and what happened to who has come to be of the circle since', async () => {
    const successor = { ...patientOf('well'), familyDoctor: doctorOf('successor') };
    const corrected = {
      patient: successor,
      movement: { id: 'MR0', at: '20260302083000', action: 'UPDATE' as const, original: 'A01' },
    };
    const answer = await gateway.send(stayMessage('well', 'Z99', '20260302090000', corrected));
    expect(answer.value('MSA-1')).toBe('AA');
    await gateway.settled();
    expect(await kinds('well')).toEqual(['admission', 'correction']);
    // Declared with the corrected movement, the successor is of the circle from its instant on: he is owed the admission, and no correction.
    expect(await kinds('successor')).toEqual(['admission']);
    const leaving = { patient: successor, movement: { id: 'MR0-2', at: '20260303100000', action: 'INSERT' as const } };
    await gateway.send(stayMessage('well', 'A03', '20260303100000', leaving));
    await gateway.settled();
    expect(await kinds('successor')).toEqual(['admission', 'discharge']);
    expect(await kinds('well')).toEqual(['admission', 'correction']);
    const cancel = {
      patient: successor,
      movement: { id: 'MR0-2', at: '20260303100000', action: 'CANCEL' as const, original: 'A03' },
    };
    await gateway.send(stayMessage('well', 'A13', '20260303110000', cancel));
    await gateway.settled();
    expect(await kinds('successor')).toEqual(['admission', 'discharge', 'discharge-cancelled']);
    expect(await kinds('well')).toEqual(['admission', 'correction']);
  });

  it('replays a message without telling anybody twice', async () => {
    const [message] = (await gateway.get<Page>('/api/messages?controlId=R1')).items;
    const before = (await gateway.get<Page>('/api/deliveries')).total;
    expect(await gateway.post(`/api/messages/${String(message?.['id'])}/replay`)).toBe(202);
    await gateway.settled();
    expect((await gateway.get<Page>('/api/messages?controlId=R1')).items[0]).toMatchObject({ state: 'translated' });
    expect((await gateway.get<Page>('/api/deliveries')).total).toBe(before);
    expect(await kinds('well')).toEqual(['admission', 'correction']);
  });

  it('parks what cannot be read, and writes nothing of the patients anywhere but in the resources', async () => {
    const unknownTrigger = stayMessage('well', 'A99', '20260304080000');
    const answer = await gateway.send(unknownTrigger);
    expect([answer.value('MSA-1'), answer.value('ERR-3')]).toEqual(['AA', '201']);
    const socket = connect(gateway.mllpPort, '127.0.0.1');
    socket.end(`\x0bMSH|^~\\&|GAM\rPID|1||OPHELIANE|ZYGOMATIQUE\x1c\r`);
    await new Promise((resolve) => socket.resume().once('close', resolve));
    await gateway.settled();
    const metrics = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/metrics`)).text();
    const lists = await Promise.all(
      ['messages', 'work-items', 'receipts', 'deliveries'].map((name) => gateway.get<Page>(`/api/${name}?count=500`)),
    );
    expect(lists.every(({ total }) => total > 0)).toBe(true);
    expect(CONTENT.filter((word) => gateway.output().includes(word))).toEqual([]);
    expect(CONTENT.filter((word) => metrics.includes(word))).toEqual([]);
    expect(CONTENT.filter((word) => JSON.stringify(lists).includes(word))).toEqual([]);
  });
});
