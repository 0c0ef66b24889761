import { isCorrection, type Event } from '../message/event.js';
import type { Membership } from '../message/membership.js';
import type { EarlierReceipt } from '../message/receipt.js';
import type { Withdrawal } from '../message/translation.js';
import { people, type Decision } from './decision.js';

/** The receipts of earlier by person and endpoint: who was told at two addresses is corrected at both. */
function addresses(receipts: readonly EarlierReceipt[]): EarlierReceipt[][] {
  const byAddress = new Map<string, EarlierReceipt[]>();
  for (const receipt of receipts) {
    const address = `${receipt.member}|${receipt.endpoint}`;
    byAddress.set(address, [...(byAddress.get(address) ?? []), receipt]);
  }
  return [...byAddress.values()];
}

/**
 * What an event undoes before it got anywhere. A cancellation takes back all that may not leave any more; a correction what it does not
 * follow.
 */
export function withdrawalsOf({ kind }: Event, receipts: readonly EarlierReceipt[]): Withdrawal[] {
  if (!isCorrection(kind)) return [];
  // Of two deliveries of one receipt the later went in the place of the other.
  const arrived = new Set(
    receipts.flatMap(({ receiptId, reach }) => (reach === 'reached' || reach === 'under-way' ? [receiptId] : [])),
  );
  const lists = kind.endsWith('-cancelled')
    ? [receipts.filter(({ receiptId }) => !arrived.has(receiptId))]
    : addresses(receipts).filter((list) => list.every(({ reach }) => reach === 'none'));
  return lists.flat().map(({ receiptId }) => ({ receiptId, by: kind }));
}

/** A cancellation or correction goes to those whom what it undoes has reached, or who are shown it; of the others it is said that it did not. */
export function decideCorrection(
  { thread }: Event,
  { circle, receipts }: { circle: readonly Membership[]; receipts: readonly EarlierReceipt[] },
): Decision[] {
  const informed = addresses(receipts).flatMap((list): Decision[] => {
    const arrived =
      list.findLast(({ reach }) => reach === 'reached') ?? list.findLast(({ reach }) => reach === 'under-way');
    const last = arrived ?? list.findLast(({ reach }) => reach === 'shown');
    if (last === undefined) return [];
    const { member, label, role, endpoint } = last;
    const respondsTo = arrived?.thread === thread ? arrived.deliveryId : undefined;
    const reason = 'was-told-before';
    return [{ member, label, role, endpoint, from: null, to: null, reason, rule: null, respondsTo }];
  });
  const reached = new Set(informed.map(({ member }) => member));
  const remaining = people(circle).filter((memberships) => !memberships.some(({ person }) => reached.has(person)));
  const unreached = remaining.flatMap(([first]): Decision[] => {
    if (first === undefined) return [];
    const { person, label, role, from, to } = first;
    return [notReached({ member: person, label, role: role.code }, from, to)];
  });
  const considered = new Set([...reached, ...remaining.flat().map(({ person }) => person)]);
  // Who has left the circle since, and was to be told of what is corrected.
  const missed = new Map(
    receipts.flatMap((receipt) => (considered.has(receipt.member) ? [] : [[receipt.member, notReached(receipt)]])),
  );
  return [...informed, ...unreached, ...missed.values()];
}

function notReached(
  { member, label, role }: Pick<Decision, 'member' | 'label' | 'role'>,
  from: string | null = null,
  to: string | null = null,
): Decision {
  return { member, label, role, from, to, reason: 'was-not-told-before', rule: null, endpoint: undefined };
}
