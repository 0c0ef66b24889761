import type { Place } from '../../cda/place.js';
import type { DocumentEntry, DocumentPlan } from '../../message/document.js';
import type { Element } from '../../message/fragment.js';
import type { MemberBody } from '../../message/member.js';
import type { CdaContext } from '../cda-format.js';
import type { DocumentMappings } from '../compile-document.js';
import { Contributions } from '../contributions.js';
import { membersOf } from '../document-members.js';
import { keysOf } from './entry-key.js';
import { finishEntry, isEntryType } from './entry-rules.js';
import { planOf, type MadeEntry } from './plan.js';
import { isWithin } from './statement.js';
import { sectionsOf, unitsOf, type Unit } from './unit.js';

/** What the body of a document says, beside the words that stay in it. */
export interface BodyContents {
  plans: DocumentPlan[];
  entries: DocumentEntry[];
  members: MemberBody[];
  /** Contributions to the Encounter of its stay. */
  encounter: Element[];
}

/**
 * Reads the structured body of a CDA document by the rows of its sections (by templateId); one that is not structured gives nothing. What no row
 * reads stays in the document, and is listed as unused.
 * @param writtenAt ClinicalDocument/effectiveTime as FHIR writes it
 */
export function bodyOf(root: Place, mappings: DocumentMappings, context: CdaContext, writtenAt: string): BodyContents {
  const bodies = root.children('component').flatMap((component) => component.children('structuredBody'));
  const sections = bodies.flatMap((body) => sectionsOf(body, mappings));
  const units = sections.flatMap((section) => unitsOf(section, context));
  const made = entriesOf(units, writtenAt);
  const plan = planOf(units, made);
  const stays = units.filter(({ target, negated }) => target === 'Encounter' && !negated);
  for (const unit of units) if (isUsed(unit, made, plan)) unit.use(context.record);
  return {
    plans: plan === undefined ? [] : [plan],
    entries: made.map(({ entry }) => entry),
    members: units
      .filter(({ target, negated }) => target === 'member' && !negated)
      .flatMap(({ elements }) => membersOf(new Contributions(elements))),
    encounter: stays.flatMap(({ elements }) => elements),
  };
}

/** The entries whose resource can be made, each under its key; what a goal is about is referred to by it. */
function entriesOf(units: readonly Unit[], writtenAt: string): MadeEntry[] {
  const dosages = units.filter(({ target }) => target === 'Dosage');
  const candidates = units.filter(({ target }) => isEntryType(target));
  const keys = keysOf(candidates);
  const made = candidates.flatMap((unit, index): MadeEntry[] => {
    const key = keys[index];
    const { target } = unit;
    if (key === undefined || !isEntryType(target) || !finishEntry(unit, { writtenAt, dosages })) return [];
    return [{ unit, entry: { type: target, key, resource: { target, elements: unit.elements } } }];
  });
  for (const { unit, entry } of made)
    if (entry.type === 'Goal') {
      const problem = made.find((of) => of.entry.type === 'Condition' && of.unit.place.element === unit.place.element);
      if (problem !== undefined) unit.set('addresses', [{ reference: `entry:${problem.entry.key}` }], 'goal-problem');
    }
  return made;
}

function isUsed(unit: Unit, made: readonly MadeEntry[], plan: DocumentPlan | undefined): boolean {
  if (made.some((of) => of.unit === unit)) return true;
  if (unit.target === 'CarePlan' || unit.target === 'activity') return plan !== undefined && !unit.negated;
  if (unit.target === 'Dosage') return made.some((of) => isWithin(unit.place, of.unit.place));
  return (unit.target === 'Encounter' || unit.target === 'member') && !unit.negated;
}
