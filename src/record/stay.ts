import type { FoldedStay, StayMovement, StayPresence } from '../message/folded.js';
import { canonicalJson } from '../message/id.js';
import { instant } from '../message/order.js';
import { encounterOf } from './encounter.js';
import { movementsOf, type Movement, type MovementFact, type Said } from './movement.js';
import { planOf } from './plan.js';
import { reduceMovements } from './stay-reduce.js';
import type { Present, Spell, StayState } from './stay-state.js';

/** A stay reduced, before anyone knows whether its patient has a circle. */
export interface ReducedStay {
  key: string;
  movements: Movement[];
  pending: string[];
  state: StayState;
  first: Said<string>;
}

/** Reduces the movement facts of one stay; a stay of which no movement was inserted gives its pending corrections only. */
export function reduceStay(key: string, facts: readonly MovementFact[]): ReducedStay | { pending: string[] } {
  const { movements, pending } = movementsOf(facts);
  const [first] = movements;
  if (first === undefined) return { pending };
  return { key, movements, pending, state: reduceMovements(movements), first: first.effectiveAt };
}

/** The stay as the other rooms read it. */
export function foldedStay(stay: ReducedStay, patientId: string, teamId: string | undefined): FoldedStay {
  const { key, movements, pending, state, first } = stay;
  return {
    key,
    movements: movements.map(told),
    encounter: encounterOf(key, patientId, state, first),
    plan: planOf(state, { key, patientId, teamId, first }),
    ...(state.start === undefined ? {} : { start: state.start.value }),
    ...(state.end === undefined ? {} : { end: state.end.value }),
    pending,
    presences: state.present.map((spell) => presenceOf(spell, state.end)),
  };
}

/** A movement as people were told it: kind, time and unit. What differs in nothing of these needs no correction. */
function told(movement: Movement): StayMovement {
  const { key, trigger, effectiveAt, active, parts, messageId } = movement;
  const at = (trigger === 'A03' ? parts.dischargedAt : parts.expectedAdmission) ?? effectiveAt;
  const unit = parts.medicalUnit?.value.organization ?? parts.place?.value.unit ?? parts.careUnit?.value.organization;
  return {
    movement: key,
    trigger,
    effectiveAt: effectiveAt.value,
    active,
    ...(parts.place === undefined ? {} : { place: parts.place.value }),
    content: canonicalJson({ kind: trigger, at: instant(at.value), unit: unit ?? '' }),
    messageId,
  };
}

/** Those whom the discharge itself ends have no end here: how long they stay after it is the circle's rule. */
function presenceOf(spell: Spell<Present>, end: Said<string> | undefined): StayPresence {
  const { reference, label, type, identifier, family, said } = spell.value;
  const { messageId, from, row } = said;
  const untilDischarge = spell.until === undefined || (end !== undefined && spell.until.value === end.value);
  return {
    reference,
    label,
    type,
    from: spell.since.value,
    ...(untilDischarge || spell.until === undefined ? {} : { to: spell.until.value }),
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
    origin: { messageId, from, row },
  };
}
