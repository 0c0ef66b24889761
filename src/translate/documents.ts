import type { OpenedDocument } from '../cda/opened.js';
import type { Translation } from '../message/fact.js';
import { translateCda, type DocumentTranslation } from './cda/document.js';
import { isRoutingAllowed, ROUTING_NOT_ALLOWED } from './document-routing.js';
import { translateFhir } from './fhir/document.js';
import { Issues } from './issues.js';
import type { TranslateContext } from './translate.js';

/**
 * The documents of one message → facts, each with its traces. Pure: the same documents, mappings and context give the same translation.
 * What stops one stops the message, and stands in `issues`; then there are no facts.
 */
export function translateDocuments(documents: readonly OpenedDocument[], options: TranslateContext): Translation {
  const issues = new Issues();
  const translations: DocumentTranslation[] = [];
  for (const document of documents) {
    if (!isRoutingAllowed(document.carriage)) {
      const issue = { blocking: false, reason: 'routing-not-allowed', field: 'OBX-3', text: ROUTING_NOT_ALLOWED };
      issues.add(issue, 'OBX-3');
    }
    const before = translations.reduce((count, { facts }) => count + facts.length, 0);
    translations.push(
      document.format === 'cda'
        ? translateCda(document, options, issues, before)
        : translateFhir(document, options, issues, before),
    );
  }
  const stopped = issues.blocking;
  return {
    facts: stopped ? [] : translations.flatMap(({ facts }) => facts),
    mentions: stopped ? [] : translations.flatMap(({ mentions }) => mentions),
    identifiers: translations.flatMap(({ identifiers }) => identifiers),
    unused: () => translations.flatMap(({ unused }) => unused()),
    issues: issues.list,
  };
}
