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
import { openWorldStore, type Row, type WorldStore } from '../support/world-run.js';
import { messagesOf, worlds, type WorldMessage, type WorldOptions } from '../support/worlds.js';

const NIGHTLY = process.env['TDU_NIGHTLY'] === 'yes';
/** Gives the same worlds again: `TDU_SEED=… npm run jest -- test/property/arrival.test.ts`. */
const SEED = Number(process.env['TDU_SEED'] ?? Date.now() % 1_000_000);
/** Worlds that go through the store together; no two of them share a number. */
const TOGETHER = 100;
/** Orders of each world that are compared with its own. */
const OTHER_ORDERS = NIGHTLY ? 2 : 1;
/** Counterexamples that are made small and shown. */
const SHOWN = 2;

const KINDS: [name: string, runs: number, options: WorldOptions][] = [
  [
    'one person of one hospital, as PAM.FR asks',
    30,
    { hospitals: 1, people: 1, authorities: ['iso'], feeds: ['pam'], erasures: false, merges: false, slips: false },
  ],
  [
    'one person of one hospital, with erased and empty fields',
    30,
    { hospitals: 1, people: 1, authorities: ['iso'], feeds: ['pam'], merges: false, slips: false },
  ],
  [
    'a feed without ZBE',
    30,
    { hospitals: 1, people: 2, feeds: ['abroad'], merges: false, accounts: false, slips: false },
  ],
  [
    'two hospitals that name an authority',
    30,
    { hospitals: 2, people: 2, authorities: ['iso'], merges: false, accounts: false },
  ],
  [
    'two hospitals that name none',
    30,
    { hospitals: 2, people: 2, authorities: ['none'], merges: false, accounts: false },
  ],
  ['merges of the numbers of one hospital', 30, { hospitals: 1, people: 3, feeds: ['pam'], slips: false }],
  ['a feed without ZBE that names some stays by their account', 30, { hospitals: 1, feeds: ['abroad'], slips: false }],
  ['documents, packages and FHIR documents among the messages of two hospitals', 100, { hospitals: 2, letters: 10 }],
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
    NIGHTLY ? 3_600_000 : 480_000,
  );
});

/** Worlds that differ between their own order and another, when they go through the store together. */
interface Failure {
  worlds: number[];
  /** Which of the other orders. */
  order: number;
}

/** The worlds of one seed and some orders of the messages of each. */
interface Draw {
  lists: WorldMessage[][];
  orders: number[][][];
}

/** The first counterexamples among these worlds, made small. */
async function problemsOf(lists: WorldMessage[][], seed: number): Promise<string[]> {
  const random = seededRandom(seed);
  const orders = Array.from({ length: OTHER_ORDERS }, () => lists.map((list) => shuffled([...list.keys()], random)));
  const failures = await failuresOf({ lists, orders }, [...lists.keys()]);
  const problems: string[] = [];
  for (const failure of failures) {
    const small = await smallOf(twoOrders({ lists, orders }, failure));
    const title = `TDU_SEED=${SEED}: worlds ${failure.worlds.join(', ')} of seed ${seed}`;
    problems.push(`${title}\n${explained(small, await differencesBetween(store, small))}`);
  }
  return problems;
}

async function smallOf(found: TwoOrders): Promise<TwoOrders> {
  const kind = kindOf(await differencesBetween(store, found));
  return smallest(found, async (candidate) =>
    (await differencesBetween(store, candidate)).some((difference) => kindOf([difference]) === kind),
  );
}

/** Type of the first row that differs. */
function kindOf([first]: readonly RowDifference[]): string {
  return /^\w+/.exec(first?.key ?? '')?.[0] ?? '';
}

/** By halves, since most often no world differs; worlds that differ only together stay together. */
async function failuresOf(draw: Draw, among: number[]): Promise<Failure[]> {
  const [first] = draw.orders.keys();
  const own = await rowsOf(twoOrders(draw, { worlds: among, order: first ?? 0 }), 0);
  for (const order of draw.orders.keys()) {
    const failure: Failure = { worlds: among, order };
    if (differencesOf(own, await rowsOf(twoOrders(draw, failure), 1)).length === 0) continue;
    const half = Math.ceil(among.length / 2);
    const found = among.length === 1 ? [] : await failuresOf(draw, among.slice(0, half));
    const more = among.length > 1 && found.length < SHOWN ? await failuresOf(draw, among.slice(half)) : [];
    return found.length + more.length === 0 ? [failure] : [...found, ...more].slice(0, SHOWN);
  }
  return [];
}

function rowsOf({ messages, orders, batches }: TwoOrders, which: 0 | 1): Promise<Row[]> {
  const arriving = orders[which].flatMap((index) => messages[index] ?? []);
  return rowsAfter(store, arriving, batches[which]);
}

/** The first message of each world, then the second of each …: in the own order four of each to a transaction, in the others one. */
function twoOrders({ lists, orders }: Draw, { worlds: among, order }: Failure): TwoOrders {
  const messages = among.flatMap((world) => lists[world] ?? []);
  const indexes = new Map(messages.map((message, index) => [message, index]));
  const indexed = (chosen: WorldMessage[][]) => interleaved(chosen).map((message) => indexes.get(message) ?? 0);
  const own = among.map((world) => lists[world] ?? []);
  const other = among.map((world) => (orders[order]?.[world] ?? []).flatMap((at) => lists[world]?.[at] ?? []));
  return {
    messages,
    orders: [indexed(own), indexed(other)],
    batches: [among.length * 4, among.length],
  };
}

function interleaved(lists: WorldMessage[][]): WorldMessage[] {
  const longest = Math.max(0, ...lists.map((list) => list.length));
  return Array.from({ length: longest }, (_, at) => lists.flatMap((list) => list[at] ?? [])).flat();
}
