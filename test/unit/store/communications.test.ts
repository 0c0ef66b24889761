import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Bundle, CapabilityStatement, Communication } from 'fhir/r4.js';
import request from 'supertest';
import { createApp } from '../../../src/serve/http.js';
import type { DeliveryState } from '../../../src/message/delivery.js';
import { uuid5 } from '../../../src/message/uuid.js';
import type { Store } from '../../../src/store/store.js';
import { changed, incoming, openTestStore, routed, step } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
let app: ReturnType<typeof createApp>;

const ENDPOINT = 'cpts';
const ids: Record<string, string> = {};

/** One event about a patient that one doctor is told of. */
async function tell(name: string, patient: string, effectiveAt: string): Promise<void> {
  const message = incoming(name);
  const encounter = `stay-of-${patient}`;
  await store.keep([message]);
  await store.inTranslation({ ids: [message.id], limit: 0 }, async (tx) => {
    const stay = {
      resourceType: 'Encounter',
      id: encounter,
      status: 'in-progress',
      class: { code: 'IMP' },
      subject: { reference: `Patient/${patient}` },
    } as const;
    const resources = [changed({ resourceType: 'Patient', id: patient }), changed(stay)];
    const route = routed(message.id, {
      endpoint: ENDPOINT,
      member: 'PractitionerRole/r1',
      lane: `${ENDPOINT}|${patient.slice(1)}`,
      resources: [`Patient/${patient}`, `Encounter/${encounter}`],
      event: { effectiveAt, thread: `urn:oid:2.999.3|${name}` },
    });
    await tx.save([step(message.id, { resources, ...route })]);
  });
  ids[name] = uuid5(`delivery ${message.id} ${ENDPOINT}`);
}

/** Ends everything that is due in that state. */
async function end(state: DeliveryState): Promise<void> {
  const due = await store.claimDeliveries({ endpoint: ENDPOINT, limit: 10, leaseMs: 1000 });
  await store.recordAttempts(
    due.map(({ id, claim }) => ({
      deliveryId: id,
      claim,
      startedAt: new Date(0),
      durationMs: 1,
      ok: state === 'delivered',
      reached: state === 'delivered',
      status: state === 'delivered' ? 200 : 422,
      code: state === 'delivered' ? null : 'endpoint-refused',
      detail: '',
      sent: [],
      sha256: Buffer.alloc(32),
      next: { state },
    })),
  );
}

beforeAll(async () => {
  ({ store, close } = await openTestStore());
  app = createApp({
    insecureFhir: false,
    startedAt: '2026-03-02T08:00:00Z',
    log: () => undefined,
    ready: {},
    metrics: () => Promise.resolve(''),
    fhir: { ...store, readBinary: () => Promise.resolve(undefined) },
    zone: 'Europe/Paris',
    doors: [],
  });
  await tell('GIVEN-UP', 'p1', '2026-03-02T00:30:00+01:00');
  await end('dead');
  await tell('DELIVERED', 'p1', '2026-03-03T08:00:00+01:00');
  await tell('OF-ANOTHER', 'p2', '2026-03-03T09:00:00+01:00');
  await end('delivered');
  await tell('DUE', 'p2', '2026-03-04T08:00:00+01:00');
});
afterAll(() => close());

const get = async <T>(path: string) => {
  const { status, body } = await request(app).get(`/fhir/Communication${path}`);
  return { status, body: body as T };
};
const namesOf = async (query: string) => {
  const { status, body } = await get<Bundle>(`?${query}`);
  expect(status).toBe(200);
  const found = (body.entry ?? []).map(({ resource }) => resource?.id);
  expect(body.total).toBe(found.length);
  return Object.keys(ids).filter((name) => found.includes(ids[name]));
};

describe('a Communication', () => {
  it('is read as it was sent: what happened to whom, who was told, and when', async () => {
    const { body } = await get<Communication>(`/${ids['DELIVERED'] ?? ''}`);
    expect(body).toMatchObject({
      resourceType: 'Communication',
      id: ids['DELIVERED'],
      meta: { lastUpdated: expect.any(String) },
      identifier: [{ value: `urn:uuid:${ids['DELIVERED'] ?? ''}` }],
      status: 'completed',
      subject: { reference: 'Patient/p1' },
      encounter: { reference: 'Encounter/stay-of-p1' },
      about: [{ identifier: { value: 'DELIVERED' } }],
      topic: { coding: [{ code: 'admission' }] },
      sent: '2026-03-03T08:00:00+01:00',
      recipient: [{ reference: 'PractitionerRole/r1' }],
    });
  });

  it('is there for what was given up, and for what is still to be delivered', async () => {
    const status = async (name: string) => (await get<Communication>(`/${ids[name] ?? ''}`)).body.status;
    expect(await status('GIVEN-UP')).toBe('stopped');
    expect(await status('DUE')).toBe('in-progress');
  });

  it.each(['nothing', '00000000-0000-5000-8000-000000000000'])('of no delivery is unknown: %s', async (id) => {
    expect((await get(`/${id}`)).status).toBe(404);
    expect(await namesOf(`_id=${id}`)).toEqual([]);
  });

  it.each([
    ['patient=p1', ['GIVEN-UP', 'DELIVERED']],
    ['subject=Patient/p2', ['OF-ANOTHER', 'DUE']],
    ['patient=p1,p2&sent=2026-03-03', ['DELIVERED', 'OF-ANOTHER']],
    ['subject=Group/p1', []],
    ['patient=nobody', []],
    // By the clocks of Paris: it happened half an hour after midnight.
    ['sent=2026-03-02', ['GIVEN-UP']],
    ['sent=ge2026-03-03&sent=lt2026-03-04', ['DELIVERED', 'OF-ANOTHER']],
    ['sent=gt2026-03-03T07:30:00Z', ['OF-ANOTHER', 'DUE']],
    ['', ['GIVEN-UP', 'DELIVERED', 'OF-ANOTHER', 'DUE']],
  ])('is found by %s', async (query, names) => {
    expect(await namesOf(query)).toEqual(names);
  });

  it('is found by its identifier, with the system or without, and by its id', async () => {
    const id = ids['DUE'] ?? '';
    for (const query of [`identifier=urn:uuid:${id}`, `identifier=urn:ietf:rfc:3986|urn:uuid:${id}`, `_id=${id}`])
      expect(await namesOf(query)).toEqual(['DUE']);
    expect(await namesOf(`identifier=urn:other|urn:uuid:${id}`)).toEqual([]);
    expect(await namesOf(`_id=${id}&patient=p1`)).toEqual([]);
  });

  it('is searched by what the CapabilityStatement says, and nothing else', async () => {
    const { body } = await request(app).get('/fhir/metadata');
    const statement = body as CapabilityStatement;
    const { searchParam = [] } = statement.rest?.[0]?.resource?.find(({ type }) => type === 'Communication') ?? {};
    const values: Record<string, string> = {
      _id: ids['DUE'] ?? '',
      identifier: `urn:uuid:${ids['DUE'] ?? ''}`,
      subject: 'Patient/p2',
      patient: 'p2',
      sent: '2026-03-04',
    };
    expect(searchParam.map(({ name }) => name).sort()).toEqual(Object.keys(values).sort());
    for (const { name } of searchParam) expect(await namesOf(`${name}=${values[name] ?? ''}`)).toContain('DUE');
    for (const query of ['status=completed', 'recipient=PractitionerRole/r1', 'encounter=e', '_lastUpdated=gt2020'])
      expect([query, (await get(`?${query}`)).status]).toEqual([query, 400]);
  });

  it('comes page by page, each once, and is counted without', async () => {
    const seen: (string | undefined)[] = [];
    let query = '_count=3';
    for (let page = 0; page < 3 && query !== ''; page++) {
      const { body } = await get<Bundle>(`?${query}`);
      expect(body.total).toBe(4);
      seen.push(...(body.entry ?? []).map(({ resource }) => resource?.id));
      query = (body.link?.find(({ relation }) => relation === 'next')?.url ?? '?').split('?')[1] ?? '';
    }
    expect(seen.sort()).toEqual(Object.values(ids).sort());
    expect((await get<Bundle>('?_summary=count')).body).toMatchObject({ total: 4 });
    expect((await get<Bundle>('?_total=none')).body).not.toHaveProperty('total');
  });

  it('stays one where another delivery goes in the place of the first', async () => {
    await store.reviveDelivery(ids['GIVEN-UP'] ?? '');
    await end('delivered');
    const { body } = await get<Communication>(`/${ids['GIVEN-UP'] ?? ''}`);
    expect(body).toMatchObject({ id: ids['GIVEN-UP'], status: 'completed', sent: '2026-03-02T00:30:00+01:00' });
    expect(await namesOf('patient=p1')).toEqual(['GIVEN-UP', 'DELIVERED']);
    expect(await namesOf('sent=2026-03-02')).toEqual(['GIVEN-UP']);
  });
});
