import { describe, expect, it } from '@jest/globals';
import { toDate, toInstant, toTimestamp } from '../../../src/hl7v2/datetime.js';

const PARIS = 'Europe/Paris';

describe('toInstant', () => {
  it('adds the offset of the zone at that moment, winter and summer', () => {
    expect(toInstant('20240306110000', PARIS)).toBe('2024-03-06T11:00:00+01:00');
    expect(toInstant('20240706110000', PARIS)).toBe('2024-07-06T11:00:00+02:00');
    expect(toInstant('20240306110000', 'America/Cayenne')).toBe('2024-03-06T11:00:00-03:00');
  });

  it('keeps the offset that the sender wrote', () => {
    expect(toInstant('20190504181205+0700', PARIS)).toBe('2019-05-04T18:12:05+07:00');
    expect(toInstant('20190504181205-03', PARIS)).toBe('2019-05-04T18:12:05-03:00');
  });

  it('takes the minutes and seconds left out as zero, and a day as its midnight', () => {
    expect(toInstant('202403061112', PARIS)).toBe('2024-03-06T11:12:00+01:00');
    expect(toInstant('2024030611', PARIS)).toBe('2024-03-06T11:00:00+01:00');
    expect(toInstant('20240706', PARIS)).toBe('2024-07-06T00:00:00+02:00');
  });

  it('knows the very minute of a change of clocks', () => {
    expect(toInstant('20240331015959', PARIS)).toBe('2024-03-31T01:59:59+01:00');
    expect(toInstant('20240331030000', PARIS)).toBe('2024-03-31T03:00:00+02:00');
    expect(toInstant('20241027015959', PARIS)).toBe('2024-10-27T01:59:59+02:00');
    expect(toInstant('20241027030000', PARIS)).toBe('2024-10-27T03:00:00+01:00');
  });

  it('takes the earlier offset for an hour that is doubled or skipped', () => {
    expect(toInstant('20241027023000', PARIS)).toBe('2024-10-27T02:30:00+02:00');
    expect(toInstant('20240331023000', PARIS)).toBe('2024-03-31T02:30:00+01:00');
  });

  it('gives nothing for what is no moment', () => {
    const wrong = ['', '2024', '202403', '20240230', '20241301', '2024030625', '2024030624', '20240306110060', 'today'];
    for (const ts of [...wrong, '""', '20990101000000', '20240306110000+9900', '20240306110000+0175'])
      expect([ts, toInstant(ts, PARIS)]).toEqual([ts, undefined]);
  });

  it('gives the instant that Intl gives, every half hour of a year', () => {
    const format = new Intl.DateTimeFormat('sv-SE', { timeZone: PARIS, dateStyle: 'short', timeStyle: 'medium' });
    for (let at = Date.UTC(2024, 0, 1); at < Date.UTC(2025, 0, 1); at += 1_800_000) {
      const ts = toTimestamp(new Date(at), PARIS);
      expect(format.format(at).replace(/\D/g, '')).toBe(ts.slice(0, 14));
      expect(Date.parse(toInstant(ts, PARIS) ?? '')).toBe(at);
    }
  });
});

describe('toDate', () => {
  it('keeps the precision, never finer than a day', () => {
    expect(['1950', '195002', '19500203', '19500203101112+0100'].map(toDate)).toEqual([
      '1950',
      '1950-02',
      '1950-02-03',
      '1950-02-03',
    ]);
  });

  it('gives nothing for a date that does not exist', () => {
    for (const ts of ['', '19500230', '195013', '19500', '""']) expect(toDate(ts)).toBeUndefined();
  });
});

describe('toTimestamp', () => {
  it('writes the local time with its offset', () => {
    expect(toTimestamp(new Date('2024-03-06T10:00:00Z'), PARIS)).toBe('20240306110000+0100');
  });
});
