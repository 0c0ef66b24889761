import { describe, expect, it } from '@jest/globals';
import { loadMappingFiles } from '../../../src/config/mapping-files.js';
import { compileMappings, type Mappings } from '../../../src/translate/compile.js';
import type { MappingFile } from '../../../src/translate/mapping-file.js';
import { pam, translated } from '../../support/pam.js';

const MESSAGE = {
  path: 'messages/ADT_A01.yaml',
  text: 'message: ADT_A01\ntriggers: A01\nrows:\n  - { from: PID, to: patient, as: PID-Patient }\n',
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
  const compiled = compileMappings(files, site);
  return 'faults' in compiled ? compiled.faults : [];
}

function compiledFrom(files: MappingFile[], site?: string): Mappings {
  const compiled = compileMappings(files, site);
  if ('faults' in compiled) throw compiled.faults[0] ?? new Error('no fault');
  return compiled.mappings;
}

const patient = (mappings: Mappings, pid = {}) => {
  const [identity] = translated(pam({ trigger: 'A01', at: '20260302080000', pid }), '1', { mappings }).facts;
  const elements = identity?.kind === 'identity' ? identity.body.patient.elements : [];
  return Object.fromEntries(elements.map(({ path, value }) => [path, value]));
};

describe('a broken row is refused with its file, its line and a remedy', () => {
  it.each([
    [
      'an unknown key',
      '{ from: PID-7, to: birthDate, as: date, wen: PID-8 is F }',
      /wen is no key/,
      /use from, to, as/,
    ],
    ['a path of another segment', '{ from: PV1-7, to: birthDate, as: date }', /no path of PID/, /PID-3/],
    ['a path that is none', '{ from: PID-x, to: birthDate, as: date }', /no path of PID/, /PID-3/],
    ['a whole segment', '{ from: PID, to: birthDate, as: date }', /no path of PID/, /PID-3/],
    ['a target that is no element', '{ from: PID-7, to: Birth-Date, as: date }', /no FHIR element/, /birthDate/],
    ['an unknown converter', '{ from: PID-7, to: birthDate, as: dates }', /dates is no converter/, /XPN-HumanName/],
    ['no converter at all', '{ from: PID-7, to: birthDate }', /\(none\) is no converter/, /use one of/],
    ['an unknown table', '{ from: PID-8, to: gender, codes: Sexes }', /no code table Sexes/, /mappings\/codes/],
    [
      'a code in what cannot hold one',
      '{ from: PID-8, to: gender, as: date, codes: Sex }',
      /cannot hold a code/,
      /Coding/,
    ],
    [
      'a condition of another form',
      '{ from: PID-7, to: birthDate, as: date, when: PID-8 = F }',
      /no condition/,
      /is empty/,
    ],
    ['a key without value', '{ from: PID-7, to: birthDate, as: date, note: }', /note has no value/, /quotes/],
    ['text with a comma', '{ from: PID-7, to: birthDate, as: date, note: a, b }', /key b has no value/, /quotes/],
  ])('%s', (_what, row, text, remedy) => {
    const found = faults([MESSAGE, TABLE, segmentMap('{ from: PID-5, to: name, as: XPN-HumanName, each: yes }', row)]);
    expect(found.map(({ code, file, line }) => [code, file, line])).toContainEqual([
      'mapping-invalid',
      'segments/PID-Patient.yaml',
      4,
    ]);
    expect(found.map(({ message }) => message).join('\n')).toMatch(text);
    expect(found.map((one) => one.remedy).join('\n')).toMatch(remedy);
  });

  it('two rows that write one place and nothing tells apart', () => {
    const rows = ['{ from: PID-7, to: birthDate, as: date }', '{ from: PID-29, to: birthDate, as: date }'];
    expect(faults([MESSAGE, segmentMap(...rows)])).toMatchObject([{ line: 4, remedy: 'give one a `when`' }]);
    expect(
      faults([MESSAGE, segmentMap(rows[0] ?? '', '{ from: PID-29, to: birthDate, as: date, when: PID-7 is empty }')]),
    ).toEqual([]);
  });
});

describe('a broken file is refused', () => {
  it.each([
    ['that is no YAML', 'map: PID-Patient\nrows: [', /segments\/PID-Patient/],
    ['that is no map', '- just a list', /no map/],
    ['without rows', 'map: PID-Patient', /no rows/],
    ['with a row that is no map', 'map: PID-Patient\nrows:\n  - PID-7', /a row is no map/],
    [
      'whose name is no map’s',
      'map: Patient\nrows:\n  - { from: PID-7, to: birthDate, as: date }',
      /no name of a segment map/,
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
      'a table with a strange head',
      'table: Sex\notherwise: park\nsystm: x\nrows:\n  - { code: F, to: female }',
      /systm is no key/,
    ],
    [
      'a code without target or text',
      'table: Sex\notherwise: park\nrows:\n  - { code: F }',
      /needs code, and to or text/,
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
    const found = faults([MESSAGE, segmentMap('{ from: PID-7, to: birthDate, as: date }'), table(text)]);
    expect(found.map(({ message }) => message).join('\n')).toMatch(said);
  });

  it('a message that uses an unknown map, or names no triggers', () => {
    const message = {
      path: 'messages/X.yaml',
      text: 'message: X\nrows:\n  - { from: PID, to: patient, as: PID-Patients }\n',
    };
    const said = faults([message]).map(({ message: text }) => text);
    expect(said).toEqual([
      'there is no segment map PID-Patients',
      'the message names no triggers',
      'no message is mapped',
    ]);
  });

  it('all at once', () => {
    const rows = ['{ from: PID-x, to: birthDate, as: date }', '{ from: PID-8, to: gender, codes: Sexes }'];
    expect(faults([MESSAGE, segmentMap(...rows)]).length).toBeGreaterThan(1);
  });
});

describe('a site', () => {
  const national = [MESSAGE, TABLE, segmentMap('{ from: PID-8, to: gender, codes: Sex }')];
  const site = (text: string, path = 'sites/ch-essai/PID-Patient.yaml') => ({ path, text });
  const row =
    'map: PID-Patient\nrows:\n  - { from: PID-8, to: gender, as: text, because: the sender writes FHIR codes }';

  it('replaces the row of the same place, for itself alone', () => {
    const files = [...national, site(row)];
    expect(patient(compiledFrom(files, 'ch-essai'), { 8: 'female' })).toMatchObject({ gender: 'female' });
    expect(patient(compiledFrom(files), { 8: 'F' })).toMatchObject({ gender: 'female' });
    expect(patient(compiledFrom(files, 'ch-autre'), { 8: 'F' })).toMatchObject({ gender: 'female' });
  });

  it('adds codes to a table, under a version of its own', () => {
    const codes = site(
      'table: Sex\nrows:\n  - { code: X, to: unknown, because: seen at this hospital }',
      'sites/ch-essai/Sex.yaml',
    );
    expect(patient(compiledFrom([...national, codes], 'ch-essai'), { 8: 'X' })).toMatchObject({ gender: 'unknown' });
    expect(compiledFrom([...national, codes], 'ch-essai').version).not.toBe(compiledFrom([...national, codes]).version);
  });

  it('must say why it differs', () => {
    const silent = site('map: PID-Patient\nrows:\n  - { from: PID-8, to: gender, as: text }');
    expect(faults([...national, silent], 'ch-essai')).toMatchObject([
      { file: 'sites/ch-essai/PID-Patient.yaml', line: 3, remedy: 'add `because: …`' },
    ]);
  });

  it('changes only what is there', () => {
    const stranger = site('map: PID-Person\nrows:\n  - { from: PID-8, to: gender, as: text, because: x }');
    expect(faults([...national, stranger], 'ch-essai').map(({ message }) => message)).toEqual([
      'there is no national map PID-Person',
    ]);
  });
});

describe('rows', () => {
  it('keep NO and 01 as text', () => {
    const mappings = compiledFrom([MESSAGE, TABLE, segmentMap('{ from: PID-8, to: gender, codes: Sex }')]);
    expect(patient(mappings, { 8: '01' })).toMatchObject({ gender: 'NO' });
  });

  it('apply when their condition holds, all parts of it', () => {
    const row = (when: string) =>
      patient(compiledFrom([MESSAGE, segmentMap(`{ from: PID-7, to: birthDate, as: date, when: ${when} }`)]))[
        'birthDate'
      ];
    expect(row('PID-8 is F')).toBe('1950-01-01');
    expect(row('PID-8 is M')).toBeUndefined();
    expect(row('PID-8 is one of M|F')).toBe('1950-01-01');
    expect(row('PID-9 is empty and PID-8 is filled')).toBe('1950-01-01');
    expect(row('PID-9 is filled and PID-8 is filled')).toBeUndefined();
    expect(row('ZFD-1 is empty')).toBe('1950-01-01');
    expect(row('ZFD-1 is F')).toBeUndefined();
  });

  it('lay what they set over what they convert', () => {
    const mappings = compiledFrom([
      MESSAGE,
      segmentMap('{ from: PID-14, to: telecom, as: XTN-ContactPoint, each: yes, set: { use: work } }'),
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
    const unknown = table(`table: Sex\nsystem: urn:x\notherwise: ${otherwise}\nrows:\n  - { code: F, to: female }`);
    const mappings = compiledFrom([
      MESSAGE,
      unknown,
      segmentMap('{ from: PID-16, to: maritalStatus, as: CodeableConcept, codes: Sex }'),
    ]);
    const text = pam({ trigger: 'A01', at: '20260302080000', pid: { 16: 'Q^Quelconque' } });
    const { facts, issues } = translated(text, '1', { mappings });
    return { facts, issues, value: patient(mappings, { 16: 'Q^Quelconque' })['maritalStatus'] };
  };

  it('stop the message where the table parks them', () => {
    const { facts, issues } = issuesOf('park');
    expect([facts, issues]).toMatchObject([
      [],
      [{ blocking: true, reason: 'code-unknown', field: 'PID-16', key: 'code-unknown|Sex|Q' }],
    ]);
  });

  it('keep their words where it says text-only, and are told', () => {
    const { issues, value } = issuesOf('text-only');
    expect([value, issues]).toMatchObject([{ text: 'Quelconque' }, [{ blocking: false }]]);
  });

  it('become the code that stands for all others, and are told', () => {
    const { issues, value } = issuesOf('U');
    expect([value, issues]).toMatchObject([{ coding: [{ system: 'urn:x', code: 'U' }] }, [{ blocking: false }]]);
  });

  it('are named by place, never by content', () => {
    expect(issuesOf('text-only').issues.map(({ text }) => text)).toEqual(['a code of PID-16 is not in the table Sex']);
  });
});

describe('the mappings of the gateway', () => {
  it('have no fault, and serve the triggers of the specification', () => {
    const { triggers } = compiledFrom(loadMappingFiles());
    expect([...triggers].sort()).toEqual(['A01', 'A02', 'A03', 'A04', 'A05', 'A11', 'A12', 'A13', 'A28', 'A31', 'Z99']);
  });

  it('say in their first line what each table is of', () => {
    const texts = loadMappingFiles().filter(({ path }) => path.startsWith('codes/'));
    expect(texts.length).toBeGreaterThan(10);
    for (const { text } of texts) expect(text).toMatch(/^# .*\ntable: /);
  });
});
