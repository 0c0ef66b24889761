import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { instantOf, readDate, readInstant, readTime, readTimestamp } from '../../../src/cda/time.js';
import { toDate } from '../../../src/hl7v2/datetime.js';
import { cda } from '../../support/cda.js';

const PARIS = 'Europe/Paris';
const CLOCK = { zone: PARIS };
const ts = (value: string) => cda(`<time value="${value}"/>`);

describe('a time', () => {
  it.each([
    ['2025', '2025'],
    ['202506', '2025-06'],
    ['20250603', '2025-06-03'],
    ['20250603+0200', '2025-06-03'],
    ['19480500', '1948-05'],
    ['19480000', '1948'],
    ['2025060314', '2025-06-03T14:00:00+02:00'],
    ['202506031412', '2025-06-03T14:12:00+02:00'],
    ['20250603141205', '2025-06-03T14:12:05+02:00'],
    ['20251203141205', '2025-12-03T14:12:05+01:00'],
    ['20250603141205.25', '2025-06-03T14:12:05.25+02:00'],
    ['202101040735+0100', '2021-01-04T07:35:00+01:00'],
    ['20210104073500-0500', '2021-01-04T07:35:00-05:00'],
    ['20210104073500Z', '2021-01-04T07:35:00Z'],
    ['20210104073500+02', '2021-01-04T07:35:00+02:00'],
    [' 20250603 ', '2025-06-03'],
  ])('is as exact as it was given, with an offset wherever it is of a day: %s', (value, expected) => {
    expect(readTime(ts(value), CLOCK)).toBe(expected);
  });

  it.each([
    ['202506032400', '2025-06-04T00:00:00+02:00'],
    ['20251231240000+0100', '2026-01-01T00:00:00+01:00'],
    ['20240228240000', '2024-02-29T00:00:00+01:00'],
    // Midnight of the day after clocks changed.
    ['202503302400', '2025-03-31T00:00:00+02:00'],
  ])('at 24:00 is midnight of the next day: %s', (value, expected) => {
    expect(readTime(ts(value), CLOCK)).toBe(expected);
  });

  it.each([
    ['202510260230', '2025-10-26T02:30:00+02:00'],
    ['202510260130', '2025-10-26T01:30:00+02:00'],
    ['202510260300', '2025-10-26T03:00:00+01:00'],
    ['202503300230', '2025-03-30T02:30:00+01:00'],
    ['202503300330', '2025-03-30T03:30:00+02:00'],
  ])('in the hours of a change of clocks has the earlier offset: %s', (value, expected) => {
    expect(readTime(ts(value), CLOCK)).toBe(expected);
  });

  it.each([
    'hier',
    '2025-06-03',
    '20251301',
    '20250231',
    '20250603 1412',
    '202506032500',
    '202506032401',
    '202506031460',
    '20250603141260',
    '20250603141205+1500',
    '20250603141205+0160',
    '2025060',
    '20250600141205',
    '0000',
    '2025060314120500',
  ])('that cannot be read is told apart from none: %s', (value) => {
    expect(readTime(ts(value), CLOCK)).toBe('malformed');
  });

  it('that is not given is none', () => {
    expect(readTime(undefined, CLOCK)).toBeUndefined();
    expect(readTime(cda('<time nullFlavor="UNK"/>'), CLOCK)).toBeUndefined();
    expect(readTime(ts(''), CLOCK)).toBeUndefined();
    expect(readTime(cda('<time nullFlavor="MSK" value="20250603"/>'), CLOCK)).toBeUndefined();
  });

  it.each(['2099', '20991231', '210001010000', '99991231'])('that says that there is no end is none: %s', (value) => {
    expect(readTime(ts(value), CLOCK)).toBeUndefined();
    expect(readInstant(value, CLOCK)).toBeUndefined();
  });

  it.each([
    [
      'has the offset of its document, where the zone never has it',
      { offset: '-04:00' },
      '202506031412',
      '14:12:00-04:00',
    ],
    ['has its own offset before that', { offset: '-04:00' }, '202506031412+0300', '14:12:00+03:00'],
    [
      'is the later of two, where that was before the document',
      { notAfter: '2025-10-26T04:00:00+01:00' },
      '202510260230',
      '02:30:00+01:00',
    ],
    [
      'is the earlier of two, where the later was not',
      { notAfter: '2025-10-26T02:40:00+02:00' },
      '202510260230',
      '02:30:00+02:00',
    ],
  ])('without an offset %s', (_, clock, value, time) => {
    expect(readTimestamp(value, { ...CLOCK, ...clock })?.slice(11)).toBe(time);
  });

  it.each([
    ['19470612', '1947-06-12'],
    ['194706121530', '1947-06-12'],
    ['19470600', '1947-06'],
    ['19470231', '1947-02'],
    ['1947', '1947'],
    ['19471301', 'malformed'],
    ['19470632', 'malformed'],
    ['juin', 'malformed'],
    ['', undefined],
  ])('as a date is a day at most, as in HL7 v2: %s', (value, expected) => {
    expect(readDate(value)).toBe(expected);
    if (value !== '') expect(toDate(value) ?? 'malformed').toBe(expected);
  });

  it.each([
    ['20250603', '2025-06-03T00:00:00+02:00'],
    ['202506031412', '2025-06-03T14:12:00+02:00'],
    ['202506', 'malformed'],
    ['2025', 'malformed'],
    ['hier', 'malformed'],
  ])('as an instant says its day at least: %s', (value, expected) => {
    expect(readInstant(value, CLOCK)).toBe(expected);
  });

  it('as an instant is its first', () => {
    expect(instantOf('2025', PARIS)).toBe('2025-01-01T00:00:00+01:00');
    expect(instantOf('2025-06', PARIS)).toBe('2025-06-01T00:00:00+02:00');
    expect(instantOf('2025-06-03T14:12:00+02:00', PARIS)).toBe('2025-06-03T14:12:00+02:00');
    expect(instantOf('2025-06-03', 'Indian/Reunion')).toBe('2025-06-03T00:00:00+04:00');
  });

  it('is, whatever was written, a dateTime of FHIR or malformed, and never another moment', () => {
    const dateTime =
      /^([1-9]\d{3}|0\d{3})(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01])(T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?(Z|[+-]((0\d|1[0-3]):[0-5]\d|14:00)))?)?)?$/;
    const digits = fc.stringMatching(/^(19|20)\d{2,16}(\.\d{1,4})?([+-]\d{4})?$/);
    fc.assert(
      fc.property(digits, (value) => {
        const time = readTime(ts(value), CLOCK);
        if (time === undefined) expect(value >= '2099').toBe(true);
        else expect(time === 'malformed' || dateTime.test(time)).toBe(true);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1900-01-01'), max: new Date('2098-12-31'), noInvalidDate: true }),
        (date) => {
          const written = `${date.toISOString().slice(0, 19).replace(/[-T:]/g, '')}+0000`;
          expect(Date.parse(String(readTime(ts(written), CLOCK)))).toBe(Math.floor(date.getTime() / 1000) * 1000);
        },
      ),
    );
  });
});
