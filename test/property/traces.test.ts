import { describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { sampleDay } from '../../src/cli/demo/day.js';
import { decodeText } from '../../src/hl7v2/charset.js';
import { parse } from '../../src/hl7v2/parse.js';
import { folded, pam, movement, segment, translated } from '../support/pam.js';

const SHARED = fileURLToPath(new URL('../../../shared/data/hl7v2/', import.meta.url));
const whereShared = existsSync(SHARED) ? describe : describe.skip;

/** Paths of every value beneath a resource, but for what the gateway itself says of it. */
function leaves(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, `${path}[${String(index)}]`));
  if (typeof value !== 'object' || value === null) return [path];
  return Object.entries(value).flatMap(([name, member]) => {
    const at = path === '' ? name : `${path}.${name}`;
    return ['id', 'resourceType', 'meta'].includes(at) ? [] : leaves(member, at);
  });
}

function uncovered(resource: unknown, origins: readonly string[]): string[] {
  const covers = (origin: string, leaf: string) =>
    leaf === origin || leaf.startsWith(`${origin}.`) || leaf.startsWith(`${origin}[`);
  return leaves(resource).filter((leaf) => !origins.some((origin) => covers(origin, leaf)));
}

/** Values without origin and populated fields that are neither traced, read nor listed, over a whole message. */
function gaps(texts: readonly string[]): string[] {
  const translations = texts.map((text, index) => translated(text, String(index + 1)));
  const facts = translations.flatMap((one) => one.facts);
  const ids = new Set(texts.map((_, index) => String(index + 1)));
  return [
    ...[...folded(facts)].flatMap(([key, { resource, origins }]) => [
      ...uncovered(
        resource,
        origins().map(({ path }) => path),
      ).map((leaf) => `${key}: ${leaf}`),
      ...origins()
        .filter(({ messageId, row }) => !ids.has(messageId) || row === '')
        .map(({ path }) => `${key}: ${path} names no message or row`),
    ]),
    ...translations.flatMap(({ mentions }) =>
      mentions.flatMap(({ resource, trace }) =>
        uncovered(
          resource,
          trace.map(([to]) => to),
        ).map((leaf) => `${resource.resourceType}: ${leaf}`),
      ),
    ),
  ];
}

/** Fields written with a segment and a number only, the way `unused` and traces name them. */
const fieldOf = (path: string) => /^[A-Z][A-Z0-9]{2}(\[\d+\])?-\d+/.exec(path)?.[0] ?? path;

describe('where values come from', () => {
  it('is known for every value of every resource of the sample day', () => {
    const texts = sampleDay().map(({ text }) => text);
    expect(gaps(texts)).toEqual([]);
  });

  it('leads every trace to a field of the message that holds something', () => {
    for (const { text } of sampleDay()) {
      const message = parse(text);
      const said = translated(text).facts.flatMap((fact) =>
        fact.kind === 'identity' ? fact.body.patient.elements.flatMap(({ trace }) => trace) : [],
      );
      for (const [, from] of said) {
        const [, name = '', nth, field] = /^([A-Z0-9]{3})(?:\[(\d+)\])?-(\d+)/.exec(from) ?? [];
        expect([from, message.segment(name, Number(nth ?? 1))?.raw(Number(field)) ?? '']).not.toEqual([from, '']);
      }
    }
  });

  it('lists every populated field that nothing used, and none that a trace names', () => {
    const text = pam({
      trigger: 'A01',
      at: '20260302080000',
      pid: { 10: 'not used', 13: '^PRN^PH^^^^^^^^^0102030405' },
      pv1: { 3: '2040^12^A', 39: 'not used' },
      zbe: movement('M1', '20260302080000'),
      visitSegments: [segment('ZZZ', { 1: 'a', 3: 'b' }), segment('ZFP', { 1: '7' })],
    });
    const { unused, facts } = translated(text);
    expect(unused()).toEqual(expect.arrayContaining(['PID-10', 'PV1-39', 'ZZZ-1', 'ZZZ-3', 'ZFP-1']));
    const traced = new Set(
      [...folded(facts).values()].flatMap(({ origins }) => origins().map(({ from }) => fieldOf(from))),
    );
    expect(unused().filter((field) => traced.has(field))).toEqual([]);
  });
});

whereShared('where the values of the official samples come from', () => {
  const files = existsSync(SHARED)
    ? ['pam-fr', 'international'].flatMap((folder) =>
        readdirSync(`${SHARED}${folder}`).map((name) => `${folder}/${name}`),
      )
    : [];
  it.each(files)('is known for every value of %s', (file) => {
    expect(gaps([decodeText(readFileSync(SHARED + file), '8859/15').text])).toEqual([]);
  });
});
