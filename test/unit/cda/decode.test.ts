import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decodeXml } from '../../../src/cda/decode.js';

const TEXT = '<a>Œdème, élévation, café : 12 €</a>';
const LATIN9 = { Œ: 0xbc, œ: 0xbd, '€': 0xa4 } as Record<string, number>;
const WINDOWS = { Œ: 0x8c, œ: 0x9c, '€': 0x80, '’': 0x92 } as Record<string, number>;

function bytesOf(text: string, differing: Record<string, number>): Buffer {
  return Buffer.from([...text].map((char) => differing[char] ?? char.codePointAt(0) ?? 0));
}

function declared(encoding: string, text = TEXT): string {
  return `<?xml version="1.0" encoding="${encoding}"?>${text}`;
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

describe('the encoding of a document', () => {
  it.each([
    ['UTF-8 without declaration', Buffer.from(TEXT)],
    ['UTF-8 with its mark', Buffer.from('\ufeff' + declared('UTF-8'))],
    ['UTF-8 in small letters', Buffer.from(declared('utf-8'))],
    ['UTF-16 little-endian with its mark', Buffer.from('\ufeff' + declared('UTF-16'), 'utf16le')],
    ['UTF-16 big-endian with its mark', utf16be('\ufeff' + declared('UTF-16'))],
    ['ISO-8859-15', bytesOf(declared('ISO-8859-15'), LATIN9)],
    ['Windows-1252', bytesOf(declared('windows-1252'), WINDOWS)],
    ['single quotes about its name', bytesOf(declared('ISO-8859-15').replaceAll('"', "'"), LATIN9)],
  ])('is read as it is declared: %s', (_, bytes) => {
    const { text, warnings } = decodeXml(bytes);
    expect(text.slice(text.indexOf('<a>'))).toBe(TEXT);
    expect(text.startsWith('\ufeff')).toBe(false);
    expect(warnings).toEqual([]);
  });

  it.each([
    ['declared ISO-8859-1, written UTF-8', Buffer.from(declared('ISO-8859-1'))],
    ['declared Windows-1252, written UTF-8', Buffer.from(declared('Windows-1252'))],
    ['declared UTF-16, written UTF-8', Buffer.from(declared('utf-16'))],
    ['marked UTF-8, declared ISO-8859-15', Buffer.from('\ufeff' + declared('ISO-8859-15'))],
    ['marked UTF-16, declared UTF-8', Buffer.from('\ufeff' + declared('UTF-8'), 'utf16le')],
    ['UTF-16 without its mark', Buffer.from(declared('UTF-16'), 'utf16le')],
    ['UTF-16 big-endian without its mark', utf16be(declared('UTF-16'))],
    ['declared ISO-8859-1, written Windows-1252', bytesOf(declared('ISO-8859-1'), WINDOWS)],
    ['Windows-1252 taken for ISO-8859-1 on the way to UTF-8', Buffer.from(bytesOf(TEXT, WINDOWS).toString('latin1'))],
  ])('is read as what it can only be, with a warning: %s', (_, bytes) => {
    const { text, warnings } = decodeXml(bytes);
    expect(text.slice(text.indexOf('<a>'))).toBe(TEXT);
    expect(warnings).toHaveLength(1);
  });

  it.each(['&#146;', '&#x92;', '&#0150;', '&#X0080;'.toLowerCase(), '&#159;'])(
    'warns of %s, a number of Windows-1252',
    (reference) => {
      expect(decodeXml(Buffer.from(`<a>${reference}</a>`)).warnings).toHaveLength(1);
      expect(decodeXml(Buffer.from(`<a b="${reference}"/>`)).warnings).toHaveLength(1);
    },
  );

  it.each(['&#127;', '&#160;', '&#x2019;', '&#1280;', '&amp;#146'])('does not warn of %s', (reference) => {
    expect(decodeXml(Buffer.from(`<a>${reference}</a>`)).warnings).toEqual([]);
  });

  it.each([
    ['declared UTF-8, written ISO-8859-1', bytesOf(declared('UTF-8'), LATIN9), /not UTF-8/],
    ['declared nothing, written ISO-8859-1', bytesOf(TEXT, LATIN9), /not UTF-8/],
    ['cut within a character', Buffer.from('<a>é').subarray(0, 4), /not UTF-8/],
    [
      'of two encodings',
      Buffer.concat([Buffer.from(declared('ISO-8859-1', '<a>é')), Buffer.from('é ou</a>', 'latin1')]),
      /more than one encoding/,
    ],
    ['with bytes that Windows-1252 has not', Buffer.from(declared('Windows-1252', '<a>\x81</a>'), 'latin1'), /not of/],
    ['UTF-16 cut within a character', Buffer.from('\ufeff<a/>', 'utf16le').subarray(0, 9), /ends within/],
    ['UTF-16 with half a pair', Buffer.from('\ufeff<a>\ud83d</a>', 'utf16le'), /not UTF-16/],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0]), /UTF-32/],
    ['empty', Buffer.alloc(0), /empty/],
    ['declared text/xml', Buffer.from(declared('text/xml')), /text\/xml/],
    ['declared UTF-7', Buffer.from(declared('UTF-7')), /UTF-7/],
    ['marked UTF-8, declared of no encoding at all', Buffer.from('\ufeff' + declared('martien')), /martien/],
  ])('is refused where nothing is sure: %s', (_, bytes, reason) => {
    expect(() => decodeXml(bytes)).toThrow(reason);
    expect(() => decodeXml(bytes)).toThrow(expect.objectContaining({ code: 'document-unreadable' }));
  });

  it.each(['LIBERTÉ\xa0: non', '«\xa0le café\xa0»', 'É'])('is not taken for UTF-8 by chance: %s', (text) => {
    expect(decodeXml(Buffer.from(declared('ISO-8859-1', text), 'latin1')).text).toBe(declared('ISO-8859-1', text));
  });

  it.each(['α-bloquant', '5 µg', 'l’œil', 'Šimůnek', '10 °C', 'Ελένη'])(
    'is UTF-8 where only UTF-8 makes letters of it: %s',
    (text) => {
      expect(decodeXml(Buffer.from(declared('ISO-8859-1', text))).text).toBe(declared('ISO-8859-1', text));
    },
  );

  it('never gives another text than was written, nor U+FFFD, whatever the words and the encoding', () => {
    const chars = fc.stringMatching(/^[A-Za-z0-9 éèêàâùûçîïôÉÈÀÇ.,;:'()-]{0,40}$/);
    const how = fc.constantFrom('utf8', 'utf16le', 'latin1' as const);
    const names = fc.constantFrom('UTF-8', 'UTF-16', 'ISO-8859-1', 'ISO-8859-15', 'Windows-1252');
    fc.assert(
      fc.property(chars, how, names, (words, written, name) => {
        const whole = declared(name, `<a>${words}</a>`);
        let text: string;
        try {
          text = decodeXml(Buffer.from(whole, written)).text;
        } catch (error) {
          expect(error).toMatchObject({ code: 'document-unreadable' });
          return;
        }
        expect(text).toBe(whole);
      }),
      { numRuns: 500 },
    );
  });

  it('quotes no more of the document than the form of a name', () => {
    const bytes = Buffer.from(declared('MME DUPONT é née le 12'));
    expect(() => decodeXml(bytes)).toThrow('the encoding MME?DUPONT????n??e?le?12 is not read');
  });
});
