import { describe, expect, it } from '@jest/globals';
import { decodeText } from '../../../src/hl7v2/charset.js';
import { parse } from '../../../src/hl7v2/parse.js';
import { admit } from '../../../src/receive/admit.js';
import { receiveSource } from '../../support/admissions.js';
import { MemoryGateway } from '../../support/applied.js';
import { HOSPITAL, movement, pam, professional, segment, translated, type PamParts } from '../../support/pam.js';

const at = '20260302080000';
const message = (parts: Partial<PamParts>) => pam({ trigger: 'A01', at, zbe: movement('M1', at), ...parts });
const many = (count: number, part: (index: number) => string, mark = '~') =>
  Array.from({ length: count }, (_, index) => part(index)).join(mark);
const segments = (count: number, part: (index: number) => string) => Array.from({ length: count }, (_, n) => part(n));

type Message = (count: number) => string;

/** What the door lets in up to its limit alone: with the limits away, reading it is to cost no more than its length. */
const REPEATED: readonly [string, Message][] = [
  ['addresses', (count) => message({ pid: { 11: many(count, (n) => `${n} RUE DES LILAS^^LYON^^69000^FRA^H`) } })],
  ['birth places', (count) => message({ pid: { 11: many(count, (n) => `^^LYON${n}^^^FRA^BDL^^69123`) } })],
  ['identifiers', (count) => message({ pid: { 3: many(count, (n) => `N${n}^^^${HOSPITAL}^PI`) } })],
  ['names', (count) => message({ pid: { 5: many(count, (n) => `ESSAI${n}^CAMILLE^^^^^${n === 0 ? 'L' : 'D'}`) } })],
  ['telephone numbers', (count) => message({ pid: { 13: many(count, (n) => `0${100_000_000 + n}^PRN^PH`) } })],
  ['doctors', (count) => message({ pv1: { 7: many(count, (n) => professional(`${10_000_000_000 + n}`, `D${n}`)) } })],
  [
    'ROL segments',
    (count) =>
      message({
        visitSegments: segments(count, (n) =>
          segment('ROL', { 2: 'UC', 3: 'ODRP', 4: professional(`${10_000_000_000 + n}`, `D${n}`) }),
        ),
      }),
  ],
  [
    'NK1 segments',
    (count) =>
      message({
        patientSegments: segments(count, (n) => segment('NK1', { 1: `${n}`, 2: `ESSAI${n}^JEAN`, 3: 'SPO', 7: 'K' })),
      }),
  ],
];

/** What the door lets in however much there is of it, up to the length of a message. */
const ADMITTED: readonly [string, Message][] = [
  ['OBX segments', (count) => message({ visitSegments: segments(count, (n) => `OBX|${n}|NM|3142-7^W^LN||${n}|kg`) })],
  ['segments of no map', (count) => message({ visitSegments: segments(count, (n) => `ZZZ|${n}|a`) })],
  ['letters of a field', (count) => message({ pid: { 11: 'x'.repeat(count * 40) } })],
  ['escapes', (count) => message({ pid: { 11: '\\T\\\\X41\\'.repeat(count) } })],
  ['escapes that do not end', (count) => message({ pid: { 11: '\\X4'.repeat(count) } })],
  ['escape marks', (count) => message({ pid: { 5: '\\'.repeat(count) } })],
  ['components', (count) => message({ pid: { 11: many(count, (n) => `c${n}`, '^') } })],
  ['subcomponents', (count) => message({ pid: { 5: many(count, (n) => `c${n}`, '&') } })],
  ['fields', (count) => message({ visitSegments: [`ZZZ|${many(count, (n) => `f${n}`, '|')}`] })],
  ['fields of PID', (count) => message({ pid: { 13: many(count, (n) => `f${n}`, '|') } })],
  ['control characters', (count) => message({ pid: { 11: '\x01\x85'.repeat(count) } })],
  ['lines', (count) => message({ visitSegments: segments(count, () => '') })],
];

const SMALL = 4000;
/** Four times as much may take eight times as long: what grows with the square takes sixteen times. */
const GROWTH = 8;
/** Below it a time says nothing. */
const NOISE_MS = 15;

function pass(text: string): void {
  const { text: decoded, charset, warnings } = decodeText(Buffer.from(text), '8859/15');
  const source = { ...receiveSource, maxRepetitions: 1_000_000, maxSegments: 1_000_000 };
  admit(parse(decoded, charset), warnings, { source, triggers: new Set(['A01']) });
}

/** Milliseconds of this process's own work, the least of some tries. */
async function cost(run: () => unknown): Promise<number> {
  const times: number[] = [];
  for (let time = 0; time < 3; time++) {
    const before = process.cpuUsage();
    await run();
    times.push(process.cpuUsage(before).user / 1000);
  }
  return Math.min(...times);
}

async function growth(run: (text: string) => unknown, of: Message): Promise<number> {
  await run(of(100));
  const [few, much] = [of(SMALL), of(4 * SMALL)];
  const first = await cost(() => run(few));
  return (await cost(() => run(much))) / Math.max(first, NOISE_MS);
}

describe('four times as much in one message costs about four times as much', () => {
  it.each(REPEATED)('at the door and in reading it: %s', async (_, of) => {
    expect(await growth(pass, of)).toBeLessThan(GROWTH);
    expect(await growth(translated, of)).toBeLessThan(GROWTH);
  });

  it.each(ADMITTED)('from the door to the resources: %s', async (_, of) => {
    expect(await growth(pass, of)).toBeLessThan(GROWTH);
    expect(await growth((text) => new MemoryGateway().take(text), of)).toBeLessThan(GROWTH);
  });
});

describe('as much of one kind as the door lets in', () => {
  it.each(REPEATED)('is let in: %s', (_, of) => {
    const admission = (count: number) => {
      const rules = { source: receiveSource, triggers: new Set(['A01']) };
      return admit(parse(of(count), 'UNICODE UTF-8'), [], rules);
    };
    expect(admission(receiveSource.maxRepetitions).code).toBe('AA');
    const beyond = admission(receiveSource.maxRepetitions + 1);
    expect(beyond).toMatchObject({ code: 'AE', state: 'refused', workItems: [{ field: expect.any(String) }] });
    expect(beyond.issues.find(({ severity }) => severity === 'E')?.location).toMatch(
      /^(PID-(3|5|11|13)|PV1-7|(ROL|NK1)\[201\])$/,
    );
  });
});
