import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readSettings } from '../../src/config/load.js';
import { checkMappings } from '../../src/config/mapping-files.js';
import { ruleFaults } from '../../src/config/rule-checks.js';
import { vocabularyOf } from '../../src/translate/vocabulary.js';

const folder = mkdtempSync(join(tmpdir(), 'tdu-config-property-'));
const file = join(folder, 'gateway.yaml');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const SAMPLE = readFileSync('config/demo.yaml', 'utf8');
const { mappings } = checkMappings();
const vocabulary = vocabularyOf(mappings === undefined ? [] : [mappings]);

/** A slip of the pen: letters taken out at a place, and others put there. */
const slip = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  out: fc.integer({ min: 0, max: 12 }),
  in: fc.oneof(
    fc.constantFrom(
      '\t',
      '\n',
      '{',
      '}',
      '[',
      ']',
      ':',
      ': ',
      ', ',
      '- ',
      "'",
      '"',
      '#',
      '&a ',
      '*a',
      '!x ',
      '<<: ',
      '|',
      '~',
      '\r',
      '\uFEFF',
      '\0',
      'é',
    ),
    fc.string({ maxLength: 4 }),
  ),
});

function slipped(text: string, { at, out, in: put }: { at: number; out: number; in: string }): string {
  const place = Math.floor(at * text.length);
  return text.slice(0, place) + put + text.slice(place + out);
}

describe('a configuration with slips of the pen', () => {
  it('is read, or refused with a line and a remedy for every fault; nothing breaks', () => {
    fc.assert(
      fc.property(fc.array(slip, { minLength: 1, maxLength: 4 }), (slips) => {
        writeFileSync(file, slips.reduce(slipped, SAMPLE));
        const read = readSettings({ TDU_CONFIG: file });
        const faults = [
          ...('faults' in read ? read.faults : []),
          ...(read.file === undefined ? [] : ruleFaults(read.file, vocabulary)),
        ];
        for (const { code, line, remedy, file: path } of faults) {
          expect([code, path]).toEqual(['config-invalid', file]);
          expect(line).toBeGreaterThan(0);
          expect(remedy).toBeTruthy();
        }
        if ('faults' in read) expect(read.faults.length).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});
