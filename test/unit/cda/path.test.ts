import { describe, expect, it } from '@jest/globals';
import { parseXml } from '../../../src/cda/parse.js';
import { compilePath } from '../../../src/cda/compile-path.js';
import { childOf, childrenOf, fieldOf, locationOf, select } from '../../../src/cda/path.js';

const ROOT = {
  element: parseXml(`<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:s="urn:hl7-org:sdtc">
  <title> Lettre <b/> de sortie </title>
  <recordTarget><patientRole>
    <id root="1.2" extension="A"/><id root="1.3" extension="B" nullFlavor="UNK"/>
    <patient><s:deceasedInd value="false"/></patient>
  </patientRole></recordTarget>
  <relatedDocument typeCode="RPLC"><parentDocument><id root="9"/></parentDocument></relatedDocument>
  <component><structuredBody>
    <component><section><templateId root="5.1"/><templateId root="5.2"/><title>Un</title>
      <component><section><templateId root="5.3"/><title>Dedans</title></section></component></section></component>
    <component><section><templateId root="5.4"/><title>Deux</title></section></component>
  </structuredBody></component></ClinicalDocument>`),
};

function where(path: string): string[] {
  return select(ROOT, compilePath(path)).map(locationOf);
}

function values(path: string): (string | undefined)[] {
  return select(ROOT, compilePath(path)).map(({ value }) => value);
}

describe('a path', () => {
  it.each([
    ['recordTarget/patientRole/id', ['recordTarget/patientRole/id[1]', 'recordTarget/patientRole/id[2]']],
    ['recordTarget/patientRole/id[@root=1.3]', ['recordTarget/patientRole/id[2]']],
    ['recordTarget/patientRole/id[@root="1.3"][@extension=\'B\']', ['recordTarget/patientRole/id[2]']],
    ['recordTarget/patientRole/id[not(@nullFlavor)]', ['recordTarget/patientRole/id[1]']],
    ['recordTarget/patientRole/id[@nullFlavor]', ['recordTarget/patientRole/id[2]']],
    ['recordTarget/patientRole/id[@root!=1.2]', ['recordTarget/patientRole/id[2]']],
    ['recordTarget/patientRole/patient/sdtc:deceasedInd', ['recordTarget/patientRole/patient/sdtc:deceasedInd']],
    ['recordTarget/patientRole/patient/deceasedInd', []],
    ['relatedDocument[@typeCode=RPLC]/parentDocument/id', ['relatedDocument/parentDocument/id']],
    [
      'component/structuredBody/component/section[templateId/@root=5.2]',
      ['component/structuredBody/component[1]/section'],
    ],
    ['//section[templateId/@root=5.3]', ['component/structuredBody/component[1]/section/component/section']],
    ['recordTarget/*/patient', ['recordTarget/patientRole/patient']],
    ['recordTarget/patientRole/id[@root=1.1|1.3]', ['recordTarget/patientRole/id[2]']],
    ['recordTarget/patientRole/id/..', ['recordTarget/patientRole', 'recordTarget/patientRole']],
    ['recordTarget/patientRole/../../title', ['title']],
    ['//section[../section/title=Un]', ['component/structuredBody/component[1]/section']],
    ['author', []],
    ['.', ['.']],
  ])('%s leads to its elements', (path, locations) => {
    expect(where(path)).toEqual(locations);
  });

  it('begins at the root where it begins with a slash', () => {
    const [section] = select(ROOT, compilePath('//section[title=Deux]'));
    expect(section && select(section.node, compilePath('/relatedDocument')).map(locationOf)).toEqual([
      'relatedDocument',
    ]);
  });

  it.each([
    ['recordTarget/patientRole/id/@extension', ['A', 'B']],
    ['recordTarget/patientRole/id/@assigningAuthorityName', []],
    ['title/text()', ['Lettre  de sortie']],
    ['//section/title/text()', ['Un', 'Dedans', 'Deux']],
    ['//section//title/text()', ['Un', 'Dedans', 'Deux']],
    ['./title/text()', ['Lettre  de sortie']],
    ['//section[title=Deux]/templateId/@root', ['5.4']],
  ])('%s leads to its values', (path, expected) => {
    expect(values(path)).toEqual(expected);
  });

  it('names what contributes with and without places', () => {
    const [, second] = select(ROOT, compilePath('recordTarget/patientRole/id/@extension'));
    expect(second && locationOf(second)).toBe('recordTarget/patientRole/id[2]/@extension');
    expect(second && fieldOf(second)).toBe('recordTarget/patientRole/id/@extension');
  });

  it.each(['', '/', 'a/', 'a//', 'a[', 'a[@b', 'a[@b=]', 'a]', 'a[not(@b]', 'x:a', '@', '@a/b', 'text()/a', 'a b'])(
    'is refused where it is none: %s',
    (path) => {
      expect(() => compilePath(path)).toThrow(expect.objectContaining({ code: 'mapping-invalid' }));
    },
  );

  it('is not needed for children by name', () => {
    expect(childrenOf(ROOT.element, 'component')).toHaveLength(1);
    expect(childOf(ROOT.element, 'title')?.name).toBe('title');
    expect(childOf(ROOT.element, 'deceasedInd')).toBeUndefined();
  });
});
