import type { OpenedDocument } from '../../src/cda/opened.js';
import { openCda } from '../../src/cda/open-cda.js';
import type { Fact, FactOf, Translation } from '../../src/message/fact.js';
import { translateDocuments } from '../../src/translate/documents.js';
import type { TranslateContext } from '../../src/translate/translate.js';
import { ownMappings } from './pam.js';

/** Documents as a source sends them that is configured with nothing but its name. */
export function translatedDocuments(
  documents: readonly OpenedDocument[],
  options: Partial<TranslateContext> = {},
): Translation {
  return translateDocuments(documents, {
    messageId: '1',
    mappings: ownMappings(),
    zone: 'Europe/Paris',
    source: { name: 'chu', authorities: {} },
    receivedAt: '2026-11-27T12:00:00Z',
    ...options,
  });
}

/** What a document gives. */
export function translatedCda(text: string, carriage: Partial<OpenedDocument['carriage']> = {}): Translation {
  return translatedDocuments([openCda(Buffer.from(text), { replaces: [], masks: [], ...carriage })]);
}

export function factOf<Kind extends Fact['kind']>({ facts }: Translation, kind: Kind): FactOf<Kind> {
  const fact = facts.find((candidate): candidate is FactOf<Kind> => candidate.kind === kind);
  if (fact === undefined) throw new Error(`no ${kind} among the facts`);
  return fact;
}
