import { describe, expect, it } from '@jest/globals';
import { parse } from '../../../../src/hl7v2/parse.js';
import { carriedDocuments } from '../../../../src/translate/hl7v2/message-documents.js';
import { carrying, letter } from '../../../support/letters.js';

const TRAITS = 'ESSAI-LETTRE^ODETTE^ODETTE^^^^L||19540612|F';

describe('what a message says beside its document', () => {
  it.each([
    ['VALI', 'VALI'],
    ['PROV~DOUT', 'PROV'],
    ['', undefined],
    ['""', undefined],
  ])('is how far its identity is trusted, by PID-32: %s', (pid32, reliability) => {
    for (const type of ['MDM', 'ORU'] as const) {
      const message = parse(carrying(letter(), { type, traits: `${TRAITS}${'|'.repeat(24)}${pid32}` }));
      expect(carriedDocuments(message, 'UTC').map(({ carriage }) => carriage.reliability)).toEqual([reliability]);
    }
  });
});
