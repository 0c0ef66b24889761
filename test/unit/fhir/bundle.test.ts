import { describe, expect, it } from '@jest/globals';
import type { FhirResource, Patient } from 'fhir/r4.js';
import { history, searchset } from '../../../src/fhir/bundle.js';
import { businessIdentifier } from '../../../src/fhir/identifier.js';
import { outcomeOf, statusOf } from '../../../src/fhir/outcome.js';
import { period } from '../../../src/fhir/period.js';
import { readCondition } from '../../../src/cli/vendor/condition.js';
import { communicationOf } from '../../../src/fhir/communication.js';
import { transactionBundle } from '../../../src/fhir/transaction.js';
import { GatewayError } from '../../../src/message/failure.js';

const BASE = 'http://gateway.example/fhir';
const ID = '1f2e3d4c-5b6a-5789-8abc-def012345678';
const patient: Patient = {
  resourceType: 'Patient',
  id: ID,
  meta: { versionId: '3', lastUpdated: '2026-03-02T08:00:00Z', profile: ['urn:profile'] },
  identifier: [
    { system: 'urn:ins', value: '279' },
    { use: 'usual', system: 'urn:oid:2.999', value: 'A 1' },
  ],
};

const UNTIL = new Date('2026-03-02T08:00:00Z');
const STAMP = { id: '0ba1965d-5852-5e37-81b0-e9020a79f3f3', timestamp: new Date('2026-03-02T09:00:00Z') };

describe('a searchset', () => {
  it('has its total, its own link and the next', () => {
    const links = { self: 'here', next: 'there' };
    expect(searchset(BASE, STAMP, { total: 7, resources: [patient], until: UNTIL, links })).toMatchObject({
      type: 'searchset',
      id: STAMP.id,
      timestamp: '2026-03-02T09:00:00.000Z',
      meta: { lastUpdated: '2026-03-02T08:00:00.000Z' },
      total: 7,
      link: [
        { relation: 'self', url: 'here' },
        { relation: 'next', url: 'there' },
      ],
      entry: [{ fullUrl: `${BASE}/Patient/${ID}`, search: { mode: 'match' } }],
    });
  });

  it('without matches has no entry at all, since R4 allows no empty list', () => {
    expect(searchset(BASE, STAMP, { total: 0, resources: [], links: { self: 'here' } })).not.toHaveProperty('entry');
  });
});

describe('a history', () => {
  it('tells creation, update and removal apart', () => {
    const at = new Date('2026-03-02T08:00:00Z');
    const versions = [
      { resource: patient, version: 3, updatedAt: at, removed: true },
      { resource: patient, version: 2, updatedAt: at, removed: false },
      { resource: patient, version: 1, updatedAt: at, removed: false },
    ];
    const { entry } = history(BASE, STAMP, { total: 3, versions, links: { self: 'here' } });
    expect(entry?.map(({ request, response }) => [request?.method, request?.url, response?.status])).toEqual([
      ['DELETE', `Patient/${ID}`, '204'],
      ['PUT', `Patient/${ID}`, '200'],
      ['POST', 'Patient', '201'],
    ]);
    expect(entry?.[0]).not.toHaveProperty('resource');
  });
});

describe('a transaction', () => {
  const encounter: FhirResource = {
    resourceType: 'Encounter',
    id: 'short',
    status: 'in-progress',
    class: { code: 'IMP' },
    identifier: [{ value: 'V1' }],
    subject: { reference: `Patient/${ID}` },
    serviceProvider: { reference: 'Organization/elsewhere' },
  };
  const memberOf = (resource: FhirResource) => ({
    reference: `${resource.resourceType}/${resource.id ?? ''}`,
    identifier: businessIdentifier(resource) ?? null,
    resource,
  });
  const OURS = { directory: 'theirs', patient: 'ours', unchanged: 'omit', profiles: 'keep' } as const;
  const transaction = (...resources: FhirResource[]) => transactionBundle(resources.map(memberOf), OURS);
  const bundle = transaction(patient, encounter);

  it('updates each resource by the identifier used most, so that it can be sent again', () => {
    expect(bundle.entry?.map(({ request }) => [request?.method, request?.url])).toEqual([
      ['PUT', 'Patient?identifier=urn%3Aoid%3A2.999%7CA%201'],
      ['PUT', 'Encounter?identifier=%7CV1'],
    ]);
    expect(transaction(patient, encounter)).toEqual(bundle);
  });

  it('leads references between its entries by urn', () => {
    expect(bundle.entry?.[0]?.fullUrl).toBe(`urn:uuid:${ID}`);
    expect(bundle.entry?.[1]?.fullUrl).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
    expect(bundle.entry?.[1]?.resource).toMatchObject({ subject: { reference: `urn:uuid:${ID}` } });
  });

  it('leads all references of a resource, wherever they stand and however often', () => {
    const plan: FhirResource = {
      resourceType: 'CarePlan',
      id: 'plan',
      status: 'active',
      intent: 'plan',
      identifier: [{ value: 'P1' }],
      // Before `id` in canonical order, and after it.
      addresses: [{ reference: `Patient/${ID}` }, { reference: 'Condition/1', display: 'né "ici"' }],
      author: { reference: `Patient/${ID}` },
      subject: { reference: `Patient/${ID}` },
    };
    const own = `urn:uuid:${ID}`;
    expect(transaction(plan, patient).entry?.[0]?.resource).toEqual({
      ...plan,
      id: undefined,
      addresses: [{ reference: own }, { display: 'né "ici"' }],
      author: { reference: own },
      subject: { reference: own },
    });
  });

  it('changes nothing else: each entry is the resource without its id', () => {
    const { id: _id, ...rest } = patient;
    expect(bundle.entry?.[0]?.resource).toEqual(rest);
  });

  it('takes a text that looks like a reference for what it is', () => {
    const note = `"reference":"Patient/${ID}"`;
    const told = transaction(patient, { ...encounter, serviceType: { text: note } });
    expect(told.entry?.[1]?.resource).toMatchObject({ serviceType: { text: note } });
  });

  it.each([
    [{ reference: 'Organization/elsewhere' }, { display: 'Organisation' }],
    [{ reference: 'Organization/elsewhere', display: 'CH d’Essai' }, { display: 'CH d’Essai' }],
    [
      { reference: 'Organization/elsewhere', type: 'Organization', identifier: { value: '1' } },
      { type: 'Organization', identifier: { value: '1' }, display: 'Organisation' },
    ],
    [{ reference: 'Group/g' }, { display: 'Group' }],
    [{ display: 'known by name alone' }, { display: 'known by name alone' }],
    [
      { reference: 'https://example.org/fhir/Organization/1' },
      { reference: 'https://example.org/fhir/Organization/1' },
    ],
    [{ reference: '#contained' }, { reference: '#contained' }],
    [{ reference: 'urn:oid:2.999.1' }, { reference: 'urn:oid:2.999.1' }],
  ])('of %j, which it does not hold, sends %j', (written, sent) => {
    const stay = { ...encounter, serviceProvider: written, partOf: undefined };
    expect(transaction(patient, stay).entry?.[1]?.resource).toHaveProperty('serviceProvider', sent);
  });

  it.each([
    [
      'another of usual use',
      [{ use: 'old' as const, value: '1' }, { value: '2' }, { use: 'usual' as const, value: '3' }],
      '3',
    ],
    ['the first that is not old', [{ use: 'old' as const, value: '1' }, { value: '2' }], '2'],
    ['an old one where there is no other', [{ use: 'old' as const, system: 'urn:x', value: '1' }], 'urn:x|1'],
    ['none where none has a value', [{ system: 'urn:x' }, { value: '' }], undefined],
  ])('is found by %s', (_which, identifier, chosen) => {
    expect(businessIdentifier({ resourceType: 'Patient', identifier })).toBe(chosen);
  });

  it.each([
    ['77,88', '77%5C%2C88'],
    ['69|88', '69%5C%7C88'],
    ['A\\B$C+D&E F', 'A%5C%5CB%5C%24C%2BD%26E%20F'],
    ['V9,V8', 'V9%5C%2CV8'],
    ['é’', '%C3%A9%E2%80%99'],
  ])('asks for the number %s and no other', (value, written) => {
    const { entry } = transaction({ ...patient, identifier: [{ system: 'urn:a,b', value }] });
    expect(entry?.[0]?.request?.url).toBe(`Patient?identifier=urn%3Aa%5C%2Cb%7C${written}`);
    expect(readCondition(entry?.[0]?.request?.url ?? '')?.tokens).toEqual([{ system: 'urn:a,b', value }]);
  });

  it('tells the system from the number, even where both hold a bar', () => {
    const { entry } = transaction({ ...patient, identifier: [{ system: 'urn:a|b', value: 'c|d' }] });
    expect(readCondition(entry?.[0]?.request?.url ?? '')?.tokens).toEqual([{ system: 'urn:a|b', value: 'c|d' }]);
  });

  const shared = (['Organization', 'Location', 'Practitioner', 'PractitionerRole'] as const).map(
    (resourceType): FhirResource => ({ resourceType, id: resourceType, identifier: [{ system: 'urn:x', value: '1' }] }),
  );

  it('makes shared records where they are absent, and never overwrites them', () => {
    for (const { request } of transaction(...shared).entry ?? [])
      expect(request).toEqual({ method: 'POST', url: request?.url, ifNoneExist: 'identifier=urn%3Ax%7C1' });
    const own = transaction(patient, encounter).entry?.map(({ request }) => request?.method);
    expect(own).toEqual(['PUT', 'PUT']);
  });

  it('overwrites shared records where the endpoint says so', () => {
    const { entry = [] } = transactionBundle(shared.map(memberOf), { ...OURS, directory: 'overwrite' });
    expect(entry.map(({ request }) => request?.method)).toEqual(['PUT', 'PUT', 'PUT', 'PUT']);
  });

  it('makes a Patient where he is absent and leaves him alone, where the endpoint says that its patients are its own', () => {
    const { entry = [] } = transactionBundle([patient, encounter].map(memberOf), { ...OURS, patient: 'theirs' });
    expect(entry.map(({ request }) => [request?.method, request?.ifNoneExist])).toEqual([
      ['POST', 'identifier=urn%3Aoid%3A2.999%7CA%201'],
      ['PUT', undefined],
    ]);
  });

  it('says by number who has replaced a Patient', () => {
    const other = { reference: 'Patient/survivor', type: 'Patient', identifier: { system: 'urn:x', value: '9' } };
    const replaced = { ...patient, active: false, link: [{ other, type: 'replaced-by' as const }] };
    const { reference: _ours, ...named } = other;
    expect(transaction(replaced).entry?.[0]?.resource).toMatchObject({
      link: [{ other: { ...named, display: 'Patient' }, type: 'replaced-by' }],
    });
  });

  it('leaves out the links of a Patient to others, which are not sent', () => {
    const link = [{ other: { reference: 'Patient/former' }, type: 'replaces' as const }];
    expect(transaction({ ...patient, link }).entry?.[0]?.resource).not.toHaveProperty('link');
  });

  it.each([
    ['one is another', [patient, { ...patient, id: '2f2e3d4c-5b6a-5789-8abc-def012345678' }]],
    ['one replaces the other', [patient, encounter, { ...patient, id: 'former', active: false }]],
    ['it is the same twice', [patient, patient]],
  ])('never holds two Patients, even where %s', (_why, resources) => {
    expect(() => transaction(...resources)).toThrow(expect.objectContaining({ code: 'patients-mixed' }));
  });

  it('leaves what it was made of as it was', () => {
    const members = [patient, encounter].map(memberOf);
    const before = JSON.stringify(members);
    transactionBundle(members, OURS);
    expect(JSON.stringify(members)).toBe(before);
  });

  it('refuses a resource that no identifier names', () => {
    expect(() => transaction({ resourceType: 'Patient', id: ID })).toThrow(
      expect.objectContaining({ code: 'field-missing', field: 'Patient.identifier' }),
    );
  });

  it('carries a Communication that says in French what happened', () => {
    const said = communicationOf({
      id: ID,
      kind: 'discharge-cancelled',
      eventNumber: 4,
      thread: 'urn:oid:2.999.3|M1',
      respondsTo: '14cc6387-71cc-5673-a538-052bbe79a600',
      sent: '2026-03-06T15:00:00+01:00',
      recipient: 'PractitionerRole/1',
      patient: 'Patient/1',
      encounter: 'Encounter/1',
    });
    expect(said).toMatchObject({
      identifier: [{ value: `urn:uuid:${ID}` }],
      status: 'completed',
      payload: [{ contentString: 'Annulation de la sortie : le patient est toujours hospitalisé' }],
      extension: [{ valueInteger: 4 }],
      inResponseTo: [{ identifier: { value: 'urn:uuid:14cc6387-71cc-5673-a538-052bbe79a600' } }],
    });
  });

  it.each([
    ['urn:oid:2.999.3|M1', ['urn:oid:2.999.3', 'M1']],
    ['urn:trait-d-union:authority:chu|312', ['urn:trait-d-union:authority:chu', '312']],
    ['urn:oid:2.999.2|V1|A01|1772434800000', undefined],
    ['|A01|1772434800000', undefined],
    ['M1', undefined],
  ])('names the movement where the hospital gave it a number: %s', (thread, number) => {
    const { about } = communicationOf({
      id: ID,
      kind: 'transfer',
      eventNumber: 2,
      thread,
      respondsTo: null,
      sent: '2026-03-06T15:00:00+01:00',
      recipient: 'PractitionerRole/1',
      patient: 'Patient/1',
      encounter: 'Encounter/1',
    });
    const identifiers = about?.map(({ identifier }) => [identifier?.system, identifier?.value]);
    expect(identifiers).toEqual(number === undefined ? undefined : [number]);
    expect(about?.[0]?.identifier?.type?.coding?.[0]?.code).toBe(number === undefined ? undefined : 'MN');
  });
});

describe('an outcome', () => {
  it.each([
    ['request-invalid', 400],
    ['resource-unknown', 404],
    ['resource-gone', 410],
    ['store-unavailable', 503],
    ['mapping-invalid', 500],
  ] as const)('of %s is HTTP %i', (code, status) => {
    expect(statusOf(new GatewayError(code, 'x'))).toBe(status);
  });

  it('says the code, the place and the remedy', () => {
    const error = new GatewayError('request-invalid', 'date: no date', { field: 'date', remedy: 'write 2024-03-06' });
    expect(outcomeOf(error).issue).toMatchObject([
      { code: 'invalid', diagnostics: 'date: no date; write 2024-03-06', location: ['http.date'] },
    ]);
  });

  it('of an unknown error gives nothing of it away', () => {
    expect(statusOf(new Error('ESSAI CAMILLE'))).toBe(500);
    expect(JSON.stringify(outcomeOf(new Error('ESSAI CAMILLE')))).not.toContain('ESSAI');
  });
});

describe('a period', () => {
  it.each([
    [['2026-03-02'], { start: '2026-03-02' }],
    [['2026-03-02', '2026-03-03'], { start: '2026-03-02', end: '2026-03-03' }],
    [['2026-03-03', '2026-03-02'], { start: '2026-03-03', end: '2026-03-03' }],
    [['2026-03-02T10:00:00+01:00', '2026-03-02'], { start: '2026-03-02', end: '2026-03-02' }],
    [['2026-03-02', '2026-03-02T10:00:00+01:00'], { start: '2026-03-02', end: '2026-03-02' }],
    [['2026-03-02', '2026-03-03T00:30:00+01:00'], { start: '2026-03-02', end: '2026-03-03' }],
    [['2026-03-02T23:30:00-04:00', '2026-03-03'], { start: '2026-03-02', end: '2026-03-03' }],
    [['2026-03-02', '2026-03-09T10:00:00+01:00'], { start: '2026-03-02', end: '2026-03-09T10:00:00+01:00' }],
    [['2026', '2026-03-02'], { start: '2026', end: '2026' }],
    [['2026-03-02', '2026-03'], { start: '2026-03', end: '2026-03' }],
    [['2025-12', '2026-01-01T00:30:00+01:00'], { start: '2025-12', end: '2026-01' }],
    [
      ['2026-03-02T10:00:00+01:00', '2026-03-02T09:30:00Z'],
      { start: '2026-03-02T10:00:00+01:00', end: '2026-03-02T09:30:00Z' },
    ],
  ] as [[string, string?], object][])('%j never ends before it begins', (bounds, expected) => {
    expect(period(...bounds)).toEqual(expected);
  });
});
