import type { DateTest } from '../fhir/search.js';

type Comparison = readonly ['low' | 'high', string, 'from' | 'to'];

/** The range of the value holds the resource's whole. */
const WITHIN: readonly Comparison[] = [
  ['low', '>=', 'from'],
  ['high', '<', 'to'],
];

/**
 * What each prefix asks of the resource's range, `low` to `high`, and of the value's, from inclusive and to exclusive (R4 Search, Prefixes): all
 * comparisons of one of these lists.
 */
const TESTS: Readonly<Record<DateTest['op'], readonly (readonly Comparison[])[]>> = {
  eq: [WITHIN],
  ne: [WITHIN],
  gt: [[['high', '>=', 'to']]],
  lt: [[['low', '<', 'from']]],
  ge: [[['high', '>=', 'to']], WITHIN],
  le: [[['low', '<', 'from']], WITHIN],
  sa: [[['low', '>=', 'to']]],
  eb: [[['high', '<', 'from']]],
};

/** SQL of date tests of which any must hold; as `range`. */
export function anyRange(tests: readonly DateTest[], low: string, high: string, values: unknown[]): string {
  return `(${tests.map((test) => range(test, low, high, values)).join(' OR ')})`;
}

/** SQL of a date test, on the columns that hold the two ends of a resource's range; its values are added to those of the statement. */
function range(test: DateTest, low: string, high: string, values: unknown[]): string {
  const lists = TESTS[test.op].map((comparisons) =>
    comparisons
      .map(([side, operator, bound]) => {
        const column = side === 'low' ? low : high;
        return `${column} ${operator} $${values.push(test[bound])}::timestamptz`;
      })
      .join(' AND '),
  );
  const any = `(${lists.join(' OR ')})`;
  return test.op === 'ne' ? `NOT ${any}` : any;
}
