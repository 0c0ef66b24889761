import { describe, expect, it } from '@jest/globals';
import { loadMappingFiles } from '../../../src/config/mapping-files.js';
import type { Place } from '../../../src/cda/place.js';
import type { Element } from '../../../src/message/fact.js';
import { DocumentTerritory } from '../../../src/translate/cda/territory.js';
import { compileMappings, type Mappings } from '../../../src/translate/compile.js';
import { DocumentReading, sectionMaps } from '../../../src/translate/cda/document-reading.js';
import { DocumentRecord } from '../../../src/translate/cda/document-record.js';
import { Authorities } from '../../../src/translate/identifiers.js';
import { Issues } from '../../../src/translate/issues.js';
import type { MappingFile } from '../../../src/translate/mapping-file.js';
import { documentOf, element } from '../../support/element.js';

/** The files of HL7 v2, tables and extensions: no map of a document. */
const BASE = loadMappingFiles().filter(({ path }) => !/^(cda|documents)\//.test(path));

const yaml = (path: string, ...lines: string[]): MappingFile => ({ path, text: lines.join('\n') });
const HEADER = yaml(
  'documents/header.yaml',
  'document: header',
  'rows:',
  '  - { id: patient, from: recordTarget/patientRole, to: Patient, as: patientRole-Patient }',
);
const patientMap = (...rows: string[]) =>
  yaml('cda/patientRole-Patient.yaml', 'map: patientRole-Patient', 'rows:', ...rows.map((row) => `  - ${row}`));

function compiled(...files: MappingFile[]): Mappings {
  const result = compileMappings([...BASE, ...files]);
  if ('faults' in result) throw new Error(result.faults.map(({ message }) => message).join('; '));
  return result.mappings;
}

function faultsOf(...files: MappingFile[]) {
  const result = compileMappings([...BASE, ...files]);
  return 'faults' in result
    ? result.faults.map(({ message, file, line, remedy }) => ({ message, file, line, remedy }))
    : [];
}

function contextOf(root: Place) {
  const authorities = new Authorities({ name: 'chu', authorities: {} }, '');
  const issues = new Issues();
  const territory = new DocumentTerritory('chu', '', authorities, issues);
  return {
    root,
    record: new DocumentRecord(),
    issues,
    authorities,
    territory,
    clock: { zone: 'Europe/Paris' },
    references: new Map<string, never>(),
  };
}

function patientOf(root: Place, ...rows: string[]) {
  const context = contextOf(root);
  const elements = new DocumentReading(compiled(HEADER, patientMap(...rows)).documents.header, root).elements(
    'Patient',
    context,
  );
  return { elements, context };
}

const values = (elements: readonly Element[]) => Object.fromEntries(elements.map(({ path, value }) => [path, value]));

const DOCUMENT = documentOf(
  element(
    'recordTarget',
    {},
    element(
      'patientRole',
      {},
      element('id', { nullFlavor: 'UNK' }),
      element('id', { root: '2.999.7.1', extension: '42' }),
      element(
        'patient',
        {},
        element('administrativeGenderCode', { code: 'F' }),
        element('birthTime', { value: '19540612' }),
      ),
    ),
  ),
);

describe('rows over a document', () => {
  it('contribute under the way of the element, and trace it with indices', () => {
    const { elements } = patientOf(DOCUMENT, '{ id: birth-date, from: patient/birthTime, to: birthDate, as: TS-date }');
    expect(elements).toEqual([
      {
        path: 'birthDate',
        field: 'recordTarget/patientRole/patient/birthTime',
        value: '1954-06-12',
        trace: [['birthDate', 'recordTarget/patientRole/patient/birthTime', 'patientRole-Patient:birth-date']],
      },
    ]);
  });

  it('pass over what says nothing, each and first alike', () => {
    const identifier = [{ system: 'urn:oid:2.999.7.1', value: '42' }];
    const rows = (each: string) => `{ id: number, from: id, to: identifier, as: II-Identifier${each} }`;
    expect(values(patientOf(DOCUMENT, rows('')).elements)).toEqual({ identifier });
    expect(values(patientOf(DOCUMENT, rows(', each: yes')).elements)).toEqual({ identifier });
  });

  it('share the code tables of HL7 v2', () => {
    const row = '{ id: gender, from: patient/administrativeGenderCode, to: gender, codes: AdministrativeSex }';
    expect(values(patientOf(DOCUMENT, row).elements)).toEqual({ gender: 'female' });
  });

  it.each([
    ['id/@root is 2.999.7.1', true],
    ['id/@root is 2.999.7.2', false],
    ['id/@root is not one of 2.999.7.2', true],
    ['id is filled', true],
    ['patient/name is empty', true],
    ['patient/name is filled', false],
    ['/recordTarget/patientRole/patient/birthTime is filled and id/@extension is one of 41|42', true],
  ])('hold where %s', (when, holds) => {
    const { elements } = patientOf(
      DOCUMENT,
      `{ id: x, from: patient/birthTime, to: birthDate, as: TS-date, when: "${when}" }`,
    );
    expect(elements).toHaveLength(holds ? 1 : 0);
  });

  it('leave the elements that none of them read to be listed', () => {
    const { context } = patientOf(DOCUMENT, '{ id: birth-date, from: patient/birthTime, to: birthDate, as: TS-date }');
    expect(context.record.unused(DOCUMENT)).toEqual([
      'recordTarget/patientRole/id[2]',
      'recordTarget/patientRole/patient/administrativeGenderCode',
    ]);
  });

  it('ask for a look at what is no value of its form', () => {
    const broken = documentOf(
      element(
        'recordTarget',
        {},
        element('patientRole', {}, element('patient', {}, element('birthTime', { value: 'hier' }))),
      ),
    );
    const { elements, context } = patientOf(
      broken,
      '{ id: birth-date, from: patient/birthTime, to: birthDate, as: TS-date }',
    );
    expect(elements).toEqual([]);
    expect(context.issues.list).toMatchObject([
      { blocking: false, reason: 'field-invalid', field: 'recordTarget/patientRole/patient/birthTime' },
    ]);
  });
});

describe('a section is read by the templates that it names', () => {
  const MAPS = compiled(
    yaml(
      'cda/section-Encounter.yaml',
      'map: section-Encounter',
      'rows:',
      '  - { id: title, from: code, to: type, as: CD-CodeableConcept }',
    ),
    yaml(
      'documents/stay.yaml',
      'document: stay',
      'sections: 2.999.163|2.999.163.1',
      'rows:',
      '  - { id: stay, from: ., to: Encounter, as: section-Encounter }',
    ),
  );
  const section = (...templates: string[]) =>
    documentOf(
      element(
        'section',
        {},
        ...templates.map((root) => element('templateId', { root })),
        element('code', { code: '42545-4', codeSystem: '2.16.840.1.113883.6.1' }),
      ),
    );

  it('each map once, whichever of its templates it names', () => {
    const root = section('2.999.163', '2.999.163.1', '2.999.1');
    const [place] = root.children('section');
    const maps = place && sectionMaps(place, MAPS.documents.sections);
    const read = place && maps && new DocumentReading(maps, place).elements('Encounter', contextOf(root));
    expect(read && values(read)).toEqual({ type: [{ coding: [{ system: 'http://loinc.org', code: '42545-4' }] }] });
  });

  it('by none where it names none', () => {
    const [place] = section('2.999.1').children('section');
    expect(place && sectionMaps(place, MAPS.documents.sections).size).toBe(0);
  });
});

describe('a broken map of a document is refused with its file, its line and a remedy', () => {
  const broken = (row: string) => faultsOf(HEADER, patientMap(row))[0];

  it.each([
    [
      'a path that is none',
      '{ id: x, from: "patient[", to: birthDate, as: TS-date }',
      /no path of patientRole/,
      /patient\/birthTime/,
    ],
    [
      'a converter of HL7 v2',
      '{ id: x, from: patient/birthTime, to: birthDate, as: date }',
      /date is no converter/,
      /TS-date/,
    ],
    [
      'a type that does not fit',
      '{ id: x, from: id, to: birthDate, as: II-Identifier }',
      /gives an Identifier/,
      /TS-date/,
    ],
    [
      'a condition that is none',
      '{ id: x, from: id, to: identifier, as: II-Identifier, when: id has a root }',
      /no condition/,
      /is empty/,
    ],
  ])('%s', (_, row, message, remedy) => {
    expect(broken(row)).toEqual({
      message: expect.stringMatching(message),
      file: 'cda/patientRole-Patient.yaml',
      line: 3,
      remedy: expect.stringMatching(remedy),
    });
  });

  it.each([
    ['an unknown map', '{ id: x, from: author, to: member, as: author-member }', /no element map author-member/],
    [
      'a path to another element',
      '{ id: x, from: author, to: Patient, as: patientRole-Patient }',
      /leads to no patientRole/,
    ],
    ['another target', '{ id: x, from: patientRole, to: Encounter, as: patientRole-Patient }', /not the target/],
    [
      'several of one',
      '{ id: x, from: patientRole, to: Patient, as: patientRole-Patient, each: yes }',
      /has one Patient/,
    ],
  ])('of a document, %s', (_, row, message) => {
    const map = patientMap('{ id: number, from: id, to: identifier, as: II-Identifier }');
    const faults = faultsOf(map, yaml('documents/header.yaml', 'document: header', 'rows:', `  - ${row}`));
    expect(faults).toEqual([expect.objectContaining({ message: expect.stringMatching(message), line: 3 })]);
  });
});

describe('a site', () => {
  it('puts its own row in the place of the national one of its name, and says so in the trace', () => {
    const national = patientMap('{ id: birth-date, from: patient/birthTime, to: birthDate, as: TS-date }');
    const own = {
      ...patientMap(
        '{ id: birth-date, from: patient/administrativeGenderCode, to: birthDate, as: TS-date, because: the example says so }',
      ),
      path: 'sites/chu/cda/patientRole-Patient.yaml',
    };
    const result = compileMappings([...BASE, HEADER, national, own], 'chu');
    if ('faults' in result) throw new Error('faults');
    const [map] = result.mappings.documents.header.get('Patient') ?? [];
    expect(map?.map.rows.map(({ id, field }) => [id, field])).toEqual([
      ['patientRole-Patient:birth-date@site', 'patient/administrativeGenderCode'],
    ]);
  });
});
