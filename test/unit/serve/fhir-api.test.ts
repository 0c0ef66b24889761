import type { Bundle, CapabilityStatement, FhirResource, OperationOutcome } from 'fhir/r4.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Express } from 'express';
import request from 'supertest';
import { indexResource } from '../../../src/fhir/search.js';
import { SEARCH_PARAMETERS } from '../../../src/fhir/search-parameters.js';
import { CANONICAL } from '../../../src/fhir/systems.js';
import { COMMUNICATED, DEFINED } from '../../../src/serve/capability.js';
import { createApp, type HttpDeps } from '../../../src/serve/http.js';
import type { Store } from '../../../src/store/store.js';
import { DOCUMENT_RESOURCES } from '../../support/document-resources.js';
import { openTestStore, translated } from '../../support/stored.js';

type Stored = FhirResource & { id: string };

const IPP = 'urn:oid:2.999.1';
const code = (system: string, value: string) => ({ coding: [{ system: `urn:oid:2.999.${system}`, code: value }] });
const identifier = (value: string) => [{ system: IPP, value }];
const to = (reference: string) => ({ reference });
const period = { start: '2026-03-02T08:00:00+01:00', end: '2026-03-05T12:00:00+01:00' };

const DOCTOR = [{ family: 'FABRE', given: ['Léa'], prefix: ['Dr'] }];

/** One resource of each type, with a value for every search parameter. */
const RESOURCES: Stored[] = [
  {
    resourceType: 'Patient',
    id: 'p1',
    active: true,
    identifier: [{ system: IPP, value: '0001' }, { value: 'sans-systeme' }],
    name: [{ family: 'Doé', given: ['Zoé'], prefix: ['Mme'] }],
    gender: 'female',
    birthDate: '1950-01-01',
    generalPractitioner: [to('Practitioner/d1')],
  },
  {
    resourceType: 'Encounter',
    id: 'e1',
    identifier: identifier('V1'),
    status: 'in-progress',
    class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
    subject: to('Patient/p1'),
    period,
    location: [{ location: to('Location/l1') }],
    serviceProvider: to('Organization/o1'),
  },
  {
    resourceType: 'CareTeam',
    id: 't1',
    identifier: identifier('T1'),
    status: 'active',
    category: [code('4', 'circle')],
    subject: to('Patient/p1'),
    period: { start: period.start },
    participant: [{ member: to('PractitionerRole/r1') }],
  },
  {
    resourceType: 'CarePlan',
    id: 'c1',
    identifier: identifier('C1'),
    status: 'active',
    intent: 'plan',
    category: [code('5', 'stay')],
    subject: to('Patient/p1'),
    period,
    encounter: to('Encounter/e1'),
    careTeam: [to('CareTeam/t1')],
  },
  {
    resourceType: 'RelatedPerson',
    id: 'n1',
    active: true,
    identifier: identifier('N1'),
    patient: to('Patient/p1'),
    name: [{ text: 'Jean Doé' }],
    relationship: [code('6', 'NOK')],
  },
  { resourceType: 'Practitioner', id: 'd1', active: true, identifier: identifier('D1'), name: DOCTOR },
  {
    resourceType: 'PractitionerRole',
    id: 'r1',
    identifier: identifier('R1'),
    practitioner: to('Practitioner/d1'),
    organization: to('Organization/o1'),
    code: [code('7', 'doctor')],
  },
  {
    resourceType: 'Organization',
    id: 'o1',
    identifier: identifier('O1'),
    name: 'CHU',
    type: [code('8', 'hospital')],
    partOf: to('Organization/o0'),
  },
  {
    resourceType: 'Location',
    id: 'l1',
    identifier: identifier('L1'),
    name: 'UF 6268',
    status: 'active',
    partOf: to('Location/l0'),
    managingOrganization: to('Organization/o1'),
  },
  ...DOCUMENT_RESOURCES,
];
/** Whose profiles are what each document claims, and none that all of them do. */
const DOCUMENTED = DOCUMENT_RESOURCES.map(({ resourceType }): string => resourceType);

let store: Store;
let close: () => Promise<void>;
let app: Express;

const depsOf = (fhir: Store): HttpDeps => ({
  insecureFhir: false,
  startedAt: '2026-03-02T08:00:00Z',
  log: () => undefined,
  ready: {},
  metrics: () => Promise.resolve(''),
  fhir: { ...fhir, readBinary: () => Promise.resolve(undefined) },
  doors: [],
});
const appOf = (fhir: Store, insecureFhir = false) => createApp({ ...depsOf(fhir), insecureFhir });

beforeAll(async () => {
  ({ store, close } = await openTestStore());
  app = appOf(store);
  await translated(store, 'F1', RESOURCES);
  const patients = Array.from({ length: 7 }, (_, index): Stored => {
    return { resourceType: 'Patient', id: `many-${index}`, identifier: identifier(`M${index}`), gender: 'unknown' };
  });
  await translated(store, 'F2', [...patients, { resourceType: 'Patient', id: 'gone', gender: 'other' }]);
  await translated(store, 'F3', [], { removed: ['Patient/gone'] });
  await translated(store, 'F4', [
    { resourceType: 'Practitioner', id: 'd1', active: false, identifier: identifier('D1'), name: DOCTOR },
  ]);
  await translated(store, 'F5', [
    { resourceType: 'Practitioner', id: 'd1', active: true, identifier: identifier('D1'), name: DOCTOR },
  ]);
});
afterAll(() => close());

const get = (path: string) => request(app).get(`/fhir${path}`);
const bundleAt = async (path: string): Promise<Bundle> => {
  const response = await get(path);
  expect([path, response.status, response.type]).toEqual([path, 200, 'application/fhir+json']);
  return response.body as Bundle;
};
const found = async (path: string) => {
  const bundle = await bundleAt(path);
  return (bundle.entry ?? []).map(({ resource }) => resource?.id);
};
const linkOf = (bundle: Bundle, relation: string) => bundle.link?.find((link) => link.relation === relation)?.url;
/** Status and code of a refusal, which must be an OperationOutcome that says something. */
const refusal = async (path: string, accept = 'application/fhir+json') => {
  const response = await get(path).set('accept', accept);
  return refusalOf(response);
};
const refusalOf = ({ status, body, type }: { status: number; body: unknown; type: string }) => {
  const outcome = body as OperationOutcome;
  expect([outcome.resourceType, type]).toEqual(['OperationOutcome', 'application/fhir+json']);
  expect(outcome.issue[0]?.diagnostics ?? '').not.toBe('');
  expect(outcome.issue[0]?.severity).toBe('error');
  return `${status} ${outcome.issue[0]?.code ?? ''}`;
};

describe('the CapabilityStatement', () => {
  it('declares nothing that does not work: every type, interaction and search parameter', async () => {
    const { body } = await get('/metadata');
    const statement = body as CapabilityStatement;
    expect(statement).toMatchObject({ resourceType: 'CapabilityStatement', fhirVersion: '4.0.1', kind: 'instance' });
    const isStored = (type: string) => ![...DEFINED, ...COMMUNICATED, 'Binary'].includes(type);
    const declared = (statement.rest?.[0]?.resource ?? []).filter(({ type }) => isStored(type));
    expect(declared.map(({ type }) => type).sort()).toEqual(RESOURCES.map(({ resourceType }) => resourceType).sort());
    for (const { type, searchParam, interaction } of declared) {
      expect(interaction?.map((one) => one.code)).toEqual([
        'read',
        'vread',
        'history-instance',
        'history-type',
        'search-type',
      ]);
      const stored = RESOURCES.find(({ resourceType }) => resourceType === type);
      const address = `/${type}/${stored?.id ?? ''}`;
      expect((await get(address)).body).toMatchObject({ resourceType: type, id: stored?.id });
      expect((await get(`${address}/_history/1`)).status).toBe(200);
      expect((await bundleAt(`${address}/_history`)).total).toBeGreaterThan(0);
      expect((await bundleAt(`/${type}/_history`)).entry?.length).toBeGreaterThan(0);
      for (const { name, type: kind } of searchParam ?? []) {
        const value = valueFor(stored, name, kind);
        expect(await found(`/${type}?${name}=${encodeURIComponent(value)}`)).toContain(stored?.id);
      }
    }
  });

  it('declares of its own definitions what works: read, and search by id and url', async () => {
    const statement = (await get('/metadata')).body as CapabilityStatement;
    const declared = (statement.rest?.[0]?.resource ?? []).filter(({ type }) => DEFINED.includes(type));
    expect(declared.map(({ type }) => type)).toEqual(DEFINED);
    for (const { type, interaction, searchParam = [] } of declared) {
      expect(interaction).toEqual([{ code: 'read' }, { code: 'search-type' }]);
      const { entry = [], total } = await bundleAt(`/${type}`);
      expect(entry).toHaveLength(total ?? 0);
      for (const { resource, fullUrl } of entry) {
        const { id, url } = resource as { id: string; url?: string };
        expect(fullUrl).toMatch(new RegExp(`/fhir/${type}/${id}$`));
        expect((await get(`/${type}/${id}`)).body).toEqual(resource);
        for (const { name } of searchParam) {
          const value = encodeURIComponent((name === '_id' ? id : url) ?? '');
          expect(await found(`/${type}?${name}=${value}`)).toEqual([id]);
        }
      }
    }
    expect(statement.instantiates).toEqual([`${CANONICAL}/CapabilityStatement/gateway`]);
  });

  it('says who made it, in which version, and which definition each search parameter has', async () => {
    const statement = (await get('/metadata')).body as CapabilityStatement;
    expect(statement).toMatchObject({
      name: expect.any(String),
      title: expect.any(String),
      publisher: expect.any(String),
      software: { version: expect.stringMatching(/^\d+\.\d+\.\d+/) },
      rest: [{ interaction: [{ code: 'history-system' }], security: { description: expect.any(String) } }],
    });
    for (const { searchParam = [], type } of statement.rest?.[0]?.resource ?? [])
      for (const { definition, name } of searchParam) {
        const [, of, what] = /^http:\/\/hl7.org\/fhir\/SearchParameter\/(\w+)-([\w-]+)$/.exec(definition ?? '') ?? [];
        expect([type, 'Resource', 'clinical', 'individual', 'conformance', 'medications']).toContain(of);
        expect(`_${what ?? ''}`).toContain(name.replace(/^_/, ''));
      }
  });

  it('names the profile of each type that has one, ours of a CarePlan', async () => {
    const statement = (await get('/metadata')).body as CapabilityStatement;
    const bare = [...DEFINED, ...DOCUMENTED, 'Binary'];
    for (const { type, supportedProfile } of statement.rest?.[0]?.resource ?? [])
      expect([type, supportedProfile === undefined]).toEqual([type, bare.includes(type)]);
    const plan = statement.rest?.[0]?.resource?.find(({ type }) => type === 'CarePlan');
    expect(plan?.supportedProfile).toEqual([`${CANONICAL}/StructureDefinition/stay-care-plan`]);
    const { entry } = await bundleAt(
      `/StructureDefinition?url=${encodeURIComponent(plan?.supportedProfile?.[0] ?? '')}`,
    );
    expect(entry).toMatchObject([{ resource: { id: 'stay-care-plan', type: 'CarePlan' }, search: { mode: 'match' } }]);
  });

  it('refuses what it does not declare', async () => {
    expect(await refusal('/Observation')).toBe('404 not-found');
    expect(await refusal('/Observation/1')).toBe('404 not-found');
    expect(await refusal('/Patient?nom=ESSAI')).toBe('400 invalid');
    expect(await refusal('/Communication?_lastUpdated=gt2020')).toBe('400 invalid');
    expect(await refusal('/Communication/_history')).toBe('404 not-found');
    expect(await refusal('/Encounter?identifier:exact=1')).toBe('400 invalid');
    for (const control of [
      '_sort=date',
      '_include=Encounter:patient',
      '_revinclude=x',
      '_elements=id',
      '_has=x',
      '_text=x',
    ])
      expect([control, await refusal(`/Encounter?${control}`)]).toEqual([control, '400 invalid']);
    expect(await refusal('/Patient?_summary=true')).toBe('400 invalid');
    expect(await refusal('/Patient/p1/_history?_at=2026')).toBe('400 invalid');
    expect(await refusal('/_history?_at=2026')).toBe('400 invalid');
    expect(await refusal('/')).toBe('404 not-found');
    expect(await refusal('/Patient/p1/$everything')).toBe('404 not-found');
  });

  it('names the parameter that it refuses', async () => {
    const { body } = await get('/Patient?identifier=1&nom=ESSAI');
    expect(body).toMatchObject({
      issue: [{ location: ['http.nom'], details: { coding: [{ code: 'request-invalid' }] } }],
    });
  });
});

/** A value that finds that resource: from its index, as the API itself would read it. */
function valueFor(stored: Stored | undefined, name: string, kind: string): string {
  if (stored === undefined) return '';
  if (name === '_id') return stored.id;
  if (name === '_lastUpdated') return 'ge2020';
  if (kind === 'date') return stored.resourceType === 'Patient' ? '1950-01-01' : 'ge2026-03-02';
  const kept = SEARCH_PARAMETERS[stored.resourceType]?.[name]?.sameAs ?? name;
  const mark = kind === 'string' ? '^' : '=';
  const token = indexResource(stored, 'UTC').tokens.find((one) => one.startsWith(`${kept}${mark}`)) ?? '';
  return token.slice(kept.length + 1);
}

describe('reading', () => {
  it('gives the current version with its ETag, and 304 to who has it', async () => {
    const { headers, body } = await get('/Practitioner/d1');
    expect(headers).toMatchObject({ etag: 'W/"3"', 'cache-control': 'no-store' });
    expect(Date.parse(headers['last-modified'] ?? '')).not.toBeNaN();
    expect(body).toMatchObject({ meta: { versionId: '3', lastUpdated: expect.any(String) }, active: true });
    expect((await get('/Practitioner/d1').set('If-None-Match', 'W/"3"')).status).toBe(304);
    expect((await get('/Practitioner/d1').set('If-None-Match', 'W/"1", W/"3"')).status).toBe(304);
    expect((await get('/Practitioner/d1').set('If-None-Match', 'W/"2"')).status).toBe(200);
  });

  it.each([
    ['If-None-Match', 'W/"3"', 'no-cache'],
    ['If-None-Match', 'W/"2", W/"3"', 'max-age=0, no-cache'],
    ['If-Modified-Since', 'Fri, 01 Jan 2100 00:00:00 GMT', 'no-cache'],
  ])('gives 304 to %s of a caller that keeps caches out, as fetch does', async (name, value, control) => {
    const conditional = () => get('/Practitioner/d1').set('Cache-Control', control).set('Pragma', 'no-cache');
    expect((await conditional().set(name, value)).status).toBe(304);
    expect((await conditional()).status).toBe(200);
  });

  it('gives any version, and the history newest first, page by page', async () => {
    expect((await get('/Practitioner/d1/_history/2')).body).toMatchObject({ meta: { versionId: '2' }, active: false });
    const whole = await bundleAt('/Practitioner/d1/_history');
    expect(whole).toMatchObject({ type: 'history', total: 3 });
    expect(whole.entry?.map(({ response }) => response?.etag)).toEqual(['W/"3"', 'W/"2"', 'W/"1"']);
    expect(linkOf(whole, 'next')).toBeUndefined();
    const first = await bundleAt('/Practitioner/d1/_history?_count=2');
    const second = await bundleAt(pathOf(linkOf(first, 'next')));
    expect([first.entry?.length, second.entry?.length, second.total]).toEqual([2, 1, 3]);
    expect(linkOf(second, 'next')).toBeUndefined();
  });

  it('answers 410 for what was withdrawn, and keeps its history', async () => {
    expect(await refusal('/Patient/gone')).toBe('410 deleted');
    expect((await get('/Patient/gone/_history/1')).status).toBe(200);
    expect(await refusal('/Patient/gone/_history/2')).toBe('410 deleted');
    const { entry } = await bundleAt('/Patient/gone/_history');
    expect(entry?.map(({ request: asked, resource }) => [asked?.method, resource?.id])).toEqual([
      ['DELETE', undefined],
      ['POST', 'gone'],
    ]);
    expect(await found('/Patient?_id=gone')).toEqual([]);
  });

  it.each([
    '/Patient/nobody',
    '/Patient/p1/_history/99',
    '/Patient/p1/_history/0',
    '/Patient/p1/_history/1.5',
    '/Patient/p1/_history/99999999999999999999',
    '/Patient/nobody/_history',
    `/Patient/${'x'.repeat(65)}`,
    '/Patient/%00',
    '/Patient/p1%27%20OR%201=1',
    '/Patient/..%2Fp1',
  ])('answers 404 for %s', async (path) => {
    expect(await refusal(path)).toBe('404 not-found');
  });

  it('answers 400 for an address that cannot be decoded', async () => {
    expect(await refusal('/Patient/%E0%A4%A')).toBe('400 invalid');
  });

  it('answers HEAD as GET, without a body', async () => {
    const head = await request(app).head('/fhir/Patient/p1');
    expect([head.status, head.headers['etag'], head.text]).toEqual([200, 'W/"1"', undefined]);
    expect((await request(app).head('/fhir/Patient?_id=p1')).status).toBe(200);
    expect((await request(app).head('/fhir/Patient/nobody')).status).toBe(404);
  });

  it('indents for people who ask', async () => {
    expect((await get('/Patient/p1?_pretty=true')).text).toContain('\n  "');
    expect((await get('/Patient/p1')).text).not.toContain('\n');
  });
});

describe('the change feed', () => {
  const entriesOf = ({ entry = [] }: Bundle) =>
    entry.map(({ request: change, response, fullUrl }) => {
      return `${change?.method} ${fullUrl?.split('/fhir/')[1]} ${response?.etag}`;
    });
  const everything = async (path: string) => {
    const entries: string[] = [];
    let last = path;
    for (let next: string | undefined = path; next !== undefined;) {
      last = next;
      const bundle: Bundle = await bundleAt(next);
      entries.push(...entriesOf(bundle));
      const link = linkOf(bundle, 'next');
      next = link === undefined ? undefined : pathOf(link);
    }
    return { entries, last };
  };

  it.each([1, 4, 500])('gives every version of every type once, oldest first, over pages of %i', async (count) => {
    const { entries } = await everything(`/_history?_sort=_lastUpdated&_count=${count}`);
    expect(entries).toHaveLength(RESOURCES.length + 11);
    expect(new Set(entries).size).toBe(entries.length);
    expect(entries.filter((entry) => entry.includes('Practitioner/d1'))).toEqual([
      'POST Practitioner/d1 W/"1"',
      'PUT Practitioner/d1 W/"2"',
      'PUT Practitioner/d1 W/"3"',
    ]);
    expect(entries).toContain('DELETE Patient/gone W/"2"');
  });

  it('of a type holds that type alone, newest first where nothing else is asked', async () => {
    expect(entriesOf(await bundleAt('/Practitioner/_history'))).toEqual([
      'PUT Practitioner/d1 W/"3"',
      'PUT Practitioner/d1 W/"2"',
      'POST Practitioner/d1 W/"1"',
    ]);
  });

  it('ends with a page without changes and without next, whose address goes on for ever', async () => {
    const { last } = await everything('/Practitioner/_history');
    expect(await bundleAt(last)).not.toHaveProperty('entry');
    await translated(store, 'F6', [{ resourceType: 'Practitioner', id: 'd2', identifier: identifier('D2') }]);
    expect(entriesOf(await bundleAt(last))).toEqual(['POST Practitioner/d2 W/"1"']);
    expect(entriesOf(await bundleAt(last))).toEqual(['POST Practitioner/d2 W/"1"']);
  });

  it('begins at an instant, that instant included', async () => {
    const { meta } = (await get('/Practitioner/d1')).body as { meta: { lastUpdated: string } };
    const since = async (instant: string) =>
      entriesOf(await bundleAt(`/Practitioner/_history?_since=${encodeURIComponent(instant)}`)).filter(
        (entry) => !entry.startsWith('POST'),
      );
    expect(await since(meta.lastUpdated)).toEqual(['PUT Practitioner/d1 W/"3"']);
    expect(await since(new Date(Date.parse(meta.lastUpdated) + 1).toISOString())).toEqual([]);
    expect(await since('2020-01-01T00:00:00Z')).toHaveLength(2);
    const own = await bundleAt(`/Practitioner/d1/_history?_since=${meta.lastUpdated}`);
    expect([own.total, own.entry?.length]).toEqual([1, 1]);
    expect(await refusal('/_history?_since=hier')).toBe('400 invalid');
    expect(await refusal('/_history?_sort=name')).toBe('400 invalid');
  });
});

describe('searching', () => {
  it.each([
    ['system and value', `identifier=${IPP}|0001`, ['p1']],
    ['the value of any system', 'identifier=0001', ['p1']],
    ['a value without system', 'identifier=|sans-systeme', ['p1']],
    ['no value of a system where none is asked', 'identifier=|0001', []],
    ['any value of a system', `identifier=${IPP}|&_count=2`, ['many-0', 'many-1']],
    ['another system', 'identifier=urn:oid:2.999.9|0001', []],
    ['any of several', 'identifier=0001,M3', ['many-3', 'p1']],
    ['all of several', `identifier=0001&identifier=|sans-systeme`, ['p1']],
    ['both of two that no one has', 'identifier=0001&identifier=M3', []],
    ['one of some ids', '_id=p1,many-5,nobody', ['many-5', 'p1']],
    ['an id of another type', '_id=e1', []],
    ['a word with reserved characters', 'identifier=%27%22%25_%5C%3B%26%3D%2B', []],
    ['an empty id', '_id=', []],
  ])('finds by identifier: %s', async (_, query, ids) => {
    expect(await found(`/Patient?${query}`)).toEqual(ids);
  });

  it.each([
    ['2026-03-02', []],
    ['2026-03', ['e1']],
    ['2026', ['e1']],
    ['ne2026-03', []],
    ['gt2026-03-05', []],
    ['gt2026-03-04', ['e1']],
    ['ge2026-03-05', []],
    ['ge2026-03-04', ['e1']],
    ['ge2026-03', ['e1']],
    ['ge2026-03-06', []],
    ['lt2026-03-02', []],
    ['lt2026-03-03', ['e1']],
    ['le2026-03-02', []],
    ['le2026-03-03', ['e1']],
    ['le2026', ['e1']],
    ['sa2026-03-01', ['e1']],
    ['sa2026-03-02', []],
    ['eb2026-03-06', ['e1']],
    ['eb2026-03-05', []],
    ['lt2026-03-02T07:00:01Z', ['e1']],
    ['lt2026-03-02T08:00:00%2B01:00', []],
    ['2024,2026-03', ['e1']],
    ['eb2020,gt2026-03-04', ['e1']],
    ['2024,ne2026-03', []],
    ['2026-03,2024&date=ge2027', []],
  ])('compares a stay of 2 to 5 March with %s', async (value, ids) => {
    expect(await found(`/Encounter?date=${value}`)).toEqual(ids);
  });

  it.each(['', '2026-13-01', 'hier', 'ap2026', 'ge', '2026-03-02T25:00:00Z', '2026,', ',2026', '2026,hier'])(
    'refuses the date «%s»',
    async (value) => {
      expect(await refusal(`/Encounter?date=${value}`)).toBe('400 invalid');
      expect(await refusal(`/Encounter?_lastUpdated=ge${value}x`)).toBe('400 invalid');
    },
  );

  it('finds by _lastUpdated', async () => {
    expect(await found('/Encounter?_lastUpdated=ge2020')).toEqual(['e1']);
    expect(await found('/Encounter?_lastUpdated=lt2020')).toEqual([]);
    expect(await found('/Encounter?_lastUpdated=gt2020&_lastUpdated=lt2020')).toEqual([]);
  });

  it.each(['Patient/p1', 'p1', 'http://127.0.0.1/fhir/Patient/p1'])('finds the stays of patient %s', async (value) => {
    expect(await found(`/Encounter?patient=${encodeURIComponent(value)}`)).toEqual(['e1']);
  });

  it('combines parameters', async () => {
    expect(await found('/Encounter?patient=p1&status=in-progress&date=2026-03&class=IMP')).toEqual(['e1']);
    expect(await found('/Encounter?patient=p1&status=finished')).toEqual([]);
    expect(await found('/Encounter?status=finished,in-progress')).toEqual(['e1']);
  });

  it.each([1, 2, 3, 8])('gives every match once over pages of %i', async (count) => {
    const ids: (string | undefined)[] = [];
    let pages = 0;
    for (let path: string | undefined = `/Patient?_count=${count}&_lastUpdated=ge2020`; path !== undefined; pages++) {
      const bundle: Bundle = await bundleAt(path);
      expect(bundle.total).toBe(8);
      ids.push(...(bundle.entry ?? []).map(({ resource }) => resource?.id));
      const next = linkOf(bundle, 'next');
      path = next === undefined ? undefined : pathOf(next);
    }
    expect(ids).toEqual(['many-0', 'many-1', 'many-2', 'many-3', 'many-4', 'many-5', 'many-6', 'p1']);
    expect(pages).toBe(Math.ceil(8 / count));
  });

  it('counts without entries', async () => {
    for (const query of ['_summary=count', '_count=0', '_summary=count&_count=3']) {
      const bundle = await bundleAt(`/Patient?${query}`);
      expect([bundle.total, bundle.entry]).toEqual([8, undefined]);
    }
    expect((await bundleAt('/Patient?gender=unknown&_summary=count')).total).toBe(7);
  });

  it('gives whole resources to who asks them so', async () => {
    for (const query of ['_summary=data', '_summary=false', '_total=accurate', '_total=none', '_format=json'])
      expect(await found(`/Patient?_id=p1&${query}`)).toEqual(['p1']);
    expect(await refusal('/Patient?_total=some')).toBe('400 invalid');
  });

  it('caps a page, and refuses a count that is none', async () => {
    expect((await bundleAt('/Patient?_count=999999')).entry).toHaveLength(8);
    for (const count of ['-1', 'x', '1.5', '']) expect(await refusal(`/Patient?_count=${count}`)).toBe('400 invalid');
  });

  it('counts once, for the first page, and not where nobody wants it', async () => {
    const first = await bundleAt('/Patient?_count=3&_total=none');
    expect(first).not.toHaveProperty('total');
    expect(await bundleAt(pathOf(linkOf(first, 'next')))).not.toHaveProperty('total');
    const counted = linkOf(await bundleAt('/Patient?_count=3'), 'next') ?? '';
    expect(new URL(counted).searchParams.get('_cursor')).toContain('.8.');
  });

  it.each(['nobody', '%F0%9F%92%A9', '%27;DROP TABLE resource;--', 'a'.repeat(3000), '1.2', '1.x.p1'])(
    'refuses the cursor %s, which it never gave',
    async (cursor) => {
      expect(await refusal(`/Patient?_cursor=${cursor}`)).toBe('400 invalid');
      expect(await refusal(`/_history?_cursor=${cursor}x`)).toBe('400 invalid');
    },
  );

  it('says up to when it is complete', async () => {
    for (const path of ['/Patient', '/Patient?_lastUpdated=ge2020', '/Patient?_summary=count', '/_history']) {
      const { meta, timestamp, id } = await bundleAt(path);
      expect(Date.parse(meta?.lastUpdated ?? '')).toBeLessThanOrEqual(Date.parse(timestamp ?? ''));
      expect(id).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it('finds by _lastUpdated to the millisecond', async () => {
    const { meta } = (await get('/Encounter/e1')).body as { meta: { lastUpdated: string } };
    const [exact, before] = [meta.lastUpdated, new Date(Date.parse(meta.lastUpdated) - 1).toISOString()];
    expect(exact).toMatch(/\.\d{3}Z$/);
    for (const [test, ids] of [
      [`ge${exact}`, ['e1']],
      [`gt${exact}`, []],
      [exact, ['e1']],
      [`gt${before}`, ['e1']],
      [before, []],
      [`le${exact}`, ['e1']],
      [`lt${exact}`, []],
      [`lt${exact.slice(0, 19)}Z`, []],
      [`${exact.slice(0, 19)}Z`, ['e1']],
    ] as const)
      expect([test, await found(`/Encounter?_lastUpdated=${test}`)]).toEqual([test, ids]);
  });

  it('asks for all of several lists of ids', async () => {
    expect(await found('/Patient?_id=p1,many-5&_id=many-5,many-6')).toEqual(['many-5']);
  });

  it.each([
    ['name=doe', ['p1']],
    ['family=DOE', ['p1']],
    ['given=zoe', ['p1']],
    ['given=zoë', ['p1']],
    ['family:exact=Doé', ['p1']],
    ['family:exact=DOE', []],
    ['family=oe', []],
    ['name=doe&given=zo', ['p1']],
    ['family=doe,nobody&gender=female', ['p1']],
  ])('finds people by name: %s', async (query, ids) => {
    expect(await found(`/Patient?${query}`)).toEqual(ids);
  });

  it('reads dates without offset by the clocks of the territory', async () => {
    const parisian = createApp({ ...depsOf(store), zone: 'Europe/Paris' });
    const ids = async (date: string) => {
      const { body } = await request(parisian).get(`/fhir/Encounter?date=${date}`);
      return ((body as Bundle).entry ?? []).map(({ resource }) => resource?.id);
    };
    // It began at 08:00 in Paris, 07:00 UTC.
    expect(await ids('sa2026-03-02T07:59:59')).toEqual(['e1']);
    expect(await ids('sa2026-03-02T08:00:00')).toEqual([]);
    expect(await found('/Encounter?date=sa2026-03-02T07:59:59')).toEqual([]);
  });

  it('leaves out what is not served where the caller allows it, and says so', async () => {
    const ask = (prefer: string) => get('/Encounter?status=in-progress&nom=x&_sort=date').set('Prefer', prefer);
    for (const prefer of ['handling=lenient', 'return=minimal, handling=lenient', 'handling="lenient"; x=1']) {
      const bundle = (await ask(prefer)).body as Bundle;
      expect(bundle).toMatchObject({ total: 1 });
      expect(bundle.entry?.map(({ search }) => search?.mode)).toEqual(['match', 'outcome']);
      expect(bundle.entry?.[1]?.resource).toMatchObject({
        resourceType: 'OperationOutcome',
        issue: [{ severity: 'warning', location: ['http.nom'] }, { location: ['http._sort'] }],
      });
      expect(linkOf(bundle, 'self')).toMatch(/\/fhir\/Encounter\?status=in-progress$/);
    }
    for (const prefer of ['handling=strict', 'return=minimal', 'nohandling=lenient'])
      expect(refusalOf(await ask(prefer))).toBe('400 invalid');
    expect(refusalOf(await get('/Patient?identifier:exact=1').set('Prefer', 'handling=lenient'))).toBe('400 invalid');
    const whole = (await get('/Encounter?_elements=id&status=in-progress').set('Prefer', 'handling=lenient'))
      .body as Bundle;
    expect(whole.entry?.[0]?.resource).toHaveProperty('status');
    expect(whole.entry?.[1]?.resource).toMatchObject({ issue: [{ location: ['http._elements'] }] });
  });

  it('refuses a NUL, which no value holds', async () => {
    for (const query of ['identifier=%00', '_cursor=%00', '_id=a%00b', 'a%00=b', 'status=%00'])
      expect([query, await refusal(`/Encounter?${query}`)]).toEqual([query, '400 invalid']);
  });

  it('takes no harm from SQL in any value', async () => {
    const evil = encodeURIComponent("x'; DROP TABLE resource; --");
    for (const name of Object.keys(SEARCH_PARAMETERS['Encounter'] ?? {}))
      expect([200, 400]).toContain((await get(`/Encounter?${name}=${evil}`)).status);
    expect(await found(`/Patient?_id=${evil}`)).toEqual([]);
    expect(await refusal(`/Patient?${evil}=1`)).toBe('400 invalid');
    expect((await bundleAt('/Patient')).total).toBe(8);
  });

  it('searches by POST as by GET, the parameters of body and address together', async () => {
    const post = (body: string, query = '') =>
      request(app).post(`/fhir/Patient/_search${query}`).type('application/x-www-form-urlencoded').send(body);
    const bundle = (await post(`identifier=${encodeURIComponent(`${IPP}|`)}&_count=2`, '?gender=unknown'))
      .body as Bundle;
    expect([bundle.total, bundle.entry?.length]).toEqual([7, 2]);
    expect((await bundleAt(pathOf(linkOf(bundle, 'next')))).entry?.map(({ resource }) => resource?.id)).toEqual([
      'many-2',
      'many-3',
    ]);
    // Repeated: both must hold, as in an address.
    expect((await post('identifier=0001&identifier=M3')).body).toMatchObject({ total: 0 });
    expect((await post('')).body).toMatchObject({ total: 8 });
    expect(refusalOf(await request(app).post('/fhir/Patient/_search').send({ identifier: '0001' }))).toBe(
      '400 invalid',
    );
    expect(refusalOf(await post('nom=x'))).toBe('400 invalid');
    expect(refusalOf(await post('identifier=%00'))).toBe('400 invalid');
  });

  it('links to itself and names each match by its address', async () => {
    const response = await get('/Encounter?identifier=V1').set('host', 'localhost:8080');
    expect(response.body).toMatchObject({
      type: 'searchset',
      link: [{ relation: 'self', url: 'http://localhost:8080/fhir/Encounter?identifier=V1' }],
      entry: [{ fullUrl: 'http://localhost:8080/fhir/Encounter/e1', search: { mode: 'match' } }],
    });
  });
});

describe('a Binary', () => {
  const CDA = '<ClinicalDocument/>';
  const places: unknown[] = [];
  const withBytes = (mediaType: string) =>
    createApp({
      ...depsOf(store),
      fhir: {
        ...store,
        readBinary: (place) => {
          places.push(place);
          async function* bytes(): AsyncGenerator<Buffer, void> {
            for (const part of [CDA.slice(0, 5), CDA.slice(5)]) yield await Promise.resolve(Buffer.from(part));
          }
          return Promise.resolve({ mediaType, length: CDA.length, bytes: bytes() });
        },
      },
    });
  const read = (path: string, { mediaType = 'text/xml', accept = '*/*' } = {}) =>
    request(withBytes(mediaType)).get(`/fhir/Binary/${path}`).set('Accept', accept).buffer(true);

  it.each([
    ['text/xml', 'xml'],
    ['application/pdf', 'pdf'],
    ['application/xslt+xml', 'xsl'],
  ])('is the bytes with their own type, which no browser shows: %s', async (mediaType, extension) => {
    const response = await read('7.0', { mediaType });
    expect([response.status, response.headers['content-type']]).toEqual([200, mediaType]);
    expect(response.headers).toMatchObject({
      'content-length': String(CDA.length),
      'content-disposition': `attachment; filename="7.0.${extension}"`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'no-store',
    });
    expect(response.text ?? String(response.body)).toBe(CDA);
  });

  it.each([
    ['its format', '7.0?_format=json', '*/*'],
    ['Accept', '7.0', 'application/fhir+json'],
    ['its format before Accept', '7.0?_format=application/fhir%2Bjson', 'text/xml'],
  ])('is a resource where JSON is asked for, by %s', async (_, path, accept) => {
    const { body } = await read(path, { accept });
    const data = Buffer.from(CDA).toString('base64');
    expect(body).toEqual({ resourceType: 'Binary', id: '7.0', contentType: 'text/xml', data });
  });

  it('is asked for by the place that its id says', async () => {
    places.length = 0;
    await read('7.0');
    await read('7.12.body');
    expect(places).toEqual([
      { messageId: '7', part: 0 },
      { messageId: '7', part: 12, body: true },
    ]);
  });

  it.each(['7', '0.0', '7.x', 'x.0', '7.0.other', '7.00'])(
    'is none under an id that names no place: %s',
    async (id) => {
      places.length = 0;
      const response = await read(id);
      expect([response.status, (response.body as { resourceType?: string }).resourceType, places]).toEqual([
        404,
        'OperationOutcome',
        [],
      ]);
    },
  );

  it('is none where no accepted message has it', async () => {
    expect((await request(app).get('/fhir/Binary/7.0')).status).toBe(404);
  });

  it('is not searched: whoever walks through all types is told so, and goes on', async () => {
    const { body } = await request(app).get('/fhir/Binary?_count=200').expect(200);
    expect(body).toMatchObject({ type: 'searchset', total: 0, entry: [{ search: { mode: 'outcome' } }] });
  });
});

describe('who asks, and how', () => {
  it.each([
    'application/fhir+json',
    'application/json',
    'application/json+fhir',
    'application/fhir+json;charset=utf-8',
    'application/fhir+json; fhirVersion=4.0',
    'application/fhir+json;q=1.0, application/json+fhir;q=0.9',
    'application/fhir+xml, */*;q=0.1',
    'text/html,application/xhtml+xml',
    '*/*',
  ])('answers JSON to Accept: %s', async (accept) => {
    const response = await get('/Patient/p1').set('accept', accept);
    expect([response.status, response.headers['content-type']]).toEqual([200, 'application/fhir+json; charset=utf-8']);
  });

  it.each([
    'application/fhir+xml',
    'text/turtle',
    'application/fhir+json;q=0',
    'application/fhir+json;fhirVersion=3.0',
  ])('answers 406 to Accept: %s', async (accept) => {
    expect(await refusal('/Patient/p1', accept)).toMatch(/^406 /);
  });

  it('lets _format decide against Accept', async () => {
    expect((await get('/Patient/p1?_format=json').set('accept', 'application/fhir+xml')).status).toBe(200);
    expect((await get('/Patient/p1?_format=application/fhir%2Bjson')).status).toBe(200);
    expect(await refusal('/Patient/p1?_format=xml')).toMatch(/^406 /);
  });

  it.each(['put', 'post', 'patch', 'delete'] as const)('answers 405 to %s, naming what is served', async (method) => {
    const response = await request(app)[method]('/fhir/Patient/p1');
    expect(refusalOf(response)).toBe('405 not-supported');
    expect(response.headers['allow']).toBe('GET, HEAD');
    expect(refusalOf(await request(app)[method]('/fhir/Patient'))).toBe('405 not-supported');
  });

  it('answers callers of this machine only, unless the network itself is closed', async () => {
    for (const [name, value] of [
      ['X-Forwarded-For', '192.0.2.7'],
      ['Forwarded', 'for=192.0.2.7'],
      ['Sec-Fetch-Site', 'cross-site'],
    ] as const) {
      expect(refusalOf(await get('/Patient/p1').set(name, value))).toBe('403 forbidden');
      expect((await request(appOf(store, true)).get('/fhir/Patient/p1').set(name, value)).status).toBe(200);
    }
  });

  it('answers an OperationOutcome without content where the store fails', async () => {
    const broken = { ...store, readResource: () => Promise.reject(new Error('duplicate key (ESSAI)')) };
    const response = await request(appOf(broken)).get('/fhir/Patient/p1');
    expect(refusalOf(response)).toBe('500 exception');
    expect(response.text).not.toContain('ESSAI');
  });
});

function pathOf(url: string | undefined): string {
  expect(url).toBeDefined();
  const { pathname, search } = new URL(url ?? 'http://localhost/fhir');
  return `${pathname}${search}`.replace(/^\/fhir/, '');
}
