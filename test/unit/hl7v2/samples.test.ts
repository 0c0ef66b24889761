import { expect, it } from '@jest/globals';
import { decodeText } from '../../../src/hl7v2/charset.js';
import { parse } from '../../../src/hl7v2/parse.js';
import { describeSamples, readSample, samplesIn } from '../../support/samples.js';

const files = samplesIn('');

describeSamples('the sample messages of ../shared/data/hl7v2', () => {
  it('are there', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)('%s is read whole', (name) => {
    const { text, warnings } = decodeText(readSample(name), '8859/15');
    const message = parse(text);
    expect(warnings).toEqual([]);
    expect(message.segments[0]?.name).toBe('MSH');
    expect(message.segments.length).toBeGreaterThan(1);
    expect(message.segments.every((segment) => /^[A-Z][A-Z0-9]{2}$/.test(segment.name))).toBe(true);
    expect(message.value('MSH-9')).toMatch(/^(ADT|MDM|ORU|ZAM|ACK)$/);
    expect(message.value('MSH-10')).not.toBe('');
    expect(message.toString()).toBe(text);
  });
});
