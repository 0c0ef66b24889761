import type { DoctorRef, Place, UnitRef } from '../message/fact.js';
import type { Elements } from './elements.js';
import type { Said } from './movement.js';

export type StayStatus = 'planned' | 'in-progress' | 'onleave' | 'finished' | 'cancelled';

/** Something that held from one instant to another, as the movements tell. */
export interface Spell<T> {
  value: T;
  since: Said<string>;
  until?: Said<string>;
}

/** A person or unit of the hospital in the stay: `type` is ATND, REF, ADM, CON for doctors, UF for units. */
export interface Present {
  reference: string;
  label: string;
  type: string;
  identifier?: string;
  family?: string;
  said: Said<unknown>;
}

/** The stay after some of its movements. */
export interface StayState {
  status: Spell<StayStatus> | undefined;
  statusHistory: Spell<StayStatus>[];
  class: Spell<unknown> | undefined;
  classHistory: Spell<unknown>[];
  start: Said<string> | undefined;
  end: Said<string> | undefined;
  place: Said<Place> | undefined;
  medicalUnit: Said<UnitRef> | undefined;
  careUnit: Said<UnitRef> | undefined;
  doctors: Map<DoctorRef['type'], Said<DoctorRef>[]>;
  expectedDischarge: Said<string> | undefined;
  expectedAdmission: Said<string> | undefined;
  elements: Elements;
  places: Spell<Said<Place>>[];
  present: Spell<Present>[];
}

/** A stay of which nothing is known yet. */
export function emptyState(): StayState {
  return {
    status: undefined,
    statusHistory: [],
    class: undefined,
    classHistory: [],
    start: undefined,
    end: undefined,
    place: undefined,
    medicalUnit: undefined,
    careUnit: undefined,
    doctors: new Map(),
    expectedDischarge: undefined,
    expectedAdmission: undefined,
    elements: new Map(),
    places: [],
    present: [],
  };
}

/** Enters a status at an instant; the one before becomes history. */
export function enterStatus(state: StayState, status: StayStatus, at: Said<string>): void {
  if (state.status?.value === status) return;
  if (state.status !== undefined) state.statusHistory.push({ ...state.status, until: at });
  state.status = { value: status, since: at };
}

/** Is the patient in the hospital, or out on leave from it? */
export function isPresent(state: StayState): boolean {
  return state.status?.value === 'in-progress' || state.status?.value === 'onleave';
}

/** The people and units that the movements so far put in the stay. */
function wanted(state: StayState): Present[] {
  const people = [...state.doctors.values()].flat().map((said): Present => {
    const { role, ...doctor } = said.value;
    return { ...doctor, reference: role, said };
  });
  const units = [state.medicalUnit, state.careUnit].flatMap((unit): Present[] =>
    unit === undefined ? [] : [unitPresent(unit)],
  );
  const place = state.place;
  if (place?.value.unit !== undefined)
    units.push({ reference: place.value.unit, label: place.value.label ?? '', type: 'UF', said: place });
  return [...people, ...units.filter((unit, index) => units.findIndex((one) => samePresent(one, unit)) === index)];
}

function unitPresent(unit: Said<UnitRef>): Present {
  const { organization, label, identifier } = unit.value;
  const present: Present = { reference: organization, label, type: 'UF', said: unit };
  return identifier === undefined ? present : { ...present, identifier };
}

function samePresent(a: Present, b: Present): boolean {
  return a.reference === b.reference && a.type === b.type;
}

/** Brings the open spells of places and people in line with what holds from that instant on. */
export function syncSpells(state: StayState, at: Said<string>): void {
  const here = isPresent(state);
  const want = here ? wanted(state) : [];
  for (const spell of state.present)
    if (spell.until === undefined && !want.some((one) => samePresent(one, spell.value))) spell.until = at;
  for (const one of want)
    if (!state.present.some((spell) => spell.until === undefined && samePresent(spell.value, one)))
      state.present.push({ value: one, since: at });
  syncPlace(state, here ? state.place : undefined, at);
}

function syncPlace(state: StayState, place: Said<Place> | undefined, at: Said<string>): void {
  const open = state.places.find((spell) => spell.until === undefined);
  if (open !== undefined && open.value.value.location === place?.value.location) return;
  if (open !== undefined) open.until = at;
  if (place?.value.location !== undefined) state.places.push({ value: place, since: at });
}
