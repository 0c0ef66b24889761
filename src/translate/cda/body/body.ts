import type { XmlElement } from '../../../cda/element.js';
import type { Place } from '../../../cda/place.js';
import type { DocumentEntry, DocumentPlan } from '../../../message/document.js';
import type { Element } from '../../../message/fragment.js';
import type { MemberBody } from '../../../message/member.js';
import type { CdaContext } from '../format.js';
import type { DocumentMappings } from '../compile-document.js';
import { Contributions } from '../../contributions.js';
import { membersOf } from '../document-members.js';
import { keysOf } from './entry-key.js';
import { finishEntry, isEntryType } from './entry-rules.js';
import { planOf, type MadeEntry } from './plan.js';
import { nearest } from './statement.js';
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
  const used = usedOf(units, made, plan !== undefined);
  const stays = units.filter(({ target, negated }) => target === 'Encounter' && !negated);
  for (const unit of used) unit.use(context.record);
  return {
    plans: plan === undefined ? [] : [plan],
    entries: made.map(({ entry }) => entry),
    members: units
      .filter(({ target, negated }) => target === 'member' && !negated)
      .flatMap(({ elements }) => membersOf(new Contributions(elements), context.issues)),
    encounter: stays.flatMap(({ elements }) => elements),
  };
}

/** The entries whose resource can be made, each under its key; what a goal is about is referred to by it. */
function entriesOf(units: readonly Unit[], writtenAt: string): MadeEntry[] {
  const candidates = units.filter(({ target }) => isEntryType(target));
  const dosages = dosagesOf(units, candidates);
  const keys = keysOf(candidates);
  const made = candidates.flatMap((unit, index): MadeEntry[] => {
    const key = keys[index];
    const { target } = unit;
    if (key === undefined || !isEntryType(target) || !finishEntry(unit, { writtenAt, dosages })) return [];
    return [{ unit, entry: { type: target, key, resource: { target, elements: unit.elements } } }];
  });
  const conditions = made.filter(({ entry }) => entry.type === 'Condition');
  const problems = new Map(conditions.map(({ unit, entry }) => [unit.place.element, entry.key]));
  for (const { unit, entry } of made) {
    const problem = entry.type === 'Goal' ? problems.get(unit.place.element) : undefined;
    if (problem !== undefined) unit.set('addresses', [{ reference: `entry:${problem}` }], 'goal-problem');
  }
  return made;
}

/** The dosages of each medication: its own, and those of its parts. */
function dosagesOf(units: readonly Unit[], medications: readonly Unit[]): ReadonlyMap<XmlElement, Unit[]> {
  const dosages = new Map(medications.map(({ place }) => [place.element, [] as Unit[]]));
  for (const unit of units) if (unit.target === 'Dosage') nearest(unit.place, dosages)?.push(unit);
  return dosages;
}

/** The units of which something was made. */
function usedOf(units: readonly Unit[], made: readonly MadeEntry[], planned: boolean): Unit[] {
  const entries = new Map(made.map(({ unit }) => [unit.place.element, unit]));
  const own = new Set(made.map(({ unit }) => unit));
  return units.filter((unit) => {
    const { target, negated, place } = unit;
    if (target === 'CarePlan' || target === 'activity') return planned && !negated;
    if (target === 'Encounter' || target === 'member') return !negated;
    return own.has(unit) || (target === 'Dosage' && nearest(place, entries) !== undefined);
  });
}
