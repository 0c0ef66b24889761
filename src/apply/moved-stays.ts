import type { FoldOptions } from '../message/stay.js';
import type { Person } from './people.js';
import { foldFacts, type FoldedWindow } from './window.js';

/**
 * Where stays became another patient's: the window as it was, without them. What was told of them was told of the wrong person, so they are
 * taken back under his name before they stand under the other's: nobody who knows the one is shown the other.
 * @returns undefined where no stay moved
 */
export function withoutMovedStays(
  before: FoldedWindow,
  after: FoldedWindow,
  options: FoldOptions,
): FoldedWindow | undefined {
  const owners = ownersOf(after);
  const moved = new Set(
    [...ownersOf(before)].flatMap(([stay, { anchor }]) => {
      const owner = owners.get(stay);
      return owner === undefined || owner.anchors.includes(anchor) ? [] : [stay];
    }),
  );
  if (moved.size === 0) return undefined;
  const facts = before.facts.filter((fact) => !moved.has((before.placed.get(fact.id) ?? fact).stay ?? ''));
  return foldFacts({ ...before, facts }, options, before);
}

function ownersOf({ people }: FoldedWindow): Map<string, Person> {
  return new Map(people.flatMap((person) => [...person.stays.keys()].map((stay) => [stay, person] as const)));
}
