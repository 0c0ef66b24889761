/** Milliseconds of 2020-01-01: ids stay below 2^63 until 2089. */
const EPOCH = Date.UTC(2020, 0, 1);

/**
 * Time-ordered message ids: milliseconds, then 8 bits of the gateway's node, then a 14-bit count. As decimal strings, ever growing.
 * @param node 0–255, one for each process that receives
 * @param now milliseconds since 1970
 */
export function messageIds(node: number, now: () => number): () => string {
  let last = 0;
  let count = 0;
  return () => {
    const moment = Math.max(now(), last);
    count = moment === last ? count + 1 : 0;
    // More than 16,384 in one millisecond, or a clock set back: borrow from the next.
    last = count < 1 << 14 ? moment : moment + 1;
    if (last > moment) count = 0;
    return ((BigInt(last - EPOCH) << 22n) | (BigInt(node & 0xff) << 14n) | BigInt(count)).toString();
  };
}
