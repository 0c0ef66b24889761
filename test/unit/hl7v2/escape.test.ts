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
