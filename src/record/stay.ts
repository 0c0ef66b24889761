import type { Coding, Meta } from 'fhir/r4.js';
import { canonicalJson } from '../message/canonical-json.js';
import type { Happening } from '../message/event.js';
import { instant } from '../message/order.js';
import type { Sourced } from '../message/sourced.js';
import type { Doubt, FoldedStay, StayMovement, StayPresence } from '../message/stay.js';
import { buildFields, valueOf } from './contributions.js';
import { encounterOf } from './encounter.js';
import type { Movement, MovementFact } from './movement.js';
import { planOf } from './plan.js';
import { isEntered, ON_DISCHARGE, reduceMovements } from './stay-reduce.js';
import { movementsOf, type StayMovements } from './stay-movements.js';
import type { Present, Spell, StayState } from './stay-state.js';
import { foldedVisit, withDischarge, type VisitFact } from './visit.js';

/** A stay with its movements reduced, before anybody knows who its patient is. */
export interface ReducedStay extends StayMovements {
  key: string;
  /** Absent where no movement was inserted: there is no Encounter yet. */
  stay?: { state: StayState; first: Sourced<string> };
  doubts: Doubt[];
}

/**
 * Reduces the movement facts of one stay.
 * @param asOf leaves out the movements that, as they are known now, happened after that instant
 */
export function reduceStay(key: string, facts: readonly MovementFact[], asOf?: string): ReducedStay {
  const corrected = movementsOf(facts);
  const movements = corrected.movements.filter(
    ({ effectiveAt }) => asOf === undefined || instant(effectiveAt.value) <= instant(asOf),
  );
  const [first] = movements;
  if (first === undefined) return { ...corrected, key, movements };
  return { ...corrected, key, movements, stay: { state: reduceMovements(movements), first: first.effectiveAt } };
}

/**
 * The stay as the other rooms read it; undefined where nothing says of it.
 * @param visits what documents say of it: all there is where no movement was inserted, else how the patient left where no movement says it
 */
export function foldedStay(
  reduced: ReducedStay,
  patientId: string,
  visits: readonly VisitFact[] = [],
): FoldedStay | undefined {
  const { key, movements, stay } = reduced;
  if (stay === undefined) return foldedVisit(key, visits, patientId);
  const { first } = stay;
  const isOver = stay.state.status?.value === 'finished';
  const state = isOver ? { ...stay.state, contributions: withDischarge(stay.state.contributions, visits) } : stay.state;
  const entered = isEntered(movements);
  return {
    key,
    movements: movements.map((movement) => stayMovement(movement, state, entered)),
    encounter: encounterOf(key, patientId, state, first),
    plan: (teamId) => planOf(state, { key, patientId, teamId, first }),
    ...(state.start === undefined ? {} : { start: state.start.value }),
    ...(state.end === undefined ? {} : { end: state.end.value }),
    restricted: (valueOf(state.contributions, 'meta') as Meta | undefined)?.security !== undefined,
    void: reduced.void,
    presences: state.present.map((spell) => presenceOf(spell, state.end)),
  };
}

const HAPPENINGS: ReadonlyMap<string, Happening> = new Map([
  ['A05', 'preadmission'],
  ['A14', 'preadmission'],
  ['A01', 'admission'],
  ['A04', 'admission'],
  ['A02', 'transfer'],
  ['A06', 'class-change'],
  ['A07', 'class-change'],
  ['A21', 'leave'],
  ['A22', 'return'],
  ['A54', 'doctor-change'],
  ['A15', 'pending-transfer'],
  ['A16', 'pending-discharge'],
  ['A03', 'discharge'],
]);

/** A change of bed (L) or tariff (D) alone is no transfer: that is a change of unit or of responsibility (ZBE-9 H, M, S). */
function happeningOf({ trigger, nature }: Movement): Happening | undefined {
  const happening = HAPPENINGS.get(trigger);
  return happening === 'transfer' && /^[LD]+$/.test(nature) ? 'bed-change' : happening;
}

function stayMovement(movement: Movement, state: StayState, entered: boolean): StayMovement {
  const happening = happeningOf(movement);
  const { thread, parts, effectiveAt, active, nature } = movement;
  const end = happening === 'discharge' ? (parts.dischargedAt ?? effectiveAt) : effectiveAt;
  const unit = parts.medicalUnit ?? state.medicalUnit;
  const code = classOf(movement) ?? (state.class?.value as Coding | undefined)?.code;
  return {
    thread,
    happening,
    effectiveAt: end.value,
    holds: active && (entered || happening === 'preadmission'),
    content: () => contentOf(movement, happening),
    attributes: {
      ...(nature === '' ? {} : { nature }),
      ...(code === undefined ? {} : { class: code }),
      ...(unit === undefined ? {} : { unit: unit.value.code }),
    },
  };
}

function classOf(movement: Movement): string | undefined {
  return (valueOf(movement.contributions, 'class') as Coding | undefined)?.code;
}

const DATES = ['expectedAdmission', 'expectedDischarge', 'expectedReturn', 'admittedAt', 'dischargedAt'] as const;

/** All that a notification of the movement shows of it: its time, places, people, dates and what it contributes to the Encounter. */
function contentOf(movement: Movement, happening: Happening | undefined): string {
  const { parts, doctors, effectiveAt } = movement;
  const contributions = new Map(
    [...movement.contributions].filter(
      ([, { path }]) => path !== 'identifier' && (happening === 'discharge' || !ON_DISCHARGE.includes(path)),
    ),
  );
  return canonicalJson({
    happening,
    at: instant(effectiveAt.value),
    location: parts.place?.value.location,
    expectedLocation: parts.expectedPlace?.value.location,
    units: [parts.medicalUnit, parts.careUnit].map((unit) => unit?.value.organization),
    doctors: [...doctors]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, named]) => [type, named?.map(({ value }) => value.role)]),
    dates: DATES.map((name) => parts[name]).map((date) => date && instant(date.value)),
    encounter: buildFields(contributions).fields,
  });
}

/** Those whom the discharge itself ends have no end here: how long they stay after it is the circle's rule. */
function presenceOf(spell: Spell<Present>, end: Sourced<string> | undefined): StayPresence {
  const { origin, ...present } = spell.value;
  const { messageId, from, row } = origin;
  const untilDischarge = spell.until === undefined || (end !== undefined && spell.until.value === end.value);
  return {
    ...present,
    from: spell.since.value,
    ...(untilDischarge || spell.until === undefined ? {} : { to: spell.until.value }),
    origin: { messageId, from, row },
  };
}
