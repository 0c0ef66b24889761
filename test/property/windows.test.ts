import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { differencesOf, explained, smallest, type RowDifference, type TwoOrders } from '../support/world-difference.js';
import { openWorldStore, type WorldStore } from '../support/world-run.js';
import { messagesOf, worlds, type WorldMessage, type WorldOptions } from '../support/worlds.js';

const NIGHTLY = process.env['TDU_NIGHTLY'] === 'yes';
/** Gives the same worlds again: `TDU_SEED=… npm run jest -- test/property/windows.test.ts`. */
const SEED = Number(process.env['TDU_SEED'] ?? Date.now() % 1_000_000);
/** Worlds that go through the store together; no two of them share a number. */
const TOGETHER = 20;
const YEARS = 3 * 365 * 24;

/** Lives long enough that most of what a message does not touch lies outside of its window. */
const KINDS: [name: string, runs: number, options: WorldOptions][] = [
  [
    'one person who comes for years to one hospital',
    20,
    { hospitals: 1, people: 1, visits: 8, hours: YEARS, messages: { min: 10, max: 30 }, slips: false },
  ],
  [
    'people of several hospitals, over years',
    30,
    { hospitals: 3, people: 3, visits: 4, hours: YEARS, messages: { min: 10, max: 30 } },
  ],
  ['worlds of a few days', 60, { messages: { min: 6, max: 16 } }],
  ['documents, packages and FHIR documents among messages', 40, { messages: { min: 6, max: 16 }, letters: 10 }],
];

let store: WorldStore;

describe('after each message, what a short way through the facts made is what the long way makes', () => {
  beforeAll(async () => {
    store = await openWorldStore('2024-09-01T00:00:00Z');
  });
  afterAll(() => store.close());

  it.each(KINDS)(
    '%s',
    async (_name, runs, options) => {
      const count = NIGHTLY ? runs * 80 : runs;
      for (let start = 0; start < count; start += TOGETHER) {
        const seed = SEED + start;
        const chosen = fc.sample(worlds(options), { seed, numRuns: Math.min(TOGETHER, count - start) });
        const problem = await problemOf(chosen.map(messagesOf), seed);
        // Not as an expectation: jest would put quotes and escapes into the messages.
        if (problem !== undefined) throw new Error(`\n${problem}`);
      }
    },
    NIGHTLY ? 3_600_000 : 240_000,
  );

  it('compares resources of every folded type, and memberships', async () => {
    const chosen = fc.sample(worlds({ letters: 10 }), { seed: 1, numRuns: 2 * TOGETHER });
    await store.reset();
    await store.arrive(chosen.flatMap(messagesOf));
    const types = new Set((await store.rowsTheLongWay()).map(({ key }) => /^\w+/.exec(key)?.[0]));
    expect([...types].sort()).toEqual([
      'Appointment',
      'CarePlan',
      'CareTeam',
      'Condition',
      'DocumentReference',
      'Encounter',
      'Goal',
      'MedicationRequest',
      'Patient',
      'RelatedPerson',
      'ServiceRequest',
      'membership',
    ]);
  });
});

/** How the two ways differ now. */
async function differences(): Promise<RowDifference[]> {
  const stored = (await store.rows()).filter((row) => store.isFolded(row));
  return differencesOf(stored, await store.rowsTheLongWay());
}

/** Whether the two ways differ at some step, the messages of the order coming one by one. */
async function failsAlone({ messages, orders: [order] }: TwoOrders): Promise<boolean> {
  await store.reset();
  for (const index of order) {
    await store.arrive(messages.slice(index, index + 1), 1);
    if ((await differences()).length > 0) return true;
  }
  return false;
}

/** The first counterexample among these worlds, made small: each step brings the next message of every world. */
async function problemOf(lists: WorldMessage[][], seed: number): Promise<string | undefined> {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  await store.reset();
  for (let step = 0; step < longest; step++) {
    const arriving = lists.flatMap((list) => list[step] ?? []);
    await store.arrive(arriving, arriving.length);
    const found = await differences();
    if (found.length > 0) return explainedStep(lists, step, found, `TDU_SEED=${SEED}: worlds of seed ${seed}`);
  }
  return undefined;
}

async function explainedStep(
  lists: WorldMessage[][],
  step: number,
  found: RowDifference[],
  title: string,
): Promise<string> {
  for (const list of lists) {
    const messages = list.slice(0, step + 1);
    const alone: TwoOrders = { messages, orders: [[...messages.keys()], [...messages.keys()]], batches: [1, 1] };
    if (!(await failsAlone(alone))) continue;
    const small = await smallest(alone, failsAlone);
    await failsAlone(small);
    return `${title}: stored (1), the long way (2)\n${explained(small, await differences())}`;
  }
  const messages = lists.flatMap((list) => list.slice(0, step + 1));
  const together: TwoOrders = {
    messages,
    orders: [[...messages.keys()], [...messages.keys()]],
    batches: [lists.length, lists.length],
  };
  return `${title}: stored (1), the long way (2); no world differs alone\n${explained(together, found)}`;
}
