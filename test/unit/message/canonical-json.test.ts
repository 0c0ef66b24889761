import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { asciiJson, canonicalJson } from '../../../src/message/canonical-json.js';

describe('canonical JSON', () => {
  const sorted = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value;

  it('is JSON with its keys in order, for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const json = canonicalJson(value);
        expect(json).toMatch(/^[\x20-\x7e]*$/);
        expect(JSON.stringify(JSON.parse(json))).toBe(JSON.stringify(value, sorted));
      }),
      { numRuns: 500 },
    );
  });

  it('is the same whatever the order in which a value was built', () => {
    expect(canonicalJson({ b: [{ d: 1, c: undefined }], a: 'é"\\\n' })).toBe('{"a":"\\u00e9\\"\\\\\\n","b":[{"d":1}]}');
    expect(canonicalJson([undefined, null, true, 1.5])).toBe('[null,null,true,1.5]');
  });

  it('is in ASCII: what lies beyond is escaped, a pair of surrogates as two', () => {
    expect(asciiJson('{"a":"l’été 😀","b":1}')).toBe('{"a":"l\\u2019\\u00e9t\\u00e9 \\ud83d\\ude00","b":1}');
    expect(asciiJson('{"a":"b"}')).toBe('{"a":"b"}');
  });
});
