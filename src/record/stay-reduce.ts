import { layFragment, valueOf, contributionsTo } from './contributions.js';
import type { Movement, MovementParts } from './movement.js';
import { emptyState, enterStatus, isPresent, syncSpells, type StayState } from './stay-state.js';

type Effect = 'plan' | 'admit' | 'move' | 'reclass' | 'leave' | 'return' | 'discharge' | 'doctor' | 'expect';

/** What each event does to a stay (PAM.FR §5.3, ITI-31 expected actions). Z80, Z84 and Z88 are the A02 of profiles before 2.7. */
const EFFECTS: Readonly<Record<string, Effect>> = {
  A05: 'plan',
  A14: 'plan',
  A01: 'admit',
  A04: 'admit',
  A02: 'move',
  Z80: 'move',
  Z84: 'move',
  Z88: 'move',
  A06: 'reclass',
  A07: 'reclass',
  A21: 'leave',
  A22: 'return',
  A03: 'discharge',
  A54: 'doctor',
  A15: 'expect',
  A16: 'expect',
};

/** Says of a trigger what it does to a stay; undefined for triggers that only leave a trace. */
function effectOf(trigger: string): Effect | undefined {
  return EFFECTS[trigger];
}

const ENTRIES: readonly (Effect | undefined)[] = ['admit', 'reclass'];

/**
 * Runs the movements of a stay in their order (PAM.FR §5.1.4). A stay whose every entry was cancelled has no presence, whatever
 * else its movements say: it is planned again if it was pre-admitted, else cancelled.
 */
export function reduceMovements(movements: readonly Movement[]): StayState {
  const state = emptyState();
  const active = movements.filter((movement) => movement.active);
  const effective = isEntered(movements) ? active : active.filter((movement) => effectOf(movement.trigger) === 'plan');
  for (const movement of effective) step(state, movement);
  if (effective.length > 0) return state;
  for (const movement of movements) step(state, movement, 'plan');
  const last = movements.at(-1);
  const again = entriesOf(movements).some((movement) => movement.preAdmission);
  if (last !== undefined && !again) {
    enterStatus(state, 'cancelled', last.effectiveAt);
    state.statusHistory = [];
  }
  return state;
}

/** The movements by which the patient comes into the stay. */
export function entriesOf(movements: readonly Movement[]): Movement[] {
  return movements.filter((movement) => ENTRIES.includes(effectOf(movement.trigger)));
}

/** Is the patient in the stay, as far as is known: not every entry was cancelled? */
export function isEntered(movements: readonly Movement[]): boolean {
  const entries = entriesOf(movements);
  return entries.length === 0 || entries.some((movement) => movement.active);
}

function step(state: StayState, movement: Movement, effect: Effect | undefined = effectOf(movement.trigger)): void {
  state.source = movement.source;
  takeParts(state, movement, effect);
  takeContributions(state, movement, effect);
  takeStatus(state, movement, effect);
  takeClass(state, movement, effect);
  syncSpells(state, state.end ?? movement.effectiveAt);
}

const MOVING: readonly (Effect | undefined)[] = ['plan', 'admit', 'move', 'reclass', 'return'];

/** Who comes in place of what: only some events move a patient, and an A02 only what its nature (ZBE-9) names. */
function takeParts(state: StayState, movement: Movement, effect: Effect | undefined): void {
  const { parts, nature, doctors } = movement;
  const moves = MOVING.includes(effect);
  const names = (letters: string) => effect !== 'move' || nature === '' || anyOf(letters, nature);
  state.place = taken(state.place, parts.place, moves && names('HL'), moves);
  state.medicalUnit = taken(state.medicalUnit, parts.medicalUnit, moves && names('M'), true);
  state.careUnit = taken(state.careUnit, parts.careUnit, moves && names('S'), true);
  for (const [type, named] of doctors)
    if (moves || effect === 'doctor' || !state.doctors.has(type)) {
      if (named === null) state.doctors.delete(type);
      else state.doctors.set(type, named);
    }
  state.expectedDischarge = taken(state.expectedDischarge, parts.expectedDischarge, true, true);
  state.expectedAdmission = taken(state.expectedAdmission, parts.expectedAdmission, true, true);
  takeExpected(state, parts, effect);
}

/** A return is expected of a leave until the next movement of the patient, another place until the next movement that moves him. */
function takeExpected(
  state: StayState,
  { expectedPlace, expectedReturn }: MovementParts,
  effect: Effect | undefined,
): void {
  const ends = MOVING.includes(effect) || effect === 'discharge';
  state.expectedReturn = taken(ends ? undefined : state.expectedReturn, expectedReturn, effect === 'leave', false);
  state.expectedPlace = taken(ends ? undefined : state.expectedPlace, expectedPlace, effect === 'expect', false);
}

/**
 * A part of the stay after a movement: its own where it supersedes, or where it may fill what nobody has said yet; erased where it supersedes
 * and says so.
 */
function taken<T>(
  before: T | undefined,
  part: T | null | undefined,
  supersedes: boolean,
  fills: boolean,
): T | undefined {
  if (part === undefined) return before;
  if (part === null) return supersedes ? undefined : before;
  return supersedes || (fills && before === undefined) ? part : before;
}

function anyOf(letters: string, nature: string): boolean {
  return [...letters].some((letter) => nature.includes(letter));
}

/** How a patient leaves is said by the discharge alone: feeds fill PV1-36 and PV1-37 on admissions too. */
export const ON_DISCHARGE: readonly string[] = ['hospitalization.dischargeDisposition', 'hospitalization.destination'];

function takeContributions(state: StayState, movement: Movement, effect: Effect | undefined): void {
  for (const { fragment, messageId } of movement.fragments) {
    const elements = fragment.elements.filter(
      ({ path }) => !FOLDED.has(path) && (effect === 'discharge' || !ON_DISCHARGE.includes(path)),
    );
    layFragment(state.contributions, { ...fragment, elements }, messageId);
  }
}

/** Elements that the fold itself works out of the movements. */
const FOLDED = new Set(['class', 'status', 'period', 'location', 'participant', 'serviceProvider', 'subject']);

function takeStatus(state: StayState, movement: Movement, effect: Effect | undefined): void {
  const at = movement.effectiveAt;
  const finished = state.status?.value === 'finished';
  if (effect === 'plan') {
    if (state.status === undefined) enterStatus(state, 'planned', at);
  } else if (effect === 'discharge') discharge(state, movement);
  else if (effect === 'admit' || effect === 'reclass') enter(state, movement);
  else if (finished) return;
  else if (effect === 'leave') enterStatus(begun(state, movement), 'onleave', at);
  else if (effect === 'move' || effect === 'return') {
    if (effect === 'return' || !isPresent(state)) enterStatus(begun(state, movement), 'in-progress', at);
  } else if (state.status === undefined) enterStatus(begun(state, movement), 'in-progress', at);
}

function enter(state: StayState, movement: Movement): void {
  enterStatus(begun(state, movement), 'in-progress', movement.effectiveAt);
  state.end = undefined;
}

function discharge(state: StayState, movement: Movement): void {
  begun(state, movement);
  if (!isPresent(state)) {
    enterStatus(state, 'in-progress', movement.effectiveAt);
    syncSpells(state, movement.effectiveAt);
  }
  state.end = movement.parts.dischargedAt ?? movement.effectiveAt;
  enterStatus(state, 'finished', state.end);
}

/** The first movement that says the patient is there gives the start: PV1-44, else ZBE-2. */
function begun(state: StayState, movement: Movement): StayState {
  state.start ??= movement.parts.admittedAt ?? movement.effectiveAt;
  return state;
}

/** Pre-admission, entry, A06 and A07 say the class; a PV1-2 elsewhere only fills what nobody said (PAM.FR §5.3.5). */
function takeClass(state: StayState, movement: Movement, effect: Effect | undefined): void {
  const { contributions } = movement;
  const value = valueOf(contributions, 'class');
  const speaks = effect === 'plan' || effect === 'admit' || effect === 'reclass' || state.class === undefined;
  if (value === undefined || !speaks) return;
  if (state.class !== undefined && !sameCode(state.class.value, value))
    state.classHistory.push({ ...state.class, until: movement.effectiveAt });
  if (state.class === undefined || !sameCode(state.class.value, value)) {
    const contribution = contributionsTo(contributions, 'class').at(-1);
    const [, from, row] = contribution?.trace[0] ?? ['', 'PV1-2', 'rule:movement'];
    const messageId = contribution?.messageId ?? movement.messageId;
    state.class = { value, since: { ...movement.effectiveAt, messageId, from, row } };
  }
}

function sameCode(a: unknown, b: unknown): boolean {
  return codeOf(a) === codeOf(b);
}

function codeOf(coding: unknown): string {
  return typeof coding === 'object' && coding !== null && 'code' in coding ? String(coding.code) : '';
}
