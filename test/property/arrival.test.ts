import { afterAll, beforeAll, describe, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom, shuffled } from '../support/random.js';
import {
  differencesBetween,
  differencesOf,
  explained,
  rowsAfter,
  smallest,
  type RowDifference,
  type TwoOrders,
} from '../support/world-difference.js';
import { openWorldStore, type WorldStore } from '../support/world-run.js';
import { messagesOf, worlds, type WorldMessage, type WorldOptions } from '../support/worlds.js';

const NIGHTLY = process.env['TDU_NIGHTLY'] === 'yes';
/** Gives the same worlds again: `TDU_SEED=… npm run jest -- test/property/arrival.test.ts`. */
const SEED = Number(process.env['TDU_SEED'] ?? Date.now() % 1_000_000);
/** Worlds that go through the store together; no two of them share a number. */
const TOGETHER = 100;
/** Counterexamples that are made small and shown. */
const SHOWN = 3;

const KINDS: [name: string, runs: number, options: WorldOptions][] = [
  [
    'one person of one hospital, as PAM.FR asks',
    50,
    { hospitals: 1, people: 1, authorities: ['iso'], feeds: ['pam'], erasures: false, merges: false, slips: false },
  ],
  [
    'one person of one hospital, with erased and empty fields',
    50,
    { hospitals: 1, people: 1, authorities: ['iso'], feeds: ['pam'], merges: false, slips: false },
  ],
  ['a feed without ZBE', 50, { hospitals: 1, people: 2, feeds: ['abroad'], merges: false, slips: false }],
  ['two hospitals that name an authority', 50, { hospitals: 2, people: 2, authorities: ['iso'], merges: false }],
  ['two hospitals that name none', 50, { hospitals: 2, people: 2, authorities: ['none'], merges: false }],
  ['merges of the numbers of one hospital', 50, { hospitals: 1, people: 3, feeds: ['pam'], slips: false }],
  ['worlds of every kind', 500, {}],
];

let store: WorldStore;

describe('whatever the order in which messages arrive, a reader sees the same rows', () => {
  beforeAll(async () => {
    store = await openWorldStore();
  });
  afterAll(() => store.close());

  it.each(KINDS)(
    '%s',
    async (_name, runs, options) => {
      const count = NIGHTLY ? runs * 40 : runs;
      const problems: string[] = [];
      for (let start = 0; start < count && problems.length === 0; start += TOGETHER) {
        const seed = SEED + start;
        const chosen = fc.sample(worlds(options), { seed, numRuns: Math.min(TOGETHER, count - start) });
        problems.push(...(await problemsOf(chosen.map(messagesOf), seed)));
      }
      // Not as an expectation: jest would put quotes and escapes into the messages.
      if (problems.length > 0) throw new Error(`\n${problems.join('\n\n')}`);
    },
    NIGHTLY ? 3_600_000 : 240_000,
  );
});

/** The first counterexamples among these worlds, made small. */
async function problemsOf(lists: WorldMessage[][], seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const orders = [1, 2].map(() => lists.map((list) => shuffled([...list.keys()], random)));
  const failing = await failingWorlds(lists, orders, [...lists.keys()]);
  const problems: string[] = [];
  for (const { world, order } of failing) {
    const messages = lists[world] ?? [];
    problems.push(await problemOf({ messages, orders: [[...messages.keys()], order], batch: 1 }, seed, world));
  }
  return problems;
}

async function problemOf(found: TwoOrders, seed: number, world: number): Promise<string> {
  const differences = await differencesBetween(store, found);
  const title = `TDU_SEED=${SEED}: world ${world} of the worlds of seed ${seed}`;
  if (differences.length === 0) return `${title} differs only beside others or in larger transactions`;
  const kind = kindOf(differences);
  const fails = async (candidate: TwoOrders) =>
    (await differencesBetween(store, candidate)).some((difference) => kindOf([difference]) === kind);
  const small = await smallest(found, fails);
  return `${title}\n${explained(small, await differencesBetween(store, small))}`;
}

/** Type of the first row that differs. */
function kindOf([first]: readonly RowDifference[]): string {
  return /^\w+/.exec(first?.key ?? '')?.[0] ?? '';
}

/** The worlds that differ between their own order and one of the others, by halves: most often none does. */
async function failingWorlds(
  lists: WorldMessage[][],
  orders: number[][][],
  among: number[],
): Promise<{ world: number; order: number[] }[]> {
  const own = await rowsAfter(store, interleaved(among.map((world) => lists[world] ?? [])), among.length);
  for (const [index, ordered] of orders.entries()) {
    const arrivals = among.map((world) => (ordered[world] ?? []).flatMap((at) => lists[world]?.[at] ?? []));
    // One message of each world to a transaction, then four.
    const rows = await rowsAfter(store, interleaved(arrivals), among.length * (index === 0 ? 1 : 4));
    if (differencesOf(own, rows).length === 0) continue;
    if (among.length === 1) return [{ world: among[0] ?? 0, order: ordered[among[0] ?? 0] ?? [] }];
    const half = Math.ceil(among.length / 2);
    const found = await failingWorlds(lists, orders, among.slice(0, half));
    const more = found.length < SHOWN ? await failingWorlds(lists, orders, among.slice(half)) : [];
    return [...found, ...more].slice(0, SHOWN);
  }
  return [];
}

/** First the first message of each world, then the second of each … */
function interleaved(lists: WorldMessage[][]): WorldMessage[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
}
