import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle, OperationOutcome } from 'fhir/r4.js';
import { afterAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { CANONICAL } from '../../../src/fhir/systems.js';
import { parseSearch } from '../../../src/fhir/search.js';
import { loadDefinitions, searchDefinitions, type Definition } from '../../../src/serve/definitions.js';
import { createApp } from '../../../src/serve/http.js';

const unused = () => Promise.reject(new Error('the store is not asked for a definition'));
const app = createApp({
  insecureFhir: false,
  startedAt: '2026-03-02T08:00:00Z',
  log: () => undefined,
  ready: {},
  metrics: () => Promise.resolve(''),
  fhir: {
    readResource: unused,
    readVersion: unused,
    historyOf: unused,
    changesAfter: unused,
    searchResources: unused,
    readCommunication: unused,
    searchCommunications: unused,
    readBinary: unused,
  },
  doors: [],
});
const get = (path: string) => request(app).get(`/fhir${path}`);

const profile = (id: string): Definition => ({
  resourceType: 'StructureDefinition',
  id,
  url: `urn:x:${id}`,
  name: id,
  status: 'draft',
  abstract: false,
  kind: 'resource',
  type: 'Basic',
});
const three = ['a', 'b', 'c'].map(profile);
const search = (query: string, definitions = three) => {
  const { resources, ...rest } = searchDefinitions(
    definitions,
    parseSearch('StructureDefinition', new URLSearchParams(query), { zone: 'UTC' }),
  );
  return { ids: resources.map(({ id }) => id), ...rest };
};

describe('a search for definitions', () => {
  it.each([
    ['', ['a', 'b', 'c']],
    ['_id=b', ['b']],
    ['_id=c,a,nobody', ['a', 'c']],
    ['url=urn:x:b', ['b']],
    ['url=urn:x:b,urn:x:c', ['b', 'c']],
    ['url=urn:x:b&_id=a', []],
    ['url=urn:x:b&url=urn:x:c', []],
    // A uri is compared whole, in its case (R4 §3.1.1.4.13).
    ['url=urn:x:', []],
    ['url=URN:X:B', []],
    ['url=b', []],
  ])('«%s» finds %j', (query, ids) => {
    expect(search(query)).toEqual({ ids, total: ids.length });
  });

  it('goes page by page, each match once', () => {
    expect(search('_count=2')).toMatchObject({ ids: ['a', 'b'], total: 3, next: { id: 'b' } });
    expect(search('_count=2&_cursor=0.3.b')).toEqual({ ids: ['c'], total: 3 });
    expect(search('_count=3')).toEqual({ ids: ['a', 'b', 'c'], total: 3 });
  });

  it('counts without entries', () => {
    expect(search('_summary=count')).toEqual({ ids: [], total: 3 });
    expect(search('_count=0')).toEqual({ ids: [], total: 3 });
  });

  it('leaves other types out', () => {
    const other: Definition = {
      resourceType: 'CodeSystem',
      id: 'a',
      url: 'urn:x:a',
      status: 'draft',
      content: 'complete',
    };
    expect(search('url=urn:x:a', [...three, other])).toEqual({ ids: ['a'], total: 1 });
  });

  it.each(['name=a', 'url:below=urn:x', 'url='])('refuses %s', (query) => {
    expect(() => search(query)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });
});

describe('the folder of definitions', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tdu-profiles-'));
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  it('is read in the order of ids, other files left alone', () => {
    writeFileSync(join(folder, 'z.json'), JSON.stringify(profile('a')));
    writeFileSync(join(folder, 'a.json'), JSON.stringify(profile('z')));
    writeFileSync(join(folder, 'README.md'), '#');
    expect(loadDefinitions(folder).map(({ id }) => id)).toEqual(['a', 'z']);
  });

  it.each(['absent', 'broken'])('stops the start where it is %s', (how) => {
    const place = join(folder, how);
    if (how === 'broken') writeFileSync(join(folder, 'half.json'), '{ "resourceType": ');
    expect(() => loadDefinitions(how === 'broken' ? folder : place)).toThrow(
      expect.objectContaining({ code: 'config-invalid', remedy: expect.any(String) }),
    );
  });
});

describe('the definitions under /fhir', () => {
  it('are read without the store, as FHIR', async () => {
    const { status, type, body } = await get('/CodeSystem/event');
    expect([status, type]).toEqual([200, 'application/fhir+json']);
    expect(body).toMatchObject({ resourceType: 'CodeSystem', url: `${CANONICAL}/CodeSystem/event` });
  });

  it('are found by POST as by GET', async () => {
    const form = `url=${encodeURIComponent(`${CANONICAL}/ValueSet/event`)}`;
    const byPost = request(app).post('/fhir/ValueSet/_search').type('application/x-www-form-urlencoded').send(form);
    const byGet = (await get(`/ValueSet?${form}`).set('host', 'localhost:8080')).body as Bundle;
    const { id: _new, timestamp: _now, ...found } = (await byPost.set('host', 'localhost:8080')).body as Bundle;
    expect(byGet).toMatchObject(found);
    expect(byGet).toMatchObject({ type: 'searchset', total: 1, entry: [{ resource: { id: 'event' } }] });
  });

  it('have no time of change to be found by', async () => {
    expect((await get('/CodeSystem?_lastUpdated=ge2020')).status).toBe(400);
  });

  it('are paged by links that lead on', async () => {
    const first = (await get('/StructureDefinition?_count=1')).body as Bundle;
    const next = first.link?.find(({ relation }) => relation === 'next')?.url ?? '';
    const second = (await get(next.slice(next.indexOf('/fhir') + 5))).body as Bundle;
    const ids = [first, second].map(({ entry }) => entry?.[0]?.resource?.id);
    expect(new Set(ids).size).toBe(2);
    const count = readdirSync('profiles').filter((name) => name.startsWith('StructureDefinition-')).length;
    expect([first.total, second.total]).toEqual([count, count]);
  });

  it.each([
    '/CodeSystem/nothing',
    // Of another type.
    '/ValueSet/failure',
    '/CodeSystem/event/_history',
    '/CodeSystem/event/_history/1',
    '/CodeSystem/..%2Fevent',
  ])('answer 404 for %s', async (path) => {
    const { status, body } = await get(path);
    expect([status, (body as OperationOutcome).issue[0]?.code]).toEqual([404, 'not-found']);
  });
});
