import { describe, expect, it } from '@jest/globals';
import type { Encounter, FhirResource } from 'fhir/r4.js';
import type { AttemptOutcome } from '../../../src/message/delivery.js';
import { deliveringTo } from '../../support/delivery.js';
import { movement, pam } from '../../support/pam.js';
import { DECLARED, type Stages } from '../../support/stages.js';
import { startTestVendor, type TestVendor } from '../../support/vendor.js';

let stages: Stages;
let vendor: TestVendor;
deliveringTo((delivery) => ({ stages, vendor } = delivery));

/** A movement of the stay at an hour of 2 March 2026. */
function moved(trigger: string, hour: number, place: string): string {
  const at = `20260302${String(hour).padStart(2, '0')}0000`;
  return pam({
    trigger,
    at,
    patientSegments: [DECLARED],
    pv1: { 3: place },
    zbe: movement(`M${hour}`, at, 'INSERT', { unit: place.slice(0, 4) }),
  });
}

const ADMISSION = moved('A01', 8, '2040^12^A');
const TRANSFER = moved('A02', 9, '3050^1');

const typesOf = ({ sent }: Pick<AttemptOutcome, 'sent'>) =>
  [...new Set(sent.map((key) => key.split('/')[0] ?? ''))].sort();

describe('what an endpoint holds already', () => {
  it('is not sent again, and is still referred to', async () => {
    await stages.translate(ADMISSION);
    const [first] = await stages.deliver(vendor.url);
    expect(typesOf(first ?? { sent: [] })).toEqual(expect.arrayContaining(['Organization', 'Patient', 'Practitioner']));
    await stages.translate(TRANSFER);
    const [second] = await stages.deliver(vendor.url);
    expect(second).toMatchObject({ ok: true });
    expect(typesOf(second ?? { sent: [] })).toEqual(expect.not.arrayContaining(['Patient', 'Practitioner']));
    const [patient] = await vendor.search<FhirResource & { id: string }>('Patient');
    const [, transfer] = await vendor.communications();
    expect(transfer?.subject?.reference).toBe(`Patient/${patient?.id ?? ''}`);
    expect(transfer?.recipient?.[0]?.reference).toMatch(/^PractitionerRole\//);
  });

  it('is sent again where the endpoint says so', async () => {
    await stages.translate(ADMISSION, TRANSFER);
    const outcomes = await stages.deliver(vendor.url, { unchanged: 'send' });
    expect(outcomes.map(typesOf)[1]).toEqual(expect.arrayContaining(['Organization', 'Patient', 'Practitioner']));
  });

  it('leaves a directory that is overwritten to be overwritten each time', async () => {
    await stages.translate(ADMISSION, TRANSFER);
    const outcomes = await stages.deliver(vendor.url, { directory: 'overwrite' });
    expect(outcomes.map(typesOf)[1]).toEqual(expect.arrayContaining(['Organization', 'Practitioner']));
    expect(outcomes.map(typesOf)[1]).not.toContain('Patient');
  });

  it.each([
    ['that lost all it held', {}],
    ['that lost all it held, and its own Patients are its own', { patient: 'theirs' as const }],
  ])('is sent again at once to a server %s', async (_what, settings) => {
    await stages.translate(ADMISSION);
    await stages.deliver(vendor.url, settings);
    const restored = await startTestVendor();
    await stages.translate(TRANSFER);
    const outcomes = await stages.deliver(restored.url, settings);
    expect(outcomes.map(({ ok }) => ok)).toEqual([false, true]);
    expect(await restored.search('Patient')).toHaveLength(1);
    await restored.close();
  });

  it('is sent again at once to a server that refuses to look for it', async () => {
    await stages.translate(ADMISSION);
    await stages.deliver(vendor.url);
    await stages.translate(TRANSFER);
    await vendor.behave('400', { times: 1 });
    const outcomes = await stages.deliver(vendor.url);
    expect(outcomes.map(({ next }) => next.state)).toEqual(['due', 'delivered']);
    expect(typesOf(outcomes[1] ?? { sent: [] })).toContain('Patient');
  });
});

describe('the places of a long stay', () => {
  const PLACES = ['2040^12^A', '3010^1', '3020^1', '3030^1', '3040^1', '3050^1', '3060^1', '3070^1'];
  const messages = PLACES.map((place, index) => moved(index === 0 ? 'A01' : 'A02', 8 + index, place));

  it('go along while they are present, and are displays once they are past', async () => {
    await stages.translate(...messages);
    const bundles = await stages.bundles();
    const sizes = bundles.map(({ entry = [] }) => entry.length);
    expect(sizes.at(-1)).toBeLessThanOrEqual((sizes[1] ?? 0) + 1);
    const last = bundles.at(-1)?.entry?.find(({ resource }) => resource?.resourceType === 'Encounter');
    const places = (last?.resource as Encounter | undefined)?.location ?? [];
    expect(places).toHaveLength(PLACES.length);
    expect(places.slice(0, -1).filter(({ location }) => location.reference !== undefined)).toEqual([]);
    expect(places.every(({ location }) => (location.display ?? '') !== '')).toBe(true);
    expect(places.at(-1)?.location.reference).toMatch(/^urn:uuid:/);
  });

  it('are taken by a server that checks references', async () => {
    await stages.translate(...messages);
    const outcomes = await stages.deliver(vendor.url);
    expect(outcomes.map(({ next }) => next.state)).toEqual(messages.map(() => 'delivered'));
  });
});

describe('the profiles of what is sent', () => {
  it.each([
    ['keep', true],
    ['omit', false],
  ] as const)('are there where the endpoint says %s: %s', async (profiles, there) => {
    await stages.translate(ADMISSION);
    await stages.deliver(vendor.url, { profiles });
    const held = [
      ...(await vendor.search('Patient')),
      ...(await vendor.search('Encounter')),
      ...(await vendor.communications()),
    ];
    expect(held.map(({ meta }) => meta?.profile !== undefined)).toEqual([there, there, there]);
  });
});

describe('an endpoint that refuses whatever it is sent', () => {
  const admissions = (hour: number, count: number) =>
    Array.from({ length: count }, (_, index) =>
      moved('A01', hour, '2040^12^A').replaceAll(/IPP1|\bV1\b|M\d+/g, (name) => `${name}-${hour}-${index}`),
    );

  it('is one work item, until it delivers again', async () => {
    await stages.translateTogether(...admissions(8, 25));
    await vendor.behave('422');
    await stages.deliver(vendor.url, { concurrency: 1 }, 1);
    expect(await stages.workItems()).toEqual(['endpoint-refused']);
    await vendor.behave('ok');
    await stages.deliver(vendor.url);
    expect((await stages.store.listWorkItems({ state: 'open' })).items).toEqual([]);
    expect((await stages.store.listDeliveries({ state: 'dead' })).total).toBe(20);
  });
});
