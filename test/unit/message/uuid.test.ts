import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resourceId, uuid5 } from '../../../src/message/uuid.js';

describe('a name-based id', () => {
  it('is a UUID of version 5, the same for the same name for ever', () => {
    expect(uuid5('Encounter|urn:oid:2.999|V1')).toBe('08c5016d-7c65-5b3a-9e48-ca5a4096535f');
    expect(resourceId('Encounter', 'urn:oid:2.999|V1')).toBe(uuid5('Encounter|urn:oid:2.999|V1'));
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        expect(uuid5(name)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
      }),
    );
  });

  it('is what the standard says of names of any length and script', () => {
    const namespace = Buffer.from('6f0c5e0e1f0d5b8e9a3b7c1d2e4f6a80', 'hex');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 600 }), (name) => {
        const sha1 = createHash('sha1').update(namespace).update(name, 'utf8').digest();
        const id = Buffer.from(uuid5(name).replaceAll('-', ''), 'hex');
        sha1[6] = (sha1.readUInt8(6) & 0x0f) | 0x50;
        sha1[8] = (sha1.readUInt8(8) & 0x3f) | 0x80;
        expect(id).toEqual(sha1.subarray(0, 16));
      }),
    );
  });

  it('stays the same when thousands of others were asked for in between', () => {
    const before = resourceId('Patient', 'urn:oid:2.999|A');
    for (let n = 0; n < 5000; n++) resourceId('Patient', `urn:oid:2.999|${String(n)}`);
    expect(resourceId('Patient', 'urn:oid:2.999|A')).toBe(before);
  });
});
