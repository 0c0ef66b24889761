import { describe, expect, it } from '@jest/globals';
import { identifierOf, keyOf } from '../../../src/cda/instance-identifier.js';

describe('an instance identifier', () => {
  it('is a number of the system that its root is', () => {
    expect(keyOf({ root: '2.999.71.1', extension: '0012' })).toBe('urn:oid:2.999.71.1|0012');
  });

  it('is the root itself where it has no extension', () => {
    expect(identifierOf({ root: '2.999.71.5', extension: '' })).toEqual({
      system: 'urn:ietf:rfc:3986',
      value: 'urn:oid:2.999.71.5',
    });
  });

  it('is one number however its UUID is spelled', () => {
    const lower = keyOf({ root: '6f0c5e0e-1f0d-4b8e-9a3b-7c1d2e4f6a80', extension: ' ' });
    expect(keyOf({ root: ' 6F0C5E0E-1F0D-4B8E-9A3B-7C1D2E4F6A80', extension: '' })).toBe(lower);
  });

  it.each(['', 'HOPITAL', '2.999.', '2.0999', '3.1', '2.999.71 .1'])('is none where the root is %j', (root) => {
    expect(keyOf({ root, extension: '12' })).toBeUndefined();
  });

  it.each(['12\t', '1\u00012', '\u007f12', '1\n2'].map((value) => `A${value}B`))(
    'is none where it holds a control character: %j',
    (extension) => {
      expect(keyOf({ root: '2.999', extension })).toBeUndefined();
    },
  );

  it('of no end is none: no index takes it', () => {
    expect(identifierOf({ root: `2.999${'.1'.repeat(100)}`, extension: '' })).toBeDefined();
    expect(identifierOf({ root: `2.999${'.1'.repeat(5000)}`, extension: '' })).toBeUndefined();
    expect(identifierOf({ root: '2.999', extension: 'A'.repeat(300) })).toBeUndefined();
  });
});
