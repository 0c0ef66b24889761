import { describe, expect, it } from '@jest/globals';
import { openCda } from '../../../src/cda/open-cda.js';

const DOCUMENT = '<ClinicalDocument xmlns="urn:hl7-org:v3"><title>é</title></ClinicalDocument>';
const XSL = 'xmlns:xsl="http://www.w3.org/1999/XSL/Transform"';

describe('a CDA document', () => {
  it('is opened with its hash over the bytes as they came', () => {
    const bytes = Buffer.from(`\ufeff<?xml version="1.0"?>\r\n${DOCUMENT}`);
    const opened = openCda(bytes);
    expect(opened.root.name).toBe('ClinicalDocument');
    expect(opened).toMatchObject({ format: 'cda', part: 0, mediaType: 'text/xml', warnings: [] });
    expect(opened.carriage).toEqual({ replaces: [], masks: [] });
    expect(opened.bytes).toBe(bytes);
    expect(opened.sha1).toMatch(/^[0-9a-f]{40}$/);
    expect(opened.sha1).not.toBe(openCda(Buffer.from(DOCUMENT)).sha1);
  });

  it('that presents itself is taken out of its stylesheet, which is never run', () => {
    const stylesheet = `<xsl:stylesheet ${XSL} version="1.0"><xsl:variable name="d">${DOCUMENT}</xsl:variable><xsl:template match="/"><xsl:value-of select="document('/etc/passwd')"/></xsl:template></xsl:stylesheet>`;
    const opened = openCda(Buffer.from(stylesheet));
    expect(opened.root.children).toHaveLength(1);
    expect(opened.mediaType).toBe('application/xslt+xml');
  });

  it.each([
    ['another root', '<Bundle xmlns="http://hl7.org/fhir"/>', /root element/],
    ['a root of no namespace', '<ClinicalDocument/>', /root element/],
    ['a stylesheet without document', `<xsl:stylesheet ${XSL}/>`, /carries 0/],
    ['a stylesheet with two', `<xsl:stylesheet ${XSL}>${DOCUMENT}${DOCUMENT}</xsl:stylesheet>`, /carries 2/],
    ['bytes that are a zip', 'PK\x03\x04', /not well-formed/],
  ])('is refused: %s', (_, text, reason) => {
    expect(() => openCda(Buffer.from(text))).toThrow(reason);
  });

  it('is refused where its header names people by the thousand, and read where its body is as large', () => {
    const many = '<participant><associatedEntity/></participant>'.repeat(2600);
    const open = (content: string) =>
      openCda(Buffer.from(`<ClinicalDocument xmlns="urn:hl7-org:v3">${content}</ClinicalDocument>`));
    expect(() => open(many)).toThrow(/header/);
    expect(() => open(many.slice(0, many.length / 2))).not.toThrow();
    expect(() => open(`<component><structuredBody>${many}</structuredBody></component>`)).not.toThrow();
  });

  it('warns where the file of its body cannot be read', () => {
    const warnings = (text: string) =>
      openCda(
        Buffer.from(
          `<ClinicalDocument xmlns="urn:hl7-org:v3"><component><nonXMLBody>${text}</nonXMLBody></component></ClinicalDocument>`,
        ),
      ).warnings.length;
    expect(warnings('<text representation="B64">QUJD</text>')).toBe(0);
    expect(warnings('<text representation="B64">@@</text>')).toBe(1);
    expect(warnings('<text><reference value="CR.pdf"/></text>')).toBe(1);
    expect(warnings('')).toBe(1);
  });

  it('is refused by its size before it is read', () => {
    expect(() => openCda(Buffer.alloc(50 * 1024 * 1024, 0x41))).toThrow(/larger than/);
  });
});
