import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { binaryPlace } from '../../src/message/binary.js';
import type { MessageFormat } from '../../src/message/message.js';
import { binaryPort } from '../../src/wire-binary.js';
import { metadataOf, xdmOf } from '../support/archive.js';
import { receiveSource } from '../support/admissions.js';
import { carrying, letter } from '../support/letters.js';

const PDF = '%PDF-1.4 essai';
const REPORT = readFileSync('mappings/examples/CDA/cda-report-pdf.xml', 'utf8');
const withFile = REPORT.replace(
  /<nonXMLBody>[\s\S]*<\/nonXMLBody>/,
  `<nonXMLBody><text mediaType="application/pdf" representation="B64">${Buffer.from(PDF).toString('base64')}</text></nonXMLBody>`,
);
const STYLESHEET = `<xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0">${letter().replace(/^<\?xml.*?\?>/, '')}</xsl:stylesheet>`;
const SECOND = letter({ id: '2.999.80.2', set: '2.999.82' });

/** A package of documents, which says of each what the document says. */
function packageOf(...texts: string[]): Buffer {
  const documents = texts.map((text) => {
    const [, uniqueId = ''] = /<id root="([^"]*)"/.exec(text) ?? [];
    const [, ins = ''] = /root="1\.2\.250\.1\.213\.1\.4\.10" extension="([^"]*)"/.exec(text) ?? [];
    return { bytes: Buffer.from(text), uniqueId, patientId: `${ins}^^^&1.2.250.1.213.1.4.10&ISO^NH` };
  });
  return xdmOf(documents, { metadata: metadataOf(documents, documents[0]?.patientId) });
}

/** What the port gives of a message, read to its end; undefined where it gives nothing. */
async function given(id: string, format: MessageFormat, bytes: Buffer | string, state = 'translated') {
  const whole = Buffer.from(bytes as string);
  const read = (messageId: string) => {
    if (messageId !== '7') return Promise.resolve(undefined);
    async function* halves(): AsyncGenerator<Buffer, void> {
      const middle = whole.length >> 1;
      for (const part of [whole.subarray(0, middle), whole.subarray(middle)]) yield await Promise.resolve(part);
    }
    return Promise.resolve({ source: 'dpi', format, state, length: whole.length, bytes: halves() });
  };
  const port = binaryPort({ openContent: read as never }, { sources: [receiveSource] });
  const place = binaryPlace(id);
  const content = place && (await port(place));
  if (content === undefined) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of content.bytes) pieces.push(piece);
  const text = Buffer.concat(pieces);
  expect(content.length).toBe(text.length);
  return [content.mediaType, text.toString()];
}

describe('the bytes of a document', () => {
  it('that came by itself are those that came', async () => {
    expect(await given('7.0', 'cda', letter())).toEqual(['text/xml', letter()]);
    expect(await given('7.0', 'cda', STYLESHEET)).toEqual(['application/xslt+xml', STYLESHEET]);
    expect(await given('7.0', 'fhir', '{"resourceType":"Bundle"}')).toEqual([
      'application/fhir+json',
      '{"resourceType":"Bundle"}',
    ]);
  });

  it('of a message are what its base64 holds, each under its number', async () => {
    const second = `OBR|2|||11490-0^x^LN|\rOBX|2|ED|11490-0^x^LN||^text^XML^Base64^${Buffer.from(SECOND).toString('base64')}||||||F|`;
    const message = carrying(letter(), { type: 'ORU', after: [second] });
    expect(await given('7.0', 'hl7v2', message)).toEqual(['text/xml', letter()]);
    expect(await given('7.1', 'hl7v2', message)).toEqual(['text/xml', SECOND]);
    expect(await given('7.2', 'hl7v2', message)).toBeUndefined();
  });

  it('of a package are the files that its METADATA names, each under its number', async () => {
    const archive = packageOf(letter(), SECOND);
    expect(await given('7.0', 'xdm', archive)).toEqual(['text/xml', letter()]);
    expect(await given('7.1', 'xdm', archive)).toEqual(['text/xml', SECOND]);
    expect(await given('7.2', 'xdm', archive)).toBeUndefined();
  });

  it.each([
    ['by itself', 'cda', withFile],
    ['in a message', 'hl7v2', carrying(withFile)],
    ['in a package', 'xdm', packageOf(withFile)],
  ] as [string, MessageFormat, Buffer | string][])(
    'with a file as body have that file too: %s',
    async (_, format, bytes) => {
      expect(await given('7.0.body', format, bytes)).toEqual(['application/pdf', PDF]);
    },
  );

  it.each([
    ['an id that names none', 'x', 'cda', letter()],
    ['a message that nobody kept', '8.0', 'cda', letter()],
    ['a second document of one', '7.1', 'cda', letter()],
    ['a second document of a Bundle', '7.1', 'fhir', '{}'],
    ['the file of a body that is structured', '7.0.body', 'cda', letter()],
    ['the file of a Bundle', '7.0.body', 'fhir', '{}'],
    ['a message that carries no documents', '7.0', 'hl7v2', 'MSH|^~\\&|A|B|||||ADT^A01|1|P|2.5'],
  ] as [string, string, MessageFormat, string][])('are none for %s', async (_, id, format, bytes) => {
    expect(await given(id, format, bytes)).toBeUndefined();
  });

  it('of a refused message are shown to nobody', async () => {
    expect(await given('7.0', 'cda', letter(), 'refused')).toBeUndefined();
    expect(await given('7.0.body', 'cda', withFile, 'refused')).toBeUndefined();
  });
});
