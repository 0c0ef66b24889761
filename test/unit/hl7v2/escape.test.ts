import { describe, expect, it } from '@jest/globals';
import { escape, STANDARD_DELIMITERS, unescape } from '../../../src/hl7v2/escape.js';

const decode = (text: string) => unescape(text, STANDARD_DELIMITERS);

describe('unescape', () => {
  it('decodes the five marks', () => {
    expect(decode('a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f')).toBe('a|b^c&d~e\\f');
  });

  it('gives the marks that the message declares', () => {
    expect(unescape('a!F!b!R!c', { field: '#', component: '*', repetition: '+', escape: '!', subcomponent: '@' })).toBe(
      'a#b+c',
    );
  });

  it('reads an escaped escape beside a letter once only', () => {
    expect(decode('\\E\\F\\E\\')).toBe('\\F\\');
  });

  it('decodes hexadecimal, accented bytes included', () => {
    expect(decode('\\X0D0A\\\\XE9\\')).toBe('\r\né');
  });

  it.each([
    ['UNICODE UTF-8', '\\XC3A9\\', 'é'],
    ['UNICODE UTF-8', '\\XC3\\\\XA9\\', 'é'],
    ['UNICODE UTF-8', '\\XE2809C\\x\\XE2\\\\X80\\\\X9D\\', '“x”'],
    ['UNICODE UTF-8', 'M\\XC3A2\\CON', 'MâCON'],
    ['UNICODE UTF-8', '\\XC3\\ \\XA9\\', 'Ã ©'],
    ['UNICODE UTF-8', '\\XE9\\\\XC3A9\\', 'éé'],
    ['UNICODE UTF-8', '\\XC292\\', '’'],
    ['8859/15', '\\XE9\\\\XA4\\\\XBD\\', 'é€œ'],
    ['8859/15', '\\XC3A9\\', 'Ã©'],
    ['8859/15', '\\X92\\\\X8C\\', '’Œ'],
    ['8859/1', '\\XA4\\\\XE8\\', '¤è'],
    ['8859/1', '\\X80\\', '€'],
    ['ASCII', '\\X41\\\\XE9\\', 'Aé'],
  ])('reads the bytes of an escape in %s: %s', (charset, text, value) => {
    expect(unescape(text, STANDARD_DELIMITERS, charset)).toBe(value);
  });

  it.each(['UNICODE UTF-8', '8859/1', '8859/15'])('reads a byte behind 00 as UTF-16, in %s', (charset) => {
    const read = (text: string) => unescape(text, STANDARD_DELIMITERS, charset);
    expect(read('all\\X00E9\\e')).toBe('allée');
    expect(read('\\X000D\\\\X000A\\')).toBe('\r\n');
    expect(read('\\X00C900E900A4\\')).toBe('Éé¤');
    expect(read('\\X4100E842\\')).toBe('AèB');
    expect(read('a\\X00\\b')).toBe('a\0b');
  });

  it('reads long runs of escapes in a time that grows with their length alone', () => {
    const started = performance.now();
    expect(decode('\\X41\\'.repeat(200_000))).toHaveLength(200_000);
    expect(decode(`\\X${'0041'.repeat(500_000)}\\`)).toHaveLength(500_000);
    expect(decode('\\X4\\'.repeat(200_000))).toHaveLength(800_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('makes line ends of formatting and drops highlighting', () => {
    expect(decode('a\\.br\\b\\.sp2\\c\\H\\d\\N\\e')).toBe('a\nb\ncde');
  });

  it('leaves what is no escape as it is', () => {
    for (const text of ['C:\\dir', 'a\\', '\\\\', '\\Q\\', '\\X0\\', '\\XZZ\\', '\\C2842\\', '\\Zab\\'])
      expect(decode(text)).toBe(text);
  });

  it('decodes an escape that follows a lone mark', () => {
    expect(decode('C:\\dir\\F\\x')).toBe('C:\\dir|x');
  });
});

describe('escape', () => {
  it('escapes the marks and the line ends', () => {
    expect(escape('a|b^c&d~e\\f\r\n')).toBe('a\\F\\b\\S\\c\\T\\d\\R\\e\\E\\f\\X0D\\\\X0A\\');
  });
});
