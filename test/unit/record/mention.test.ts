import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { FhirResource, Practitioner } from 'fhir/r4.js';
import type { Mention, MentionRank } from '../../../src/message/fact.js';
import {
  isRepetition,
  mentionedResource,
  mentionRow,
  ownerOf,
  peopleOf,
  winner,
  withMention,
  withoutReading,
  type MentionRow,
} from '../../../src/record/mention.js';

const AT = '2026-03-02T08:00:00+01:00';
const later = (minutes: number) => new Date(Date.parse(AT) + minutes * 60_000).toISOString();

function mention(resource: FhirResource & { id: string }, change: Partial<Mention> = {}): Mention {
  return { resource, rank: 'name', source: 'chu', recordedAt: AT, trace: [], ...change };
}

const unit = (name: string, rank: MentionRank, minutes: number, source = 'chu') =>
  mentionRow(
    mention({ resourceType: 'Organization', id: 'o', name }, { rank, source, recordedAt: later(minutes) }),
    String(minutes),
  );

const nameOf = (row: MentionRow | undefined) => (JSON.parse(row?.body ?? '{}') as { name?: string }).name;
const rowsOf = (rows: readonly MentionRow[]) => rows.reduce<MentionRow[]>((all, row) => withMention(all, row), []);

const RPPS = 'https://rpps.esante.gouv.fr';
const PROFILES = [
  'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-practitioner',
  'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/as-practitioner',
];

function doctor(id: string, family: string | undefined, minutes: number, source = 'chu'): MentionRow {
  const resource: Practitioner & { id: string } = {
    resourceType: 'Practitioner',
    id,
    meta: { profile: PROFILES },
    identifier: [{ system: RPPS, value: '10999000123' }],
    ...(family === undefined ? {} : { name: [{ family }] }),
  };
  const rank = family === undefined ? 'number' : 'name';
  return mentionRow(mention(resource, { rank, source, recordedAt: later(minutes) }), String(minutes));
}

describe('what is said of a place', () => {
  it('may be said again by any number at once, each without knowing of the others', () => {
    const row = fc
      .record({
        name: fc.constantFrom('A', 'B', 'C'),
        rank: fc.constantFrom<MentionRank>('name', 'number', 'document'),
        minutes: fc.integer({ min: 0, max: 6 }),
        source: fc.constantFrom('chu', 'clinique'),
      })
      .map(({ name, rank, minutes, source }) => unit(name, rank, minutes, source));
    let repetitions = 0;
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 8 }), fc.array(row, { maxLength: 8 }), (before, added) => {
        const rows = rowsOf(before);
        const again = added.filter((one) => isRepetition(rows, one));
        repetitions += again.length;
        expect(nameOf(winner(rowsOf([...rows, ...again])))).toBe(nameOf(winner(rows)));
      }),
      { numRuns: 2000 },
    );
    expect(repetitions).toBeGreaterThan(500);
  });

  it('is said by a name before a number alone, by the last before earlier ones, by content at last', () => {
    expect(nameOf(winner([unit('6268', 'number', 9), unit('Chirurgie', 'name', 1)]))).toBe('Chirurgie');
    expect(nameOf(winner([unit('Chirurgie', 'name', 1), unit('Chirurgie V', 'name', 2, 'clinique')]))).toBe(
      'Chirurgie V',
    );
    expect(nameOf(winner([unit('B', 'name', 1), unit('A', 'name', 1)]))).toBe('B');
    expect(winner([])).toBeUndefined();
  });

  it('is one row for one wording of one source, with its first and last time', () => {
    const rows = rowsOf([unit('A', 'name', 5), unit('A', 'number', 1), unit('A', 'name', 9), unit('A', 'name', 7)]);
    expect(rows).toEqual([{ ...unit('A', 'name', 9), firstRecordedAt: Date.parse(later(1)) }]);
    expect(rowsOf([unit('A', 'name', 1), unit('A', 'name', 1, 'clinique')])).toHaveLength(2);
  });

  it('is the same in whatever order it is said', () => {
    const row = fc
      .tuple(
        fc.constantFrom('A', 'B', 'C'),
        fc.constantFrom<MentionRank>('name', 'number'),
        fc.integer({ min: 0, max: 3 }),
        fc.constantFrom('chu', 'clinique'),
      )
      .map(([name, rank, minutes, source]) => unit(name, rank, minutes, source));
    const both = fc
      .array(row, { minLength: 1, maxLength: 8 })
      .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length })));
    fc.assert(
      fc.property(both, ([rows, shuffled]) => {
        expect(nameOf(winner(rowsOf(shuffled)))).toBe(nameOf(winner(rowsOf(rows))));
      }),
    );
  });

  it('is without what an earlier reading of the same message said of it', () => {
    const reread = { ...unit('mended', 'name', 5), messageId: '5' };
    const rows = rowsOf([unit('wrong', 'name', 5), unit('other', 'name', 6, 'clinique')]);
    expect(withoutReading(rows, reread).map(nameOf)).toEqual(['other']);
    const twice = rowsOf([unit('wrong', 'name', 1), unit('wrong', 'name', 5)]);
    expect(withoutReading(twice, reread)).toEqual([{ ...unit('wrong', 'name', 1), messageId: null }]);
  });
});

describe('a professional’s number', () => {
  it('belongs to the name that was recorded first, whoever speaks last', () => {
    const rows = [doctor('b', 'DUPONT', 5), doctor('a', 'FABRE', 3), doctor('b', 'DUPONT', 1, 'clinique')];
    expect(ownerOf(rows)).toBe('b');
    expect(ownerOf([...rows].reverse())).toBe('b');
    expect(peopleOf(rows)).toBe(2);
  });

  it('belongs to the first by spelling where both were recorded at once, and to a name before a number alone', () => {
    expect(ownerOf([doctor('a', 'FABRE', 1), doctor('b', 'DUPONT', 1)])).toBe('b');
    expect(ownerOf([doctor('n', undefined, 0), doctor('a', 'FABRE', 1)])).toBe('a');
    expect(ownerOf([doctor('n', undefined, 0)])).toBe('n');
    expect(peopleOf([doctor('n', undefined, 0), doctor('a', 'FABRE', 1)])).toBe(1);
  });

  it('is not of another, who is known by his own id and claims no profile of the annuaire', () => {
    const row = doctor('b', 'DUPONT', 1);
    expect(mentionedResource(row, 'b')).toEqual(JSON.parse(row.body));
    expect(mentionedResource(row, 'a')).toEqual({
      ...(JSON.parse(row.body) as Practitioner),
      meta: { profile: PROFILES.slice(0, 1) },
      identifier: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:b' }],
    });
  });
});
