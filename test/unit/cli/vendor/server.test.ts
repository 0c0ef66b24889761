import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Bundle, BundleEntry, Encounter, FhirResource, Patient, Practitioner } from 'fhir/r4.js';
import { readCondition } from '../../../../src/cli/vendor/condition.js';
import { startTestVendor, type TestVendor } from '../../../support/vendor.js';

let vendor: TestVendor;
beforeEach(async () => {
  vendor = await startTestVendor();
});
afterEach(() => vendor.close());

const number = (value: string, system = 'urn:oid:2.999.1') => [{ system, value }];
const patient = (...values: string[]): Patient => ({
  resourceType: 'Patient',
  identifier: values.flatMap((value) => number(value)),
});
const doctor: Practitioner = { resourceType: 'Practitioner', identifier: number('10999000001') };
const stay = (subject: string): Encounter => ({
  resourceType: 'Encounter',
  identifier: number('V1'),
  status: 'in-progress',
  class: { code: 'IMP' },
  subject: { reference: subject },
});

let urns = 0;
const update = (resource: FhirResource, token: string, fullUrl = `urn:uuid:${++urns}`): BundleEntry => ({
  fullUrl,
  resource,
  request: { method: 'PUT', url: `${resource.resourceType}?identifier=${encodeURIComponent(token)}` },
});
const create = (resource: FhirResource, token: string): BundleEntry => ({
  fullUrl: `urn:uuid:${++urns}`,
  resource,
  request: {
    method: 'POST',
    url: resource.resourceType,
    ifNoneExist: `identifier=${encodeURIComponent(token)}`,
  },
});
const send = (...entry: BundleEntry[]) => vendor.transaction({ resourceType: 'Bundle', type: 'transaction', entry });
const statuses = ({ body }: { body: unknown }) => (body as Bundle).entry?.map(({ response }) => response?.status);

describe('the vendor’s server', () => {
  it('answers each entry, with the version that it now has', async () => {
    const first = await send(update(patient('1'), 'urn:oid:2.999.1|1'), create(doctor, '10999000001'));
    expect(first).toMatchObject({ status: 200, body: { type: 'transaction-response' } });
    expect(statuses(first)).toEqual(['201 Created', '201 Created']);
    const second = await send(update(patient('1', '2'), '1'), create({ ...doctor, active: true }, '10999000001'));
    expect(statuses(second)).toEqual(['200 OK', '200 OK']);
    expect((second.body as Bundle).entry?.map(({ response }) => response?.etag)).toEqual(['W/"2"', 'W/"1"']);
    expect(await vendor.search('Patient')).toMatchObject([{ meta: { versionId: '2' } }]);
    expect(await vendor.search('Practitioner')).not.toMatchObject([{ active: true }]);
  });

  it('finds by the identifiers that a resource has now, not by those it had', async () => {
    await send(update(patient('1', '2'), '1'));
    await send(update(patient('2'), '2'));
    expect(await vendor.search('Patient', '1')).toEqual([]);
    expect(statuses(await send(update(patient('1'), '1')))).toEqual(['201 Created']);
  });

  it('leaves out who carries a number that is excluded', async () => {
    await vendor.create(patient('1', '2'));
    const parted = update(patient('2'), '2');
    const request = { method: 'PUT' as const, url: 'Patient?identifier:not=urn%3Aoid%3A2.999.1%7C1&identifier=2' };
    expect(statuses(await send({ ...parted, request }))).toEqual(['201 Created']);
    expect(statuses(await send({ ...parted, request }))).toEqual(['200 OK']);
    expect((await send(parted)).status).toBe(412);
  });

  it('reads nothing behind a number without modifier, in an entry as in a reference', async () => {
    await vendor.create(patient('1', '2'));
    const loose = 'Patient?identifier=2&identifier:not=urn%3Aoid%3A2.999.1%7C1';
    expect((await send(update(stay(loose), 'V1'))).status).toBe(200);
    expect(statuses(await send({ ...update(patient('2'), '2'), request: { method: 'PUT', url: loose } }))).toEqual([
      '200 OK',
    ]);
    expect(await vendor.search('Patient', '1')).toEqual([]);
  });

  it.each([
    ['an update', () => update(patient('1'), 'urn:oid:2.999.1|1')],
    ['an update by the value alone', () => update(patient('1'), '1')],
    ['a create', () => create(patient('1'), 'urn:oid:2.999.1|1')],
  ])('answers 412 to %s that two of its resources match', async (_what, entry) => {
    await vendor.create(patient('1'));
    await vendor.create(patient('1', '7'));
    expect(await send(entry())).toMatchObject({ status: 412, body: { issue: [{ code: 'multiple-matches' }] } });
  });

  it.each([
    ['the same condition twice', () => [update(patient('1'), '1'), update(patient('1'), '1')]],
    ['one number and another of the same resource', () => [update(patient('1', '2'), '1'), update(patient('2'), '2')]],
    ['an update and a create', () => [update(patient('1'), '1'), create(patient('2'), '2')]],
  ])('refuses two entries that come to one resource: %s', async (_what, entries) => {
    await vendor.create(patient('1', '2'));
    expect((await send(...entries())).status).toBe(400);
    expect(await vendor.search('Patient')).toMatchObject([{ meta: { versionId: '1' } }]);
  });

  it.each(['Patient/unknown', 'urn:uuid:nowhere', 'Practitioner/'])(
    'refuses a reference to %s, and carries out nothing of that transaction',
    async (reference) => {
      expect((await send(update(doctor, '10999000001'), update(stay(reference), 'V1'))).status).toBe(422);
      expect(await vendor.search('Practitioner')).toEqual([]);
    },
  );

  it('takes a reference to what it holds, to an entry, and to another server', async () => {
    const held = await vendor.create(patient('1'));
    for (const reference of [`Patient/${held.id}`, 'https://example.org/fhir/Patient/1'])
      expect((await send(update(stay(reference), 'V1'))).status).toBe(200);
    expect((await send(update(stay('urn:uuid:p'), 'V1'), update(patient('1'), '1', 'urn:uuid:p'))).status).toBe(200);
    expect(await vendor.search<Encounter>('Encounter')).toMatchObject([
      { subject: { reference: `Patient/${held.id}` } },
    ]);
  });

  it('refuses what does not carry the number that it is looked up by', async () => {
    expect((await send(update(patient('1'), '2'))).status).toBe(422);
  });

  it.each([
    ['Patient?identifier=77%2C88', [{ value: '77' }, { value: '88' }]],
    ['Patient?identifier=77%5C%2C88', [{ value: '77,88' }]],
    ['Patient?identifier=urn%3Ax%7C69%5C%7C88', [{ system: 'urn:x', value: '69|88' }]],
    ['Patient?identifier=A%5C%5CB%5C%24C', [{ value: 'A\\B$C' }]],
    ['Patient?identifier=%7C5', [{ system: '', value: '5' }]],
  ])('reads %s as R4 says', (url, tokens) => {
    expect(readCondition(url)).toEqual({
      type: 'Patient',
      tokens: tokens.map((token) => ({ system: undefined, ...token })),
    });
  });

  it('does as it is told, from one transaction to another', async () => {
    await vendor.behave('409', { after: 1, times: 2, headers: { 'retry-after': '3' } });
    const answers = [];
    for (let count = 0; count < 4; count++) answers.push((await send(update(patient('1'), '1'))).status);
    expect(answers).toEqual([200, 409, 409, 200]);
    expect(await vendor.search('Patient')).toMatchObject([{ meta: { versionId: '2' } }]);
    await vendor.behave('502', { carryOut: true });
    expect((await send(update(patient('1'), '1'))).status).toBe(502);
    expect(await vendor.search('Patient')).toMatchObject([{ meta: { versionId: '3' } }]);
  });
});
