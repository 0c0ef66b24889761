import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { insKey } from '../../src/cli/demo/pam-message.js';
import { parse, type Message } from '../../src/hl7v2/parse.js';
import { LETTER_PLACE } from '../support/world-letters.js';
import { messagesOf, worlds, type WorldMessage } from '../support/worlds.js';

/** What the tests of order and of windows draw from, once for all of this file. */
const LISTS = fc.sample(worlds(), { seed: 20260302, numRuns: 600 }).map((world) => messagesOf(world, 7));
const LETTERS = LISTS.flat().filter(({ letter }) => letter !== undefined);
const MESSAGES = LISTS.flat()
  .filter(({ letter }) => letter === undefined)
  .map(({ text }) => parse(text));

const values = (path: string) => new Set(MESSAGES.map((message) => message.value(path)));
/** Type and value of every repetition of PID-3 that is no erasure. */
const identifiers = (message: Message): { type: string; value: string; authority: string }[] => {
  const pid = message.segment('PID');
  return Array.from({ length: pid?.repetitions(3) ?? 0 }, (_, index) => ({
    type: pid?.value(3, index + 1, 5) ?? '',
    value: pid?.value(3, index + 1) ?? '',
    authority: pid?.value(3, index + 1, 4) ?? '',
  })).filter(({ value }) => value !== '""');
};

describe('the invented worlds', () => {
  it('say every trigger, every type of identifier and every kind of authority', () => {
    const triggers =
      'A01 A02 A03 A04 A05 A06 A07 A08 A11 A12 A13 A15 A16 A21 A22 A25 A26 A28 A31 A40 A44 A47 A52 A53 A54 A55 Z99';
    expect([...values('MSH-9.2')].sort().join(' ')).toBe(triggers);
    const said = MESSAGES.flatMap(identifiers);
    expect([...new Set(said.map(({ type }) => type))].sort().join(' ')).toBe('AN INS MR NH PI PPN SS');
    expect(values('PID-3.4')).toContain('');
    const kinds = MESSAGES.map((message) => message.segment('PID')?.raw(3).split('^')[3]?.split('&')[2]);
    expect(new Set(kinds)).toEqual(new Set([undefined, 'ISO', 'M', 'N']));
  });

  it.each([
    'PID-5',
    'PID-6',
    'PID-11',
    'PID-13',
    'PID-14',
    'PID-32',
    'PV1-3',
    'PV1-7',
    'PV2-8',
    'PV2-9',
    'ZBE-7',
    'ZBE-8',
    'NK1-5',
  ])('erase %s, leave it empty and fill it', (path) => {
    const found = values(path);
    for (const value of ['""', '']) expect(found).toContain(value);
    const [segment = '', field = '0'] = path.split('-');
    const written = MESSAGES.map((message) => message.segment(segment)?.raw(Number(field)) ?? '');
    expect(written.some((text) => text !== '' && text !== '""')).toBe(true);
  });

  it('carry an INS of the test arc alone, most often with its right key and sometimes with a wrong one', () => {
    const ins = MESSAGES.flatMap(identifiers).filter(({ type }) => type === 'INS');
    const right = ins.filter(({ value }) => value.slice(13) === insKey(value.slice(0, 13)));
    expect(right.length).toBeGreaterThan(ins.length / 2);
    expect(right.length).toBeLessThan(ins.length);
    expect(new Set(ins.map(({ value }) => value.length))).toEqual(new Set([15]));
    for (const message of MESSAGES)
      for (const repetition of (message.segment('PID')?.raw(3) ?? '').split('~'))
        if (repetition.endsWith('^INS')) expect(repetition).toContain('&1.2.250.1.213.1.4.10&ISO');
  });

  it('have messages of one second with another MSH-7, dates from the future, and messages that come twice', () => {
    const seconds = (list: Message[], path: string) => new Set(list.map((message) => message.value(path).slice(0, 14)));
    const parsed = LISTS.map((list) =>
      list.filter(({ letter }) => letter === undefined).map(({ text }) => parse(text)),
    );
    const ties = parsed.filter((list) => seconds(list, 'EVN-2').size < list.length && seconds(list, 'MSH-7').size > 1);
    expect(ties.length).toBeGreaterThan(100);
    expect([...values('EVN-2')].some((at) => at.startsWith('2062'))).toBe(true);
    const bodies = (list: { text: string; letter?: string }[]) =>
      list.flatMap(({ text, letter }) => (letter === undefined ? [text.split('|').slice(10).join('|')] : []));
    expect(LISTS.some((list) => new Set(bodies(list)).size < list.length)).toBe(true);
  });

  it('share numbers: of people, of contacts, of professionals under another name', () => {
    const holders = (keys: (message: Message) => [string, string][]) => {
      const found = new Map<string, Set<string>>();
      for (const message of MESSAGES)
        for (const [key, holder] of keys(message)) found.set(key, (found.get(key) ?? new Set()).add(holder));
      return [...found.values()].some(({ size }) => size > 1);
    };
    expect(holders((message) => [[message.value('PID-3.1'), message.value('MSH-4')]])).toBe(true);
    expect(holders((message) => [[message.value('NK1-33.1'), message.value('PID-3.1')]])).toBe(true);
    expect(holders((message) => [[message.value('PV1-7.1'), message.value('PV1-7.2')]])).toBe(true);
    expect(holders((message) => [[message.value('PV1-7.1'), message.value('MSH-4')]])).toBe(true);
  });

  it('have versions of documents from every carrier, with and without what names their stay, their set and their parent', () => {
    const carriers = LETTERS.map(({ text }) => text.split('|')[8]?.split('^').slice(0, 2).join(' ') ?? text);
    expect([...new Set(carriers)].sort()).toEqual([LETTER_PLACE, 'MDM T02', 'MDM T04', 'MDM T10', 'ORU R01']);
    const deletions = LETTERS.filter(({ text }) => text.includes('\rORC|CA|'));
    expect(deletions.some(({ text }) => text.includes('ORU^R01'))).toBe(true);
    expect(LETTERS.filter(({ beside }) => beside !== undefined).length).toBeGreaterThan(10);
    const texts = new Set(LETTERS.map(({ letter = '' }) => letter));
    const having = (pattern: RegExp) => [...texts].filter((letter) => pattern.test(letter)).length;
    for (const pattern of [
      /<setId/,
      /<versionNumber/,
      /<parentDocument>/,
      /<encompassingEncounter>/,
      /V99"/,
      /moodCode="ARQ"/,
      /Traitements/,
      /1\.2\.250\.1\.213\.1\.4\.10/,
    ]) {
      expect(having(pattern)).toBeGreaterThan(10);
      expect(having(pattern)).toBeLessThan(texts.size);
    }
  });

  it('have documents of every form that come by themselves, and packages that say what is to become of theirs', () => {
    const alone = LETTERS.filter(({ text }) => text === LETTER_PLACE);
    const forms = alone.map(({ format, action }) => [format, action].filter((part) => part !== undefined).join(' '));
    expect([...new Set(forms)].sort()).toEqual(['cda', 'fhir', 'xdm', 'xdm C', 'xdm D']);
    const bundles = alone.filter(({ format }) => format === 'fhir').map(({ letter = '' }) => letter);
    for (const part of ['"Encounter"', '"CarePlan"', '"relatesTo"', '"generalPractitioner"', '"contact"', '"R"'])
      expect(bundles.some((text) => text.includes(part))).toBe(true);
  });

  it('send one version from two hospitals, several versions of one set, and a set of two people', () => {
    const holders = (keyOf: (message: WorldMessage) => [string | undefined, string | undefined]) =>
      LISTS.some((list) => {
        const found = new Map<string, Set<string>>();
        for (const message of list) {
          const [key, holder] = keyOf(message);
          if (key !== undefined && holder !== undefined) found.set(key, (found.get(key) ?? new Set()).add(holder));
        }
        return [...found.values()].some(({ size }) => size > 1);
      });
    const part = (pattern: RegExp) => (message: WorldMessage) => pattern.exec(message.letter ?? '')?.[1];
    const [id, set, birth] = [/<id root="([^"]*)"/, /<setId root="([^"]*)"/, /<birthTime value="([^"]*)"/].map(part);
    expect(holders((message) => [id?.(message), message.source])).toBe(true);
    expect(holders((message) => [set?.(message), id?.(message)])).toBe(true);
    expect(holders((message) => [set?.(message), birth?.(message)])).toBe(true);
  });

  it('share no number with another world', () => {
    const [world] = fc.sample(worlds({ hospitals: 1, authorities: ['none'], letters: 0 }), { seed: 3, numRuns: 1 });
    if (world === undefined) throw new Error('no world was drawn');
    const numbers = (of: number) =>
      messagesOf(world, of).flatMap(({ text }) =>
        identifiers(parse(text))
          .filter(({ type }) => type !== 'INS')
          .map(({ value }) => value),
      );
    const others = new Set(numbers(2));
    expect(numbers(1).filter((value) => others.has(value))).toEqual([]);
  });
});
