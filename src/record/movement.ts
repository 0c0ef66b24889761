import type { Origin } from '../message/delivery.js';
import type { DoctorRef, Fact, MovementBody, Place, UnitRef } from '../message/fact.js';
import { inRecordedOrder, instant, compareText } from '../message/order.js';
import { isBeneath, layFragment, type Elements } from './elements.js';

export type MovementFact = Extract<Fact, { kind: 'movement' }>;

/** A value, and what said it. */
export interface Said<T> {
  value: T;
  messageId: string;
  from: string;
  row: string;
}

/** The parts of a movement that a later message of the same ZBE-1 may replace one by one. */
export interface MovementParts {
  place?: Said<Place>;
  medicalUnit?: Said<UnitRef>;
  careUnit?: Said<UnitRef>;
  /** One for each doctor: a message that names one of a type says nothing of the others. */
  doctors?: Said<DoctorRef>[];
  expectedDischarge?: Said<string>;
  expectedAdmission?: Said<string>;
  admittedAt?: Said<string>;
  dischargedAt?: Said<string>;
}

/** One movement with its corrections applied. */
export interface Movement {
  key: string;
  trigger: string;
  effectiveAt: Said<string>;
  /** When it was first recorded: movements of one instant go in that order. */
  createdAt: number;
  active: boolean;
  nature: string;
  preAdmission: boolean;
  parts: MovementParts;
  elements: Elements;
  /** The message that inserted it. */
  messageId: string;
}

/** An origin that names what said a value. */
export function originAt(path: string, said: Said<unknown>): Origin {
  return { path, messageId: said.messageId, from: said.from, row: said.row };
}

/**
 * The movements of a stay (pam-fr §3.2, steps 2–6): one per ZBE-1, corrections laid over it, cancelled ones kept but inactive.
 * A correction of a movement that nothing inserted has no effect yet; its ZBE-1 is in `pending`.
 */
export function movementsOf(facts: readonly MovementFact[]): { movements: Movement[]; pending: string[] } {
  const movements: Movement[] = [];
  const pending: string[] = [];
  for (const [key, group] of byMovement(inRecordedOrder(facts))) {
    const inserts = group.filter((fact) => fact.body.action === 'INSERT');
    const updates = group.filter((fact) => fact.body.action === 'UPDATE');
    const [first, ...rest] = inserts;
    if (first === undefined) {
      if (updates.length > 0) pending.push(key);
      continue;
    }
    const movement = insert(key, first);
    for (const fact of [...rest, ...updates]) lay(movement, fact);
    movement.active = group.every((fact) => fact.body.action !== 'CANCEL');
    movements.push(movement);
  }
  return { movements: movements.sort(compareMovements), pending: pending.sort() };
}

function byMovement(facts: readonly MovementFact[]): Map<string, MovementFact[]> {
  const groups = new Map<string, MovementFact[]>();
  for (const fact of facts) {
    const group = groups.get(fact.body.movement);
    if (group === undefined) groups.set(fact.body.movement, [fact]);
    else group.push(fact);
  }
  return groups;
}

function compareMovements(a: Movement, b: Movement): number {
  return (
    instant(a.effectiveAt.value) - instant(b.effectiveAt.value) ||
    a.createdAt - b.createdAt ||
    compareText(a.key, b.key)
  );
}

function insert(key: string, fact: MovementFact): Movement {
  const movement: Movement = {
    key,
    trigger: fact.body.trigger,
    effectiveAt: said(fact, 'effectiveAt', fact.effectiveAt),
    createdAt: instant(fact.recordedAt),
    active: true,
    nature: '',
    preAdmission: false,
    parts: {},
    elements: new Map(),
    messageId: fact.messageId,
  };
  lay(movement, fact);
  return movement;
}

/** Supplied fields replace, `null` erases, absent ones stay. `C` in ZBE-9 speaks of the message, not of the movement. */
function lay(movement: Movement, fact: MovementFact): void {
  const { body } = fact;
  movement.effectiveAt = said(fact, 'effectiveAt', fact.effectiveAt);
  movement.nature = body.nature.replace('C', '') || movement.nature;
  movement.preAdmission = body.preAdmission ?? movement.preAdmission;
  const parts: Partial<Record<keyof MovementParts, unknown>> = { ...movement.parts };
  for (const part of PARTS) {
    const value = body[part];
    if (value !== undefined) parts[part] = value === null ? undefined : said(fact, part, value);
  }
  if (body.doctors !== undefined) parts.doctors = doctorsOf(movement.parts.doctors ?? [], fact, body.doctors);
  movement.parts = parts as MovementParts;
  layFragment(movement.elements, body.encounter, fact.messageId);
}

/** Doctors of a type take the place of those of that type. */
function doctorsOf(known: readonly Said<DoctorRef>[], fact: MovementFact, named: DoctorRef[]): Said<DoctorRef>[] {
  const kept = known.filter(({ value }) => !named.some(({ type }) => type === value.type));
  return [...kept, ...named.map((doctor, index) => said(fact, `doctors[${String(index)}]`, doctor))];
}

const PARTS = [
  'place',
  'medicalUnit',
  'careUnit',
  'expectedDischarge',
  'expectedAdmission',
  'admittedAt',
  'dischargedAt',
] as const satisfies (keyof MovementBody & keyof MovementParts)[];

/** Where each part stands in PAM.FR, for facts whose trace does not say. */
const USUAL_FIELD: Record<string, string> = {
  effectiveAt: 'ZBE-2',
  place: 'PV1-3',
  medicalUnit: 'ZBE-7',
  careUnit: 'ZBE-8',
  expectedDischarge: 'PV2-9',
  expectedAdmission: 'PV2-8',
  admittedAt: 'PV1-44',
  dischargedAt: 'PV1-45',
};

function said<T>(fact: MovementFact, part: string, value: T): Said<T> {
  const trace = fact.body.trace.find(([to]) => isBeneath(to, part));
  return {
    value,
    messageId: fact.messageId,
    from: trace?.[1] ?? USUAL_FIELD[part] ?? '',
    row: trace?.[2] ?? 'rule:movement',
  };
}
