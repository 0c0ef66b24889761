import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Patient } from 'fhir/r4.js';
import type { AttemptOutcome, DueDelivery } from '../../../src/message/delivery.js';
import { until } from '../../../src/cli/demo/vendor-process.js';
import type { Store } from '../../../src/store/store.js';
import { changed, incoming, openTestStore, routed, step, translated } from '../../support/stored.js';

let store: Store;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ store, close } = await openTestStore());
  await translated(store, 'D0', [
    { resourceType: 'Organization', id: 'o', name: 'Cabinet' },
    {
      resourceType: 'PractitionerRole',
      id: 'r',
      practitioner: { reference: 'Practitioner/d' },
      organization: { reference: 'Organization/o' },
    },
    { resourceType: 'Practitioner', id: 'd', active: true },
  ]);
});
afterAll(() => close());

/** Messages with one delivery each; `lanes` says which cluster's lane. */
async function due(endpoint: string, lanes: string[], resources = ['Patient/p']): Promise<string[]> {
  const messages = lanes.map((_, index) => incoming(`${endpoint}-${index}-${Math.random()}`));
  await store.keep(messages);
  const ids: string[] = [];
  for (const [index, message] of messages.entries())
    await store.inTranslation({ ids: [message.id], limit: 0 }, async (tx) => {
      const route = routed(message.id, {
        endpoint,
        member: 'PractitionerRole/r',
        lane: `${endpoint}|${lanes[index] ?? ''}`,
        resources,
      });
      ids.push(...route.deliveries.map(({ id }) => id));
      const patient = {
        resourceType: 'Patient',
        id: 'p',
        multipleBirthInteger: index,
        generalPractitioner: [{ reference: 'Practitioner/d' }],
      } as const;
      return tx.save([
        step(message.id, {
          resources: [changed({ ...patient, generalPractitioner: [...patient.generalPractitioner] })],
          ...route,
        }),
      ]);
    });
  return ids;
}

const claim = (endpoint: string, limit = 50, leaseMs = 60_000) => store.claimDeliveries({ endpoint, limit, leaseMs });
const idsOf = (claimed: DueDelivery[]) => claimed.map(({ id }) => id).sort();

function outcome(
  deliveryId: string,
  next: AttemptOutcome['next'],
  change: Partial<AttemptOutcome> = {},
): AttemptOutcome {
  return {
    deliveryId,
    claim: 1,
    startedAt: new Date(0),
    durationMs: 5,
    ok: next.state === 'delivered',
    reached: next.state === 'delivered',
    status: 200,
    code: next.state === 'delivered' ? null : 'endpoint-error',
    detail: '',
    sent: [],
    sha256: Buffer.alloc(32),
    next,
    ...change,
  };
}

describe('deliveries', () => {
  it('go one after the other in a lane, beside each other between lanes', async () => {
    const [first = '', second = '', other = ''] = await due('lanes', ['1', '1', '2']);
    expect(idsOf(await claim('lanes'))).toEqual([first, other].sort());
    expect(await claim('lanes')).toEqual([]);
    await store.recordAttempts([outcome(first, { state: 'delivered' })]);
    expect(idsOf(await claim('lanes'))).toEqual([second]);
  });

  it('hold back their lane while the one ahead waits for its next attempt', async () => {
    const [first = ''] = await due('waits', ['1', '1']);
    await claim('waits');
    await store.recordAttempts([outcome(first, { state: 'due', at: new Date(Date.now() + 3_600_000) })]);
    expect(await claim('waits')).toEqual([]);
  });

  it('go on in their lane once the one ahead is given up', async () => {
    const [first = '', second = ''] = await due('given-up', ['1', '1']);
    await claim('given-up');
    await store.recordAttempts([outcome(first, { state: 'due', at: new Date(Date.now() - 1000) })]);
    expect(idsOf(await claim('given-up'))).toEqual([first]);
    await store.recordAttempts([outcome(first, { state: 'dead' }, { claim: 2 })]);
    expect(idsOf(await claim('given-up'))).toEqual([second]);
  });

  it.each([
    ['a success', { state: 'delivered' }, { state: 'dead' }],
    ['a failure', { state: 'dead' }, { state: 'delivered' }],
    ['a retry', { state: 'due', at: new Date(Date.now() + 3_600_000) }, { state: 'delivered' }],
  ] as const)('do not count what a claim whose lease was taken over brings in: %s', async (what, late, next) => {
    const endpoint = `fence-${what.slice(2)}`;
    const [id = ''] = await due(endpoint, ['1']);
    const [first] = await claim(endpoint, 1, 1);
    await until(async () => (await store.endpointsDue()).includes(endpoint), 5000);
    const [second] = await claim(endpoint, 1);
    expect([first?.claim, second?.claim]).toEqual([1, 2]);
    await store.recordAttempts([outcome(id, { ...late })]);
    expect((await store.listDeliveries({ endpoint })).items).toMatchObject([{ state: 'due', attempts: 0 }]);
    await store.releaseDeliveries([{ id, claim: 1 }]);
    expect(await claim(endpoint)).toEqual([]);
    await store.recordAttempts([outcome(id, { ...next }, { claim: 2 })]);
    expect((await store.listDeliveries({ endpoint })).items).toMatchObject([{ ...next, attempts: 1 }]);
  });

  it('count once what is recorded twice', async () => {
    const [id = ''] = await due('twice', ['1']);
    await claim('twice');
    const made = outcome(id, { state: 'due', at: new Date(0) });
    await store.recordAttempts([made]);
    await store.recordAttempts([made]);
    expect((await store.listDeliveries({ endpoint: 'twice' })).items).toMatchObject([{ attempts: 1 }]);
  });

  it('are claimed anew after they were given back untried', async () => {
    const [id = ''] = await due('back', ['1']);
    const [taken] = await claim('back');
    await store.releaseDeliveries([{ id, claim: taken?.claim ?? 0 }]);
    expect(await claim('back')).toMatchObject([{ id, claim: 1, attempts: 0 }]);
  });

  it('come back when the lease of who took them ends', async () => {
    const [id = ''] = await due('lease', ['1']);
    expect(idsOf(await claim('lease', 10, 300))).toEqual([id]);
    expect(await claim('lease')).toEqual([]);
    expect(await store.endpointsDue()).not.toContain('lease');
    await until(async () => (await store.endpointsDue()).includes('lease'), 5000);
    expect(idsOf(await claim('lease'))).toEqual([id]);
  });

  it('are taken by one alone when many claim at once', async () => {
    const ids = await due(
      'many',
      Array.from({ length: 40 }, (_, index) => String(index)),
    );
    const taken = await Promise.all(Array.from({ length: 8 }, () => claim('many', 7)));
    const all = taken.flat().map(({ id }) => id);
    expect(new Set(all).size).toBe(all.length);
    const rest = await claim('many');
    expect([...all, ...rest.map(({ id }) => id)].sort()).toEqual(ids.sort());
  });

  it('number their attempts, and say at last how it went', async () => {
    const [id = ''] = await due('tries', ['1']);
    for (const expected of [0, 1, 2]) {
      const [delivery] = await claim('tries');
      expect(delivery).toMatchObject({ id, attempts: expected });
      await store.recordAttempts([outcome(id, { state: 'due', at: new Date(0) }, { claim: expected + 1 })]);
    }
    await claim('tries');
    await store.recordAttempts([outcome(id, { state: 'delivered' }, { claim: 4 })]);
    const { items } = await store.listDeliveries({ endpoint: 'tries' });
    expect(items).toMatchObject([{ state: 'delivered', attempts: 4, code: null, endedAt: expect.any(Date) }]);
    // What comes too late changes nothing any more.
    await store.recordAttempts([outcome(id, { state: 'dead' }, { claim: 4 })]);
    expect((await store.listDeliveries({ endpoint: 'tries' })).items).toMatchObject([
      { state: 'delivered', attempts: 4 },
    ]);
  });

  it('live again by an operator’s decision, once dead', async () => {
    const [id = ''] = await due('dead', ['1']);
    expect(await store.reviveDelivery(id)).toBe(false);
    await claim('dead');
    await store.recordAttempts([outcome(id, { state: 'dead' })]);
    expect(await claim('dead')).toEqual([]);
    expect(await store.reviveDelivery(id)).toBe(true);
    expect(idsOf(await claim('dead'))).toEqual([id]);
  });

  it('carry the versions of their moment, and the territory they lead to', async () => {
    await due('content', ['1', '2']);
    const claimed = await claim('content');
    const births = claimed.map(({ resources }) => resources.find(({ reference }) => reference.startsWith('Patient/')));
    expect(births.map((patient) => (patient?.resource as Patient).multipleBirthInteger).sort()).toEqual([0, 1]);
    expect(new Set(births.map((patient) => patient?.version)).size).toBe(2);
    for (const { resources } of claimed)
      expect(resources.map(({ reference }) => reference.split('/')[0]).sort()).toEqual([
        'Organization',
        'Patient',
        'Practitioner',
        'PractitionerRole',
      ]);
  });

  it.each([
    ['none', []],
    ['one', ['p']],
    ['all', ['p', 'q']],
  ])('pin what they carry when their message changed %s of it', async (amount, touched) => {
    const endpoint = `pins-${amount}`;
    const patients = ['p', 'q'].map((name) => ({ resourceType: 'Patient', id: `${endpoint}-${name}` }) as const);
    await translated(store, `${endpoint}-before`, patients);
    const changes = patients.filter(({ id }) => touched.some((name) => id.endsWith(`-${name}`)));
    const message = incoming(`${endpoint}-after`);
    await store.keep([message]);
    const resources = patients.map(({ id }) => `Patient/${id}`);
    await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
      tx.save([
        step(message.id, {
          resources: changes.map((patient) => changed({ ...patient, active: false })),
          ...routed(message.id, { endpoint, member: 'PractitionerRole/r', resources }),
        }),
      ]),
    );
    const later = patients.map((patient) => ({ ...patient, active: true }));
    await translated(store, `${endpoint}-later`, later);
    const [delivery] = await claim(endpoint);
    const carried = delivery?.resources.filter(({ reference }) => reference.startsWith('Patient/'));
    const versions = patients.map((patient) => (changes.includes(patient) ? 2 : 1));
    expect(carried?.map(({ version }) => version)).toEqual(versions);
  });

  it('that carry nothing hold back no other endpoint and no other lane', async () => {
    const [nothing = ''] = await due('empty', ['1'], []);
    expect(await claim('empty')).toMatchObject([{ id: nothing }]);
    const [without = '', well = ''] = [...(await due('mixed', ['1'], [])), ...(await due('mixed', ['2']))];
    expect(idsOf(await claim('mixed'))).toEqual([without, well].sort());
  });

  it.each([
    ['the number that the fold chose', { sentBy: 'urn:oid:2.999.2|B7' }, 'urn:oid:2.999.2|B7'],
    ['its business identifier where the fold chose none', {}, 'urn:oid:2.999.1|IPP1'],
  ])('find a resource by %s', async (why, chosen, identifier) => {
    const patient = {
      resourceType: 'Patient',
      id: `sent-${why.length}`,
      identifier: [
        { system: 'urn:oid:2.999.1', value: 'IPP1' },
        { system: 'urn:oid:2.999.2', value: 'B7' },
      ],
    } as const;
    const message = incoming(why);
    await store.keep([message]);
    const route = routed(message.id, {
      endpoint: 'sent',
      member: 'PractitionerRole/r',
      resources: [`Patient/${patient.id}`],
    });
    await store.inTranslation({ ids: [message.id], limit: 0 }, (tx) =>
      tx.save([
        step(message.id, {
          resources: [{ ...changed({ ...patient, identifier: [...patient.identifier] }), ...chosen }],
          ...route,
        }),
      ]),
    );
    const [delivery] = await claim('sent');
    expect(delivery?.resources[0]).toMatchObject({ reference: `Patient/${patient.id}`, identifier });
    await store.recordAttempts([outcome(delivery?.id ?? '', { state: 'delivered' })]);
  });
});
