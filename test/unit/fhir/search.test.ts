import { describe, expect, it } from '@jest/globals';
import type { CareTeam, Encounter, FhirResource, Organization, Patient } from 'fhir/r4.js';
import fc from 'fast-check';
import { COMMUNICATION_PARAMETERS, SEARCH_PARAMETERS } from '../../../src/fhir/search-parameters.js';
import { escapeSearchValue, splitSearchValue, unescapeSearchValue } from '../../../src/fhir/search-value.js';
import { dateRange } from '../../../src/fhir/date-range.js';
import {
  indexResource as indexIn,
  parseSearch,
  type SearchQuery,
  type SearchReading,
} from '../../../src/fhir/search.js';

const search = (type: string, text: string, reading: Partial<SearchReading> = {}): SearchQuery =>
  parseSearch(type, new URLSearchParams(text), { zone: 'UTC', ...reading });
const indexResource = (resource: FhirResource, zone = 'UTC') => indexIn(resource, zone);

describe('a search', () => {
  it('asks for every parameter and any of its values', () => {
    expect(search('Encounter', 'identifier=urn:x|1,2&status=finished').all).toEqual([
      ['identifier=urn:x|1', 'identifier=2'],
      ['status=finished'],
    ]);
  });

  it.each([
    ['patient=123', ['subject=Patient/123']],
    ['patient=Patient/123', ['subject=Patient/123']],
    ['patient=http://gateway.example/fhir/Patient/123', ['subject=Patient/123']],
    ['subject=Patient/123', ['subject=Patient/123']],
    ['subject=123', ['subject=Patient/123', 'subject=Group/123']],
    ['patient=Group/123', []],
  ])('%s finds by reference', (text, tokens) => {
    expect(search('Encounter', text).all).toEqual([tokens]);
  });

  it.each([
    ['date=2024-03-06', 'eq', '2024-03-06T00:00:00.000Z', '2024-03-07T00:00:00.000Z'],
    ['date=ge2024-03', 'ge', '2024-03-01T00:00:00.000Z', '2024-04-01T00:00:00.000Z'],
    ['date=lt2024', 'lt', '2024-01-01T00:00:00.000Z', '2025-01-01T00:00:00.000Z'],
    ['date=sa2024-03-06T11:00:00%2B01:00', 'sa', '2024-03-06T10:00:00.000Z', '2024-03-06T10:00:01.000Z'],
    ['date=eb2024-03-06T11:00Z', 'eb', '2024-03-06T11:00:00.000Z', '2024-03-06T11:01:00.000Z'],
    ['date=gt2024-03-06T11:00:00.123Z', 'gt', '2024-03-06T11:00:00.123Z', '2024-03-06T11:00:00.124Z'],
    ['date=2024-03-06T11:00:00.1Z', 'eq', '2024-03-06T11:00:00.100Z', '2024-03-06T11:00:00.200Z'],
    ['date=2024-03-06T11:00:00.123456Z', 'eq', '2024-03-06T11:00:00.123Z', '2024-03-06T11:00:00.124Z'],
  ])('%s is a range of time', (text, op, from, to) => {
    expect(search('Encounter', text).dates).toEqual([[{ op, from: new Date(from), to: new Date(to) }]]);
  });

  it('takes dates parted by commas for any of them, and repeated parameters for all', () => {
    expect(search('Encounter', 'date=ge2024,lt2020&date=sa2023&_lastUpdated=lt2020,gt2021')).toMatchObject({
      dates: [[{ op: 'ge' }, { op: 'lt' }], [{ op: 'sa' }]],
      lastUpdated: [[{ op: 'lt' }, { op: 'gt' }]],
    });
  });

  it('takes what controls it apart from what filters', () => {
    expect(
      search('Patient', '_id=a,b&_id=b&_count=2&_summary=count&_cursor=7.3.x&_format=json&_lastUpdated=gt2024'),
    ).toMatchObject({
      ids: [['a', 'b'], ['b']],
      count: 2,
      countOnly: true,
      after: { id: 'x', until: new Date(7), total: 3 },
      lastUpdated: [[{ op: 'gt' }]],
      all: [],
    });
  });

  it('gives 50 a page where nothing is asked, and never more than 500', () => {
    expect(search('Patient', '').count).toBe(50);
    expect(search('Patient', '_count=100000').count).toBe(500);
  });

  it.each([
    ['Patient', 'nom=ESSAI', 'nom'],
    ['Patient', 'identifier:exact=1', 'identifier:exact'],
    ['Patient', 'identifier=', 'identifier'],
    ['Patient', '_include=x', '_include'],
    ['Patient', '_count=many', '_count'],
    ['Patient', '_cursor=x', '_cursor'],
    ['Patient', '_id:not=1', '_id:not'],
    ['Patient', 'name:contains=a', 'name:contains'],
    ['Patient', "family='-", 'family'],
    ['Patient', '_summary=text', '_summary'],
    ['Encounter', 'date=demain', 'date'],
    ['Encounter', 'date=2024-13', 'date'],
  ])('of %s by %s is refused, naming the parameter', (type, text, field) => {
    expect(() => search(type, text)).toThrow(expect.objectContaining({ code: 'request-invalid', field }));
  });
});

describe('a search by a name that every object has', () => {
  it.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])('is refused: %s', (name) => {
    for (const type of ['Patient', 'Communication', 'StructureDefinition'])
      expect(() => search(type, `${name}=x`)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  });
});

describe('a search of a caller who allows that something is left out', () => {
  it('is made without what is not served, and says so', () => {
    const query = search('Patient', 'nom=ESSAI&_include=x&identifier=1', { lenient: true });
    expect(query).toMatchObject({ all: [['identifier=1']], ignored: ['nom', '_include'] });
  });

  it.each(['identifier:exact=1', 'name:contains=a', '_id:not=1', 'birthdate=demain', '_count=x'])(
    'is refused all the same where a parameter is served, and not so: %s',
    (text) => {
      expect(() => search('Patient', text, { lenient: true })).toThrow(
        expect.objectContaining({ code: 'request-invalid' }),
      );
    },
  );
});

describe('a search by name', () => {
  const patient: Patient = {
    resourceType: 'Patient',
    name: [
      { use: 'official', family: "D'ARGENT-LEFÈVRE", given: ['Zoé', 'Anne Marie'] },
      { use: 'usual', family: 'Œuvrard', text: 'Mme Œuvrard', prefix: ['Mme'] },
    ],
  };
  const finds = (resource: FhirResource, query: string) => {
    const { tokens } = indexResource(resource);
    return search(resource.resourceType, query).all.every((any) => any.some((word) => tokens.includes(word)));
  };

  it.each([
    ['family=d', true],
    ["family=D'argent", true],
    ['family=dargent lefevre', true],
    ['family=lefevre', false],
    ['family=oeuv', true],
    ['family=ŒUVRARD', true],
    ['given=zoe', true],
    ['given=anne-marie', true],
    ['given=marie', false],
    ['given=zo,nobody', true],
    ['family=dargent&given=nobody', false],
    ['name=zoé', true],
    ['name=DARGENT', true],
    ['name=mme', true],
    ['name=argent', false],
    ["family:exact=D'ARGENT-LEFÈVRE", true],
    ["family:exact=D'ARGENT-LEFEVRE", false],
    ['family:exact=D', false],
    ['name:exact=Anne Marie', true],
    ['name:exact=anne marie', false],
    ['given:exact=Œuvrard', false],
  ])('%s: %s', (query, isFound) => {
    expect(finds(patient, query)).toBe(isFound);
  });

  it('finds organisations and places by their names and aliases', () => {
    const hospital: Organization = { resourceType: 'Organization', name: 'CHU de l’Étang', alias: ['L’Étang'] };
    expect(finds(hospital, 'name=chu de l etang')).toBe(true);
    expect(finds(hospital, 'name=letang')).toBe(true);
    expect(finds({ resourceType: 'Location', status: 'active', name: 'Unité 6268' }, 'name=unite6')).toBe(true);
  });

  it('makes no difference beyond 64 letters, and finds what is longer', () => {
    const long = 'Pôle '.repeat(40);
    expect(finds({ resourceType: 'Organization', name: long }, `name=${long}`)).toBe(true);
  });

  it('plants no word of another parameter, whatever stands in a name', () => {
    const name = [{ family: 'A\u001fidentifier=1', given: ['B\u001fidentifier=1'] }];
    const { tokens } = indexResource({ resourceType: 'Patient', name });
    expect(tokens.filter((token) => token.includes('\u001f'))).toEqual([]);
  });

  it('finds by every beginning of a name, whatever its letters', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }), fc.nat(30), (family, length) => {
        const start = [...family].slice(0, length + 1).join('');
        fc.pre(/[\p{L}\p{N}]/u.test(start.normalize('NFD')) && !/[,|$\\]/.test(start) && start.normalize() === start);
        expect(
          finds({ resourceType: 'Patient', name: [{ family }] }, new URLSearchParams({ family: start }).toString()),
        ).toBe(true);
      }),
    );
  });
});

describe('dates without offset', () => {
  const stay = (start: string): Encounter => ({
    resourceType: 'Encounter',
    status: 'in-progress',
    class: { system: 'urn:c', code: 'IMP' },
    period: { start },
  });

  it.each([
    ['2024-03-06', '2024-03-05T23:00:00.000Z', '2024-03-06T23:00:00.000Z'],
    ['2024-03-31', '2024-03-30T23:00:00.000Z', '2024-03-31T22:00:00.000Z'],
    ['2024-07', '2024-06-30T22:00:00.000Z', '2024-07-31T22:00:00.000Z'],
    ['2024-03-06T00:30', '2024-03-05T23:30:00.000Z', '2024-03-05T23:31:00.000Z'],
    ['2024-10-27T02:30:00', '2024-10-27T00:30:00.000Z', '2024-10-27T01:30:01.000Z'],
  ])('%s is read by the clocks of the territory', (text, from, to) => {
    expect(dateRange(text, 'Europe/Paris')).toEqual({ from: new Date(from), to: new Date(to) });
  });

  it('with one are what they say', () => {
    expect(dateRange('2024-03-06T00:30:00Z', 'Europe/Paris')?.from).toEqual(new Date('2024-03-06T00:30:00Z'));
  });

  it('are read so in resources too', () => {
    expect(indexResource(stay('2024-03-06'), 'Europe/Paris').from).toEqual(new Date('2024-03-05T23:00:00Z'));
  });
});

describe('the parameters', () => {
  it('of a type hold one date at most, since one is kept', () => {
    for (const parameters of Object.values({ ...SEARCH_PARAMETERS, ...COMMUNICATION_PARAMETERS }))
      expect(Object.values(parameters).filter(({ kind }) => kind === 'date').length).toBeLessThan(2);
  });
});

describe('what a resource is found by', () => {
  const patient: Patient = {
    resourceType: 'Patient',
    active: true,
    gender: 'female',
    birthDate: '1950-01',
    identifier: [{ system: 'urn:x', value: '1' }, { value: '2' }],
    generalPractitioner: [{ reference: 'PractitionerRole/9' }],
  };

  it('is its identifiers with and without their system', () => {
    expect(indexResource(patient).tokens).toEqual(
      expect.arrayContaining([
        'identifier=1',
        'identifier=urn:x|1',
        'identifier=urn:x|',
        'identifier=2',
        'identifier=|2',
        'gender=female',
        'active=true',
        'general-practitioner=PractitionerRole/9',
      ]),
    );
  });

  it('is its date, from the first to the last moment', () => {
    expect(indexResource(patient)).toMatchObject({
      from: new Date('1950-01-01'),
      to: new Date('1950-01-31T23:59:59.999Z'),
    });
    const stay: Encounter = {
      resourceType: 'Encounter',
      status: 'in-progress',
      class: { system: 'urn:c', code: 'IMP' },
      period: { start: '2024-03-06T11:00:00+01:00' },
    };
    expect(indexResource(stay)).toMatchObject({ from: new Date('2024-03-06T10:00:00Z'), to: null });
    expect(indexResource(stay).tokens).toEqual(expect.arrayContaining(['class=IMP', 'class=urn:c|IMP']));
  });

  it('is each member of a list', () => {
    const team: CareTeam = {
      resourceType: 'CareTeam',
      participant: [{ member: { reference: 'PractitionerRole/1' } }, { member: { reference: 'RelatedPerson/2' } }],
    };
    expect(indexResource(team).tokens).toEqual(
      expect.arrayContaining(['participant=PractitionerRole/1', 'participant=RelatedPerson/2']),
    );
  });
});

describe('a FHIR date', () => {
  it.each([
    ...['', '2024-1', '06/03/2024', '2024-03-06T11', '2024-03-06 11:00'],
    ...['2026-02-29', '2026-02-30T00:00:00Z', '2026-04-31', '1900-02-29', '0001-02-29', '2026-00', '2026-01-00'],
  ])('is not "%s"', (text) => {
    expect(dateRange(text, 'UTC')).toBeUndefined();
  });

  it('of December ends with the year', () => {
    expect(dateRange('2024-12', 'UTC')?.to).toEqual(new Date('2025-01-01T00:00:00Z'));
  });
});

describe('a number with characters that searches give a meaning to', () => {
  const NUMBERS = ['77,88', '77', '88', '69|88', 'A\\B$C', 'back\\', '\\', ',', 'a\\,b', 'V9,V8|$'];
  const patientOf = (value: string): Patient => ({ resourceType: 'Patient', identifier: [{ system: 'urn:x', value }] });
  const wordsOf = (value: string) =>
    search('Patient', new URLSearchParams({ identifier: value }).toString()).all[0] ?? [];
  const finds = (query: string, value: string) => {
    const { tokens } = indexResource(patientOf(value));
    return wordsOf(query).some((word) => tokens.includes(word));
  };

  it.each(NUMBERS)('%s is found by itself, escaped, and finds no other', (value) => {
    for (const query of [escapeSearchValue(value), `urn:x|${escapeSearchValue(value)}`])
      expect(NUMBERS.filter((other) => finds(query, other))).toEqual([value]);
  });

  it('is parted by commas that are not escaped', () => {
    expect(wordsOf('urn:x|77,88')).toEqual(['identifier=urn:x|77', 'identifier=88']);
    expect(NUMBERS.filter((other) => finds('77,88', other))).toEqual(['77', '88']);
    expect(NUMBERS.filter((other) => finds('77\\,88,88', other))).toEqual(['77,88', '88']);
  });

  it('is told from a system and a number', () => {
    const { tokens } = indexResource({ resourceType: 'Patient', identifier: [{ system: 'a', value: 'b' }] });
    expect(wordsOf('a\\|b').some((word) => tokens.includes(word))).toBe(false);
    expect(wordsOf('a|b').some((word) => tokens.includes(word))).toBe(true);
  });

  it('is found though its writer did not escape the bar in it', () => {
    expect(finds('urn:x|69|88', '69|88')).toBe(true);
  });

  it('is read back as it was written, whatever it is', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: fc.constantFrom('\\', ',', '|', '$', 'a', '1') }), { minLength: 1 }),
        (values) => {
          const joined = values.map(escapeSearchValue).join(',');
          expect(splitSearchValue(joined, ',').map(unescapeSearchValue)).toEqual(values);
        },
      ),
    );
  });
});
