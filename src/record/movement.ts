import type { DoctorRef, DoctorType, FactOf, Fragment, Place, UnitRef } from '../message/fact.js';
import { compareText, instant } from '../message/order.js';
import { traceOf, type Sourced } from '../message/sourced.js';
import { layFragment, type Contributions } from './contributions.js';

export type MovementFact = FactOf<'movement'>;

/** The parts of a movement that a later message about it may replace one by one; null where the sender erased one. */
export interface MovementParts {
  place?: Sourced<Place> | null;
  expectedPlace?: Sourced<Place> | null;
  medicalUnit?: Sourced<UnitRef> | null;
  careUnit?: Sourced<UnitRef> | null;
  expectedDischarge?: Sourced<string> | null;
  expectedAdmission?: Sourced<string> | null;
  expectedReturn?: Sourced<string> | null;
  admittedAt?: Sourced<string> | null;
  dischargedAt?: Sourced<string> | null;
}

/** One movement with its corrections applied. */
export interface Movement {
  /** What later messages know it by: ZBE-1 with its domain and stay, else stay, event and time. */
  thread: string;
  /** ZBE-1; absent in feeds without ZBE. */
  number: string | undefined;
  trigger: string;
  effectiveAt: Sourced<string>;
  /** When it was first recorded: movements of one instant go in that order. */
  createdAt: number;
  active: boolean;
  /** Letters of ZBE-9: those of several messages add up. */
  nature: string;
  preAdmission: boolean;
  parts: MovementParts;
  /** One entry for each type that was named: a message that names one says nothing of the others. */
  doctors: Map<DoctorType, Sourced<DoctorRef>[] | null>;
  /** What each message gave to the Encounter. */
  fragments: { fragment: Fragment; messageId: string }[];
  /** What the movement itself gives to the Encounter: the fragments laid one over the other. */
  contributions: Contributions;
  /** Source and message that inserted it. */
  source: string;
  messageId: string;
}

/** Movements go by their time, then as they were recorded. */
export function compareMovements(a: Movement, b: Movement): number {
  return (
    instant(a.effectiveAt.value) - instant(b.effectiveAt.value) ||
    a.createdAt - b.createdAt ||
    compareText(a.thread, b.thread)
  );
}

/** A movement as the message that inserted it says it. */
export function inserted(thread: string, number: string | undefined, fact: MovementFact): Movement {
  const movement: Movement = {
    thread,
    number,
    trigger: fact.body.trigger,
    effectiveAt: sourced(fact, 'effectiveAt', fact.effectiveAt),
    createdAt: instant(fact.recordedAt),
    active: true,
    nature: '',
    preAdmission: false,
    parts: {},
    doctors: new Map(),
    fragments: [],
    contributions: new Map(),
    source: fact.source,
    messageId: fact.messageId,
  };
  lay(movement, fact);
  return movement;
}

/** What a message carries replaces, `""` erases, what it does not carry stays. `C` in ZBE-9 is about the message, not the movement. */
export function lay(movement: Movement, fact: MovementFact): void {
  const { body } = fact;
  if (body.untimed !== true) movement.effectiveAt = sourced(fact, 'effectiveAt', fact.effectiveAt);
  movement.nature = [...new Set(movement.nature + body.nature.replace('C', ''))].sort().join('');
  movement.preAdmission = body.preAdmission ?? movement.preAdmission;
  movement.parts = { ...movement.parts, ...partsOf(fact) };
  for (const [type, doctors] of Object.entries(body.doctors ?? {}) as [DoctorType, DoctorRef[] | null][])
    movement.doctors.set(
      type,
      doctors?.map((doctor, index) => sourced(fact, `doctors.${type}[${String(index)}]`, doctor)) ?? null,
    );
  movement.fragments.push({ fragment: body.encounter, messageId: fact.messageId });
  layFragment(movement.contributions, body.encounter, fact.messageId);
}

function partsOf(fact: MovementFact): MovementParts {
  const parts: Partial<Record<keyof MovementParts, Sourced<unknown> | null>> = {};
  for (const part of PARTS) {
    const value = fact.body[part];
    if (value !== undefined) parts[part] = value === null ? null : sourced(fact, part, value);
  }
  return parts as MovementParts;
}

const PARTS = [
  'place',
  'expectedPlace',
  'medicalUnit',
  'careUnit',
  'expectedDischarge',
  'expectedAdmission',
  'expectedReturn',
  'admittedAt',
  'dischargedAt',
] as const satisfies (keyof MovementParts)[];

function sourced<T>(fact: MovementFact, part: string, value: T): Sourced<T> {
  const trace = traceOf(fact.body.trace, part);
  return { value, messageId: fact.messageId, from: trace?.[1] ?? '', row: trace?.[2] ?? 'rule:movement' };
}
