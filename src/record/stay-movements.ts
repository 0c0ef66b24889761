import type { Doubt } from '../message/stay.js';
import { inRecordedOrder, instant } from '../message/order.js';
import { uuid5 } from '../message/uuid.js';
import { compareMovements, inserted, lay, type Movement, type MovementFact } from './movement.js';

/** The movements of a stay, corrections laid over them, cancelled ones kept but inactive; and what names a movement that nothing inserted. */
export interface StayMovements {
  movements: Movement[];
  doubts: Doubt[];
  /** ZBE-1 of movements that do not count. */
  void: Set<string>;
}

/**
 * The movements that the facts of one stay tell (PAM.FR §5.1.4, §5.3). A correction or cancellation of a movement that nothing inserted
 * takes effect when the movement comes.
 */
export function movementsOf(facts: readonly MovementFact[]): StayMovements {
  const ordered = inRecordedOrder(facts);
  const movements = new Map<string, Movement>();
  const doubts = numberedMovements(ordered, movements);
  doubts.push(...unnumberedMovements(ordered, movements));
  const list = [...movements.values()].sort(compareMovements);
  const inactive = new Set(list.flatMap(({ active, number }) => (active || number === undefined ? [] : [number])));
  for (const { body } of ordered)
    if (body.movement !== undefined && !movements.has(body.movement)) inactive.add(body.movement);
  return { movements: list, doubts, void: inactive };
}

/** Movements that ZBE-1 numbers: never used again after a cancellation, so that any cancellation holds. */
function numberedMovements(ordered: readonly MovementFact[], movements: Map<string, Movement>): Doubt[] {
  const groups = new Map<string, MovementFact[]>();
  for (const fact of ordered)
    if (fact.body.movement !== undefined)
      groups.set(fact.body.movement, [...(groups.get(fact.body.movement) ?? []), fact]);
  return [...groups].flatMap(([number, group]) => {
    const [first, ...rest] = group.filter(({ body }) => body.action === 'INSERT');
    const updates = group.filter(({ body }) => body.action === 'UPDATE');
    const cancels = group.filter(({ body }) => body.action === 'CANCEL');
    if (first === undefined) return group.some(isAboutMovement) ? [unknownMovement(number, group)] : [];
    const movement = inserted(number, number, first);
    for (const fact of [...rest, ...updates]) lay(movement, fact);
    for (const { body } of cancels) movement.preAdmission = body.preAdmission ?? movement.preAdmission;
    movement.active = cancels.length === 0;
    movements.set(number, movement);
    return rest.some(({ body }) => body.trigger !== first.body.trigger) ? [numberUsedTwice(number)] : [];
  });
}

/**
 * Movements of feeds without ZBE: an insert is known by what it says (stay, event, time), a cancellation undoes the latest insert of its kind
 * that was recorded before it and still holds, a correction is about it. What finds none before it is about one of its own moment.
 */
function unnumberedMovements(ordered: readonly MovementFact[], movements: Map<string, Movement>): Doubt[] {
  const unnumbered = ordered.filter(({ body }) => body.movement === undefined);
  return momentsOf(unnumbered).flatMap((moment) => {
    const early = moment.filter((fact) => !takesEffect(fact, movements));
    const unknown = early.filter((fact) => !takesEffect(fact, movements));
    return unknown.filter(isAboutMovement).map((fact) => unknownMovement(threadOf(fact), [fact]));
  });
}

/** Facts that were recorded and sent at one time, one such time after the other. */
function momentsOf(ordered: readonly MovementFact[]): MovementFact[][] {
  const moments = new Map<string, MovementFact[]>();
  for (const fact of ordered) {
    const key = `${String(instant(fact.recordedAt))}|${String(instant(fact.sentAt))}`;
    moments.set(key, [...(moments.get(key) ?? []), fact]);
  }
  return [...moments.values()];
}

/** @returns false where the movement that the fact is about is not there */
function takesEffect(fact: MovementFact, movements: Map<string, Movement>): boolean {
  const { action } = fact.body;
  if (action === 'INSERT') {
    const thread = threadOf(fact);
    const movement = movements.get(thread);
    if (movement === undefined) movements.set(thread, inserted(thread, undefined, fact));
    else revive(movement, fact);
    return true;
  }
  const movement = latestOf(kindsOf(fact), fact, movements);
  if (movement === undefined) return false;
  if (action === 'UPDATE') lay(movement, fact);
  else cancel(movement, fact);
  return true;
}

function threadOf({ body, stay = '', effectiveAt }: MovementFact): string {
  return `${stay}|${body.trigger}|${String(instant(effectiveAt))}`;
}

/** What each event cancels (PAM.FR §5.3.7). */
const CANCELLED: ReadonlyMap<string, readonly string[]> = new Map([
  ['A11', ['A01', 'A04']],
  ['A12', ['A02']],
  ['A13', ['A03']],
  ['A38', ['A05']],
  ['A27', ['A14']],
  ['A26', ['A15']],
  ['A25', ['A16']],
  ['A52', ['A21']],
  ['A53', ['A22']],
  ['A55', ['A54']],
]);

/** What says where the patient is and who looks after him: of these an A08 updates the latest. */
const UPDATED: readonly string[] = ['A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A14', 'A22'];

/** An A08 for which there is no movement updates nothing, which is no fault (ITI TF-2 §3.31). */
function isAboutMovement({ body }: MovementFact): boolean {
  return body.trigger !== 'A08';
}

/** The events that a correction or cancellation may be about; undefined for any. */
function kindsOf({ body }: MovementFact): readonly string[] | undefined {
  if (body.trigger === 'A08') return UPDATED;
  return CANCELLED.get(body.trigger) ?? (body.original === undefined ? undefined : [body.original]);
}

function latestOf(
  kinds: readonly string[] | undefined,
  fact: MovementFact,
  movements: ReadonlyMap<string, Movement>,
): Movement | undefined {
  const before = instant(fact.recordedAt);
  return [...movements.values()]
    .filter(({ active, trigger, createdAt }) => active && createdAt <= before && (kinds?.includes(trigger) ?? true))
    .sort((a, b) => a.createdAt - b.createdAt || compareMovements(a, b))
    .at(-1);
}

function revive(movement: Movement, fact: MovementFact): void {
  if (!movement.active) movement.createdAt = instant(fact.recordedAt);
  movement.active = true;
  lay(movement, fact);
}

function cancel(movement: Movement, { body }: MovementFact): void {
  movement.active = false;
  movement.preAdmission = body.preAdmission ?? movement.preAdmission;
}

function unknownMovement(number: string, facts: readonly MovementFact[]): Doubt {
  const text =
    'a message corrects or cancels a movement that no message has inserted; it takes effect when the movement comes';
  const messages = facts.map(({ messageId }) => messageId);
  return { key: `movement-unknown|${uuid5(number)}`, reason: 'movement-unknown', field: 'ZBE-1', text, messages };
}

function numberUsedTwice(number: string): Doubt {
  const text =
    'two messages insert movements of other kinds under one number; the one recorded first says which kind it is, the other only corrects it';
  return { key: `movement-number|${uuid5(number)}`, reason: 'field-invalid', field: 'ZBE-1', text };
}
