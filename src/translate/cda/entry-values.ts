import type { AllergyIntoleranceReaction, CodeableConcept, GoalTarget, Quantity, Range, Ratio } from 'fhir/r4.js';
import { readInterval } from '../../cda/interval.js';
import type { Place } from '../../cda/place.js';
import { readQuantity, readRange } from '../../cda/quantity.js';
import type { CdaContext } from './format.js';
import type { CodeTable } from '../codes.js';
import { conceptOf, holderOf, nameOf, wordsOf } from './entry-words.js';

/** Value of an observation: its words, whatever its type; '' where there are none. */
function valueWords(observation: Place | undefined, context: CdaContext): string {
  const value = observation?.child('value');
  if (value === undefined || value.isNull) return '';
  const type = value.attribute('xsi:type');
  if (type === 'ST' || type === 'ED') return wordsOf(value, context.references);
  if (type === 'BL' || type === 'INT' || type === 'REAL' || type === 'PQ') return '';
  return nameOf(conceptOf(value, context.references));
}

/** Has an observation a value that says no? */
function saysNo(observation: Place | undefined): boolean {
  const value = observation?.child('value');
  return value?.attribute('xsi:type') === 'BL' && /^(false|0)$/i.test(value.attribute('value'));
}

/** What an observation that is asked for is about: the code that its value gives, else its own in the words of value, else of the narrative. */
export function requestConcept(code: Place, context: CdaContext): CodeableConcept | undefined {
  const observation = holderOf(code);
  if (saysNo(observation)) return undefined;
  const { references } = context;
  const value = observation?.child('value');
  if (value !== undefined) context.record.mark(value);
  const coded =
    value?.attribute('xsi:type') === 'CD' || value?.attribute('xsi:type') === 'CE'
      ? conceptOf(value, references)
      : undefined;
  const own = conceptOf(code, references);
  if (coded?.coding !== undefined) {
    const words = [nameOf(own), nameOf(coded)].filter((text) => text !== '').join(' : ');
    return { coding: [...(own?.coding ?? []), ...coded.coding], ...(words !== '' && { text: words }) };
  }
  const original = wordsOf(code.child('originalText'), references);
  const words = valueWords(observation, context) || original || wordsOf(observation?.child('text'), references);
  const text = words.length > 0 && words.length <= 1000 ? words : nameOf(own);
  if (own?.coding === undefined && text === '') return undefined;
  return { ...(own?.coding && { coding: own.coding }), ...(text !== '' && { text }) };
}

/** What a goal is: the objective in words that is its value, else its code with what its value adds, else the narrative. */
export function goalConcept(code: Place, context: CdaContext): CodeableConcept | undefined {
  const observation = holderOf(code);
  const { references } = context;
  const value = observation?.child('value');
  if (value !== undefined) context.record.mark(value);
  const added = valueWords(observation, context);
  const isObjective = added !== '' && value?.attribute('code') === '' && value?.child('originalText') !== undefined;
  if (isObjective) return { text: added };
  const own = conceptOf(code, references);
  const name =
    wordsOf(code.child('originalText'), references) || nameOf(own) || wordsOf(observation?.child('text'), references);
  const text = [name, added].filter((part) => part !== '').join(' : ');
  if (text === '') return undefined;
  return { ...(own?.coding && { coding: own.coding }), text };
}

/** A figure to be reached, by when. */
export function valueTarget(value: Place, context: CdaContext): GoalTarget | undefined {
  const observation = holderOf(value);
  const measure = conceptOf(observation?.child('code'), context.references);
  const type = value.attribute('xsi:type');
  if (measure === undefined || value.isNull) return undefined;
  const due = dueDate(observation?.child('effectiveTime'), context);
  if (type === 'PQ' || type === 'REAL' || type === 'INT') {
    const detailQuantity = readQuantity(value.element);
    return detailQuantity && { measure, detailQuantity, ...due };
  }
  const detailRange = type === 'IVL_PQ' ? readRange(value.element) : undefined;
  return detailRange && { measure, detailRange, ...due };
}

/** The day by which a goal is to be reached. */
export function dueDate(time: Place | undefined, { clock }: CdaContext): { dueDate?: string } {
  const interval = time === undefined ? undefined : readInterval(time.element, clock);
  const day = (interval?.high ?? interval?.value)?.slice(0, 10);
  return day === undefined ? {} : { dueDate: day };
}

/** A review of a goal: when, and by what its success is told. */
export function reviewTarget(review: Place, context: CdaContext): GoalTarget | undefined {
  const { references } = context;
  const measure = conceptOf(review.child('code'), references);
  const criterion = review.child('precondition')?.child('criterion');
  const words = [wordsOf(criterion?.child('text'), references), valueWords(review, context)].filter(
    (text) => text !== '',
  );
  const due = dueDate(review.child('effectiveTime'), context);
  const target = { ...(measure && words.length > 0 && { measure, detailString: words.join(' – ') }), ...due };
  return Object.keys(target).length === 0 ? undefined : target;
}

/** What an observation beside a step of a plan says: `Rythme : une fois par semaine`; nothing where it says no. */
export function observationWords(observation: Place, context: CdaContext): string | undefined {
  if (saysNo(observation)) return undefined;
  const { references } = context;
  const words = valueWords(observation, context) || wordsOf(observation?.child('text'), references);
  if (words === '') return undefined;
  const name = nameOf(conceptOf(observation?.child('code'), references));
  return name === '' ? words : `${name} : ${words}`;
}

/** A reaction to an agent; R4 wants its manifestation. */
export function reactionOf(
  observation: Place,
  context: CdaContext,
  severities: CodeTable,
): AllergyIntoleranceReaction | undefined {
  const { references, clock } = context;
  const value = conceptOf(observation?.child('value'), references);
  const words = wordsOf(observation?.child('text'), references);
  const manifestation = value ?? (words === '' ? undefined : { text: words });
  if (manifestation === undefined) return undefined;
  const onset = readInterval(observation.child('effectiveTime')?.element, clock)?.low;
  const severity = severities.codes.get(severityCode(observation))?.code as AllergyIntoleranceReaction['severity'];
  return { manifestation: [manifestation], ...(onset !== undefined && { onset }), ...(severity && { severity }) };
}

function severityCode(observation: Place): string {
  for (const relationship of observation.children('entryRelationship')) {
    const severity = relationship.child('observation');
    if (severity?.child('code')?.attribute('code') === 'SEV') return severity?.child('value')?.value() ?? '';
  }
  return '';
}

/** A product by its code, its brand and its substances: the code of the material, in the words of the document, else its name. */
export function productConcept(product: Place, { references }: CdaContext): CodeableConcept | undefined {
  const material = product.child('manufacturedMaterial');
  return namedConcept(material?.child('code'), material?.child('name'), references);
}

/** An entity by its code and its name. */
export function entityConcept(entity: Place, { references }: CdaContext): CodeableConcept | undefined {
  return namedConcept(entity.child('code'), entity.child('name'), references);
}

function namedConcept(
  code: Place | undefined,
  name: Place | undefined,
  references: CdaContext['references'],
): CodeableConcept | undefined {
  const concept = conceptOf(code, references);
  const words = wordsOf(name, references);
  if (concept === undefined) return words === '' ? undefined : { text: words };
  return concept.text === undefined && words !== '' ? { ...concept, text: words } : concept;
}

/** A PQ, or an IVL_PQ whose bounds are one as that one. */
export function amountOf(place: Place): Quantity | Range | undefined {
  const range = readRange(place.element);
  if (range === undefined) return undefined;
  const { low, high } = range;
  if (low !== undefined && high !== undefined && JSON.stringify(low) === JSON.stringify(high)) return low;
  return range;
}

/** A RTO; half a ratio is none (R4 rat-1). */
export function ratioOf(place: Place): Ratio | undefined {
  const numerator = readQuantity(place.child('numerator')?.element);
  const denominator = readQuantity(place.child('denominator')?.element);
  return numerator && denominator && { numerator, denominator };
}
