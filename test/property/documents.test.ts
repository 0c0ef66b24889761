import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { foldWindow } from '../../src/apply/window.js';
import { AGNES, BRUNO, MemoryGateway, rol } from '../support/applied.js';
import { appointment, cdaMember, entry, plan, type TestDocument } from '../support/documents.js';
import { movement, pam } from '../support/pam.js';

const RUNS = process.env['TDU_NIGHTLY'] === 'yes' ? 3000 : 150;
const PATIENT = 'urn:oid:2.999.71.1|IPP1';
const STAYS = ['V1', 'V2'];
const VISIT = 'urn:oid:2.999.71.1';
const RULES = [
  { id: 'family-doctor', events: ['admission', 'discharge', 'document', 'care-plan', 'appointment'], roles: ['PCP'] },
  { id: 'others', events: ['appointment'], roles: ['PROV'] },
];

type Arriving = { id: string; text: string } | { id: string; document: TestDocument };

const day = (number: number, hour = 8) =>
  `2026-03-${String(number).padStart(2, '0')}T${String(hour).padStart(2, '0')}:00:00+01:00`;
const hl7 = (number: number, hour = 8) =>
  `202603${String(number).padStart(2, '0')}${String(hour).padStart(2, '0')}0000`;

/** One version of one of two documents. */
const version = fc.record({
  set: fc.constantFrom('A', 'B'),
  version: fc.integer({ min: 1, max: 3 }),
  /** How it names its parent: well, not at all, or one that never comes. */
  parent: fc.constantFrom('known', 'none', 'unknown'),
  request: fc.constantFrom('new', 'replace', 'replace', 'delete' as const),
  named: fc.subarray(['agnes', 'bruno']),
  steps: fc.subarray(['rdv', 'pansement', 'scanner']),
  masked: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  bytes: fc.oneof({ weight: 8, arbitrary: fc.constant('') }, { weight: 1, arbitrary: fc.constant('other') }),
  visit: fc.option(
    fc.record({
      number: fc.option(fc.constantFrom(...STAYS), { nil: undefined }),
      begin: fc.option(fc.constantFrom(day(2), day(2, 20), '2026-03-02', day(4), day(9)), { nil: undefined }),
      ended: fc.boolean(),
      elsewhere: fc.boolean(),
    }),
    { nil: undefined },
  ),
});

function documentOf({
  set,
  version: number,
  parent,
  visit,
  ...made
}: typeof version extends fc.Arbitrary<infer T> ? T : never): TestDocument {
  const key = (of: number | string) => `urn:oid:2.999.7.${set === 'A' ? '1' : '2'}|${String(of)}`;
  const people = {
    agnes: cdaMember(AGNES.rpps, AGNES.family),
    bruno: cdaMember(BRUNO.rpps, BRUNO.family, { role: PROVIDER }),
  };
  const replaces =
    parent === 'none' || (parent === 'known' && number === 1) ? [] : [key(parent === 'known' ? number - 1 : 'never')];
  return {
    id: key(number),
    set: key('set'),
    version: number,
    replaces,
    request: made.request as 'new',
    at: day(4 + number, 10),
    ...(made.bytes === '' ? {} : { bytes: `${made.bytes} ${key(number)}`, sentAt: day(20) }),
    masked: made.masked,
    patient: PATIENT,
    members: made.named.map((name) => people[name as 'agnes']),
    entries: made.steps.map((step) =>
      step === 'rdv'
        ? appointment(step, '2026-03-20')
        : entry('ServiceRequest', step, { code: { text: `${step} ${String(number)}` } }),
    ),
    plans: made.steps.length === 0 ? [] : [plan('suites', 'Suites à donner', made.steps)],
    ...(visit === undefined
      ? {}
      : {
          visit: {
            ...(visit.number === undefined ? {} : { number: `${VISIT}|${visit.number}` }),
            ...(visit.begin === undefined ? {} : { begin: visit.begin }),
            ...(visit.ended ? { end: day(10) } : {}),
            ...(visit.elsewhere ? { facility: { organization: 'Organization/elsewhere', label: 'Clinique' } } : {}),
          },
          ...(visit.elsewhere ? { source: 'elsewhere' } : {}),
        }),
  };
}

const PROVIDER = { system: 'urn:roles', code: 'PROV', display: 'Professionnel' };

/** What a feed tells of a stay. */
const adt = fc.record({
  stay: fc.constantFrom(...STAYS),
  trigger: fc.constantFrom('A01', 'A03', 'A02', 'A11', 'Z99'),
  day: fc.constantFrom(2, 3, 9),
  doctor: fc.boolean(),
});

function adtOf(
  { stay, trigger, day: on, doctor }: { stay: string; trigger: string; day: number; doctor: boolean },
  index: number,
): string {
  const at = trigger === 'A03' ? hl7(on + 1) : hl7(on);
  const [action, original] =
    trigger === 'A11' ? ['CANCEL', 'A01'] : trigger === 'Z99' ? ['UPDATE', 'A01'] : ['INSERT', ''];
  const entering = ['A01', 'A11', 'Z99'].includes(trigger);
  return pam({
    trigger,
    at: hl7(on, 9 + (index % 10)),
    zbe: movement(entering ? `${stay}-in` : `${stay}-${trigger}-${String(on)}`, at, action, { original }),
    pid: { 3: 'IPP1^^^CH-ESSAI&2.999.71.1&ISO^PI', 5: 'ESSAI^CAMILLE^CAMILLE^^^^L', 7: '19790328', 8: 'F' },
    pv1: { 19: `${stay}^^^CH-ESSAI&2.999.71.1&ISO^VN` },
    ...(doctor ? { patientSegments: [rol(AGNES)] } : {}),
  });
}

const worlds = fc
  .tuple(fc.array(version, { minLength: 1, maxLength: 5 }), fc.array(adt, { maxLength: 4 }))
  .map(([versions, messages]): Arriving[] => [
    ...versions.map((made, index) => ({ id: String(index + 1), document: documentOf(made) })),
    ...messages.map((made, index) => ({ id: String(versions.length + index + 1), text: adtOf(made, index) })),
  ])
  .chain((arriving) =>
    fc.tuple(
      fc.constant(arriving),
      fc.shuffledSubarray(arriving, { minLength: arriving.length, maxLength: arriving.length }),
    ),
  );

async function arrive(gateway: MemoryGateway, arriving: Arriving): Promise<void> {
  if ('document' in arriving) await gateway.takeDocument(arriving.document, { messageId: arriving.id });
  else await gateway.take(arriving.text, { messageId: arriving.id });
}

/** Everything that a reader sees: what is entered in error is gone. */
function seen(gateway: MemoryGateway): string[] {
  return [
    ...gateway.everything(),
    ...gateway.memberships().map((row) => JSON.stringify(row)),
    ...gateway.openItems(),
  ].sort();
}

/** The same, worked out anew of all facts. */
function anew(gateway: MemoryGateway): string[] {
  const { people, doubts } = foldWindow(gateway.wholeWindow(), gateway.context().fold);
  return [
    ...people
      .flatMap(({ resources }) => [...resources.values()].map(({ body }) => body))
      .filter((body) => !IN_ERROR.test(body)),
    ...people.flatMap(({ memberships }) => [...memberships.values()].flat().map((row) => JSON.stringify(row))),
    ...[...doubts.values()].map(({ reason }) => reason),
  ].sort();
}

const IN_ERROR = /"(status|lifecycleStatus)":"entered-in-error"/;

describe('documents and stays', () => {
  it('end the same in whatever order they come', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ([arriving, shuffled]) => {
        const [first, second] = [new MemoryGateway({ rules: RULES }), new MemoryGateway({ rules: RULES })];
        for (const each of arriving) await arrive(first, each);
        for (const each of shuffled) await arrive(second, each);
        expect(seen(second)).toEqual(seen(first));
      }),
      { numRuns: RUNS },
    );
  }, 600_000);

  it('are after each message what all facts together make', async () => {
    await fc.assert(
      fc.asyncProperty(worlds, async ([, shuffled]) => {
        const gateway = new MemoryGateway({ rules: RULES });
        for (const each of shuffled) {
          await arrive(gateway, each);
          expect(seen(gateway)).toEqual(anew(gateway));
        }
      }),
      { numRuns: RUNS },
    );
  }, 600_000);
});
