import { isCorrection, type Event } from '../message/event.js';
import { documentStay, documentThread } from '../message/document.js';
import { referenceTo } from '../message/resource.js';
import type { FoldedDocument } from '../message/stay.js';
import { resourceId } from '../message/uuid.js';
import type { Timeline } from '../record/events.js';
import type { PersonDocument } from './documents.js';
import type { Person } from './people.js';
import type { FoldedWindow } from './window.js';

/** Something that people are told of: a stay, a document. */
export interface Subject {
  type: 'stay' | 'document';
  timeline: Timeline;
  person: Person;
  /** When it was over; absent while it lasts. */
  end: string | undefined;
  /** The name under which its members stand in the projection of the circle. */
  circle: string;
  document: PersonDocument | undefined;
}

/** All that people are told of in a window, by type and key. */
export function subjectsOf({ people }: Pick<FoldedWindow, 'people'>): Map<string, Subject> {
  return new Map(
    people.flatMap((person) => [
      ...[...person.stays].map(([key, { stay }]): [string, Subject] => [
        `stay ${key}`,
        { type: 'stay', timeline: stay, person, end: stay.end, circle: key, document: undefined },
      ]),
      ...[...person.documents].map(([key, document]): [string, Subject] => {
        const timeline = document.document;
        const end = timeline.movements[0]?.effectiveAt;
        return [`document ${key}`, { type: 'document', timeline, person, end, circle: documentStay(key), document }];
      }),
    ]),
  );
}

/** Is the event of something that is not to be shown to professionals? */
export function isWithheld({ thread }: Event, now: Subject | undefined): boolean {
  return now?.timeline.movements.find((movement) => movement.thread === thread)?.withheld === true;
}

/** `Type/id` of what a delivery of the event carries. */
export function contentOf(
  event: Event,
  person: Person,
  { before, after }: Record<'before' | 'after', ReadonlyMap<string, Subject>>,
): string[] {
  const name = `${event.about.type} ${event.about.key}`;
  const [was, now] = [before.get(name)?.document, after.get(name)?.document];
  const team = person.team === undefined ? [] : [person.team];
  if (event.about.type !== 'document') return [person.patient, ...stayContent(event.about.key, person), ...team];
  const content = isCorrection(event.kind) ? correctedContent(event, was, now) : shownContent(event, now);
  return [...new Set([person.patient, ...content, ...team])];
}

function stayContent(key: string, person: Person): string[] {
  const stay = person.stays.get(key)?.stay;
  const encounter =
    stay === undefined ? `Encounter/${resourceId('Encounter', key)}` : referenceTo(stay.encounter.resource);
  return [encounter, `CarePlan/${resourceId('CarePlan', key)}`];
}

/** A document, plan or appointment, with the stay that it is of. */
function shownContent({ thread }: Event, now: PersonDocument | undefined): string[] {
  return [...(now?.stay ?? []), ...resourcesOf(thread, now?.document)];
}

/**
 * What a correction or cancellation carries: what is shown now, and what was and is no more. Of a document that is not to be shown any more the
 * versions of before alone.
 */
function correctedContent(
  { thread, about }: Event,
  was: PersonDocument | undefined,
  now: PersonDocument | undefined,
): string[] {
  const isDocument = thread === documentThread(about.key);
  const [current] = now?.document.movements ?? [];
  if (current?.withheld === true) {
    const superseded = now?.document.references.filter((reference) => !current.resources.includes(reference)) ?? [];
    return isDocument ? superseded : [];
  }
  const present = resourcesOf(thread, now?.document);
  const earlier = resourcesOf(thread, was?.document);
  const { references, vanished } = now?.document ?? was?.document ?? { references: [], vanished: [] };
  const stays = [...(now?.stay ?? []), ...(was?.stay ?? [])];
  return [...stays, ...present, ...(isDocument ? [...references, ...vanished] : []), ...earlier];
}

function resourcesOf(thread: string, document: FoldedDocument | undefined): readonly string[] {
  return document?.movements.find((movement) => movement.thread === thread)?.resources ?? [];
}
