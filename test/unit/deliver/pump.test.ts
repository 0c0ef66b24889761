import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Bundle, FhirResource } from 'fhir/r4.js';
import type {
  AttemptOutcome,
  Claim,
  ClaimRequest,
  DeliveredResource,
  DueDelivery,
} from '../../../src/message/delivery.js';
import { GatewayError, type FailureCode } from '../../../src/message/failure.js';
import { businessIdentifier } from '../../../src/fhir/identifier.js';
import { OWNERSHIP } from '../../support/stages.js';
import { openDeliver, type DeliverEndpoint } from '../../../src/deliver/pump.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** How a server answers a transaction of so many entries. */
type Answerer = (request: IncomingMessage, response: ServerResponse, entries: number) => void;

function listener(answer: Answerer) {
  return (request: IncomingMessage, response: ServerResponse) => {
    let body = '';
    request.on('data', (chunk) => (body += String(chunk)));
    request.on('end', () => answer(request, response, (JSON.parse(body) as Bundle).entry?.length ?? 0));
  };
}

async function serverThat(answer: Answerer) {
  const server = createServer(listener(answer));
  let connections = 0;
  server.on('connection', () => connections++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/fhir`, connections: () => connections };
}

function says(status: number, headers: Record<string, string> = {}): Answerer {
  return (_request, response, entries) => {
    const type = status < 300 ? 'Bundle' : 'OperationOutcome';
    const entry = Array.from({ length: entries }, () => ({ response: { status: '200' } }));
    response.writeHead(status, { 'content-type': 'application/fhir+json', ...headers });
    response.end(JSON.stringify({ resourceType: type, type: 'transaction-response', entry }));
  };
}

const stored = (resource: FhirResource): DeliveredResource => ({
  reference: `${resource.resourceType}/${resource.id ?? ''}`,
  version: 1,
  held: null,
  excluded: [],
  identifier: businessIdentifier(resource) ?? null,
  resource,
});

function delivery(endpoint: string, number: number): DueDelivery {
  const identifier = (value: string) => [{ system: 'urn:test', value }];
  return {
    id: `00000000-0000-5000-8000-${String(number).padStart(12, '0')}`,
    endpoint,
    lane: `${endpoint}|${number}`,
    kind: 'admission',
    notification: `00000000-0000-5000-8000-${String(number).padStart(12, '0')}`,
    respondsTo: null,
    eventNumber: 1,
    thread: 'urn:oid:2.999.3|M1',
    claim: 1,
    receiptId: 'r',
    messageId: '1',
    member: 'PractitionerRole/1',
    effectiveAt: '2026-03-06T11:00:00+01:00',
    attempts: 0,
    conflicts: 0,
    createdAt: new Date(0),
    resources: [
      stored({ resourceType: 'Patient', id: 'p', identifier: identifier('p') }),
      stored({
        resourceType: 'Encounter',
        id: 'e',
        identifier: identifier('e'),
        status: 'in-progress',
        class: { code: 'IMP' },
        subject: { reference: 'Patient/p' },
      }),
    ],
  };
}

/** A port in memory: what is due, and what became of it. */
function portOf(due: DueDelivery[]) {
  const outcomes: AttemptOutcome[] = [];
  const released: string[] = [];
  const reports: (FailureCode | null)[] = [];
  return {
    due,
    outcomes,
    released,
    claimDeliveries: ({ endpoint, limit, ids }: ClaimRequest) => {
      const isMeant = (one: DueDelivery) => one.endpoint === endpoint && (ids?.includes(one.id) ?? true);
      const mine = due.filter(isMeant).slice(0, limit);
      for (const one of mine) due.splice(due.indexOf(one), 1);
      return Promise.resolve(mine);
    },
    recordAttempts: (made: AttemptOutcome[]) => Promise.resolve(void outcomes.push(...made)),
    reportEndpoint: (_endpoint: string, code: FailureCode | null) => Promise.resolve(void reports.push(code)),
    reports,
    releaseDeliveries: (claims: readonly Claim[]) => Promise.resolve(void released.push(...claims.map(({ id }) => id))),
  };
}

function open(
  endpoints: (Pick<DeliverEndpoint, 'id' | 'url'> & Partial<DeliverEndpoint>)[],
  port: Omit<ReturnType<typeof portOf>, 'due' | 'outcomes' | 'released' | 'reports'>,
  now = () => 1000,
) {
  return openDeliver({
    endpoints: endpoints.map((one) => ({ timeoutSeconds: 0.3, concurrency: 4, expireHours: 72, ...OWNERSHIP, ...one })),
    ...port,
    now,
    elapsed: now,
    chance: () => 0.5,
    log: () => undefined,
    observe: () => undefined,
  });
}

async function outcomeOf(answer: Answerer) {
  const { url } = await serverThat(answer);
  const port = portOf([delivery('a', 1)]);
  await open([{ id: 'a', url }], port).wake('a');
  return port.outcomes[0];
}

describe('a request to a vendor', () => {
  const headersOf = async (...deliveries: DueDelivery[]) => {
    const headers: IncomingMessage['headers'][] = [];
    const { url } = await serverThat((request, response, entries) => {
      headers.push(request.headers);
      says(200)(request, response, entries);
    });
    await open([{ id: 'a', url }], portOf(deliveries)).wake('a');
    return headers;
  };

  it('names its attempt, and a trace that is one for each message', async () => {
    const [first, again, other] = [1, 1, 2].map((number) => delivery('a', number));
    const sent = await headersOf(
      { ...first, messageId: '913378519222861824' } as DueDelivery,
      { ...again, claim: 2, messageId: '913378519222861824' } as DueDelivery,
      { ...other, messageId: '913378519222861825' } as DueDelivery,
    );
    const ids = sent.map((headers) => headers['x-request-id']).sort();
    expect(ids).toEqual([
      '00000000-0000-5000-8000-000000000001.1',
      '00000000-0000-5000-8000-000000000001.2',
      '00000000-0000-5000-8000-000000000002.1',
    ]);
    const parents = sent.map((headers) => String(headers['traceparent']).split('-'));
    for (const parts of parents)
      expect(parts).toEqual([
        '00',
        expect.stringMatching(/^[0-9a-f]{32}$/),
        expect.stringMatching(/^[0-9a-f]{16}$/),
        '01',
      ]);
    expect(new Set(parents.map(([, trace]) => trace)).size).toBe(2);
    expect(new Set(parents.map(([, , span]) => span)).size).toBe(3);
    for (const headers of sent) expect(headers['content-type']).toContain('application/fhir+json');
    // An answer that is compressed would not be read.
    for (const headers of sent) expect(headers['accept-encoding']).toBe('identity');
  });

  it('holds nothing of the patient in its headers', async () => {
    const { resources } = delivery('a', 1);
    const named = {
      resourceType: 'Patient',
      id: 'p',
      identifier: [{ system: 'urn:test', value: 'CAMILLE-ESSAI' }],
    } as const;
    const patient = stored({ ...named, identifier: [...named.identifier] });
    const sent = await headersOf({ ...delivery('a', 1), resources: [patient, ...resources.slice(1)] });
    expect(sent).toHaveLength(1);
    expect(JSON.stringify(sent)).not.toContain('CAMILLE');
  });
});

describe('a delivery pump', () => {
  it('delivers all that is due over few connections', async () => {
    const { url, connections } = await serverThat(says(200));
    const port = portOf(Array.from({ length: 100 }, (_, index) => delivery('a', index)));
    await open([{ id: 'a', url }], port).wake('a');
    expect(port.outcomes.filter(({ next }) => next.state === 'delivered')).toHaveLength(100);
    expect(connections()).toBeLessThanOrEqual(8);
  });

  it('claims the next while the last of a claim are on their way', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf(Array.from({ length: 100 }, (_, index) => delivery('a', index)));
    const order: string[] = [];
    const watched = {
      ...port,
      claimDeliveries: async (request: Parameters<typeof port.claimDeliveries>[0]) => {
        const claimed = await port.claimDeliveries(request);
        order.push(`claim ${claimed.length}`);
        return claimed;
      },
      recordAttempts: (made: AttemptOutcome[]) => {
        order.push(`record ${made.length}`);
        return port.recordAttempts(made);
      },
    };
    await open([{ id: 'a', url }], watched).wake('a');
    const recordedFirst = order.slice(0, order.indexOf('claim 36')).filter((step) => step.startsWith('record'));
    expect(order[0]).toBe('claim 64');
    expect(recordedFirst.reduce((sum, step) => sum + Number(step.slice(7)), 0)).toBeLessThan(64);
    expect(port.outcomes).toHaveLength(100);
  });

  it('claims nothing ahead while an endpoint fails, and leaves it alone after five failures of reach', async () => {
    const { url } = await serverThat(says(503));
    const port = portOf(Array.from({ length: 100 }, (_, index) => delivery('a', index)));
    await open([{ id: 'a', url }], port).wake('a');
    expect(port.outcomes.length).toBeGreaterThanOrEqual(5);
    expect(port.outcomes.length).toBeLessThan(12);
    expect(port.outcomes.length + port.released.length).toBe(64);
  });

  it('keeps the outcomes of a claim when the next cannot be made', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf(Array.from({ length: 100 }, (_, index) => delivery('a', index)));
    let claims = 0;
    const away = {
      ...port,
      claimDeliveries: (request: Parameters<typeof port.claimDeliveries>[0]) =>
        claims++ === 0 ? port.claimDeliveries(request) : Promise.reject(new GatewayError('store-unavailable', 'away')),
    };
    await expect(open([{ id: 'a', url }], away).wake('a')).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(port.outcomes).toHaveLength(64);
  });

  it.each([
    [500, 'endpoint-error', 'due'],
    [503, 'endpoint-busy', 'due'],
    [401, 'endpoint-unauthorized', 'due'],
    [422, 'endpoint-refused', 'dead'],
    [404, 'endpoint-misconfigured', 'due'],
    [405, 'endpoint-misconfigured', 'due'],
    [410, 'endpoint-misconfigured', 'due'],
    [308, 'endpoint-misconfigured', 'due'],
    [409, 'endpoint-conflict', 'due'],
    [412, 'endpoint-conflict', 'due'],
    [423, 'endpoint-conflict', 'due'],
    [400, 'endpoint-refused', 'dead'],
  ])('meets a %i with %s, and the delivery is %s', async (status, code, state) => {
    expect(await outcomeOf(says(status))).toMatchObject({ ok: false, status, code, next: { state } });
  });

  it('tries again after a server that hangs', async () => {
    expect(await outcomeOf(() => undefined)).toMatchObject({ code: 'endpoint-timeout', next: { state: 'due' } });
  });

  it('tries again after a connection that is reset', async () => {
    const outcome = await outcomeOf((request) => request.socket.resetAndDestroy());
    expect(outcome).toMatchObject({ code: 'endpoint-reset', next: { state: 'due' } });
  });

  it('tries again where nobody listens', async () => {
    const { url } = await serverThat(says(200));
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const port = portOf([delivery('a', 1)]);
    await open([{ id: 'a', url }], port).wake('a');
    expect(port.outcomes[0]).toMatchObject({ code: 'endpoint-unreachable', next: { state: 'due' } });
  });

  it('serves one endpoint while another hangs', async () => {
    const [hung, well] = [await serverThat(() => undefined), await serverThat(says(200))];
    const port = portOf([delivery('hung', 1), ...Array.from({ length: 20 }, (_, index) => delivery('well', index))]);
    const pumps = open(
      [
        { id: 'hung', url: hung.url },
        { id: 'well', url: well.url },
      ],
      port,
    );
    const waiting = pumps.wake('hung');
    await pumps.wake('well');
    expect(port.outcomes.map(({ ok }) => ok)).toEqual(Array.from({ length: 20 }, () => true));
    await waiting;
  });

  it('goes on where one attempt breaks by a defect, and says so', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf([delivery('a', 1), delivery('a', 2), delivery('a', 3)]);
    const events: [string, string, Record<string, unknown>][] = [];
    let broken = 0;
    const deliver = openDeliver({
      endpoints: [{ id: 'a', url, timeoutSeconds: 1, concurrency: 1, expireHours: 72, ...OWNERSHIP }],
      ...port,
      now: () => 1000,
      elapsed: () => 1000,
      chance: () => {
        broken += 1;
        if (broken === 2) throw new TypeError('a defect');
        return 0.5;
      },
      log: (...event) => void events.push(event),
      observe: () => undefined,
    });
    const jobs = await Promise.all([1, 2, 3].map((number) => deliver.carry('a', delivery('a', number).id)));
    expect(jobs.map(({ state }) => state)).toEqual(['ended', 'later', 'ended']);
    expect(port.outcomes.map(({ next }) => next.state)).toEqual(['delivered', 'delivered']);
    expect(events).toEqual([
      [
        'error',
        'deliver.failed',
        expect.objectContaining({ endpoint: 'a', place: expect.stringContaining('at ') as unknown }),
      ],
    ]);
  });

  it('leaves what is due to an unknown endpoint where it is', async () => {
    const port = portOf([delivery('gone', 1)]);
    const events: [string, unknown][] = [];
    const log = (_level: string, event: string, { endpoint }: Record<string, unknown>) =>
      void events.push([event, endpoint]);
    const deps = {
      endpoints: [],
      ...port,
      now: () => 1000,
      elapsed: () => 1000,
      chance: () => 0.5,
      observe: () => undefined,
      log,
    };
    const deliver = openDeliver(deps);
    for (const endpoint of ['gone', 'gone', 'lost', 'gone', 'lost']) await deliver.wake(endpoint);
    expect(port.outcomes).toEqual([]);
    expect(events).toEqual([
      ['deliver.unknown-endpoint', 'gone'],
      ['deliver.unknown-endpoint', 'lost'],
    ]);
  });
});

describe('an endpoint that rested', () => {
  const MINUTE = 60_000;

  /** An endpoint at a port where nobody listens, until `serve` is called. */
  async function awayEndpoint() {
    const { url } = await serverThat(says(200));
    const { port } = new URL(url);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const serve = async () => {
      const server = createServer(listener(says(200)));
      servers.push(server);
      await new Promise<void>((resolve) => server.listen(Number(port), '127.0.0.1', resolve));
    };
    return { url, serve };
  }

  /** Wakes once for each delivery, each time with one more due, until the endpoint rests. */
  async function failing(url: string, failures: number) {
    let clock = 0;
    const due: DueDelivery[] = [];
    const port = portOf(due);
    const pump = open([{ id: 'a', url }], port, () => clock);
    for (let number = 0; number < failures; number++) {
      due.push(delivery('a', number));
      await pump.wake('a');
    }
    expect(port.outcomes.map(({ code }) => code)).toEqual(
      Array.from({ length: failures }, () => 'endpoint-unreachable'),
    );
    due.push(delivery('a', 100));
    return { pump, port, pass: (ms: number) => void (clock += ms) };
  }

  it.each([
    ['is not woken meanwhile', []],
    ['is woken once while it rests', [500]],
    ['is woken every second while it rests', Array.from({ length: 30 }, () => 1000)],
    ['is woken in the last moment of its rest', [1999]],
  ])('is served again when it %s', async (_how, pauses) => {
    const { url, serve } = await awayEndpoint();
    const { pump, port, pass } = await failing(url, 5);
    for (const pause of pauses.slice(0, 1)) {
      pass(pause);
      await pump.wake('a');
    }
    expect(port.outcomes).toHaveLength(5);
    await serve();
    for (const pause of [...pauses.slice(1), MINUTE]) {
      pass(pause);
      await pump.wake('a');
    }
    expect(port.outcomes.map(({ next }) => next.state)).toEqual(['due', 'due', 'due', 'due', 'due', 'delivered']);
  });

  it('is served again after rests that followed each other', async () => {
    const { url, serve } = await awayEndpoint();
    const { pump, port, pass } = await failing(url, 5);
    for (let rest = 0; rest < 3; rest++) {
      await pump.wake('a');
      pass(MINUTE);
      await pump.wake('a');
      expect(port.outcomes).toHaveLength(6 + rest);
      port.due.push(delivery('a', 200 + rest));
    }
    await serve();
    await pump.wake('a');
    pass(MINUTE);
    await pump.wake('a');
    expect(port.outcomes.at(-1)?.next.state).toBe('delivered');
  });

  it('is served again after its rest though the clock was set back meanwhile, and its attempts took no negative time', async () => {
    const { url } = await serverThat(says(200));
    const { port: number } = new URL(url);
    await new Promise((resolve) => servers.pop()?.close(resolve));
    const port = portOf(Array.from({ length: 6 }, (_, index) => delivery('a', index)));
    const clock = { wall: 10 * MINUTE, elapsed: 0 };
    const seconds: number[] = [];
    const deliver = openDeliver({
      endpoints: [{ id: 'a', url, timeoutSeconds: 1, concurrency: 4, expireHours: 72, ...OWNERSHIP }],
      ...port,
      now: () => (clock.wall -= 1000),
      elapsed: () => clock.elapsed,
      chance: () => 0.5,
      log: () => undefined,
      observe: (_endpoint, _code, took) => void seconds.push(took),
    });
    await deliver.wake('a');
    const server = createServer(listener(says(200)));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(Number(number), '127.0.0.1', resolve));
    const tried = port.outcomes.length;
    clock.elapsed = MINUTE;
    port.due.push(delivery('a', 9));
    await deliver.wake('a');
    expect(port.outcomes.slice(tried).map(({ next }) => next.state)).toContain('delivered');
    expect(Math.min(...seconds, ...port.outcomes.map(({ durationMs }) => durationMs))).toBeGreaterThanOrEqual(0);
  });

  it('is served again when many wakes come at once at the end of its rest', async () => {
    const { url, serve } = await awayEndpoint();
    const { pump, port, pass } = await failing(url, 5);
    await Promise.all(Array.from({ length: 10 }, () => pump.wake('a')));
    await serve();
    pass(MINUTE);
    await Promise.all(Array.from({ length: 10 }, () => pump.wake('a')));
    expect(port.outcomes.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it('is served again after a store that could not be reached', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf([delivery('a', 1)]);
    let away = true;
    const pump = open([{ id: 'a', url }], {
      ...port,
      claimDeliveries: (request) =>
        away ? Promise.reject(new GatewayError('store-unavailable', 'away')) : port.claimDeliveries(request),
    });
    await expect(pump.wake('a')).rejects.toMatchObject({ code: 'store-unavailable' });
    away = false;
    await pump.wake('a');
    expect(port.outcomes).toHaveLength(1);
  });
});

describe('a place at an endpoint', () => {
  it('that a request hangs on is one of many: the others go on, and their outcomes are recorded meanwhile', async () => {
    let requests = 0;
    const { url } = await serverThat((request, response, entries) => {
      requests += 1;
      if (requests !== 3) says(200)(request, response, entries);
    });
    const port = portOf(Array.from({ length: 100 }, (_, index) => delivery('a', index)));
    const pumps = open([{ id: 'a', url, timeoutSeconds: 3 }], port);
    const draining = pumps.wake('a');
    const started = performance.now();
    while (port.outcomes.length < 99 && performance.now() - started < 2500)
      await new Promise((resolve) => setTimeout(resolve, 10));
    expect(port.outcomes).toHaveLength(99);
    expect(port.outcomes.every(({ ok }) => ok)).toBe(true);
    await draining;
    expect(port.outcomes.at(-1)).toMatchObject({ code: 'endpoint-timeout' });
  });

  it('is given to what comes while a request hangs', async () => {
    let requests = 0;
    const { url } = await serverThat((request, response, entries) => {
      requests += 1;
      if (requests > 1) says(200)(request, response, entries);
    });
    const port = portOf([delivery('a', 1)]);
    const pumps = open([{ id: 'a', url }], port);
    const draining = pumps.wake('a');
    while (requests === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    port.due.push(delivery('a', 2), delivery('a', 3));
    await pumps.wake('a');
    while (port.outcomes.length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(port.outcomes.map(({ ok }) => ok)).toEqual([true, true]);
    await draining;
  });

  it('is never given to more than may be on their way at once', async () => {
    let [now, most] = [0, 0];
    const { url } = await serverThat((request, response, entries) => {
      now += 1;
      most = Math.max(most, now);
      setTimeout(() => {
        now -= 1;
        says(200)(request, response, entries);
      }, 3);
    });
    const port = portOf(Array.from({ length: 60 }, (_, index) => delivery('a', index)));
    await open([{ id: 'a', url }], port).wake('a');
    expect(most).toBe(4);
  });
});

describe('outcomes', () => {
  it('that the store did not take are recorded before anything else is claimed', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf([delivery('a', 1), delivery('a', 2)]);
    let away = true;
    const pumps = open([{ id: 'a', url }], {
      ...port,
      recordAttempts: (made) =>
        away ? Promise.reject(new GatewayError('store-unavailable', 'away')) : port.recordAttempts(made),
    });
    await expect(pumps.wake('a')).rejects.toMatchObject({ code: 'store-unavailable' });
    expect(port.outcomes).toEqual([]);
    away = false;
    await pumps.wake('a');
    expect(port.outcomes.map(({ ok }) => ok)).toEqual([true, true]);
  });
});

describe('a server that asks to be left alone', () => {
  it.each([
    ['429 with seconds', 429, () => '60'],
    ['503 with a date', 503, () => new Date(61_000).toUTCString()],
  ])('is: %s', async (_how, status, header) => {
    let clock = 1000;
    let requests = 0;
    const { url } = await serverThat((request, response, entries) => {
      requests += 1;
      says(requests === 1 ? status : 200, requests === 1 ? { 'retry-after': header() } : {})(
        request,
        response,
        entries,
      );
    });
    const port = portOf(Array.from({ length: 3 }, (_, index) => delivery('a', index)));
    const pumps = open([{ id: 'a', url, concurrency: 1 }], port, () => clock);
    await pumps.wake('a');
    expect(port.outcomes).toMatchObject([{ code: 'endpoint-busy', next: { state: 'due', at: new Date(61_000) } }]);
    expect(port.released).toHaveLength(2);
    port.due.push(delivery('a', 7));
    clock = 60_000;
    await pumps.wake('a');
    expect(port.outcomes).toHaveLength(1);
    clock = 61_000;
    await pumps.wake('a');
    expect(port.outcomes.map(({ ok }) => ok)).toEqual([false, true]);
  });
});

describe('a bundle that cannot be made', () => {
  it.each([
    ['two Patients', ['p', 'q'], 'patients-mixed'],
    ['no Patient', [], 'field-missing'],
    ['a Patient without identifier', ['nobody'], 'field-missing'],
  ])('is dead with its reason and never sent, and the endpoint goes on: %s', async (_what, patients, code) => {
    let requests = 0;
    const { url } = await serverThat((request, response, entries) => {
      requests += 1;
      says(200)(request, response, entries);
    });
    const sound = delivery('a', 1);
    const resources = patients.map((id) =>
      stored({ resourceType: 'Patient', id, ...(id === 'nobody' ? {} : { identifier: [{ value: id }] }) }),
    );
    const [, encounter] = sound.resources;
    const broken = Array.from({ length: 8 }, (_, index) => ({
      ...delivery('a', 10 + index),
      resources: [...resources, ...(encounter === undefined ? [] : [encounter])],
    }));
    const port = portOf([...broken, sound]);
    await open([{ id: 'a', url }], port).wake('a');
    expect(requests).toBe(1);
    expect(port.outcomes.filter(({ ok }) => !ok)).toMatchObject(broken.map(() => ({ code, next: { state: 'dead' } })));
    expect(port.outcomes.filter(({ ok }) => ok)).toMatchObject([{ deliveryId: sound.id }]);
  });
});

describe('a delivery that a job names', () => {
  const ids = (port: { due: DueDelivery[] }) => port.due.map(({ id }) => id);

  it('is carried with those named beside it, and its job ends once the outcome is recorded', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf(Array.from({ length: 30 }, (_, index) => delivery('a', index)));
    const deliver = open([{ id: 'a', url }], port);
    const [first = '', ...named] = ids(port);
    await deliver.carry('a', first);
    expect(port.outcomes.map(({ deliveryId }) => deliveryId)).toEqual([first]);
    const carried = await Promise.all(named.map((id) => deliver.carry('a', id)));
    expect(carried).toEqual(named.map(() => ({ state: 'ended' })));
    expect(port.outcomes).toHaveLength(30);
  });

  it('and that cannot be claimed, is another’s: its job ends', async () => {
    const { url } = await serverThat(says(200));
    const port = portOf([delivery('a', 1)]);
    const deliver = open([{ id: 'a', url }], port);
    expect(await deliver.carry('a', delivery('a', 2).id)).toEqual({ state: 'ended' });
    expect(await deliver.carry('nobody', delivery('a', 1).id)).toEqual({ state: 'ended' });
    expect(port.outcomes).toEqual([]);
  });

  it.each<[string, Answerer, unknown]>([
    ['503: its job comes back when the next attempt is due', says(503), { state: 'later', at: expect.any(Number) }],
    ['422: its job fails for good', says(422), { state: 'dead', code: 'endpoint-refused' }],
  ])('and is answered %s', async (_what, answer, expected) => {
    const { url } = await serverThat(answer);
    const port = portOf([delivery('a', 1)]);
    const carried = await open([{ id: 'a', url }], port).carry('a', delivery('a', 1).id);
    expect(carried).toEqual(expected);
    const at = port.outcomes[0]?.next.at?.getTime();
    if (at !== undefined) expect(carried).toEqual({ state: 'later', at });
  });

  it('comes later while its endpoint rests, and not before', async () => {
    const { url } = await serverThat(says(503, { 'retry-after': '120' }));
    const port = portOf([1, 2].map((number) => delivery('a', number)));
    const deliver = open([{ id: 'a', url }], port, () => 1_000_000);
    await deliver.carry('a', delivery('a', 1).id);
    expect(await deliver.carry('a', delivery('a', 2).id)).toEqual({ state: 'later', at: 1_120_000 });
    expect(port.outcomes).toHaveLength(1);
  });

  it('waits for a place while one that hangs takes its own, and no other', async () => {
    let hung = 0;
    const { url } = await serverThat((request, response, entries) => {
      if (hung++ > 0) says(200)(request, response, entries);
    });
    const port = portOf(Array.from({ length: 20 }, (_, index) => delivery('a', index)));
    const deliver = open([{ id: 'a', url, timeoutSeconds: 2 }], port);
    const ended: number[] = [];
    const all = ids(port).map((id, index) => deliver.carry('a', id).then(() => ended.push(index)));
    await Promise.all(all);
    expect(ended.indexOf(0)).toBe(19);
  });

  it.each<[string, (port: ReturnType<typeof portOf>) => Partial<ReturnType<typeof portOf>>]>([
    ['be claimed', () => ({ claimDeliveries: () => Promise.reject(new GatewayError('store-unavailable', 'away')) })],
    ['be recorded', () => ({ recordAttempts: () => Promise.reject(new GatewayError('store-unavailable', 'away')) })],
  ])('comes later where it cannot %s', async (_what, broken) => {
    const { url } = await serverThat(says(200));
    const port = portOf([delivery('a', 1)]);
    const deliver = open([{ id: 'a', url }], { ...port, ...broken(port) });
    expect(await deliver.carry('a', delivery('a', 1).id)).toMatchObject({ state: 'later' });
  });

  it('is given back when the gateway stops', async () => {
    const { url } = await serverThat(() => undefined);
    const port = portOf(Array.from({ length: 8 }, (_, index) => delivery('a', index)));
    const deliver = open([{ id: 'a', url, concurrency: 2 }], port);
    const carried = Promise.all(ids(port).map((id) => deliver.carry('a', id)));
    await new Promise((resolve) => setTimeout(resolve, 50));
    await deliver.close();
    expect((await carried).filter(({ state }) => state === 'later')).toHaveLength(8);
    expect(port.released).toHaveLength(6);
  });
});
