import type { CodeableConcept, Coding } from 'fhir/r4.js';
import { codeSystemUri } from './code-systems.js';
import type { XmlElement } from './element.js';
import { textIn, type References } from './references.js';
import { childOf, childrenOf } from './path.js';
import { runningText } from './running-text.js';
import { isUnknownCode } from './hl7-codes.js';

/** R4 datatypes, code: no blanks but single ones between its words. */
export function isCode(text: string): boolean {
  return text !== '' && text.length <= MAX_CODE && !/\s\s|[^\S ]/.test(text);
}

/** Longer than any code, post-coordinated ones too. */
const MAX_CODE = 2000;

/**
 * A CD, CE, CV or CS as a CodeableConcept: its code and its translations as codings, the words of originalText as text, else the label of the
 * first code that has one. A code without a system that can be named, or that its system does not have, is no coding, nor is one whose
 * nullFlavor says there is none.
 * @returns undefined where neither a code nor words are there
 */
export function readConcept(element: XmlElement | undefined, references: References): CodeableConcept | undefined {
  if (element === undefined) return undefined;
  const translations = childrenOf(element, 'translation');
  const codings = distinct([element, ...translations].flatMap((code) => readCoding(code) ?? []));
  const text = wordsOf(element, translations, references);
  if (codings.length === 0 && text === '') return undefined;
  return { ...(codings.length === 0 ? {} : { coding: codings }), ...(text === '' ? {} : { text }) };
}

/** The code of a CD itself, without its translations. */
export function readCoding(element: XmlElement | undefined): Coding | undefined {
  if (element === undefined) return undefined;
  const { code, codeSystem, codeSystemVersion, displayName, nullFlavor } = element.attributes;
  const value = code?.trim() ?? '';
  const system = codeSystemUri(codeSystem ?? '');
  if (nullFlavor !== undefined || system === undefined || !isCode(value) || isUnknownCode(system, value))
    return undefined;
  const version = codeSystemVersion?.trim() ?? '';
  const display = label(displayName);
  return {
    system,
    ...(version === '' ? {} : { version }),
    code: value,
    ...(display === '' ? {} : { display }),
  };
}

function distinct(codings: Coding[]): Coding[] {
  const byCode = new Map<string, Coding>();
  for (const coding of codings) {
    const key = `${coding.system ?? ''}|${coding.code ?? ''}`;
    if (!byCode.has(key)) byCode.set(key, coding);
  }
  return [...byCode.values()];
}

function wordsOf(element: XmlElement, translations: XmlElement[], references: References): string {
  const original = childOf(element, 'originalText');
  const words = original === undefined ? '' : textIn(original, references);
  if (words !== '') return words;
  const labels = [element, ...translations].map(({ attributes }) => label(attributes['displayName']));
  const first = labels.find((text) => text !== '') ?? '';
  if (first === '' && element.attributes['nullFlavor'] === undefined) return codeWithoutSystem(element);
  const qualifiers = childrenOf(element, 'qualifier')
    .map((qualifier) => label(childOf(qualifier, 'value')?.attributes['displayName']))
    .filter((text) => text !== '');
  // A side or a degree that R4 has no coding for changes what the code means.
  return qualifiers.length === 0 || first === '' ? first : `${first} (${qualifiers.join(', ')})`;
}

/** A code that no system makes a coding of is still what the author wrote. */
function codeWithoutSystem({ attributes }: XmlElement): string {
  const code = label(attributes['code']);
  const system = codeSystemUri(attributes['codeSystem'] ?? '');
  return system === undefined || isUnknownCode(system, code) ? code : '';
}

function label(text: string | undefined): string {
  return runningText(text ?? '');
}
