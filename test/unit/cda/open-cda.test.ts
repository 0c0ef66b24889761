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

  it('is refused by its size before it is read', () => {
    expect(() => openCda(Buffer.alloc(50 * 1024 * 1024, 0x41))).toThrow(/larger than/);
  });
});
