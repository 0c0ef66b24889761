import { describe, expect, it } from '@jest/globals';
import { nearest } from '../../../src/config/nearest.js';

describe('the word that was most likely meant', () => {
  const words = ['any', 'PCP', 'PROV', 'ATTPHYS', 'NOK', 'authorizationEnv', 'TDU_PUBLIC_URL', 'S', '10', '11'];

  it.each([
    ['a letter too many', 'PCPP', 'PCP'],
    ['a letter too few', 'ATTPHY', 'ATTPHYS'],
    ['another letter', 'NOC', 'NOK'],
    ['another case', 'Any', 'any'],
    ['two letters in the wrong order', 'TDU_PUBLIC_ULR', 'TDU_PUBLIC_URL'],
    ['the beginning alone', 'authorization', 'authorizationEnv'],
    ['a letter in place of a digit', '1O', '10'],
  ])('is found by %s', (_, text, word) => {
    expect(nearest(text, words)).toBe(word);
  });

  it.each(['X', 'doctor', '', '42', 'TDU_SEED', 'PRES'])('is none for «%s»', (text) => {
    expect(nearest(text, words)).toBeUndefined();
  });
});
