import { patientMemberships } from '../circle/members.js';
import type { Fact, FactOf } from '../message/fact.js';
import { inRecordedOrder } from '../message/order.js';
import { outdatedContacts } from '../record/contacts.js';
import { outdatedIdentities } from '../record/identity.js';
import { isLasting, type FoldedWindow } from './window.js';

/**
 * Ids of the facts that could be left out for ever: of no stay, where all that they say was said again later; of stays, what documents say that
 * are not in force any more.
 */
export function outdatedFacts({
  facts,
  people,
  superseded,
}: Pick<FoldedWindow, 'facts' | 'people' | 'superseded'>): string[] {
  const byAnchor = new Map<string, Fact[]>();
  for (const fact of facts)
    if (isLasting(fact)) {
      const list = byAnchor.get(fact.patient);
      if (list === undefined) byAnchor.set(fact.patient, [fact]);
      else list.push(fact);
    }
  const ofAnchors = [...byAnchor.values()].flatMap((own) => outdatedIdentities(ofKind(own, 'identity')));
  // Statements and contacts of all numbers of a person are one timeline.
  const ofPeople = people.flatMap(({ anchors }) => {
    const own = anchors.flatMap((anchor) => byAnchor.get(anchor) ?? []);
    return [
      ...outdatedContacts(ofKind(own, 'contact')),
      ...patientMemberships(ofKind(own, 'member'), new Map()).outdated,
      ...outdatedConsents(ofKind(own, 'consent')),
    ];
  });
  return [...ofAnchors, ...ofPeople, ...superseded.map(({ id }) => id)];
}

/** Of consents the last one of each number is kept: the folds read none yet. */
function outdatedConsents(facts: readonly FactOf<'consent'>[]): string[] {
  return inRecordedOrder(facts)
    .slice(0, -1)
    .map(({ id }) => id);
}

function ofKind<Kind extends Fact['kind']>(facts: readonly Fact[], kind: Kind): FactOf<Kind>[] {
  return facts.filter((fact): fact is FactOf<Kind> => fact.kind === kind);
}
