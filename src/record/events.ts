import type { EventKind, StayEvent } from '../message/delivery.js';
import type { FoldedStay, StayMovement } from '../message/folded.js';

type Happening = 'preadmission' | 'admission' | 'transfer' | 'discharge';

const KINDS: Readonly<Record<string, Happening>> = {
  A05: 'preadmission',
  A14: 'preadmission',
  A01: 'admission',
  A04: 'admission',
  A02: 'transfer',
  A03: 'discharge',
};

/**
 * What a message changed in a stay, as people are told it: movements that now hold, that no longer do, that hold otherwise.
 * @param patient anchor of the patient
 */
export function stayEvents(
  before: FoldedStay | undefined,
  after: FoldedStay | undefined,
  patient: string,
  messageId: string,
): StayEvent[] {
  const earlier = new Map(before?.movements.map((movement) => [movement.movement, movement]));
  const later = new Map(after?.movements.map((movement) => [movement.movement, movement]));
  const stay = after?.key ?? before?.key ?? '';
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((movement) => {
    const now = later.get(movement);
    const was = earlier.get(movement);
    const kind = eventKind(was, now);
    const effectiveAt = (now ?? was)?.effectiveAt ?? '';
    return kind === undefined ? [] : [{ kind, messageId, patient, stay, movement, effectiveAt }];
  });
}

function eventKind(was: StayMovement | undefined, now: StayMovement | undefined): EventKind | undefined {
  const happening = KINDS[(now ?? was)?.trigger ?? ''];
  if (happening === undefined) return undefined;
  const held = was?.active === true;
  const holds = now?.active === true;
  if (held && !holds) return `${happening}-cancelled`;
  if (holds && !held) return happening;
  return held && was.content !== now?.content ? 'correction' : undefined;
}
