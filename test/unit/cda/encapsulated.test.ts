import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { decodeBase64, readBytes } from '../../../src/cda/encapsulated.js';
import { cda } from '../../support/cda.js';

describe('base64', () => {
  it('is read folded, indented, with blanks in its padding, and without it', () => {
    const blanks = fc.array(fc.constantFrom('', ' ', '\r\n', '\n\t\t', '\t'), { minLength: 8, maxLength: 8 });
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), blanks, fc.boolean(), (array, between, padded) => {
        const bytes = Buffer.from(array);
        const text = padded ? bytes.toString('base64') : bytes.toString('base64').replace(/=+$/, '');
        const folded = [...text].map((char, index) => char + (between[index % 8] ?? '')).join('');
        expect(decodeBase64(folded)).toEqual(bytes);
      }),
    );
  });

  it.each(['QUJ', 'QUI', 'QUI= '])('may lack its padding, or hold a blank in it: %s', (text) => {
    expect(decodeBase64(text)?.toString('latin1')).toMatch(/^AB?/);
  });

  it.each([
    'Q',
    'QUJDR',
    'QUJ=D',
    'QU=',
    'QUJD=',
    'QUI==',
    'Q===',
    '====',
    'QU-_',
    'QUJD!',
    'Voir le document, ci-joint',
    'QUJ\u00e9',
  ])('is refused as soon as anything else is in it: %s', (text) => {
    expect(decodeBase64(text)).toBeUndefined();
  });

  it('of 6 MB is read in a moment', () => {
    const bytes = Buffer.alloc(6_000_000, 7);
    const folded = bytes.toString('base64').replace(/.{76}/g, '$&\r\n');
    expect(decodeBase64(folded)?.equals(bytes)).toBe(true);
    expect(decodeBase64(`${'A'.repeat(8_000_000)}!`)).toBeUndefined();
  });
});

describe('a body in base64', () => {
  const text = (content: string, attributes = 'representation="B64" mediaType="text/plain"') =>
    readBytes(cda(`<text ${attributes}>${content}</text>`));

  it('is its bytes, of the kind that they say they are', () => {
    const pdf = Buffer.from('%PDF-1.7 x');
    expect(text(`\n  ${pdf.toString('base64')}\n`)).toEqual({ bytes: pdf, mediaType: 'application/pdf' });
    expect(text(Buffer.from('Bonjour').toString('base64'))).toMatchObject({ mediaType: 'text/plain' });
    expect(text('QUJD', 'representation="B64"')).toMatchObject({ mediaType: 'application/octet-stream' });
  });

  it('is malformed or empty', () => {
    expect(text('Voir le document, ci-joint')).toBe('malformed');
    expect(text('  ')).toBeUndefined();
    expect(text('QUJD', 'representation="B64" nullFlavor="UNK"')).toBeUndefined();
    expect(text('<reference value="CR.pdf"/>', 'mediaType="application/pdf"')).toBeUndefined();
  });

  it.each([
    ['DF', deflateRawSync],
    ['ZL', deflateSync],
    ['GZ', gzipSync],
  ])('is unpacked: %s', (algorithm, pack) => {
    const pdf = Buffer.from('%PDF-1.4 packed');
    const packed = `representation="B64" mediaType="application/pdf" compression="${algorithm}"`;
    expect(text(pack(pdf).toString('base64'), packed)).toEqual({ bytes: pdf, mediaType: 'application/pdf' });
    expect(text(pack(pdf).subarray(0, 12).toString('base64'), packed)).toBe('malformed');
    expect(text(pack(Buffer.alloc(40_000_000)).toString('base64'), packed)).toBe('malformed');
  });

  it('is malformed where it is packed in a way that nobody names', () => {
    expect(text('QUJD', 'representation="B64" compression="Z"')).toBe('malformed');
  });

  it.each([
    ['', 'text/plain; charset=UTF-8'],
    ['representation="TXT" mediaType="text/plain"', 'text/plain; charset=UTF-8'],
    ['mediaType="text/html"', 'text/html; charset=UTF-8'],
  ])('that is no base64 is the text itself: %s', (attributes, mediaType) => {
    expect(text('Déjà &amp; bientôt', attributes)).toEqual({ bytes: Buffer.from('Déjà & bientôt'), mediaType });
  });

  it.each([
    ['a representation in small letters', 'representation="b64" mediaType="application/pdf"'],
    ['none at all', 'mediaType="application/pdf"'],
  ])('of a type that is no text is read with %s', (_, attributes) => {
    expect(text('JVBERi0x', attributes)).toEqual({ bytes: Buffer.from('%PDF-1'), mediaType: 'application/pdf' });
  });

  it.each(['appli cation/x', 'pdf', '', 'a/b/c', '/'])('declared as %j is of a type that nobody knows', (declared) => {
    const attributes = `representation="B64" mediaType="${declared}"`;
    expect(text('QUJD', attributes)).toMatchObject({ mediaType: 'application/octet-stream' });
  });
});
