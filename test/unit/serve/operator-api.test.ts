import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { createApp } from '../../../src/serve/http.js';
import type { Store } from '../../../src/store/store.js';
import { operatorOf } from '../../support/operator.js';
import { changed, incoming, openTestStore, routed, step, translated } from '../../support/stored.js';

const PATIENT = { resourceType: 'Patient', id: 'p1', identifier: [{ system: 'urn:oid:2.999.1', value: '1' }] } as const;
const DOCTOR = 'PractitionerRole/r1';

let store: Store;
let close: () => Promise<void>;
let app: Express;
let told: string;
let parked: string;
const replayed: string[] = [];

beforeAll(async () => {
  ({ store, close } = await openTestStore());
  app = createApp({
    insecureFhir: false,
    startedAt: '2026-03-02T08:00:00Z',
    log: () => undefined,
    ready: {},
    metrics: () => Promise.resolve(''),
    operator: operatorOf(store, (ids) => replayed.push(...ids)),
    doors: [],
  });
  const first = incoming('A1');
  told = first.id;
  await store.keep([first]);
  const resources = ['Patient/p1'];
  const routes = [
    routed(told, { endpoint: 'cpts', member: DOCTOR, resources }),
    routed(told, { endpoint: 'msp', member: DOCTOR, resources }),
  ];
  await store.inTranslation({ ids: [told], limit: 0 }, (tx) =>
    tx.save([
      step(told, {
        resources: [changed({ ...PATIENT, identifier: [...PATIENT.identifier] })],
        events: routes.flatMap(({ events }) => events),
        receipts: routes.flatMap(({ receipts }) => receipts),
        deliveries: routes.flatMap(({ deliveries }) => deliveries),
      }),
    ]),
  );
  const item = { reason: 'code-unknown', field: 'PV1-2', text: 'no such class', key: 'k1' };
  parked = await translated(store, 'A2', [], { state: 'parked', workItems: [item] });
  await store.keep([incoming('A3', { state: 'refused', source: 'clinique' })]);
  await store.keep(Array.from({ length: 5 }, (_, index) => incoming(`B${index}`)));
});
afterAll(() => close());

interface Page {
  total: number;
  items: Record<string, unknown>[];
  next?: string;
}
const list = async (path: string): Promise<Page> => {
  const response = await request(app).get(`/api/${path}`);
  expect([path, response.status]).toEqual([path, 200]);
  return response.body as Page;
};
const statusOf = async (path: string) => (await request(app).get(`/api/${path}`)).status;
const values = ({ items }: Page, name: string) => items.map((item) => item[name]);

describe('the lists of the operator API', () => {
  it('gives messages newest first, with what the operator looks for', async () => {
    const page = await list('messages');
    expect(page.total).toBe(8);
    expect(values(page, 'controlId')).toEqual(['B4', 'B3', 'B2', 'B1', 'B0', 'A3', 'A2', 'A1']);
    expect(page.items.at(-1)).toMatchObject({
      id: told,
      source: 'chu',
      type: 'ADT^A01',
      receivedAt: '2026-03-02T00:00:00.000Z',
      state: 'translated',
      answer: { code: 'AA', issues: [] },
    });
    expect(Object.keys(page.items[0] ?? {})).not.toContain('bytes');
  });

  it.each([
    ['messages?controlId=A2', ['A2']],
    ['messages?controlId=A3', ['A3']],
    ['messages?controlId=A3&state=received', []],
    ['messages?state=refused', ['A3']],
    ['messages?source=clinique', ['A3']],
    ['messages?source=chu&state=received', ['B4', 'B3', 'B2', 'B1', 'B0']],
    ['messages?controlId=nobody', []],
    ['messages?controlId=%27%20OR%201=1', []],
    ['work-items?controlId=A2&state=open', ['A2']],
    ['work-items?state=open', ['A3', 'A2']],
    ['work-items?reason=code-unknown', ['A2']],
    ['work-items?state=done', []],
  ])('filters: %s', async (path, controlIds) => {
    const page = await list(path);
    expect(values(page, 'controlId')).toEqual(controlIds);
    expect(page.total).toBe(controlIds.length);
  });

  it('gives work items, receipts and deliveries of one message', async () => {
    expect(await list(`work-items?message=${parked}`)).toMatchObject({
      total: 1,
      items: [{ messageId: parked, reason: 'code-unknown', field: 'PV1-2', text: 'no such class', state: 'open' }],
    });
    const receipts = await list(`receipts?message=${told}`);
    expect(receipts.total).toBe(2);
    expect(receipts.items[0]).toMatchObject({
      messageId: told,
      member: DOCTOR,
      label: 'Dr BERTHIER',
      role: 'PCP',
      decision: 'told',
      reason: 'rule-tells',
      rule: 'medecin-traitant',
      event: 'admission',
    });
    expect((await list(`receipts?message=${told}&decision=not-told`)).total).toBe(0);
    const deliveries = await list(`deliveries?message=${told}&endpoint=cpts`);
    expect(deliveries.items).toMatchObject([{ messageId: told, endpoint: 'cpts', state: 'due', attempts: 0 }]);
    const receipt = String(deliveries.items[0]?.['receiptId']);
    expect(values(receipts, 'id')).toContain(receipt);
    expect((await list(`deliveries?receipt=${receipt}`)).total).toBe(1);
  });

  it.each(['messages', 'receipts', 'deliveries', 'work-items'])(
    'gives every one of %s once over small pages',
    async (name) => {
      const whole = await list(name);
      const ids: unknown[] = [];
      for (let after: string | undefined = ''; after !== undefined;) {
        const page: Page = await list(`${name}?count=1${after === '' ? '' : `&after=${after}`}`);
        expect(page.total).toBe(whole.total);
        ids.push(...values(page, 'id'));
        after = page.next;
      }
      expect(ids).toEqual(values(whole, 'id'));
    },
  );

  it.each([
    'messages?nom=x',
    'messages?constructor=x',
    'messages?count=0',
    'messages?count=501',
    'messages?count=x',
    'messages?id=x',
    'messages?id=9223372036854775808',
    'messages?after=x',
    'messages?after=9999999999999999999',
    'messages?controlId=a&controlId=b',
    'messages?controlId=%00',
    'receipts?after=p12',
    'receipts?message=x',
    'deliveries?receipt=------------------------------------',
    'deliveries?after=x',
    'work-items?after=1e3',
  ])('refuses %s', async (path) => {
    const response = await request(app).get(`/api/${path}`);
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ resourceType: 'OperationOutcome' });
  });

  it('gives one message by its id', async () => {
    const response = await request(app).get(`/api/messages/${told}`);
    expect(response.body).toMatchObject({ id: told, controlId: 'A1' });
    expect([await statusOf('messages/1'), await statusOf('messages/x'), await statusOf('nothing')]).toEqual([
      404, 400, 404,
    ]);
  });
});

describe('what an operator decides', () => {
  const post = async (path: string) => {
    const response = await request(app).post(`/api/${path}`);
    return [response.status, response.body as Record<string, unknown>] as const;
  };

  it('replays a parked or translated message, and no other', async () => {
    expect(await post(`messages/${parked}/replay`)).toEqual([202, { id: parked, state: 'received' }]);
    expect(replayed).toEqual([parked]);
    const [refused] = (await list('messages?state=refused')).items;
    expect((await post(`messages/${String(refused?.['id'])}/replay`))[0]).toBe(404);
    expect((await post('messages/1/replay'))[0]).toBe(404);
    expect((await post('messages/abc/replay'))[0]).toBe(400);
    expect((await post('messages/9999999999999999999/replay'))[0]).toBe(400);
  });

  it('closes an open work item once', async () => {
    const [item] = (await list('work-items?reason=code-unknown')).items;
    const id = String(item?.['id']);
    expect(await post(`work-items/${id}/close`)).toEqual([200, { id, state: 'done' }]);
    expect((await post(`work-items/${id}/close`))[0]).toBe(404);
    const done = await list('work-items?state=done');
    expect(done.items).toMatchObject([{ id, closedBy: 'operator', closedAt: expect.any(String) }]);
  });

  it('revives a dead delivery, and no other', async () => {
    const [due] = await store.claimDeliveries({ endpoint: 'cpts', limit: 1, leaseMs: 1000 });
    const id = due?.id ?? '';
    expect((await post(`deliveries/${id}/revive`))[0]).toBe(404);
    await store.recordAttempts([
      {
        deliveryId: id,
        claim: due?.claim ?? 0,
        reached: false,
        startedAt: new Date(0),
        durationMs: 5,
        ok: false,
        status: 422,
        code: 'endpoint-refused',
        detail: 'answered 422',
        sent: [],
        sha256: Buffer.alloc(32),
        next: { state: 'dead' },
      },
    ]);
    expect((await list('deliveries?state=dead')).items).toMatchObject([{ id, code: 'endpoint-refused', attempts: 1 }]);
    expect(await post(`deliveries/${id}/revive`)).toEqual([202, { id, state: 'due' }]);
    expect((await list('deliveries?state=dead')).total).toBe(0);
    expect((await post('deliveries/x/revive'))[0]).toBe(400);
    expect((await post('deliveries/00000000-0000-5000-8000-000000000000/revive'))[0]).toBe(404);
  });

  it('is decided by callers of this machine only', async () => {
    const relayed = await request(app).post(`/api/messages/${told}/replay`).set('X-Forwarded-For', '192.0.2.7');
    const foreign = await request(app).get('/api/messages').set('Sec-Fetch-Site', 'cross-site');
    expect([relayed.status, foreign.status]).toEqual([403, 403]);
    expect(replayed).not.toContain(told);
  });
});

describe('a filter', () => {
  it.each([
    ['messages?state=transalted', 'received, parked'],
    ['messages?state=', 'received'],
    ['work-items?state=closed', 'open, done'],
    ['work-items?reason=code-unknwon', 'code-unknown'],
    ['receipts?decision=yes', 'told, not-told'],
    ['deliveries?state=failed', 'due'],
    ['deliveries?state=Dead', 'dead'],
  ])('whose value no item can have is refused, with those that it may have: %s', async (path, values) => {
    const response = await request(app).get(`/api/${path}`);
    expect(response.status).toBe(400);
    expect(JSON.stringify(response.body)).toContain(values);
  });

  it.each(['V26001', '%7CV26001', 'urn:oid:2.999.71.1%7C', 'urn:oid:2.999.71.1%7CV%00'])(
    'of a stay that is not said as system|value is refused: %s',
    async (stay) => {
      expect((await request(app).get(`/api/receipts?stay=${stay}`)).status).toBe(400);
      expect((await request(app).get('/api/receipts?stay=urn:oid:2.999.71.1%7CV26001')).status).toBe(200);
    },
  );

  it.each(['messages?source=cuh', 'work-items?source=cuh', 'messages?source=', 'deliveries?endpoint=ctps'])(
    'by a name that is neither configured nor found is refused, with those that there are: %s',
    async (path) => {
      const response = await request(app).get(`/api/${path}`);
      expect(response.status).toBe(400);
      expect(JSON.stringify(response.body)).toMatch(/configured: (chu|cpts)/);
    },
  );

  it.each(['messages?source=clinique', 'work-items?source=chu&state=done', 'deliveries?endpoint=msp'])(
    'by a name that is configured, or has left something behind, gives what there is: %s',
    async (path) => {
      expect(await statusOf(path)).toBe(200);
    },
  );

  it('by which dead deliveries are revived is no misspelt name either', async () => {
    const statuses = await Promise.all(
      ['ctps', 'cpts'].map(
        async (endpoint) => (await request(app).post(`/api/deliveries/revive?endpoint=${endpoint}`)).status,
      ),
    );
    expect(statuses).toEqual([400, 202]);
  });
});

describe('a delivery', () => {
  it('shows each of its attempts, with status, code and detail', async () => {
    const [due] = await store.claimDeliveries({ endpoint: 'msp', limit: 1, leaseMs: 1 });
    const attempt = {
      deliveryId: due?.id ?? '',
      startedAt: new Date(0),
      durationMs: 7,
      sent: [],
      sha256: Buffer.alloc(32),
    };
    const failed = {
      ...attempt,
      ok: false,
      status: 422,
      code: 'endpoint-refused' as const,
      detail: 'answered 422 required',
    };
    await store.recordAttempts([{ ...failed, claim: due?.claim ?? 0, reached: true, next: { state: 'dead' } }]);
    const { items } = await list('deliveries?endpoint=msp');
    expect(items.find(({ id }) => id === due?.id)).toMatchObject({
      history: [{ durationMs: 7, ok: false, status: 422, code: 'endpoint-refused', detail: 'answered 422 required' }],
    });
  });
});

describe('one thing alone', () => {
  it('is given by its id: a work item, a delivery', async () => {
    const [item] = (await list('work-items?reason=field-missing')).items;
    const [delivery] = (await list('deliveries')).items;
    expect((await request(app).get(`/api/work-items/${String(item?.['id'])}`)).body).toEqual(item);
    expect((await request(app).get(`/api/deliveries/${String(delivery?.['id'])}`)).body).toEqual(delivery);
    expect([
      await statusOf('work-items/999'),
      await statusOf('work-items/999/messages'),
      await statusOf('work-items/x'),
      await statusOf('deliveries/x'),
      await statusOf('deliveries/00000000-0000-5000-8000-000000000000'),
    ]).toEqual([404, 404, 400, 400, 404]);
  });
});

describe('what a message holds', () => {
  const binary = (path: string) =>
    request(app)
      .get(`/api/messages/${path}/content`)
      .buffer()
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => void chunks.push(chunk));
        response.on('end', () => {
          done(null, Buffer.concat(chunks));
        });
      });

  it('is shown to this machine, byte by byte, and kept by no cache', async () => {
    const bytes = Buffer.from([0x4d, 0xe9, 0x0d, 0x00, 0xff]);
    const message = incoming('bytes', { bytes });
    await store.keep([message]);
    const response = await binary(message.id);
    expect([response.status, response.body]).toEqual([200, bytes]);
    expect([response.get('Content-Type'), response.get('Cache-Control')]).toEqual(['application/hl7-v2', 'no-store']);
    expect([(await binary('1')).status, (await binary('x')).status]).toEqual([404, 400]);
  });

  it('is shown to no other, not even with the operator’s token', async () => {
    const open = createApp({
      insecureFhir: false,
      startedAt: '2026-03-02T08:00:00Z',
      log: () => undefined,
      ready: {},
      metrics: () => Promise.resolve(''),
      operator: operatorOf(store),
      operatorToken: 'secret',
      doors: [],
    });
    const from = (path: string) =>
      request(open).get(path).set('X-Forwarded-For', '192.0.2.7').set('Authorization', 'Bearer secret');
    expect((await from(`/api/messages/${told}`)).status).toBe(200);
    const refused = await from(`/api/messages/${told}/content`);
    expect([refused.status, JSON.stringify(refused.body)]).toEqual([403, expect.not.stringContaining('bytes of')]);
  });
});

describe('a work item with messages behind it', () => {
  const post = async (path: string) => {
    const { status, body } = await request(app).post(`/api/${path}`);
    return [status, body as Record<string, unknown>] as const;
  };
  const ids: string[] = [];
  let id: string;

  beforeAll(async () => {
    const item = { reason: 'code-unknown', field: 'PV1-2', text: 't', key: 'class|ZZ', code: 'ZZ' };
    for (const name of ['L1', 'L2', 'L3'])
      ids.push(await translated(store, name, [], { state: 'parked', workItems: [item] }));
    id = String((await list('work-items?controlId=L3&state=open')).items[0]?.['id']);
  });

  it('says what it is about, how many there are, and since when', async () => {
    const { items } = await list('work-items?controlId=L2');
    expect(items).toMatchObject([
      {
        ...{
          id,
          controlId: 'L1',
          messageId: ids[0],
          source: 'chu',
          reason: 'code-unknown',
          field: 'PV1-2',
          code: 'ZZ',
        },
        ...{ state: 'open', count: 3, waiting: 3 },
        ...{ openedAt: expect.any(String), firstSeenAt: expect.any(String), lastSeenAt: expect.any(String) },
      },
    ]);
    expect((await list('work-items?source=clinique&reason=code-unknown')).total).toBe(0);
  });

  it('lists them page by page, by state too', async () => {
    const first = await list(`work-items/${id}/messages?count=2`);
    const second = await list(`work-items/${id}/messages?count=2&after=${first.next ?? ''}`);
    expect([first.total, second.total, second.next]).toEqual([3, 3, undefined]);
    expect([...values(first, 'id'), ...values(second, 'id')]).toEqual([...ids].reverse());
    expect(first.items[0]).toMatchObject({ controlId: 'L3', state: 'parked', leftAt: null });
    expect((await list(`work-items/${id}/messages?state=translated`)).total).toBe(0);
    expect([await statusOf(`work-items/${id}/messages?state=no`), await statusOf('work-items/x/messages')]).toEqual([
      400, 400,
    ]);
  });

  it('is not closed by hand as long as they wait', async () => {
    const [status, body] = await post(`work-items/${id}/close`);
    expect([status, JSON.stringify(body)]).toEqual([409, expect.stringContaining('messages-waiting')]);
    expect((await list(`work-items?controlId=L1&state=open`)).total).toBe(1);
  });

  it('is released at once for all of them', async () => {
    replayed.length = 0;
    expect(await post(`work-items/${id}/release`)).toEqual([202, { id, messages: 3 }]);
    expect(replayed).toEqual(ids);
    expect(values(await list(`work-items/${id}/messages`), 'state')).toEqual(['received', 'received', 'received']);
    expect([(await post('work-items/999/release'))[0], (await post('work-items/x/release'))[0]]).toEqual([404, 400]);
  });

  it('whose messages were all refused has none to release', async () => {
    const [item] = (await list('work-items?reason=field-missing&state=open')).items;
    expect((await post(`work-items/${String(item?.['id'])}/release`))[0]).toBe(404);
  });
});

describe('all that is dead', () => {
  const deliveriesOf = async (endpoint: string, state: string) =>
    (await list(`deliveries?endpoint=${endpoint}&state=${state}`)).total;

  beforeAll(async () => {
    for (const endpoint of ['e1', 'e2'])
      for (const n of Array.from({ length: endpoint === 'e1' ? 150 : 2 }, (_, index) => index)) {
        const message = incoming(`${endpoint} ${n}`);
        await store.keep([message]);
        await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
          tx.save([step(message.id, routed(message.id, { endpoint, member: DOCTOR, resources: [] }))]),
        );
      }
    for (const endpoint of ['e1', 'e2'])
      for (;;) {
        const due = await store.claimDeliveries({ endpoint, limit: 200, leaseMs: 60_000 });
        if (due.length === 0) break;
        await store.recordAttempts(
          due.map(({ id, claim }) => ({
            ...{ deliveryId: id, claim, reached: false, startedAt: new Date(0), durationMs: 1, ok: false, status: 422 },
            ...{ code: 'endpoint-refused', detail: 'answered 422', sent: [], sha256: Buffer.alloc(32) },
            next: { state: 'dead' },
          })),
        );
      }
  });

  it('of one endpoint is due again, and of no other', async () => {
    const status = (await request(app).get('/api/status')).body as { endpoints: Record<string, unknown>[] };
    expect(status.endpoints).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ id: 'e1', due: 0, dead: 150, oldestDueSeconds: null }),
        expect.objectContaining({ id: 'e2', due: 0, dead: 2 }),
      ]),
    );
    const response = await request(app).post('/api/deliveries/revive?endpoint=e1');
    expect([response.status, response.body]).toEqual([202, { revived: 150 }]);
    expect([await deliveriesOf('e1', 'dead'), await deliveriesOf('e2', 'dead')]).toEqual([0, 2]);
    expect(await deliveriesOf('e1', 'due')).toBeGreaterThan(0);
  });

  it('is due again at every endpoint, once', async () => {
    const { body } = await request(app).post('/api/deliveries/revive');
    expect((body as { revived: number }).revived).toBeGreaterThanOrEqual(2);
    expect((await list('deliveries?state=dead')).total).toBe(0);
    expect((await request(app).post('/api/deliveries/revive')).body).toEqual({ revived: 0 });
  });

  it.each(['state=dead', 'endpoint=a&endpoint=b', 'all'])('is named by its endpoint alone: %s', async (query) => {
    expect((await request(app).post(`/api/deliveries/revive?${query}`)).status).toBe(400);
  });
});

describe('the status', () => {
  it('counts what waits, and how long the oldest is due', async () => {
    const { body } = await request(app).get('/api/status');
    expect(body).toMatchObject({
      waiting: await store.counts(),
      endpoints: expect.arrayContaining([
        { id: 'e2', due: 2, dead: 0, oldestDueAt: expect.any(String), oldestDueSeconds: expect.any(Number) },
      ]),
    });
  });
});
