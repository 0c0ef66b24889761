import { readCoding } from '../../cda/concept.js';
import { narrativeXhtml } from '../../cda/narrative.js';
import { readDuration, readQuantity } from '../../cda/quantity.js';
import type { Cda } from './format.js';
import type { Converter, ConverterEntry } from '../converter.js';
import { roleReference } from './entry-roles.js';
import {
  amountOf,
  dueDate,
  entityConcept,
  goalConcept,
  observationWords,
  productConcept,
  ratioOf,
  reactionOf,
  requestConcept,
  reviewTarget,
  valueTarget,
} from './entry-values.js';
import { conceptOf, nameOf, wordsOf } from './entry-words.js';
import type { ElementType } from '../targets.js';

type CdaConverter = Converter<Cda>;

function filled(value: unknown): ReturnType<CdaConverter> {
  return value === undefined || value === '' ? undefined : { value };
}

/** The code without its words. */
const code: CdaConverter = (place) => {
  const coding = readCoding(place.element);
  return coding === undefined ? undefined : { value: { coding: [coding] } };
};
const duration: CdaConverter = (place) => {
  const read = readDuration(place.element);
  return filled(read && read.value > 0 ? { value: read.value, code: read.unit } : undefined);
};
const annotation: CdaConverter = (place, { references }) => {
  const text = wordsOf(place, references);
  return text === '' ? undefined : { value: { text } };
};
const narrative: CdaConverter = (place) => {
  const div = place.isNull ? undefined : narrativeXhtml(place.element);
  return div === undefined ? undefined : { value: { status: 'additional', div } };
};
const participant: CdaConverter = (place, context) => {
  const actor = roleReference(place, context);
  if (actor === undefined) return undefined;
  const type = [{ coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'PPRF' }] }];
  return { value: { ...(place.element.name === 'assignedEntity' && { type }), actor } };
};
const actor: CdaConverter = (place, context) => {
  const reference = roleReference(place, context);
  return filled(reference && { actor: reference });
};
const protocol: CdaConverter = (place) => {
  const dose = Number(place.value());
  return filled(Number.isInteger(dose) && dose > 0 ? { doseNumberPositiveInt: dose } : undefined);
};
const due: CdaConverter = (place, context) => {
  const target = dueDate(place, context);
  return filled(target.dueDate === undefined ? undefined : target);
};

const plain = (gives: ElementType, convert: CdaConverter): ConverterEntry<Cda> => ({ gives, make: () => convert });

/** Converters of the entries of a body. The data types are those of CDA R2; a name in small letters is that of the entry that is read whole. */
export const ENTRY_CONVERTERS: readonly (readonly [string, ConverterEntry<Cda>])[] = [
  ['CD-Code', plain('CodeableConcept', code)],
  ['CD-text', plain('string', (place, { references }) => filled(nameOf(conceptOf(place, references))))],
  ['ED-text', plain('string', (place, { references }) => filled(wordsOf(place, references)))],
  ['ED-Annotation', plain('Annotation', annotation)],
  ['ED-CodeableConcept', plain('CodeableConcept', annotation)],
  ['StrucDoc-Narrative', plain('Narrative', narrative)],
  ['PQ-Quantity', plain('Quantity', (place) => filled(readQuantity(place.element)))],
  ['PQ-Duration', plain('Quantity', duration)],
  ['IVL_PQ', plain('Quantity', (place) => filled(amountOf(place)))],
  ['RTO-Ratio', plain('Ratio', (place) => filled(ratioOf(place)))],
  ['INT-Protocol', plain('Protocol', protocol)],
  ['Role-Reference', plain('Reference', (place, context) => filled(roleReference(place, context)))],
  ['Role-Actor', plain('Participant', actor)],
  ['Role-Participant', plain('Participant', participant)],
  ['Product-CodeableConcept', plain('CodeableConcept', (place, context) => filled(productConcept(place, context)))],
  ['Entity-CodeableConcept', plain('CodeableConcept', (place, context) => filled(entityConcept(place, context)))],
  ['observation-CodeableConcept', plain('CodeableConcept', (place, context) => filled(requestConcept(place, context)))],
  ['goal-CodeableConcept', plain('CodeableConcept', (place, context) => filled(goalConcept(place, context)))],
  ['observation-words', plain('string', (place, context) => filled(observationWords(place, context)))],
  ['value-Target', plain('Target', (place, context) => filled(valueTarget(place, context)))],
  ['due-Target', plain('Target', due)],
  ['review-Target', plain('Target', (place, context) => filled(reviewTarget(place, context)))],
  [
    'observation-Reaction',
    {
      gives: 'Reaction',
      make({ table }) {
        const severities = table('ReactionSeverity');
        return (place, context) => filled(reactionOf(place, context, severities));
      },
    },
  ],
];
