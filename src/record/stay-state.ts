import type { DoctorRef, DoctorType, Place, UnitRef } from '../message/fact.js';
import type { Sourced } from '../message/sourced.js';
import type { Contributions } from './contributions.js';

export type StayStatus = 'planned' | 'in-progress' | 'onleave' | 'finished' | 'cancelled';

/** Something that held from one instant to another, as the movements tell. */
export interface Spell<T> {
  value: T;
  since: Sourced<string>;
  until?: Sourced<string>;
}

/** A person or unit of the hospital in the stay: `type` is ATND, REF, ADM, CON for doctors, UF for units. */
export interface Present {
  person: string;
  label: string;
  type: string;
  identifier?: string;
  family?: string;
  /** The source of the movement that brought them. */
  source: string;
  origin: Sourced<unknown>;
}

/** The stay after some of its movements. */
export interface StayState {
  status: Spell<StayStatus> | undefined;
  statusHistory: Spell<StayStatus>[];
  class: Spell<unknown> | undefined;
  classHistory: Spell<unknown>[];
  start: Sourced<string> | undefined;
  end: Sourced<string> | undefined;
  place: Sourced<Place> | undefined;
  medicalUnit: Sourced<UnitRef> | undefined;
  careUnit: Sourced<UnitRef> | undefined;
  doctors: Map<DoctorType, Sourced<DoctorRef>[]>;
  /** Source of the last movement. */
  source: string;
  expectedDischarge: Sourced<string> | undefined;
  expectedAdmission: Sourced<string> | undefined;
  /** While the patient is on leave. */
  expectedReturn: Sourced<string> | undefined;
  /** Where a pending transfer is to bring the patient. */
  expectedPlace: Sourced<Place> | undefined;
  contributions: Contributions;
  places: Spell<Sourced<Place>>[];
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
    source: '',
    expectedDischarge: undefined,
    expectedAdmission: undefined,
    expectedReturn: undefined,
    expectedPlace: undefined,
    contributions: new Map(),
    places: [],
    present: [],
  };
}

/** Enters a status at an instant; the one before becomes history. */
export function enterStatus(state: StayState, status: StayStatus, at: Sourced<string>): void {
  if (state.status?.value === status) return;
  if (state.status !== undefined) state.statusHistory.push({ ...state.status, until: at });
  state.status = { value: status, since: at };
}

/** Is the patient in the hospital, or out on leave from it? */
export function isPresent(state: StayState): boolean {
  return state.status?.value === 'in-progress' || state.status?.value === 'onleave';
}

/** The people and units that the movements so far put in the stay. */
function staff({ doctors, medicalUnit, careUnit, place, source }: StayState): Present[] {
  const people = [...doctors].flatMap(([type, named]) =>
    named.map((doctor): Present => {
      const { role, ...rest } = doctor.value;
      return { ...rest, person: role, type, source, origin: doctor };
    }),
  );
  const hosting = place?.value.unit === undefined ? undefined : { ...place, value: place.value.unit };
  const units = [medicalUnit, careUnit, hosting].flatMap((unit): Present[] =>
    unit === undefined ? [] : [unitPresent(unit, source)],
  );
  return [...people, ...units.filter((unit, index) => units.findIndex((other) => samePresent(other, unit)) === index)];
}

function unitPresent(unit: Sourced<UnitRef>, source: string): Present {
  const { organization, label, identifier } = unit.value;
  return { person: organization, label, type: 'UF', identifier, source, origin: unit };
}

function samePresent(a: Present, b: Present): boolean {
  return a.person === b.person && a.type === b.type;
}

/** Brings the open spells of places and people in line with what holds from that instant on. */
export function syncSpells(state: StayState, at: Sourced<string>): void {
  const here = isPresent(state);
  const wanted = here ? staff(state) : [];
  for (const spell of state.present)
    if (spell.until === undefined && !wanted.some((present) => samePresent(present, spell.value))) spell.until = at;
  for (const present of wanted)
    if (!state.present.some((spell) => spell.until === undefined && samePresent(spell.value, present)))
      state.present.push({ value: present, since: at });
  syncPlace(state, here ? state.place : undefined, at);
}

function syncPlace(state: StayState, place: Sourced<Place> | undefined, at: Sourced<string>): void {
  const open = state.places.find((spell) => spell.until === undefined);
  if (open !== undefined && open.value.value.location === place?.value.location) return;
  if (open !== undefined) open.until = at;
  if (place?.value.location !== undefined) state.places.push({ value: place, since: at });
}
