import type { FoldOptions } from '../message/stay.js';
import type { Fact } from '../message/fact.js';
import { subjectsOf } from './subjects.js';
import { foldFacts, type FoldedWindow } from './window.js';

/**
 * Where stays or documents became another patient's: the window as it was, without them. What was told of them was told of the wrong person, so
 * they are taken back under his name before they stand under the other's: nobody who knows the one is shown the other.
 * @returns undefined where none moved
 */
export function withoutMoved(
  before: FoldedWindow,
  after: FoldedWindow,
  options: FoldOptions,
): FoldedWindow | undefined {
  const owners = subjectsOf(after);
  const moved = [...subjectsOf(before)].filter(([name, { person }]) => {
    const owner = owners.get(name)?.person;
    return owner !== undefined && !owner.anchors.includes(person.anchor);
  });
  if (moved.length === 0) return undefined;
  const stays = new Set(moved.flatMap(([, { type, timeline }]) => (type === 'stay' ? [timeline.key] : [])));
  const ids = new Set(moved.flatMap(([, { document }]) => document?.from.facts.map(({ body }) => body.id) ?? []));
  const isMoved = (fact: Fact) =>
    fact.kind === 'document' ? ids.has(fact.body.id) : fact.kind === 'visit' && ids.has(fact.body.document);
  const facts = before.facts.filter(
    (fact) => !stays.has((before.placed.get(fact.id) ?? fact).stay ?? '') && !isMoved(fact),
  );
  return foldFacts({ ...before, facts }, options, before);
}
