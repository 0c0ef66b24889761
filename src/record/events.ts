import type { About, Event, EventKind } from '../message/event.js';
import type { StayMovement } from '../message/stay.js';

/** What people are told of: a stay with its movements, a document with its plans and appointments. */
export interface Timeline {
  key: string;
  movements: readonly StayMovement[];
}

/**
 * What a message changed in a stay or document, as people are told it: movements that now hold, that no longer do, that hold otherwise.
 * @param before, after it without and with the message; undefined where there is none
 * @param patient anchor of the patient
 */
export function changeEvents(
  type: About['type'],
  before: Timeline | undefined,
  after: Timeline | undefined,
  { patient, messageId }: Pick<Event, 'patient' | 'messageId'>,
): Event[] {
  const earlier = new Map(before?.movements.map((movement) => [movement.thread, movement]));
  const later = new Map(after?.movements.map((movement) => [movement.thread, movement]));
  const about = { type, key: after?.key ?? before?.key ?? '' };
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((thread) => {
    const [was, now] = [earlier.get(thread), later.get(thread)];
    return eventKinds(was, now).map((kind): Event => {
      const { effectiveAt, attributes } = movementOf(kind, was, now);
      return { kind, messageId, patient, about, thread, effectiveAt, attributes };
    });
  });
}

/**
 * A movement that became another kind of thing is taken back as the one and told as the other. What is withheld is told to nobody, which is
 * said once.
 */
function eventKinds(was: StayMovement | undefined, now: StayMovement | undefined): EventKind[] {
  const before = was?.holds === true && was.withheld !== true ? was.happening : undefined;
  const after = now?.holds === true && now.withheld !== true ? now.happening : undefined;
  if (was === undefined && now?.withheld === true && now.happening !== undefined) return [now.happening];
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

/** The events of all that held before a message and holds after it: what somebody who comes to be of the circle late is entitled to. */
export function standingEvents(
  type: About['type'],
  before: Timeline,
  after: Timeline,
  { patient, messageId }: Pick<Event, 'patient' | 'messageId'>,
): Event[] {
  const held = new Map(before.movements.map(({ thread, happening, holds }) => [thread, holds ? happening : undefined]));
  const about = { type, key: after.key };
  return after.movements.flatMap(({ thread, happening, holds, withheld, effectiveAt, attributes }) =>
    holds && withheld !== true && happening !== undefined && held.get(thread) === happening
      ? [{ kind: happening, messageId, patient, about, thread, effectiveAt, attributes }]
      : [],
  );
}
