import { describe, expect, it } from '@jest/globals';
import { codeSystemUri } from '../../../src/cda/code-systems.js';
import { readCoding, readConcept } from '../../../src/cda/concept.js';
import { referencesOf, textIn } from '../../../src/cda/references.js';
import { cda } from '../../support/cda.js';

const NARRATIVE = referencesOf(
  cda(`<section><text><content ID="a">Fracture <content>du fémur</content></content>
    <table><tbody><tr ID="row"><td>Doliprane</td><td>1 g<br/>par jour</td></tr></tbody></table>
    <paragraph ID="old">gardé <content revised="delete">supprimé</content></paragraph><content ID="a">doublon</content></text></section>`),
);
const LOINC = { system: 'http://loinc.org', code: '11490-0' };

function read(xml: string) {
  return readConcept(cda(xml), NARRATIVE);
}

describe('a code', () => {
  it.each([
    ['<code code="11490-0" codeSystem="2.16.840.1.113883.6.1"/>', { coding: [LOINC] }],
    [
      '<code code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName=" Lettre\n de liaison "/>',
      { coding: [{ ...LOINC, display: 'Lettre de liaison' }], text: 'Lettre de liaison' },
    ],
    [
      '<code nullFlavor="OTH"><translation code="X" codeSystem="1.2.3" displayName="Autre"/></code>',
      { coding: [{ system: 'urn:oid:1.2.3', code: 'X', display: 'Autre' }], text: 'Autre' },
    ],
    [
      '<code code="11490-0" codeSystem="2.16.840.1.113883.6.1"><translation code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName="x"/><translation code="Y" codeSystem="1.2.3"/></code>',
      { coding: [LOINC, { system: 'urn:oid:1.2.3', code: 'Y' }], text: 'x' },
    ],
    ['<code nullFlavor="UNK"><originalText>Douleur</originalText></code>', { text: 'Douleur' }],
    ['<code code="EXTERNE" codeSystem="2.16.840.1.113883.5.4" displayName="Externe"/>', { text: 'Externe' }],
    ['<code code="TUTEUR" codeSystem="2.16.840.1.113883.5.111"/>', { text: 'TUTEUR' }],
    [
      '<code code="ORAL" codeSystem="2.16.840.1.113883.5.112"><translation code="PO" codeSystem="2.16.840.1.113883.5.112"/></code>',
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration', code: 'PO' }],
        text: 'ORAL',
      },
    ],
    [
      '<code nullFlavor="OTH"><originalText>10\u00a0mg\n  à\u202f8\u00a0h</originalText></code>',
      { text: '10\u00a0mg à\u202f8\u00a0h' },
    ],
    [
      '<code code="7" codeSystem="1.2.3" displayName=" Bilan\u00a0:\n  fin "/>',
      { coding: [{ system: 'urn:oid:1.2.3', code: '7', display: 'Bilan\u00a0: fin' }], text: 'Bilan\u00a0: fin' },
    ],
    ['<code code="LOCAL-7"/>', { text: 'LOCAL-7' }],
    ['<code code="7" codeSystem="pas un oid" displayName="Sept"/>', { text: 'Sept' }],
    ['<code displayName="Sept"/>', { text: 'Sept' }],
    [
      '<code code="7" codeSystem="1.2.3" codeSystemVersion="2" displayName="Fémur"><qualifier><name code="l"/><value code="g" displayName="gauche"/></qualifier></code>',
      { coding: [{ system: 'urn:oid:1.2.3', version: '2', code: '7', display: 'Fémur' }], text: 'Fémur (gauche)' },
    ],
  ])('gives codings that have a code, and the words: %s', (xml, expected) => {
    expect(read(xml)).toEqual(expected);
  });

  it.each([
    '<code nullFlavor="UNK"/>',
    '<code nullFlavor="UNK" code="X" codeSystem="1.2.3"/>',
    '<code/>',
    '<code code="" codeSystem="1.2.3" displayName=" "/>',
    '<code nullFlavor="UNK"><originalText nullFlavor="NI"/><translation nullFlavor="NI"/></code>',
    '<code nullFlavor="UNK"><originalText><reference value="#nulle-part"/></originalText></code>',
  ])('that says nothing is none: %s', (xml) => {
    expect(read(xml)).toBeUndefined();
  });

  it.each([
    ['#a', 'Fracture du fémur'],
    ['a', 'Fracture du fémur'],
    [' #row ', 'Doliprane 1 g par jour'],
    ['#old', 'gardé'],
  ])('has the words of the narrative that it refers to: %s', (value, text) => {
    expect(read(`<code><originalText><reference value="${value}"/></originalText></code>`)).toEqual({ text });
  });

  it('whose reference leads nowhere has its own words, else its label', () => {
    expect(read('<code><originalText>Ici<reference value="#z"/></originalText></code>')).toEqual({ text: 'Ici' });
    expect(read('<code displayName="Ici"><originalText><reference value="#z"/></originalText></code>')).toEqual({
      text: 'Ici',
    });
  });

  it('alone is a coding without its translations', () => {
    expect(readCoding(cda('<code code="1" codeSystem="1.2"><translation code="2" codeSystem="1.2"/></code>'))).toEqual({
      system: 'urn:oid:1.2',
      code: '1',
    });
    expect(readCoding(undefined)).toBeUndefined();
  });

  it.each([
    ['2.16.840.1.113883.6.96', 'http://snomed.info/sct'],
    ['2.16.840.1.113883.5.4', 'http://terminology.hl7.org/CodeSystem/v3-ActCode'],
    ['2.16.840.1.113883.5.999', 'urn:oid:2.16.840.1.113883.5.999'],
    ['urn:oid:2.999.4', 'urn:oid:2.999.4'],
    ['1.2.250.1.213.1.1.4.322', 'https://mos.esante.gouv.fr/NOS/TRE_R308-TAASIP/FHIR/TRE-R308-TAASIP'],
    ['http://snomed.info/sct', 'http://snomed.info/sct'],
    ['LOINC', undefined],
    ['', undefined],
    ['1.02', undefined],
  ])('names its system as FHIR does: %s', (oid, uri) => {
    expect(codeSystemUri(oid)).toBe(uri);
  });
});

describe('words', () => {
  it('in base64 are none', () => {
    expect(textIn(cda('<value representation="B64">QUJD</value>'), NARRATIVE)).toBe('');
    expect(textIn(undefined, NARRATIVE)).toBe('');
  });
});
