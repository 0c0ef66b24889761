import type { CodeableConcept, Narrative } from 'fhir/r4.js';
import type { XmlElement } from '../../../cda/element.js';
import type { DocumentActivity, DocumentEntry, DocumentPlan } from '../../../message/document.js';
import type { Element, Trace } from '../../../message/fragment.js';
import { activityOf } from './activity.js';
import { hasTemplate, isNegated, nearest } from './statement.js';
import type { Section, Unit } from './unit.js';

/** An entry that was made, and the unit that it comes from. */
export interface MadeEntry {
  unit: Unit;
  entry: DocumentEntry;
}

/** Section of a board's proposal (CI-SIS FR-Statut-du-dossier-presente-en-RCP). */
const PROPOSAL = ['1.2.250.1.213.1.1.2.33'];
/** What the activities of a CarePlan may refer to (R4 CarePlan.activity.reference), of what documents give. */
const REQUESTS: ReadonlySet<string> = new Set(['Appointment', 'ServiceRequest', 'MedicationRequest']);
const OUTCOMES: ReadonlySet<string> = new Set(['Procedure', 'Immunization']);

/**
 * The plan of a document, one for all its sections of plan: their steps one section after the other, and their texts. None where they hold neither a step
 * nor a text, or only denials: that something is not planned is no plan.
 */
export function planOf(units: readonly Unit[], made: readonly MadeEntry[]): DocumentPlan | undefined {
  const sections = units.filter(({ target }) => target === 'CarePlan');
  const plans = sections.filter(({ place, section }) => place.element.name === 'section' && !isProposal(section));
  const planSections = new Set(plans.map(({ section }) => section));
  const inPlans = ({ section }: Unit) => planSections.has(section);
  const index = indexOf(made);
  const activities = units.flatMap((unit) => activitiesOf(unit, index, inPlans));
  const goals = made.filter(({ entry, unit }) => entry.type === 'Goal' && inPlans(unit));
  const texts = plans.filter(({ place }) => saysMoreThanDenials(place));
  if (plans.length === 0 || (activities.length === 0 && goals.length === 0 && !texts.some((plan) => plan.has('text'))))
    return undefined;
  const counted = plans.filter((plan) => texts.includes(plan));
  const proposals = sections.filter(({ section }) => isProposal(section));
  return {
    key: 'plan',
    resource: { target: 'CarePlan', elements: planElements(counted, proposals, sections) },
    activities,
    goals: goals.map(({ entry }) => entry.key),
    addresses: made
      .filter(({ entry, unit }) => entry.type === 'Condition' && inPlans(unit))
      .map(({ entry }) => entry.key),
  };
}

function isProposal({ place }: Section): boolean {
  return hasTemplate(place, PROPOSAL);
}

/** Has a section entries that are not denied, or none at all? */
function saysMoreThanDenials(section: Unit['place']): boolean {
  const entries = section.children('entry');
  const statements = entries.flatMap((entry) =>
    entry.element.children.flatMap((element) => (typeof element === 'string' ? [] : { element, parent: entry })),
  );
  return statements.length === 0 || statements.some((statement) => !isNegated(statement));
}

/** Entries by the unit that they come from, and the keys of goals by the element that states them. */
interface MadeIndex {
  entries: ReadonlyMap<Unit, DocumentEntry>;
  goals: ReadonlyMap<XmlElement, string>;
}

function indexOf(made: readonly MadeEntry[]): MadeIndex {
  const goals = made.filter(({ entry }) => entry.type === 'Goal');
  return {
    entries: new Map(made.map(({ unit, entry }) => [unit, entry])),
    goals: new Map(goals.map(({ unit, entry }) => [unit.place.element, entry.key])),
  };
}

/** A request is a step of the plan wherever it stands in the document, an order is none; what a section of plan tells as done is an outcome. */
function activitiesOf(unit: Unit, made: MadeIndex, inPlans: (unit: Unit) => boolean): DocumentActivity[] {
  if (unit.negated) return [];
  if (unit.target === 'activity') {
    const activity = activityOf(unit, nearest(unit.place, made.goals));
    return activity === undefined ? [] : [activity];
  }
  const entry = made.entries.get(unit);
  if (entry === undefined) return [];
  const planned = REQUESTS.has(entry.type) && unit.value('intent') !== 'order';
  return planned || (OUTCOMES.has(entry.type) && inPlans(unit)) ? [{ entry: entry.key }] : [];
}

/** Title, status, intent, kinds and words of the plan, out of its sections. */
function planElements(plans: readonly Unit[], proposals: readonly Unit[], sections: readonly Unit[]): Element[] {
  const status = sections.findLast((unit) => unit.has('status'));
  const [first] = plans;
  if (first === undefined) return [];
  const titles = [...new Set(plans.flatMap((plan) => plan.values<string>('title')))];
  const categories = distinct(plans.flatMap((plan) => plan.values<CodeableConcept>('category')));
  const text = narrativeOf([...proposals, ...plans]);
  const elements: Element[] = [
    elementOf(
      'status',
      status?.value('status') ?? 'active',
      status === undefined ? [] : [status],
      'plan-status',
      first,
    ),
    elementOf('intent', proposals.length > 0 ? 'proposal' : 'plan', proposals, 'plan-intent', first),
  ];
  if (titles.length > 0) elements.push(elementOf('title', titles.join(' / '), plans, 'plan-title', first));
  if (categories.length > 0) elements.push(elementOf('category', categories, plans, 'plan-category', first));
  if (text !== undefined) elements.push(elementOf('text', text, [...proposals, ...plans], 'plan-text', first));
  const notes = plans.flatMap((plan) => plan.values('note'));
  if (notes.length > 0) elements.push(elementOf('note', notes, plans, 'plan-note', first));
  return elements;
}

/** An element made of what several sections say, with where each part of it comes from. */
function elementOf(path: string, value: unknown, units: readonly Unit[], rule: string, first: Unit): Element {
  const traces = units.flatMap(({ elements }) =>
    elements.filter((element) => element.path === path).flatMap(({ trace }) => trace),
  );
  const own = traces.map(([, from, row]): Trace => [path, from, row]);
  return {
    path,
    field: first.place.field,
    value,
    trace: own.length > 0 ? own : [[path, first.place.path(), `rule:${rule}`]],
  };
}

function distinct(concepts: readonly CodeableConcept[]): CodeableConcept[] {
  return [...new Map(concepts.map((concept) => [JSON.stringify(concept), concept])).values()];
}

/** The texts of several sections as one narrative, in the order of the sections. */
function narrativeOf(units: readonly Unit[]): Narrative | undefined {
  const divs = units.flatMap((unit) => unit.values<Narrative>('text').map(({ div }) => div));
  const [div] = divs;
  if (div === undefined) return undefined;
  if (divs.length === 1) return { status: 'additional', div };
  return { status: 'additional', div: `<div xmlns="http://www.w3.org/1999/xhtml">${divs.join('')}</div>` };
}
