import { describe, expect, it } from '@jest/globals';
import { parse } from '../../../src/hl7v2/parse.js';
import { writeComponents, writeMessage, writeSegment } from '../../../src/hl7v2/write.js';

describe('writeMessage', () => {
  it('writes what parse reads', () => {
    const name = writeComponents('DUPONT|FILS', 'Jean', '');
    const text = writeMessage([writeSegment('MSH', { 3: 'APP', 10: '42' }), writeSegment('PID', { 5: name, 8: '' })]);
    expect(text).toBe('MSH|^~\\&|APP|||||||42\rPID|||||DUPONT\\F\\FILS^Jean\r');
    expect(parse(text).value('PID-5')).toBe('DUPONT|FILS');
    expect(parse(text).value('MSH-10')).toBe('42');
  });

  it('writes a segment without fields', () => {
    expect(writeSegment('ZZZ', {})).toBe('ZZZ');
  });
});
