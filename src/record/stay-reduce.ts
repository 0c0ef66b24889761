import type { DoctorRef } from '../message/fact.js';
import type { Movement, Said } from './movement.js';
import { emptyState, enterStatus, isPresent, syncSpells, type StayState } from './stay-state.js';

type Effect = 'plan' | 'admit' | 'move' | 'reclass' | 'leave' | 'return' | 'discharge' | 'doctor' | 'expect';

/** What each trigger does to a stay (pam-fr §1.3). Z80, Z84 and Z88 are the A02 of profiles before 2.7. */
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
export function effectOf(trigger: string): Effect | undefined {
  return EFFECTS[trigger];
}

const ENTRIES: readonly (Effect | undefined)[] = ['admit', 'reclass'];

/**
 * Runs the movements of a stay in their order (pam-fr §3.2, step 7). A stay whose every entry was cancelled has no presence, whatever
 * else its movements say: it is planned again if it was pre-admitted, else cancelled.
 */
export function reduceMovements(movements: readonly Movement[]): StayState {
  const state = emptyState();
  const active = movements.filter((movement) => movement.active);
  const entries = movements.filter((movement) => ENTRIES.includes(effectOf(movement.trigger)));
  const entered = entries.length === 0 || entries.some((movement) => movement.active);
  const effective = entered ? active : active.filter((movement) => effectOf(movement.trigger) === 'plan');
  for (const movement of effective) step(state, movement);
  if (effective.length > 0) return state;
  for (const movement of movements) step(state, movement, 'plan');
  const last = movements.at(-1);
  const again = entries.some((movement) => movement.preAdmission);
  if (last !== undefined && !again) {
    enterStatus(state, 'cancelled', last.effectiveAt);
    state.statusHistory = [];
  }
  return state;
}

function step(state: StayState, movement: Movement, effect: Effect | undefined = effectOf(movement.trigger)): void {
  takeParts(state, movement, effect);
  takeElements(state, movement, effect);
  takeStatus(state, movement, effect);
  takeClass(state, movement, effect);
  syncSpells(state, state.end ?? movement.effectiveAt);
}

/** Who comes in place of what: only the triggers of pam-fr §1.3 move a patient, and an A02 only what its nature (ZBE-9) names. */
function takeParts(state: StayState, movement: Movement, effect: Effect | undefined): void {
  const { place, medicalUnit, careUnit, doctors } = movement.parts;
  const moves = effect !== undefined && ['plan', 'admit', 'move', 'reclass', 'return'].includes(effect);
  const names = (letters: string) => effect !== 'move' || movement.nature === '' || anyOf(letters, movement.nature);
  if (place !== undefined && moves && (names('HL') || state.place === undefined)) state.place = place;
  if (medicalUnit !== undefined && (moves ? names('M') || !state.medicalUnit : !state.medicalUnit))
    state.medicalUnit = medicalUnit;
  if (careUnit !== undefined && (moves ? names('S') || !state.careUnit : !state.careUnit)) state.careUnit = careUnit;
  if (doctors !== undefined) takeDoctors(state, doctors, moves || effect === 'doctor');
  state.expectedDischarge = movement.parts.expectedDischarge ?? state.expectedDischarge;
  state.expectedAdmission = movement.parts.expectedAdmission ?? state.expectedAdmission;
}

function anyOf(letters: string, nature: string): boolean {
  return [...letters].some((letter) => nature.includes(letter));
}

/** Doctors of a type supersede those of that type; a movement that is not about them only fills what nobody said. */
function takeDoctors(state: StayState, doctors: readonly Said<DoctorRef>[], supersedes: boolean): void {
  for (const type of new Set(doctors.map(({ value }) => value.type)))
    if (supersedes || !state.doctors.has(type))
      state.doctors.set(
        type,
        doctors.filter(({ value }) => value.type === type),
      );
}

/** How a patient leaves is said by the discharge alone: feeds fill PV1-36 and PV1-37 on admissions too. */
const ON_DISCHARGE = ['hospitalization.dischargeDisposition', 'hospitalization.destination'];

function takeElements(state: StayState, movement: Movement, effect: Effect | undefined): void {
  for (const [key, said] of movement.elements)
    if (!FOLDED.has(key) && (effect === 'discharge' || !ON_DISCHARGE.includes(key))) state.elements.set(key, said);
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

/** Pre-admission, entry, A06 and A07 say the class; a PV1-2 elsewhere only fills what nobody said (pam-fr §1.4). */
function takeClass(state: StayState, movement: Movement, effect: Effect | undefined): void {
  const said = movement.elements.get('class');
  const speaks = effect === 'plan' || effect === 'admit' || effect === 'reclass' || state.class === undefined;
  if (said === undefined || !speaks) return;
  if (state.class !== undefined && !sameCode(state.class.value, said.value))
    state.classHistory.push({ ...state.class, until: movement.effectiveAt });
  if (state.class === undefined || !sameCode(state.class.value, said.value)) {
    const [, from, row] = said.trace[0] ?? ['', 'PV1-2', 'rule:movement'];
    state.class = { value: said.value, since: { ...movement.effectiveAt, messageId: said.messageId, from, row } };
  }
}

function sameCode(a: unknown, b: unknown): boolean {
  return codeOf(a) === codeOf(b);
}

function codeOf(coding: unknown): string {
  return typeof coding === 'object' && coding !== null && 'code' in coding ? String(coding.code) : '';
}
