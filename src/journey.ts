import type { DeliveryState } from './message/delivery.js';
import type { MessageState } from './message/message.js';

/** One stage of the journey. */
interface Stage {
  name: string;
  takes: string;
  gives: string;
  /** Its files and rooms, the entrance first. */
  files: readonly string[];
  /** The states in which something leaves the journey here, before its end. */
  exits: readonly (MessageState | DeliveryState)[];
}

/**
 * The map of the house: the stages in order, where each lives, and every exit (docs/design.md#the-journey).
 * refused — kept, answered AE or AR, never translated. parked — kept, waits behind a work item. dead — no further attempt.
 * superseded — another one goes in its place, or what it says was undone before anybody was told.
 */
export const STAGES = [
  {
    name: 'receive',
    takes: 'bytes',
    gives: 'a row in the journal, then the answer',
    files: ['src/wire-receive.ts', 'src/receive/', 'src/store/keep.ts'],
    exits: ['refused', 'parked'],
  },
  {
    name: 'translate',
    takes: 'a journal message and the mappings',
    gives: 'facts, each with its traces; the next three stages run over them in one step',
    files: [
      'src/wire-translate.ts',
      'src/work/translate-stage.ts',
      'src/translate/',
      'src/apply/',
      'src/store/translation.ts',
    ],
    exits: ['parked'],
  },
  {
    name: 'record',
    takes: 'the facts of a patient',
    gives: 'Patient, Encounter, CarePlan',
    files: ['src/record/'],
    exits: [],
  },
  { name: 'circle', takes: 'the facts of a patient', gives: 'CareTeam', files: ['src/circle/'], exits: [] },
  {
    name: 'route',
    takes: 'an event, the circle, the directory, the rules',
    gives: 'receipts and deliveries',
    files: ['src/route/'],
    exits: [],
  },
  {
    name: 'deliver',
    takes: 'a delivery',
    gives: 'attempts and an outcome',
    files: ['src/wire-deliver.ts', 'src/deliver/', 'src/store/deliveries.ts', 'src/store/attempts.ts'],
    exits: ['dead', 'superseded'],
  },
  {
    name: 'serve',
    takes: 'a request',
    gives: 'FHIR, lists for the operator, metrics',
    files: [
      'src/wire-serve.ts',
      'src/wire-binary.ts',
      'src/wire-start.ts',
      'src/serve/',
      'src/store/serving.ts',
      'src/store/feed.ts',
      'src/store/operations.ts',
    ],
    exits: [],
  },
] as const satisfies readonly Stage[];

/** Queues carry ids only (docs/design.md#one-truth); BullMQ allows no `:` in a name. */
export const QUEUES = { translate: 'translate', deliver: 'deliver', lanes: 'lanes', upkeep: 'upkeep' } as const;

/**
 * A translate job: ids of journal messages, oldest first. A deliver job: names of endpoints that have something due. A job of a lane: the id
 * of the delivery at its head.
 */
export interface StageJob {
  ids: string[];
}

/**
 * Legal changes of a message's state; `translated → received` is a replay. A later message may take what it says out of force (`parked`) or
 * put it in force (`translated`).
 */
export const MESSAGE_CHANGES: Readonly<Record<MessageState, readonly MessageState[]>> = {
  received: ['translated', 'parked'],
  parked: ['received', 'translated'],
  translated: ['received', 'parked'],
  refused: [],
};

/** Legal changes of a delivery's state; a failed attempt that is to be repeated leaves it `due`, what leaves `dead` is an operator's decision or undone. */
export const DELIVERY_CHANGES: Readonly<Record<DeliveryState, readonly DeliveryState[]>> = {
  due: ['delivered', 'dead', 'superseded'],
  delivered: [],
  dead: ['due', 'superseded'],
  superseded: [],
};

/** The states from which this one may be reached. */
export function statesBefore<S extends string>(changes: Readonly<Record<S, readonly S[]>>, to: S): S[] {
  return (Object.keys(changes) as S[]).filter((from) => changes[from].includes(to));
}
