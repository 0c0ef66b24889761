import { describe, expect, it } from '@jest/globals';
import { isTimestamp, messageClock, toDate, toDateTime, toInstant, toTimestamp } from '../../../src/hl7v2/datetime.js';

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

  it.each([
    ['19480000', '1948'],
    ['194800', '1948'],
    ['19480500', '1948-05'],
    ['19480000000000', '1948'],
    ['19480500000000', '1948-05'],
    ['19470231', '1947-02'],
    ['19470229', '1947-02'],
    ['19470431120000', '1947-04'],
  ])('keeps what is certain of %s', (ts, date) => {
    expect(toDate(ts)).toBe(date);
  });

  it.each([
    '',
    '""',
    '195013',
    '19500',
    '19489999',
    '19480532',
    '00000000',
    '1948-05-14',
    '14/05/1948',
    '1948051',
    'mai 1948',
  ])('gives nothing for %s, which is no date', (ts) => {
    expect(toDate(ts)).toBeUndefined();
  });
});

describe('toDateTime', () => {
  it.each([
    ['20260301', '2026-03-01'],
    ['202603', '2026-03'],
    ['2026', '2026'],
    ['20260301143000', '2026-03-01T14:30:00+01:00'],
    ['2026030114', '2026-03-01T14:00:00+01:00'],
    ['20260301143000-0400', '2026-03-01T14:30:00-04:00'],
    ['20260200', '2026-02'],
    ['20260301256000', '2026-03-01'],
    ['20991231', undefined],
    ['99991231235959', undefined],
    ['2026-03-01', undefined],
    ['', undefined],
  ])('reads %s as %s', (ts, dateTime) => {
    expect(toDateTime(ts, PARIS)).toBe(dateTime);
  });
});

describe('isTimestamp', () => {
  it.each(['1948', '19480000', '194805', '20260301', '20260301143000.123+0100', '20991231', '19480000000000'])(
    'takes %s',
    (ts) => {
      expect(isTimestamp(ts)).toBe(true);
    },
  );

  it.each(['', 'soon', '19470231', '20260301250000', '202603011460', '2026-03-01', '20260301143000+9900'])(
    'does not take %s',
    (ts) => {
      expect(isTimestamp(ts)).toBe(false);
    },
  );
});

describe('messageClock', () => {
  const read = (msh7: string, ts: string, zone = PARIS) => toInstant(ts, messageClock(msh7, zone));

  it.each([
    ['20260702081500-0400', '20260702080000', '2026-07-02T08:00:00-04:00'],
    ['20260702081500+0000', '20260702080000', '2026-07-02T08:00:00+00:00'],
    ['20260702081500+0300', '20260102080000', '2026-01-02T08:00:00+03:00'],
    ['20260702081500-04', '20260702', '2026-07-02T00:00:00-04:00'],
  ])('takes the offset of MSH-7 %s for the whole message, where the zone never has it', (msh7, ts, instant) => {
    expect(read(msh7, ts)).toBe(instant);
  });

  it('keeps the offset that a field has of its own', () => {
    expect(read('20260702081500-0400', '20260702080000+0700')).toBe('2026-07-02T08:00:00+07:00');
  });

  it.each([
    ['20260115081500+0100', '20260714080000', '2026-07-14T08:00:00+02:00'],
    ['20260715081500+0200', '20261214080000', '2026-12-14T08:00:00+01:00'],
    ['20260715081500+0100', '20260714080000', '2026-07-14T08:00:00+02:00'],
    ['20260715081500', '20261214080000', '2026-12-14T08:00:00+01:00'],
    ['', '20260714080000', '2026-07-14T08:00:00+02:00'],
    ['soon', '20260714080000', '2026-07-14T08:00:00+02:00'],
  ])('reads the times of a message of %s in the zone', (msh7, ts, instant) => {
    expect(read(msh7, ts)).toBe(instant);
  });

  it('sees that an offset is the zone’s where it is for one month of the year only', () => {
    // Morocco goes back by an hour for the month of Ramadan.
    expect(read('20260701081500+0000', '20260701080000', 'Africa/Casablanca')).toBe('2026-07-01T08:00:00+01:00');
  });

  it.each([
    ['20261025021500+0200', '20261025021000', '2026-10-25T02:10:00+02:00'],
    ['20261025020600+0100', '20261025020500', '2026-10-25T02:05:00+01:00'],
    ['20261025023000+0100', '20261025025000', '2026-10-25T02:50:00+02:00'],
    ['20261025031000', '20261025025000', '2026-10-25T02:50:00+01:00'],
    ['20261025015900', '20261025025000', '2026-10-25T02:50:00+02:00'],
    ['20261025021500', '20261025021000', '2026-10-25T02:10:00+02:00'],
    ['20261101090000', '20261025021000', '2026-10-25T02:10:00+01:00'],
  ])('takes in the doubled hour the latest that is not after the message of %s', (msh7, ts, instant) => {
    expect(read(msh7, ts)).toBe(instant);
  });

  it('orders an admission and the transfer after it that both fall into the doubled hour', () => {
    const admission = read('20261025021500+0200', '20261025021000') ?? '';
    const transfer = read('20261025020600+0100', '20261025020500') ?? '';
    expect(Date.parse(transfer)).toBeGreaterThan(Date.parse(admission));
  });

  it('takes another bound than MSH-7 where it is given', () => {
    const clock = { ...messageClock('20261101090000', PARIS), notAfter: '2026-10-25T00:30:00Z' };
    expect(toInstant('20261025021000', clock)).toBe('2026-10-25T02:10:00+02:00');
  });
});

describe('toTimestamp', () => {
  it('writes the local time with its offset', () => {
    expect(toTimestamp(new Date('2024-03-06T10:00:00Z'), PARIS)).toBe('20240306110000+0100');
  });
});
