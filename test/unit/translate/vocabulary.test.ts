import { describe, expect, it } from '@jest/globals';
import { loadMappingFiles } from '../../../src/config/mapping-files.js';
import { ROLES } from '../../../src/fhir/roles.js';
import { compileMappings } from '../../../src/translate/compile.js';
import type { MappingFile } from '../../../src/translate/mapping-file.js';
import { vocabularyOf, type Vocabulary } from '../../../src/translate/vocabulary.js';

/** What the mappings give with the files of a hospital in place. */
function vocabulary(...own: MappingFile[]): Vocabulary {
  const compiled = compileMappings([...loadMappingFiles(), ...own], own.length > 0 ? 'chu' : undefined);
  if ('faults' in compiled) throw compiled.faults[0] ?? new Error('faults without a fault');
  return vocabularyOf([compiled.mappings]);
}

const site = (path: string, text: string): MappingFile => ({ path: `sites/chu/${path}`, text });

describe('the vocabulary of the mappings', () => {
  it('holds the roles that rows give, as constants and by tables, and those that the gateway gives by itself', () => {
    const { roles } = vocabulary();
    for (const role of [
      'PCP',
      'PROV',
      'NOK',
      'GUARD',
      'ECON',
      'CAREGIVER',
      'CORRE',
      '353',
      'ORG-181',
      'ES-PREF',
      'REF',
    ])
      expect(roles).toContain(role);
    for (const { code } of Object.values(ROLES)) expect(roles).toContain(code);
    for (const code of ['ODRP', 'K', 'MTH', 'PCPP', 'any']) expect(roles).not.toContain(code);
  });

  it('holds the classes of stays that messages give, and not those that only documents give', () => {
    expect([...(vocabulary().classes ?? [])].sort()).toEqual('AMB C EMER HH IMP N PRENC U VR'.split(' '));
  });

  it('holds the letters of movements, and the classes of documents', () => {
    const { natures, documentClasses } = vocabulary();
    expect([...(natures ?? [])].sort()).toEqual([...'CDHLMS']);
    for (const code of ['10', '42', '90']) expect(documentClasses).toContain(code);
    expect(documentClasses).not.toContain('11490-0');
  });

  it('grows by the rows of a hospital, and shrinks by what it takes out', () => {
    const given = vocabulary(
      site('datatypes/ROL-3.yaml', 'table: ROL-3\nrows:\n  - { code: IDE, to: NURSE, because: ours }\n'),
      site(
        'codes/EncounterClass.yaml',
        'table: EncounterClass\nrows:\n  - { code: V, drop: yes, because: never sent }\n',
      ),
      site('datatypes/ZBE-9.yaml', 'table: ZBE-9\nrows:\n  - { code: R, to: R, because: ours }\n'),
      site('codes/DocumentClass.yaml', 'table: DocumentClass\nrows:\n  - { code: X-1, to: "77", because: ours }\n'),
    );
    expect(given.roles).toContain('NURSE');
    expect(given.natures).toContain('R');
    expect(given.documentClasses).toContain('77');
    expect(given.classes).not.toContain('VR');
  });

  it('is open where a row takes codes as they come', () => {
    const row =
      '{ id: function, from: functionCode, to: role, as: CD-Coding, when: functionCode/@code is filled, because: ours }';
    const { roles, classes } = vocabulary(site('cda/author-member.yaml', `map: author-member\nrows:\n  - ${row}\n`));
    expect(roles).toBeUndefined();
    expect(classes).toBeDefined();
  });

  it('of several mappings is all that any of them gives', () => {
    const first = compileMappings(loadMappingFiles());
    const own = site('datatypes/ROL-3.yaml', 'table: ROL-3\nrows:\n  - { code: IDE, to: NURSE, because: ours }\n');
    const second = compileMappings([...loadMappingFiles(), own], 'chu');
    if ('faults' in first || 'faults' in second) throw new Error('faults');
    expect(vocabularyOf([first.mappings, second.mappings]).roles).toContain('NURSE');
    expect(vocabularyOf([first.mappings]).roles).not.toContain('NURSE');
  });
});
