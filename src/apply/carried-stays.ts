import type { Event } from '../message/event.js';
import type { EarlierReceipt } from '../message/receipt.js';
import type { FoldedStay } from '../message/stay.js';
import type { Person } from './people.js';
import type { FoldedWindow } from './window.js';

/** A correction of a stay as a whole, and whom anything of it has been told. */
export interface CarriedStay {
  event: Event;
  person: Person;
  receipts: readonly EarlierReceipt[];
}

/**
 * The stays that a join or a merge carried under another number of their patient: their Encounter names another Patient, and who was told of
 * one learns it, once for all that he was told of it.
 * @param isTold does another event of the message tell of that stay at that endpoint?
 */
export function carriedStays(
  before: FoldedWindow,
  after: FoldedWindow,
  messageId: string,
  isTold: (stay: string, endpoint: string) => boolean,
): CarriedStay[] {
  const owners = new Map(before.people.flatMap(({ anchor, stays }) => [...stays.keys()].map((key) => [key, anchor])));
  return after.people.flatMap((person) =>
    [...person.stays].flatMap(([key, { stay }]) => {
      const owner = owners.get(key);
      if (owner === undefined || owner === person.anchor) return [];
      const receipts = before.receipts.filter(({ about, endpoint }) => about === key && !isTold(key, endpoint));
      const thread = receipts.at(-1)?.thread;
      return thread === undefined ? [] : [{ event: correctionOf(stay, thread, person, messageId), person, receipts }];
    }),
  );
}

/** Under the movement that was told of last. */
function correctionOf(stay: FoldedStay, thread: string, { anchor }: Person, messageId: string): Event {
  const movement = stay.movements.find((candidate) => candidate.thread === thread) ?? stay.movements[0];
  return {
    kind: 'correction',
    messageId,
    patient: anchor,
    about: { type: 'stay', key: stay.key },
    thread,
    effectiveAt: movement?.effectiveAt ?? stay.start ?? '',
    attributes: movement?.attributes ?? {},
  };
}
