import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { FhirResource } from 'fhir/r4.js';
import type { AttemptOutcome, DueDelivery, StoredResource } from '../../../src/message/delivery.js';
import { GatewayError } from '../../../src/message/failure.js';
import { businessIdentifier } from '../../../src/fhir/identifier.js';
import { canonicalJson } from '../../../src/message/id.js';
import { OWNERSHIP } from '../../support/stages.js';
import { openDeliver, type DeliverEndpoint } from '../../../src/deliver/pump.js';

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function serverThat(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response));
  });
  let connections = 0;
  server.on('connection', () => connections++);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/fhir`, connections: () => connections };
}

function says(status: number) {
  return (_request: IncomingMessage, response: ServerResponse) => {
    const type = status < 300 ? 'Bundle' : 'OperationOutcome';
    response.writeHead(status, { 'content-type': 'application/fhir+json' });
    response.end(JSON.stringify({ resourceType: type, type: 'transaction-response', entry: [] }));
  };
}

const stored = (resource: FhirResource): StoredResource => ({
  reference: `${resource.resourceType}/${resource.id ?? ''}`,
  version: 1,
  identifier: businessIdentifier(resource) ?? null,
  body: canonicalJson(resource),
});

function delivery(endpoint: string, number: number): DueDelivery {
  const identifier = (value: string) => [{ system: 'urn:test', value }];
  return {
    id: `00000000-0000-5000-8000-${String(number).padStart(12, '0')}`,
    endpoint,
    lane: `${endpoint}|${number}`,
    kind: 'admission',
    receiptId: 'r',
    messageId: '1',
    member: 'PractitionerRole/1',
    effectiveAt: '2026-03-06T11:00:00+01:00',
    attempts: 0,
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
  return {
    due,
    outcomes,
    released,
    claimDeliveries: ({ endpoint, limit }: { endpoint: string; limit: number }) => {
      const mine = due.filter((one) => one.endpoint === endpoint).slice(0, limit);
      for (const one of mine) due.splice(due.indexOf(one), 1);
      return Promise.resolve(mine);
    },
    recordAttempts: (made: AttemptOutcome[]) => Promise.resolve(void outcomes.push(...made)),
    releaseDeliveries: (ids: string[]) => Promise.resolve(void released.push(...ids)),
  };
}

function open(
  endpoints: Pick<DeliverEndpoint, 'id' | 'url'>[],
  port: Omit<ReturnType<typeof portOf>, 'due' | 'outcomes' | 'released'>,
  now = () => 1000,
) {
  return openDeliver({
    endpoints: endpoints.map((one) => ({ timeoutSeconds: 0.3, concurrency: 4, expireHours: 72, ...OWNERSHIP, ...one })),
    ...port,
    now,
    chance: () => 0.5,
    log: () => undefined,
    observe: () => undefined,
  });
}

async function outcomeOf(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const { url } = await serverThat(answer);
  const port = portOf([delivery('a', 1)]);
  await open([{ id: 'a', url }], port).wake('a');
  return port.outcomes[0];
}

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
    expect(order).toEqual(['claim 64', 'claim 36', 'record 64', 'claim 0', 'record 36']);
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
    [404, 'endpoint-refused', 'dead'],
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

  it('leaves what is due to an unknown endpoint where it is', async () => {
    const port = portOf([delivery('gone', 1)]);
    await open([], port).wake('gone');
    expect(port.outcomes).toEqual([]);
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
      const server = createServer((request, response) => {
        request.resume().on('end', () => says(200)(request, response));
      });
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
