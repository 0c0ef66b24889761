import { describe, expect, it } from '@jest/globals';
import { loadMappingFiles } from '../../../src/config/mapping-files.js';
import { compileMappings, mappingsOfSource, type Mappings } from '../../../src/translate/compile.js';
import type { MappingFile } from '../../../src/translate/mapping-file.js';
import { ownMappings, pam, translated } from '../../support/pam.js';

/** The files that any message needs: numbers of the patient, times, data types, extensions. */
const BASE = loadMappingFiles().filter(({ path }) =>
  /^(datatypes|extensions|segments\/(MSH|EVN|PID-identity\.))/.test(path),
);
const MESSAGE = {
  path: 'messages/visit.yaml',
  text: [
    'message: visit',
    'triggers: A01',
    'rows:',
    '  - { id: sent, from: MSH, to: event, as: MSH-event }',
    '  - { id: numbers, from: PID, to: identity, as: PID-identity }',
    '  - { id: patient, from: PID, to: Patient, as: PID-Patient }',
  ].join('\n'),
};
const TABLE = {
  path: 'codes/Sex.yaml',
  text: 'table: Sex\notherwise: text-only\nrows:\n  - { code: F, to: female }\n  - { code: "01", to: NO }\n',
};
const segmentMap = (...rows: string[]): MappingFile => ({
  path: 'segments/PID-Patient.yaml',
  text: ['map: PID-Patient', 'rows:', ...rows.map((row) => `  - ${row}`)].join('\n'),
});
const table = (text: string): MappingFile => ({ path: 'codes/Sex.yaml', text });

function faults(files: MappingFile[], site?: string) {
  const compiled = compileMappings([...BASE, ...files], site);
  return 'faults' in compiled ? compiled.faults : [];
}

function messagesOf(files: MappingFile[], site?: string): string[] {
  return faults(files, site).map(({ message }) => message);
}

function compiledFrom(files: MappingFile[], site?: string): Mappings {
  const compiled = compileMappings([...BASE, ...files], site);
  if ('faults' in compiled) throw compiled.faults[0] ?? new Error('no fault');
  return compiled.mappings;
}

const elements = (mappings: Mappings, pid = {}) => {
  const [identity] = translated(pam({ trigger: 'A01', at: '20260302080000', pid }), '1', { mappings }).facts;
  return identity?.kind === 'identity' ? identity.body.patient.elements : [];
};
const patient = (mappings: Mappings, pid = {}) =>
  Object.fromEntries(elements(mappings, pid).map(({ path, value }) => [path, value]));

describe('a broken row is refused with its file, its line and a remedy', () => {
  it.each([
    [
      'an unknown key',
      '{ id: x, from: PID-7, to: birthDate, as: date, wen: PID-8 is F }',
      /wen is no key/,
      /use id, from, to, as/,
    ],
    [
      'a path of another segment',
      '{ id: birth-date, from: PV1-7, to: birthDate, as: date }',
      /no path of PID/,
      /PID-3/,
    ],
    ['a path that is none', '{ id: birth-date, from: PID-x, to: birthDate, as: date }', /no path of PID/, /PID-3/],
    ['a whole segment', '{ id: birth-date, from: PID, to: birthDate, as: date }', /no path of PID/, /PID-3/],
    [
      'a target that is no element',
      '{ id: birth-date, from: PID-7, to: Birth-Date, as: date }',
      /no element of Patient/,
      /birthDate/,
    ],
    [
      'an unknown converter',
      '{ id: birth-date, from: PID-7, to: birthDate, as: dates }',
      /dates is no converter/,
      /XPN-HumanName/,
    ],
    ['no converter at all', '{ id: birth-date, from: PID-7, to: birthDate }', /\(none\) is no converter/, /use one of/],
    [
      'an unknown table',
      '{ id: birth-date, from: PID-8, to: gender, codes: Sexes }',
      /no code table Sexes/,
      /mappings\/codes/,
    ],
    [
      'a code in what cannot hold one',
      '{ id: birth-date, from: PID-8, to: gender, as: date, codes: Sex }',
      /cannot hold a code/,
      /Coding/,
    ],
    [
      'a condition of another form',
      '{ id: birth-date, from: PID-7, to: birthDate, as: date, when: PID-8 = F }',
      /no condition/,
      /is empty/,
    ],
    ['no id', '{ from: PID-7, to: birthDate, as: date }', /a row has no id/, /add `id/],
    [
      'an id that stands twice',
      '{ id: name, from: PID-7, to: birthDate, as: date }',
      /the id name stands twice/,
      /keep one/,
    ],
    [
      'each that is no yes',
      '{ id: x, from: PID-13, to: telecom, as: XTN-ContactPoint, each: oui }',
      /each: oui/,
      /each: yes/,
    ],
    [
      'an element of another resource',
      '{ id: x, from: PID-7, to: period, as: date }',
      /no element of Patient/,
      /birthDate/,
    ],
    [
      'an element in other letters',
      '{ id: x, from: PID-7, to: birthdate, as: date }',
      /no element of Patient/,
      /birthDate/,
    ],
    [
      'an element that only a fold may write',
      '{ id: x, from: PID-7, to: link, as: text }',
      /no element of Patient/,
      /name/,
    ],
    [
      'a value of another type',
      '{ id: x, from: PID-8, to: gender, as: date }',
      /gives a date, and gender holds a code/,
      /codes/,
    ],
    ['a concept where a date is due', '{ id: x, from: PID-7, to: birthDate, as: concept }', /holds a date/, /use date/],
    ['an extension by no name', '{ id: x, from: PID-6, to: extension, as: valueString }', /names none/, /birth-place/],
    [
      'an unknown extension',
      '{ id: x, from: PID-6, to: extension.magic, as: valueString }',
      /no extension magic/,
      /lunar-date/,
    ],
    [
      'an extension of a plain value',
      '{ id: x, from: PID-6, to: extension.lunar-date, as: text }',
      /holds an Extension/,
      /valueString/,
    ],
    ['a constant that says nothing', '{ id: x, from: PID-8, to: gender, as: fixed }', /sets nothing/, /set:/],
    [
      'an unfinished list',
      '{ id: x, from: PID-7, to: birthDate, as: date, when: PID-8 is not F }',
      /no condition/,
      /is not one of/,
    ],
    ['a list for a value', '{ id: x, from: [PID-7], to: birthDate, as: date }', /holds no plain value/, /one text/],
    [
      'a key without value',
      '{ id: birth-date, from: PID-7, to: birthDate, as: date, note: }',
      /note has no value/,
      /quotes/,
    ],
    [
      'text with a comma',
      '{ id: birth-date, from: PID-7, to: birthDate, as: date, note: a, b }',
      /key b has no value/,
      /quotes/,
    ],
  ])('%s', (_what, row, text, remedy) => {
    const found = faults([
      MESSAGE,
      TABLE,
      segmentMap('{ id: name, from: PID-5, to: name, as: XPN-HumanName, each: yes }', row),
    ]);
    expect(found.map(({ code, file, line }) => [code, file, line])).toContainEqual([
      'mapping-invalid',
      'segments/PID-Patient.yaml',
      4,
    ]);
    expect(found.map(({ message }) => message).join('\n')).toMatch(text);
    expect(found.map((one) => one.remedy).join('\n')).toMatch(remedy);
  });

  it('two rows that write one place and nothing tells apart', () => {
    const rows = [
      '{ id: birth-date, from: PID-7, to: birthDate, as: date }',
      '{ id: death, from: PID-29, to: birthDate, as: date }',
    ];
    expect(faults([MESSAGE, segmentMap(...rows)])).toMatchObject([{ line: 4, remedy: 'give one a `when`' }]);
    expect(
      faults([
        MESSAGE,
        segmentMap(rows[0] ?? '', '{ id: death, from: PID-29, to: birthDate, as: date, when: PID-7 is empty }'),
      ]),
    ).toEqual([]);
  });
});

describe('a broken file is refused', () => {
  it.each([
    ['that is no YAML', 'map: PID-Patient\nrows: [', /segments\/PID-Patient/],
    ['that is no map', '- just a list', /no map/],
    ['without rows', 'map: PID-Patient', /no rows/],
    ['that does not say what it is', 'segment: PID\nrows:\n  - { id: x, from: PID-7 }', /does not say what it is/],
    [
      'with a head of its own',
      'map: PID-Patient\ncolour: red\nrows:\n  - { id: x, from: PID-7, to: birthDate, as: date }',
      /colour is no key of a map/,
    ],
    [
      'for a target that rows do not write',
      'map: PID-Person\nrows:\n  - { id: x, from: PID-7, to: birthDate, as: date }',
      /Person is no target/,
    ],
    ['with a row that is no map', 'map: PID-Patient\nrows:\n  - PID-7', /a row is no map/],
    [
      'whose name is no map’s',
      'map: Patient\nrows:\n  - { id: birth-date, from: PID-7, to: birthDate, as: date }',
      /is no name of a map/,
    ],
  ])('%s', (_what, text, said) => {
    const found = faults([MESSAGE, { path: 'segments/PID-Patient.yaml', text }]);
    expect(found.map(({ file, message }) => `${file ?? ''} ${message}`).join('\n')).toMatch(said);
    expect(found.every(({ line, remedy }) => line !== undefined && remedy !== undefined)).toBe(true);
  });

  it.each([
    [
      'a table that does not say what an unknown code becomes',
      'table: Sex\nrows:\n  - { code: F, to: female }',
      /unknown code becomes/,
    ],
    [
      'a table whose other codes become what no row gives',
      'table: Sex\notherwise: parc\nrows:\n  - { code: F, to: female }',
      /otherwise: parc is no code/,
    ],
    [
      'a national code row that drops',
      'table: Sex\notherwise: park\nrows:\n  - { code: F, to: female, drop: yes }',
      /no row F to drop/,
    ],
    [
      'a table with a strange head',
      'table: Sex\notherwise: park\nsystm: x\nrows:\n  - { code: F, to: female }',
      /systm is no key/,
    ],
    [
      'a code without target or text',
      'table: Sex\notherwise: park\nrows:\n  - { code: F }',
      /needs code, and to, text or set/,
    ],
    [
      'a code row with a strange key',
      'table: Sex\notherwise: park\nrows:\n  - { code: F, to: female, too: x }',
      /too is no key/,
    ],
    [
      'a code that stands twice',
      'table: Sex\notherwise: park\nrows:\n  - { code: F, to: a }\n  - { code: F, to: b }',
      /stands twice/,
    ],
  ])('%s', (_what, text, said) => {
    const found = faults([
      MESSAGE,
      segmentMap('{ id: birth-date, from: PID-7, to: birthDate, as: date }'),
      table(text),
    ]);
    expect(found.map(({ message }) => message).join('\n')).toMatch(said);
  });

  it.each([
    ['an unknown map', '{ id: x, from: PID, to: Patient, as: PID-Patients }', /no segment map PID-Patients/],
    ['another segment than the map', '{ id: x, from: PV1, to: Patient, as: PID-Patient }', /PV1 is not the segment/],
    [
      'another target than the map',
      '{ id: x, from: PID, to: encounter, as: PID-Patient }',
      /encounter is not the target/,
    ],
    [
      'a condition, which only rows have',
      '{ id: x, from: PID, to: Patient, as: PID-Patient, when: PID-8 is F }',
      /when is no key of a message row/,
    ],
    [
      'one patient for each segment',
      '{ id: x, from: PID, to: Patient, as: PID-Patient, each: yes }',
      /has one Patient/,
    ],
    ['each that is no yes', '{ id: x, from: PID, to: Patient, as: PID-Patient, each: true }', /each: true/],
  ])('a message row with %s', (_what, row, text) => {
    const message = { path: 'messages/X.yaml', text: `message: X\ntriggers: A01\nrows:\n  - ${row}\n` };
    const found = faults([message, segmentMap('{ id: birth-date, from: PID-7, to: birthDate, as: date }')]);
    expect(found.map(({ line, message: said }) => `${String(line)} ${said}`).join('\n')).toMatch(text);
  });

  it.each([
    ['no triggers', 'message: X', 'the message names no triggers'],
    ['a trigger that is none', 'message: X\ntriggers: A01|admission', 'admission is no trigger'],
    ['a strange head', 'message: X\ntriggers: A01\ncolour: red', 'colour is no key of a message'],
  ])('a message with %s', (_what, head, text) => {
    const message = { path: 'messages/X.yaml', text: `${head}\nrows: []\n` };
    expect(messagesOf([message])).toContain(text);
  });

  it('extensions with a strange head, or without url', () => {
    const extensions = { path: 'more.yaml', text: 'extensions: more\ncolour: red\nrows:\n  - { name: x }\n' };
    const map = segmentMap('{ id: birth-date, from: PID-7, to: birthDate, as: date }');
    expect(messagesOf([MESSAGE, map, extensions])).toEqual([
      'colour is no key of extensions',
      'the extension x has no url',
    ]);
  });

  it('a trigger that two messages take, and a map that stands in two files', () => {
    const map = segmentMap('{ id: birth-date, from: PID-7, to: birthDate, as: date }');
    const again = { path: 'messages/again.yaml', text: MESSAGE.text.replace('message: visit', 'message: again') };
    expect(messagesOf([MESSAGE, again, map, { ...map, path: 'segments/copy.yaml' }])).toEqual([
      'the map PID-Patient stands in segments/PID-Patient.yaml too',
      'two messages take the trigger A01',
    ]);
  });

  it('all at once', () => {
    const rows = [
      '{ id: birth-date, from: PID-x, to: birthDate, as: date }',
      '{ id: gender, from: PID-8, to: gender, codes: Sexes }',
    ];
    expect(faults([MESSAGE, segmentMap(...rows)]).length).toBeGreaterThan(1);
  });
});

describe('a site', () => {
  const national = [
    MESSAGE,
    TABLE,
    segmentMap(
      '{ id: birth-place, from: PID-23, to: extension.birth-place, as: valueAddress }',
      '{ id: gender, from: PID-8, to: gender, codes: Sex }',
      '{ id: birth-date, from: PID-7, to: birthDate, as: date }',
    ),
  ];
  const site = (text: string, path = 'segments/PID-Patient.yaml') => ({ path: `sites/ch-essai/${path}`, text });
  const rows = (...list: string[]) =>
    site(['map: PID-Patient', 'rows:', ...list.map((row) => `  - ${row}`)].join('\n'));
  const row = rows('{ id: gender, from: PID-8, to: gender, as: text, because: the sender writes FHIR codes }');
  const order = (mappings: Mappings) => elements(mappings, { 8: 'F', 23: 'Autun', 6: 'X' }).map(({ field }) => field);

  it('replaces the row of its name, for itself alone', () => {
    const files = [...national, row];
    expect(patient(compiledFrom(files, 'ch-essai'), { 8: 'female' })).toMatchObject({ gender: 'female' });
    expect(patient(compiledFrom(files), { 8: 'F' })).toMatchObject({ gender: 'female' });
    expect(patient(compiledFrom(files, 'ch-autre'), { 8: 'F' })).toMatchObject({ gender: 'female' });
  });

  it('replaces it in its place, whatever it changes of it, and adds what is new behind', () => {
    const changed = rows(
      '{ id: father, from: PID-6, to: extension.mothers-maiden-name, as: valueString, because: x }',
      '{ id: birth-place, from: PID-24, to: extension.birth-place, as: valueAddress, when: PID-24 is filled, because: x }',
    );
    expect(order(compiledFrom(national))).toEqual(['PID-23', 'PID-8', 'PID-7']);
    const mappings = compiledFrom([...national, changed], 'ch-essai');
    expect(elements(mappings, { 6: 'X', 8: 'F', 24: 'Autun' }).map(({ field }) => field)).toEqual([
      'PID-24',
      'PID-8',
      'PID-7',
      'PID-6',
    ]);
  });

  it('drops a row', () => {
    const dropped = rows('{ id: birth-place, drop: yes, because: PID-23 holds something else }');
    expect(order(compiledFrom([...national, dropped], 'ch-essai'))).toEqual(['PID-8', 'PID-7']);
  });

  it('adds codes to a table, changes and drops them, under a version of its own', () => {
    const codes = site(
      [
        'table: Sex',
        'rows:',
        '  - { code: X, to: unknown, because: seen at this hospital }',
        '  - { code: F, to: other, because: means something else here }',
        '  - { code: "01", drop: yes, because: never sent }',
      ].join('\n'),
      'codes/Sex.yaml',
    );
    const mappings = compiledFrom([...national, codes], 'ch-essai');
    expect(patient(mappings, { 8: 'X' })).toMatchObject({ gender: 'unknown' });
    expect(patient(mappings, { 8: 'F' })).toMatchObject({ gender: 'other' });
    expect(patient(mappings, { 8: '01' })).not.toHaveProperty('gender');
    expect(mappings.version).not.toBe(compiledFrom([...national, codes]).version);
  });

  it('adds maps, message rows, triggers and extensions', () => {
    const files = [
      ...national,
      site(
        'map: ZZZ-Patient\nrows:\n  - { id: colour, from: ZZZ-1, to: extension.colour, as: valueString, because: x }',
        'segments/ZZZ.yaml',
      ),
      site(
        'message: visit\ntriggers: A08\nrows:\n  - { id: colour, from: ZZZ, to: Patient, as: ZZZ-Patient, because: x }',
        'messages/visit.yaml',
      ),
      site(
        'extensions: R4\nrows:\n  - { name: colour, url: "http://x.example/colour", because: x }',
        'extensions.yaml',
      ),
    ];
    const mappings = compiledFrom(files, 'ch-essai');
    expect([...mappings.triggers]).toEqual(['A01', 'A08']);
    const text = pam({ trigger: 'A08', at: '20260302080000', visitSegments: ['ZZZ|blue'] });
    expect(JSON.stringify(translated(text, '1', { mappings }).facts)).toContain('http://x.example/colour');
  });

  it('is named in the trace of what its rows and codes give', () => {
    const trace = (own: MappingFile, sex: string) =>
      elements(compiledFrom([...national, own], 'ch-essai'), { 8: sex }).find(({ path }) => path === 'gender')?.trace;
    expect(trace(row, 'female')).toEqual([['gender', 'PID-8', 'PID-Patient:gender@site']]);
    const codes = site('table: Sex\nrows:\n  - { code: X, to: unknown, because: x }', 'codes/Sex.yaml');
    expect(trace(codes, 'X')).toEqual([['gender', 'PID-8', 'PID-Patient:gender Sex:X@site']]);
    expect(trace(codes, 'F')).toEqual([['gender', 'PID-8', 'PID-Patient:gender']]);
  });

  it.each([
    [
      'a row that does not say why',
      row.text.replace(', because: the sender writes FHIR codes', ''),
      /does not say why/,
      3,
    ],
    [
      'a row to drop that is not there',
      'map: PID-Patient\nrows:\n  - { id: sex, drop: yes, because: x }',
      /no row sex to drop/,
      3,
    ],
    ['a drop that is no yes', 'map: PID-Patient\nrows:\n  - { id: gender, drop: oui, because: x }', /drop: oui/, 3],
    ['a file without a head', 'foo: PID-Patient\nrows: []', /does not say what it is/, 1],
    [
      'another head for a national table',
      'table: Sex\notherwise: unknown\nrows: []',
      /otherwise stands in the head/,
      1,
    ],
    [
      'a system for a national table',
      'table: Sex\nsystem: http://mon.systeme\nrows: []',
      /system stands in the head/,
      1,
    ],
    ['a strange head of a table', 'table: Sex\ncolour: red\nrows: []', /colour stands in the head/, 1],
    [
      'a code that stands twice',
      'table: Sex\nrows:\n  - { code: X, to: a, because: x }\n  - { code: X, to: b, because: x }',
      /X stands twice/,
      4,
    ],
    [
      'a new table without its head',
      'table: Taille\nrows:\n  - { code: X, to: a, because: x }',
      /unknown code becomes/,
      1,
    ],
    [
      'an element that is none',
      'map: PID-Patient\nrows:\n  - { id: x, from: PID-10, to: typ, as: concept, because: x }',
      /typ is no element/,
      3,
    ],
  ])('is refused with %s', (_what, text, said, line) => {
    const found = faults([...national, site(text)], 'ch-essai');
    expect(found.map(({ message }) => message).join('\n')).toMatch(said);
    expect(
      found.every(({ file, remedy }) => file === 'sites/ch-essai/segments/PID-Patient.yaml' && remedy !== ''),
    ).toBe(true);
    expect(found.map((one) => one.line)).toContain(line);
  });
});

describe('the version', () => {
  const files = [MESSAGE, segmentMap('{ id: birth-date, from: PID-7, to: birthDate, as: date }')];
  const mappings = compiledFrom(files);
  const source = { zone: 'Europe/Paris', authorities: {} };
  const version = (changed: object) => mappingsOfSource(mappings, { ...source, ...changed }).version;

  it('is that of the files, which are kept beside it', () => {
    expect(compiledFrom(files).version).toBe(mappings.version);
    expect(mappings.files.get('segments/PID-Patient.yaml')).toContain('birth-date');
    expect(compiledFrom([MESSAGE, segmentMap('{ id: born, from: PID-7, to: birthDate, as: date }')]).version).not.toBe(
      mappings.version,
    );
  });

  it.each([
    ['authority', { authority: 'urn:oid:2.999.1' }],
    ['aliases', { authorities: { CH: 'urn:oid:2.999.1' } }],
    ['zone', { zone: 'Indian/Reunion' }],
    ['site', { site: 'ch-essai' }],
    ['shared numbers', { sharedNumbers: ['999999'] }],
    ['given names', { givenNames: 'insi' }],
  ])('covers the %s of a source', (_what, changed) => {
    expect(version(changed)).not.toBe(version({}));
  });

  it('is the same whatever the order of the settings, which are kept with the files', () => {
    expect(version({ authorities: { A: 'urn:a', B: 'urn:b' } })).toBe(
      version({ authorities: { B: 'urn:b', A: 'urn:a' } }),
    );
    expect(mappingsOfSource(mappings, source).files.get('source.json')).toContain('Europe/Paris');
  });
});

describe('rows', () => {
  it('keep NO and 01 as text', () => {
    const mappings = compiledFrom([MESSAGE, TABLE, segmentMap('{ id: gender, from: PID-8, to: gender, codes: Sex }')]);
    expect(patient(mappings, { 8: '01' })).toMatchObject({ gender: 'NO' });
  });

  it('apply when their condition holds, all parts of it', () => {
    const row = (when: string) =>
      patient(
        compiledFrom([MESSAGE, segmentMap(`{ id: birth-date, from: PID-7, to: birthDate, as: date, when: ${when} }`)]),
      )['birthDate'];
    expect(row('PID-8 is F')).toBe('1950-01-01');
    expect(row('PID-8 is M')).toBeUndefined();
    expect(row('PID-8 is one of M|F')).toBe('1950-01-01');
    expect(row('PID-9 is empty and PID-8 is filled')).toBe('1950-01-01');
    expect(row('PID-9 is filled and PID-8 is filled')).toBeUndefined();
    expect(row('ZFD-1 is empty')).toBe('1950-01-01');
    expect(row('ZFD-1 is F')).toBeUndefined();
    expect(row('PID-8 is not one of M|U')).toBe('1950-01-01');
    expect(row('PID-8 is not one of F|U')).toBeUndefined();
    expect(row('PID-9 is not one of F')).toBe('1950-01-01');
  });

  it('lay what they set over what they convert', () => {
    const mappings = compiledFrom([
      MESSAGE,
      segmentMap('{ id: birth-date, from: PID-14, to: telecom, as: XTN-ContactPoint, each: yes, set: { use: work } }'),
    ]);
    expect(patient(mappings, { 14: '0102~0304' })).toEqual({
      telecom: [
        { system: 'phone', value: '0102', use: 'work' },
        { system: 'phone', value: '0304', use: 'work' },
      ],
    });
  });
});

describe('unknown codes', () => {
  const issuesOf = (otherwise: string) => {
    const unknown = table(
      `table: Sex\nsystem: urn:x\notherwise: ${otherwise}\nrows:\n  - { code: F, to: female }\n  - { code: X, to: U }`,
    );
    const mappings = compiledFrom([
      MESSAGE,
      unknown,
      segmentMap('{ id: birth-date, from: PID-16, to: maritalStatus, as: CodeableConcept, codes: Sex }'),
    ]);
    const text = pam({ trigger: 'A01', at: '20260302080000', pid: { 16: 'Q^Quelconque' } });
    const { facts, issues } = translated(text, '1', { mappings });
    return { facts, issues, value: patient(mappings, { 16: 'Q^Quelconque' })['maritalStatus'] };
  };

  it('stop the message where the table parks them', () => {
    const { facts, issues } = issuesOf('park');
    expect([facts, issues]).toMatchObject([
      [],
      [{ blocking: true, reason: 'code-unknown', field: 'PID-16', key: 'code-unknown|Sex|Q', code: 'Q' }],
    ]);
  });

  it('keep their words where it says text-only, and are told', () => {
    const { issues, value } = issuesOf('text-only');
    expect([value, issues]).toMatchObject([{ text: 'Quelconque' }, [{ blocking: false }]]);
  });

  it('become the code that stands for all others, and are told', () => {
    const { issues, value } = issuesOf('U');
    expect(value).toMatchObject({ coding: expect.arrayContaining([{ system: 'urn:x', code: 'U' }]) });
    expect(issues).toMatchObject([{ blocking: false }]);
  });

  it('are named by place, never by content', () => {
    expect(issuesOf('text-only').issues.map(({ text }) => text)).toEqual(['a code of PID-16 is not in the table Sex']);
  });

  it('are kept as the sender wrote them, beside the code that stands for all others too', () => {
    for (const otherwise of ['text-only', 'U'])
      expect(issuesOf(otherwise).value).toMatchObject({
        coding: expect.arrayContaining([
          { system: expect.stringMatching(/^urn:trait-d-union:codes:.*:Sex$/), code: 'Q', display: 'Quelconque' },
        ]),
      });
  });
});

describe('the mappings of the gateway', () => {
  it('have no fault, and serve the triggers of the specification', () => {
    expect([...ownMappings().triggers].sort()).toEqual([
      ...[
        'A01',
        'A02',
        'A03',
        'A04',
        'A05',
        'A06',
        'A07',
        'A08',
        'A11',
        'A12',
        'A13',
        'A14',
        'A15',
        'A16',
        'A21',
        'A22',
      ],
      ...['A25', 'A26', 'A27', 'A28', 'A31', 'A38', 'A40', 'A44', 'A47', 'A52', 'A53', 'A54', 'A55', 'Z99'],
    ]);
  });

  it('say in their first line what each table is of', () => {
    const texts = loadMappingFiles().filter(({ path }) => path.startsWith('codes/'));
    expect(texts.length).toBeGreaterThan(10);
    for (const { text } of texts) expect(text).toMatch(/^# .*\ntable: /);
  });
});
