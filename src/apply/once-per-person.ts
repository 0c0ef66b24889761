import type { Event } from '../message/event.js';
import type { NewReceipt } from '../message/receipt.js';
import type { TranslationStep } from '../message/translation.js';
import type { Routed } from '../route/route.js';

/** An event as it was routed, and what its deliveries carry. */
export interface RoutedEvent {
  event: Event;
  resources: readonly string[];
  routed: Routed;
}

/** What a delivery of the step carries to somebody. */
interface Carried {
  receiptId: string;
  endpoint: string;
  resources: ReadonlySet<string>;
}

/**
 * One message tells nobody twice of one document: whoever is sent the document has its plans and appointments with it. He has a receipt for
 * each of them, and one delivery.
 */
export function oncePerPerson(
  routed: readonly RoutedEvent[],
): Pick<TranslationStep, 'receipts' | 'deliveries' | 'withdrawals' | 'workItems'> {
  const carried = new Map<string, Carried[]>();
  const all = routed.map((each) =>
    each.event.about.type === 'document' ? withoutRepeats(each, carried) : each.routed,
  );
  return {
    receipts: all.flatMap(({ receipts }) => receipts),
    deliveries: all.flatMap(({ deliveries }) => deliveries),
    withdrawals: all.flatMap(({ withdrawals }) => withdrawals),
    workItems: all.flatMap(({ workItems }) => workItems),
  };
}

function withoutRepeats({ event, resources, routed }: RoutedEvent, carried: Map<string, Carried[]>): Routed {
  const deliveryOf = new Map(routed.deliveries.map((delivery) => [delivery.receiptId, delivery]));
  const repeated = new Set<string>();
  const receipts = routed.receipts.map((receipt) => {
    const name = `${event.about.key}|${receipt.member}`;
    const delivery = deliveryOf.get(receipt.id);
    const before = carried.get(name) ?? [];
    const carrier = before.find(
      (other) =>
        (delivery === undefined || delivery.endpoint === other.endpoint) &&
        resources.every((reference) => other.resources.has(reference)),
    );
    if (carrier !== undefined && (delivery !== undefined || receipt.reason === 'was-not-told-before')) {
      repeated.add(receipt.id);
      return toldWithDocument(receipt, carrier.receiptId);
    }
    if (delivery !== undefined) {
      const { receiptId, endpoint } = delivery;
      carried.set(name, [...before, { receiptId, endpoint, resources: new Set(resources) }]);
    }
    return receipt;
  });
  return {
    ...routed,
    receipts,
    deliveries: routed.deliveries.filter(({ receiptId }) => !repeated.has(receiptId)),
    // What goes in the place of what is withdrawn tells of the version in force, which has other resources.
    withdrawals: routed.withdrawals.map((withdrawal) => ({ ...withdrawal, resources })),
  };
}

function toldWithDocument(receipt: NewReceipt, carrier: string): NewReceipt {
  return { ...receipt, decision: 'told', reason: 'told-with-document', carrier };
}
