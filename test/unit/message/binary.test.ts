import { describe, expect, it } from '@jest/globals';
import { binaryId, binaryPlace, bodyBinaryId } from '../../../src/message/binary.js';

describe('the id of a Binary', () => {
  it('says of which message it is, and which of its documents', () => {
    expect(binaryPlace(binaryId('915003172863803392', 2))).toEqual({ messageId: '915003172863803392', part: 2 });
  });

  it('says whether the file of its body is meant', () => {
    expect(binaryPlace(bodyBinaryId('12', 0))).toEqual({ messageId: '12', part: 0, body: true });
  });

  it('is an id as R4 has it', () => {
    expect(binaryId('9223372036854775807', 9999)).toMatch(/^[A-Za-z0-9.-]{1,64}$/);
  });

  it.each([
    '',
    '12',
    '12.',
    '.1',
    '012.1',
    '12.01',
    '12.-1',
    '12.1.1',
    '12.a',
    '99999999999999999999.0',
    '12.0\n',
    '12.0.bodies',
    '12.body',
  ])('is not %j', (id) => {
    expect(binaryPlace(id)).toBeUndefined();
  });
});
