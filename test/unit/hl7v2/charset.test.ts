import { describe, expect, it } from '@jest/globals';
import { decodeText, encodeText } from '../../../src/hl7v2/charset.js';

const msh = (charset: string) => `MSH|^~\\&|A|B|C|D|20240306||ADT^A01|1|P|2.5||||||${charset}\rPID|1||7||`;
const bytes = (charset: string, name: Buffer) => Buffer.concat([Buffer.from(msh(charset)), name]);
const LATIN = Buffer.from([0x4c, 0xbd, 0x20, 0xa4, 0x20, 0xe9]);

describe('decodeText', () => {
  it('reads 8859/15, the euro and the French ligature included', () => {
    const read = decodeText(bytes('8859/15', LATIN), 'UNICODE UTF-8');
    expect(read.text.endsWith('Lœ € é')).toBe(true);
    expect([read.charset, read.warnings]).toEqual(['8859/15', []]);
  });

  it('reads the same bytes otherwise in 8859/1', () => {
    expect(decodeText(bytes('8859/1', LATIN), '8859/15').text.endsWith('L½ ¤ é')).toBe(true);
  });

  it('takes the first repetition of MSH-18', () => {
    expect(decodeText(bytes('UNICODE UTF-8~8859/1', Buffer.from('œ')), '8859/15').text.endsWith('œ')).toBe(true);
  });

  it.each(['unicode utf-8 ', 'UTF8', 'UNICODE UTF-8^x', 'UNICODE UTF-8|FR||2.11'])('knows %s', (written) => {
    expect(decodeText(bytes(written, Buffer.from('œ')), '8859/15')).toMatchObject({
      charset: 'UNICODE UTF-8',
      warnings: [],
    });
  });

  it.each(['constructor', '__proto__'])('takes %s for no name of a charset', (written) => {
    expect(decodeText(bytes(written, LATIN), '8859/15')).toMatchObject({
      charset: '8859/15',
      warnings: [expect.any(String)],
    });
  });

  it.each([
    ['8859/1', [0x44, 0x92, 0x4f, 0x20, 0x80, 0x20, 0x8c, 0x20, 0xe9], 'D’O € Œ é', '8859/1'],
    ['8859/15', [0x93, 0x61, 0x94, 0x20, 0xbd], '“a” œ', '8859/15'],
    ['', [0x96, 0x20, 0x85, 0xe8], '– …è', '8859/15'],
    ['UNICODE UTF-8', [0x44, 0xc2, 0x92, 0x4f, 0xc3, 0xa9], 'D’Oé', 'UNICODE UTF-8'],
    ['UNICODE UTF-8', [0xc2, 0x80, 0x20, 0xc2, 0x9c], '€ œ', 'UNICODE UTF-8'],
    ['ISO-8859-1', [0x8a, 0x9a, 0x8e, 0x9e], 'ŠšŽž', '8859/1'],
  ])('reads Windows-1252 in what is declared %s, with a warning', (declared, name, text, charset) => {
    const read = decodeText(bytes(declared, Buffer.from(name)), '8859/15');
    expect([read.text.endsWith(`|${text}`), read.charset]).toEqual([true, charset]);
    expect(read.warnings).toEqual([expect.stringContaining('Windows-1252')]);
  });

  it('warns twice of what is declared UTF-8, is not, and holds Windows-1252', () => {
    expect(decodeText(bytes('UNICODE UTF-8', Buffer.from([0x92, 0xe9])), '8859/15').warnings).toHaveLength(2);
  });

  it.each([
    ['8859/15', [0xbd, 0xe9], 'œé', '8859/15'],
    ['8859/1', [0xbd, 0xe9], '½é', '8859/1'],
    ['UNICODE UTF-8', [0xc5, 0x93], 'œ', 'UNICODE UTF-8'],
    ['ASCII', [0xa4], '€', '8859/15'],
    ['8859/15', [0xc3, 0xa9], 'é', 'UNICODE UTF-8'],
  ])(
    'reads what is declared ASCII and is not in the charset of the source, %s, with a warning',
    (own, name, text, used) => {
      const read = decodeText(bytes('ASCII', Buffer.from(name)), own);
      expect([read.text.endsWith(`|${text}`), read.charset]).toEqual([true, used]);
      expect(read.warnings).toEqual([expect.stringContaining('declared ASCII')]);
    },
  );

  it('believes ASCII where every byte is', () => {
    expect(decodeText(bytes('ASCII', Buffer.from('e')), '8859/15')).toMatchObject({ charset: 'ASCII', warnings: [] });
  });

  it.each([
    ['8859/1', 'LÉA d’Œuf 20 €'],
    ['8859/15', 'é'],
    ['8859/15~8859/1', 'MâCON'],
    ['ISO-8859-1', 'Ångström – Łódź'],
  ])('reads UTF-8 in what is declared %s, with a warning', (declared, name) => {
    const read = decodeText(bytes(declared, Buffer.from(name)), '8859/15');
    expect([read.text.endsWith(`|${name}`), read.charset]).toEqual([true, 'UNICODE UTF-8']);
    expect(read.warnings).toEqual([expect.stringContaining('UTF-8')]);
  });

  it.each([
    ['8859/15', [0x43, 0x41, 0x46, 0xc9, 0xae], 'CAFÉ®'],
    ['8859/1', [0xc3, 0xa9, 0x20, 0xe9], 'Ã© é'],
    ['8859/1', [0xd0, 0xb0], 'Ð°'],
  ])('believes %s where the bytes are no UTF-8 of our letters', (declared, name, text) => {
    const read = decodeText(bytes(declared, Buffer.from(name)), '8859/15');
    expect([read.text.endsWith(`|${text}`), read.charset, read.warnings]).toEqual([true, declared, []]);
  });

  it.each([
    ['EBCDIC', 'œ', '8859/15', 'œ', 'UNICODE UTF-8'],
    ['8859/2', 'Œ’', '8859/1', 'Œ’', 'UNICODE UTF-8'],
    ['latin1', [0xe9], '8859/1', 'é', '8859/1'],
    ['JIS', [0xe9], 'UNICODE UTF-8', 'é', '8859/15'],
  ])(
    'reads what is declared %s, which is not known, as if nothing were declared',
    (declared, name, own, text, used) => {
      const read = decodeText(bytes(declared, Buffer.from(name as string)), own);
      expect([read.text.endsWith(`|${text}`), read.charset]).toEqual([true, used]);
      expect(read.warnings[0]).toContain('not known');
    },
  );

  it('looks for MSH-18 in the header alone', () => {
    const text = `MSH|^~\\&|A|B|C|D|20240306||ADT^A01|1|P|2.5\rPID|||||||UNICODE UTF-8|UNICODE UTF-8|UNICODE UTF-8\r`;
    expect(decodeText(Buffer.concat([Buffer.from(text), LATIN]), '8859/15')).toMatchObject({
      charset: '8859/15',
      warnings: [],
    });
  });

  it('takes the charset of the source when none is declared', () => {
    expect(decodeText(bytes('', LATIN), '8859/15')).toMatchObject({ charset: '8859/15', warnings: [] });
  });

  it('warns of a charset that is not known and takes the one of the source', () => {
    const read = decodeText(bytes('EBCDIC', LATIN), '8859/15');
    expect(read.text.endsWith('Lœ € é')).toBe(true);
    expect(read.warnings).toHaveLength(1);
  });

  it('reads as 8859/15 what is declared UTF-8 and is not, with a warning free of content', () => {
    const read = decodeText(bytes('UNICODE UTF-8', LATIN), '8859/1');
    expect(read).toMatchObject({ charset: '8859/15', warnings: ['declared UTF-8 but is not; read as 8859/15'] });
    expect(read.text.endsWith('Lœ € é')).toBe(true);
  });

  it('drops a byte order mark and believes it', () => {
    const read = decodeText(Buffer.from(`\ufeff${msh('8859/1')}é`), '8859/15');
    expect(read.text.startsWith('MSH')).toBe(true);
    expect(read.text.endsWith('é')).toBe(true);
  });

  it('reads bytes that are no message', () => {
    for (const text of ['', 'MSH', 'MSH|']) expect(decodeText(Buffer.from(text), '8859/15').text).toBe(text);
  });
});

describe('encodeText', () => {
  it('writes each charset, and ? for what it cannot hold', () => {
    expect([...encodeText('œ€é漢', '8859/15')]).toEqual([0xbd, 0xa4, 0xe9, 0x3f]);
    expect([...encodeText('œ½', '8859/1')]).toEqual([0x3f, 0xbd]);
    expect([...encodeText('½', '8859/15')]).toEqual([0x3f]);
    expect([...encodeText('é', 'ASCII')]).toEqual([0x3f]);
    expect(encodeText('漢', 'UNICODE UTF-8').toString('utf8')).toBe('漢');
  });

  it('gives back every byte of 8859/15 that is no control character of its upper half', () => {
    const all = Buffer.from(
      Array.from({ length: 256 }, (_, byte) => byte).filter((byte) => byte < 0x80 || byte > 0x9f),
    );
    expect(encodeText(decodeText(all, '8859/15').text, '8859/15')).toEqual(all);
  });
});
