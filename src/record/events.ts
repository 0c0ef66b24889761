import type { Event, EventKind } from '../message/event.js';
import type { FoldedStay, StayMovement } from '../message/stay.js';

/**
 * What a message changed in a stay, as people are told it: movements that now hold, that no longer do, that hold otherwise.
 * @param before, after the stay without and with the message; undefined where there is none
 * @param patient anchor of the patient
 */
export function stayEvents(
  before: FoldedStay | undefined,
  after: FoldedStay | undefined,
  { patient, messageId }: Pick<Event, 'patient' | 'messageId'>,
): Event[] {
  const earlier = new Map(before?.movements.map((movement) => [movement.thread, movement]));
  const later = new Map(after?.movements.map((movement) => [movement.thread, movement]));
  const about = { type: 'stay', key: after?.key ?? before?.key ?? '' } as const;
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((thread) => {
    const [was, now] = [earlier.get(thread), later.get(thread)];
    return eventKinds(was, now).map((kind): Event => {
      const { effectiveAt, attributes } = movementOf(kind, was, now);
      return { kind, messageId, patient, about, thread, effectiveAt, attributes };
    });
  });
}

/** A movement that became another kind of thing is taken back as the one and told as the other. */
function eventKinds(was: StayMovement | undefined, now: StayMovement | undefined): EventKind[] {
  const before = was?.holds === true ? was.happening : undefined;
  const after = now?.holds === true ? now.happening : undefined;
  if (before === after) {
    return before !== undefined && was?.content() !== now?.content() ? ['correction'] : [];
  }
  return [...(before === undefined ? [] : [`${before}-cancelled` as const]), ...(after === undefined ? [] : [after])];
}

function movementOf(
  kind: EventKind,
  was: StayMovement | undefined,
  now: StayMovement | undefined,
): Pick<StayMovement, 'effectiveAt' | 'attributes'> {
  const movement = kind.endsWith('-cancelled') ? (was ?? now) : (now ?? was);
  return movement ?? { effectiveAt: '', attributes: {} };
}

/**
 * The events of all that held in a stay before a message and holds after it: what somebody who comes to be of the circle late is entitled to.
 */
export function standingEvents(before: FoldedStay, patient: string, messageId: string, after: FoldedStay): Event[] {
  const held = new Map(before.movements.map(({ thread, happening, holds }) => [thread, holds ? happening : undefined]));
  const about = { type: 'stay', key: after.key } as const;
  return after.movements.flatMap(({ thread, happening, holds, effectiveAt, attributes }) =>
    holds && happening !== undefined && held.get(thread) === happening
      ? [{ kind: happening, messageId, patient, about, thread, effectiveAt, attributes }]
      : [],
  );
}
