import { describe, expect, it } from '@jest/globals';
import { periodOf, readInterval } from '../../../src/cda/interval.js';
import { readDuration, readQuantity, readRange } from '../../../src/cda/quantity.js';
import { cda } from '../../support/cda.js';

const CLOCK = { zone: 'Europe/Paris' };
const read = (content: string, attributes = '') =>
  readInterval(cda(`<effectiveTime ${attributes}>${content}</effectiveTime>`), CLOCK);

describe('an interval', () => {
  it.each([
    ['both bounds', '<low value="20250601"/><high value="20250603"/>', { start: '2025-06-01', end: '2025-06-03' }],
    ['its begin', '<low value="20250601"/><high nullFlavor="UNK"/>', { start: '2025-06-01' }],
    ['its end', '<high value="20250603"/>', { end: '2025-06-03' }],
    ['one day', '<low value="20250601"/><high value="20250601"/>', { start: '2025-06-01', end: '2025-06-01' }],
    ['a month about a day', '<low value="20250601"/><high value="202506"/>', { start: '2025-06', end: '2025-06' }],
    ['a day in its year', '<low value="2025"/><high value="20250601"/>', { start: '2025', end: '2025' }],
    [
      'an hour of its day',
      '<low value="20250601"/><high value="202506011430"/>',
      { start: '2025-06-01', end: '2025-06-01' },
    ],
  ])('has %s, and no bound that nobody gave', (_, content, period) => {
    const interval = read(content);
    expect(interval?.malformed).toBe(false);
    expect(interval && periodOf(interval)).toEqual(period);
  });

  it('of a single moment begins and ends there', () => {
    const interval = read('', 'value="20250603"');
    expect(interval).toEqual({ value: '2025-06-03', malformed: false });
    expect(interval && periodOf(interval)).toEqual({ start: '2025-06-03', end: '2025-06-03' });
  });

  it('tells its width and its centre', () => {
    const width = { value: 7, unit: 'd', system: 'http://unitsofmeasure.org', code: 'd' };
    const interval = read('<low value="20250601"/><width value="7" unit="d"/><center nullFlavor="NA"/>');
    expect(interval).toEqual({ low: '2025-06-01', width, malformed: false });
    expect(periodOf({ center: '2025-06-01', malformed: false })).toBeUndefined();
  });

  it.each([
    ['nothing', undefined],
    ['a nullFlavor', cda('<effectiveTime nullFlavor="NA"/>')],
    ['bounds with a nullFlavor', cda('<effectiveTime><low nullFlavor="UNK"/><high nullFlavor="UNK"/></effectiveTime>')],
  ])('of %s is none', (_, element) => {
    expect(readInterval(element, CLOCK)).toBeUndefined();
  });

  it.each([
    ['that ends before it begins', '<low value="20250603"/><high value="20250601"/>', undefined],
    ['by the hour', '<low value="202506031400+0200"/><high value="202506031230Z"/>', { start: 'x', end: 'x' }],
    ['with a bound that cannot be read', '<low value="hier"/><high value="20250601"/>', { end: '2025-06-01' }],
  ])('%s keeps what is sure, and says so', (name, content, period) => {
    const interval = read(content);
    if (name === 'by the hour') {
      expect(interval).toEqual({
        low: '2025-06-03T14:00:00+02:00',
        high: '2025-06-03T12:30:00Z',
        malformed: false,
      });
      return;
    }
    expect(interval?.malformed).toBe(true);
    expect(interval && periodOf(interval)).toEqual(period);
  });
});

describe('a quantity', () => {
  const UCUM = 'http://unitsofmeasure.org';
  it.each([
    ['value="5.20" unit="mg"', { value: 5.2, unit: 'mg', system: UCUM, code: 'mg' }],
    ['value="12"', { value: 12 }],
    ['value="1" unit="1"', { value: 1 }],
    ['value="-0.5" unit="{tablet}"', { value: -0.5, unit: '{tablet}', system: UCUM, code: '{tablet}' }],
    ['value="2" unit="30009000"', { value: 2, unit: '30009000' }],
    ['value="2" unit="comprimé sécable"', { value: 2, unit: 'comprimé sécable' }],
    ['value="5,2" unit="mg"', undefined],
    ['unit="mg"', undefined],
    ['nullFlavor="UNK"', undefined],
    ['value="" unit="mg"', undefined],
  ])('is a number with its unit: %s', (attributes, expected) => {
    expect(readQuantity(cda(`<value ${attributes}/>`))).toEqual(expected);
  });

  it('between two bounds is a range', () => {
    expect(readRange(cda('<doseQuantity><low value="1"/><high value="2"/></doseQuantity>'))).toEqual({
      low: { value: 1 },
      high: { value: 2 },
    });
    expect(readRange(cda('<doseQuantity value="1"/>'))).toEqual({ low: { value: 1 }, high: { value: 1 } });
    expect(readRange(cda('<doseQuantity nullFlavor="UNK"/>'))).toBeUndefined();
  });

  it.each([
    ['12', 'h', { value: 12, unit: 'h' }],
    ['1', 'J', { value: 1, unit: 'd' }],
    ['1', 'wk', { value: 1, unit: 'wk' }],
    ['1', 'mg', undefined],
    ['', 'd', undefined],
  ])('of time is one of FHIR: %s %s', (value, unit, expected) => {
    expect(readDuration(cda(`<period value="${value}" unit="${unit}"/>`))).toEqual(expected);
  });
});
