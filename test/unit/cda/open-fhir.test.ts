import { describe, expect, it } from '@jest/globals';
import type { Patient } from 'fhir/r4.js';
import { fhirHead } from '../../../src/cda/fhir-head.js';
import { compositionOf, openFhir } from '../../../src/cda/open-fhir.js';
import { dischargeReport, opened } from '../../support/fhir-document.js';

const open = (content: unknown) =>
  openFhir(Buffer.from(typeof content === 'string' ? content : JSON.stringify(content)));

describe('a FHIR document', () => {
  it('is opened with the hash of its bytes', () => {
    const bundle = dischargeReport();
    const bytes = Buffer.from(`\ufeff${JSON.stringify(bundle)}`);
    const document = openFhir(bytes);
    expect(document).toMatchObject({ format: 'fhir', mediaType: 'application/fhir+json', part: 0, warnings: [] });
    expect(document.bundle).toEqual(bundle);
    expect(document.sha1).not.toBe(opened(bundle).sha1);
    expect(compositionOf(document.bundle).title).toBe('Lettre de liaison à la sortie');
  });

  const { entry = [], ...rest } = dischargeReport();
  it.each<[string, unknown, RegExp]>([
    ['nothing', '', /empty/],
    ['no JSON', '{"resourceType": "Bundle", DUPONT', /^the document is no JSON$/],
    ['another resource', { resourceType: 'Patient' }, /no Bundle/],
    ['null', 'null', /no Bundle/],
    ['another type', { ...rest, entry, type: 'collection' }, /not of type document/],
    ['no entry', rest, /has no resource/],
    ['an empty list', { ...rest, entry: [] }, /Composition/],
    ['an entry without resource', { ...rest, entry: [...entry, { fullUrl: 'x' }] }, /has no resource/],
    ['an entry that is null', { ...rest, entry: [null] }, /has no resource/],
    ['no Composition first', { ...rest, entry: entry.slice(1) }, /Composition/],
    ['brackets without end', '['.repeat(50_000), /nested more than 100/],
    ['half of a pair', `{"a":"\\ud83d"}`, /no character/],
    ['the other half', `{"a":"x\\uDE00"}`, /no character/],
    ['a zero', `{"a":"\\u0000"}`, /no character/],
  ])('is refused: %s', (_, content, reason) => {
    expect(() => open(content)).toThrow(reason);
    expect(() => open(content)).toThrow(expect.objectContaining({ code: 'document-unreadable' }));
  });

  it('is refused where its bytes are not UTF-8, or too many', () => {
    expect(() => openFhir(Buffer.from(`{"a":"é"}`, 'latin1'))).toThrow(/not UTF-8/);
    expect(() => openFhir(Buffer.alloc(33 * 1024 * 1024, 0x20))).toThrow(/larger than/);
  });

  it('is refused where it holds people by the thousand', () => {
    const people = (count: number) =>
      Array.from({ length: count }, () => ({ resourceType: 'Practitioner' as const, name: [{ family: 'X' }] }));
    expect(() => open(JSON.stringify(dischargeReport(people(900))))).not.toThrow();
    expect(() => open(JSON.stringify(dischargeReport(people(1001))))).toThrow(/professionals/);
  });

  it('may write any character as it likes, brackets in texts too', () => {
    const text = JSON.stringify(dischargeReport([], { title: `😀 é \\u ${'['.repeat(200)} \\\\"` }));
    expect(compositionOf(open(text).bundle).title).toContain('😀');
    expect(() => open(text.replace('😀', '\\ud83d\\ude00'))).not.toThrow();
    // Behind a backslash that is a character these are letters.
    expect(() => open(text.replace('😀', 'C:\\\\u0000 \\\\ud83d'))).not.toThrow();
    expect(() => open(text.replace('😀', 'C:\\\\\\u0000'))).toThrow(/no character/);
  });

  it.each(['1954-6-12', '12/06/1954', '19540612', '1954-06-12T00:00:00Z'])(
    'tells no birth date where it is written %s',
    (birthDate) => {
      const bundle = dischargeReport();
      const patient = bundle.entry?.find(({ resource }) => resource?.resourceType === 'Patient')?.resource as Patient;
      patient.birthDate = birthDate;
      expect(fhirHead(bundle).traits.birthDate).toBe('');
    },
  );

  it('is named by no number that holds a control character', () => {
    const bundle = { ...dischargeReport(), identifier: { system: 'urn:oid:2.999.5', value: 'V-\u00011' } };
    expect(fhirHead(bundle).key).toBeUndefined();
  });
});
