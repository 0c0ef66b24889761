import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Encounter } from 'fhir/r4.js';
import { peopleAt } from '../../src/apply/time-travel.js';
import type { PatientWindow } from '../../src/message/translation.js';
import { rol } from '../support/applied.js';
import { factsOf, FOLD, movement, pam } from '../support/pam.js';
import { openWorldStore, type WorldStore } from '../support/world-run.js';
import { messagesOf, worlds } from '../support/worlds.js';

/** Hours of March 2026; the world lasts ten days. */
const HOURS = 240;
const INSTANTS = 200;

/** One movement of the stay: when it took place, where to, and what became of it later. */
interface Step {
  at: number;
  bed: number;
  /** A Z99 that says another time, another bed. */
  corrected: { at: number; bed: number } | undefined;
  cancelled: boolean;
  historic: boolean;
}

/** A stay and who is declared family doctor from when. */
interface Course {
  admittedAt: number;
  steps: Step[];
  dischargedAt: number | undefined;
  dismissed: boolean;
  doctors: { doctor: string; from: number }[];
  order: number[];
}

const DOCTORS = ['AGNES', 'BRUNO', 'CHLOE', 'DENIS'];

const hour = fc.nat(HOURS - 1);
const course: fc.Arbitrary<Course> = fc.record({
  admittedAt: fc.nat(20),
  steps: fc.array(
    fc.record({
      at: hour.map((at) => at + 21),
      bed: fc.nat(5),
      corrected: fc.option(fc.record({ at: hour.map((at) => at + 21), bed: fc.nat(5) }), { nil: undefined }),
      cancelled: fc.boolean(),
      historic: fc.boolean(),
    }),
    { maxLength: 5 },
  ),
  dischargedAt: fc.option(
    hour.map((at) => at + 21),
    { nil: undefined },
  ),
  dismissed: fc.boolean(),
  doctors: fc.uniqueArray(fc.record({ doctor: fc.constantFrom(...DOCTORS), from: hour }), {
    selector: ({ doctor }) => doctor,
    maxLength: 4,
  }),
  order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
});

/** `YYYYMMDDHHMMSS` so many hours, and some minutes, after 1 March in Paris; no change of clocks lies in between. */
function stamp(hours: number, minutes = 0): string {
  const at = new Date(Date.UTC(2026, 2, 1, hours, minutes));
  return at.toISOString().replaceAll(/\D/g, '').slice(0, 14);
}
const isoOf = (hours: number) => `${new Date(Date.UTC(2026, 2, 1, hours, 30)).toISOString().slice(0, 19)}+01:00`;

/** The messages of a course; what corrects is recorded after what it corrects, all of it after everything took place. */
function textsOf({ admittedAt, steps, dischargedAt, dismissed, doctors, order }: Course): string[] {
  let recorded = 0;
  const next = () => stamp(HOURS * 2, recorded++);
  const bed = (number: number) => ({ 3: `3070^12^${number}` });
  const admission = pam({ trigger: 'A01', at: next(), pv1: bed(9), zbe: movement('M0', stamp(admittedAt)) });
  const moves = steps.flatMap(({ at, bed: to, corrected, cancelled, historic }, index) => {
    const id = `M${index + 1}`;
    const late = { historic: historic ? 'Y' : 'N' };
    const move = pam({ trigger: 'A02', at: next(), pv1: bed(to), zbe: movement(id, stamp(at), 'INSERT', late) });
    const update = movement(id, stamp(corrected?.at ?? at), 'UPDATE', { original: 'A02' });
    const correction = pam({ trigger: 'Z99', at: next(), pv1: bed(corrected?.bed ?? to), zbe: update });
    const cancel = pam({ trigger: 'A12', at: next(), zbe: movement(id, stamp(at), 'CANCEL', { original: 'A02' }) });
    return [move, ...(corrected === undefined ? [] : [correction]), ...(cancelled ? [cancel] : [])];
  });
  const discharge =
    dischargedAt === undefined
      ? []
      : [
          pam({ trigger: 'A03', at: next(), zbe: movement('M99', stamp(dischargedAt)) }),
          ...(dismissed
            ? []
            : [
                pam({
                  trigger: 'A13',
                  at: next(),
                  zbe: movement('M99', stamp(dischargedAt), 'CANCEL', { original: 'A03' }),
                }),
              ]),
        ];
  const declared = doctors.map(({ doctor, from }) => {
    const segment = rol({ rpps: `1099900007${DOCTORS.indexOf(doctor)}`, family: doctor }, { begin: stamp(from) });
    return pam({ trigger: 'A31', at: next(), pv1: null, patientSegments: [segment] });
  });
  const texts = [admission, ...moves, ...discharge, ...declared];
  return texts
    .map((text, index) => ({ text, rank: order[index] ?? 0 }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ text }) => text);
}

/** In which bed the patient was at half past that hour: the last move that holds, as it is known now. */
function bedAt({ admittedAt, steps, dischargedAt, dismissed }: Course, hours: number): number | undefined {
  if (hours < admittedAt) return undefined;
  if (dischargedAt !== undefined && dismissed && hours >= dischargedAt) return undefined;
  const moves = steps
    .map(({ at, bed, corrected, cancelled }, index) => ({
      at: corrected?.at ?? at,
      bed: corrected?.bed ?? bed,
      cancelled,
      index,
    }))
    .filter(({ at, cancelled }) => !cancelled && at <= hours)
    .sort((a, b) => a.at - b.at || a.index - b.index);
  return moves.at(-1)?.bed ?? 9;
}

/** Who was family doctor: of the declarations the one recorded last of those that had begun, since each ends those made before it. */
function doctorAt({ doctors }: Course, hours: number): string[] {
  const begun = doctors.filter(({ from }) => from <= hours);
  return begun.slice(-1).map(({ doctor }) => doctor);
}

function windowOf(texts: readonly string[]): PatientWindow {
  const facts = factsOf(texts);
  return {
    cluster: '1',
    facts,
    whole: true,
    anchors: [],
    memberships: new Map(),
    firstMember: new Map(),
    outdatedUntil: undefined,
    receipts: [],
  };
}

describe('as of an instant', () => {
  it('the patient was where the movements say that hold now, corrected and historic ones among them', () => {
    fc.assert(
      fc.property(course, fc.nat(HOURS + 40), (chosen, hours) => {
        const [person] = peopleAt(windowOf(textsOf(chosen)), isoOf(hours), FOLD);
        const [encounter] = (person?.encounters ?? []).map(({ resource }) => resource as Encounter);
        const current = encounter?.location?.find(({ status }) => status === 'active')?.location.display;
        expect(current).toBe(bedOf(bedAt(chosen, hours)));
      }),
      { numRuns: INSTANTS },
    );
  });

  it('the family doctor was who is known now to have been', () => {
    fc.assert(
      fc.property(course, fc.nat(HOURS + 40), (chosen, hours) => {
        const [person] = peopleAt(windowOf(textsOf(chosen)), isoOf(hours), FOLD);
        const doctors = (person?.members ?? []).filter(({ role }) => role.code === 'PCP').map(({ family }) => family);
        expect(doctors).toEqual(doctorAt(chosen, hours));
      }),
      { numRuns: INSTANTS },
    );
  });
});

function bedOf(bed: number | undefined): string | undefined {
  return bed === undefined ? undefined : `UF 3070, Chambre 12, Lit ${bed}`;
}

describe('as it was known at an instant', () => {
  let store: WorldStore;
  beforeAll(async () => {
    store = await openWorldStore();
  });
  afterAll(() => store.close());

  it('is what a gateway knows to which no more than that has come', async () => {
    const seed = Date.now() % 1_000_000;
    const sorted = async (rows: Promise<{ key: string; text: string }[]>) =>
      (await rows).map(({ key, text }) => `${key} ${text}`).sort();
    let instants = 0;
    for (let round = 0; instants < INSTANTS; round++) {
      const chosen = fc.sample(worlds({ messages: { min: 8, max: 14 } }), { seed: seed + round, numRuns: 4 });
      const lists = chosen.map((world, index) => messagesOf(world, index));
      await store.reset();
      const moments: { at: string; rows: string[] }[] = [];
      for (let step = 0; lists.some((list) => step < list.length); step++) {
        await store.arrive(
          lists.flatMap((list) => list[step] ?? []),
          1,
        );
        await new Promise((resolve) => setTimeout(resolve, 3));
        moments.push({ at: new Date().toISOString(), rows: await sorted(store.rowsTheLongWay()) });
      }
      for (const { at, rows } of moments)
        expect([seed + round, at, await sorted(store.rowsKnownAt(at))]).toEqual([seed + round, at, rows]);
      instants += moments.length;
    }
  }, 240_000);
});
