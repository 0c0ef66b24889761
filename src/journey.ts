import type { DeliveryState } from './message/delivery.js';
import type { MessageState } from './message/message.js';

/**
 * The map of the house: the stages in order, what each takes and gives, and every exit (DESIGN §1).
 * refused — kept, answered AE/AR, never translated. parked — kept, waits behind a work item. dead — no further attempt.
 */
export const STAGES = [
  { name: 'receive', takes: 'bytes', gives: 'a row in the journal, then the answer', exits: ['refused', 'parked'] },
  { name: 'translate', takes: 'a journal message and the mappings', gives: 'facts with traces', exits: ['parked'] },
  { name: 'record', takes: 'all facts of a patient', gives: 'Patient, Encounter, CarePlan', exits: [] },
  { name: 'circle', takes: 'all facts of a patient', gives: 'CareTeam', exits: [] },
  { name: 'route', takes: 'event, circle, directory, rules', gives: 'receipts and deliveries', exits: [] },
  { name: 'deliver', takes: 'a delivery', gives: 'attempts and an outcome', exits: ['dead'] },
  { name: 'serve', takes: 'a request', gives: 'FHIR, screens, metrics', exits: [] },
] as const;

/** Queues carry ids only (law 2); BullMQ allows no `:` in a name. */
export const QUEUES = { translate: 'translate', deliver: 'deliver', upkeep: 'upkeep' } as const;

/** A translate job: ids of journal messages, oldest first. A deliver job: ids of deliveries. */
export interface StageJob {
  ids: string[];
}

/** Legal changes of a message's state. */
export const MESSAGE_CHANGES: Readonly<Record<MessageState, readonly MessageState[]>> = {
  received: ['translated', 'parked'],
  parked: ['received', 'translated'],
  translated: ['received', 'annulled'],
  refused: [],
  annulled: [],
};

/** Legal changes of a delivery's state; `dead → due` is an operator's decision. */
export const DELIVERY_CHANGES: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  due: ['due', 'delivered', 'dead'],
  delivered: [],
  dead: ['due'],
};
