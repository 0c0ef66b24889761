import type { CodeableConcept } from 'fhir/r4.js';
import { readConcept } from '../../cda/concept.js';
import { Place } from '../../cda/place.js';
import { textIn, type References } from '../../cda/references.js';

/** What stands in a form where nothing, or only a yes, was written. */
const NO_WORDS = /^([-–—/.*]+|oui|non|x|s\.?o\.?|néant)$/i;
/** A label is not a page: a reference may lead to a whole table. */
const LONGEST_LABEL = 400;

/** The words of an ED or ST, its own or those of the narrative that it refers to; '' where they say nothing. */
export function wordsOf(place: Place | undefined, references: References): string {
  if (place === undefined || place.isNull) return '';
  const words = textIn(place.element, references);
  return NO_WORDS.test(words) ? '' : words;
}

/** A CD with the words it was coded from; where they say nothing, or are a whole page, with its label. */
export function conceptOf(place: Place | undefined, references: References): CodeableConcept | undefined {
  if (place === undefined) return undefined;
  const concept = readConcept(place.element, references) ?? wordsAlone(place);
  const { coding, text = '' } = concept ?? {};
  const translated =
    place.isNull && place.child('originalText') === undefined ? translatedWords(place, references) : '';
  if (translated !== '') return { ...(coding && { coding }), text: translated };
  if (text !== '' && !NO_WORDS.test(text) && text.length <= LONGEST_LABEL) return concept;
  const label = coding?.find(({ display }) => display !== undefined)?.display ?? '';
  if (coding === undefined && label === '') return text.length > LONGEST_LABEL ? { text } : undefined;
  return { ...(coding && { coding }), ...(label !== '' && { text: label }) };
}

/** A text where a code is due (ST) is what was meant. */
function wordsAlone(place: Place): CodeableConcept | undefined {
  const text = place.isNull || place.element.children.some((child) => typeof child !== 'string') ? '' : place.text();
  return text === '' ? undefined : { text };
}

/** Where a code is null its translation may say what it was translated from. */
function translatedWords(place: Place, references: References): string {
  for (const translation of place.children('translation')) {
    const words = wordsOf(translation.child('originalText'), references);
    if (words !== '') return words;
  }
  return '';
}

/** The element that holds it. */
export function holderOf({ parent }: Place): Place | undefined {
  return parent && new Place(parent);
}

/** The words of a concept: its text, else its label. */
export function nameOf(concept: CodeableConcept | undefined): string {
  return concept?.text ?? concept?.coding?.find(({ display }) => display !== undefined)?.display ?? '';
}
