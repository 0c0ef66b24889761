import { cdaHead } from './cda-head.js';
import { fhirHead } from './fhir-head.js';
import type { DocumentHead } from './head.js';
import type { OpenedDocument } from './opened.js';

function documentHead(opened: OpenedDocument): DocumentHead {
  return opened.format === 'fhir' ? fhirHead(opened.bundle) : cdaHead(opened.root);
}

/** An opened document without its content: plain data. */
export interface DocumentSummary extends Pick<OpenedDocument, 'part' | 'sha1' | 'mediaType' | 'carriage' | 'warnings'> {
  head: DocumentHead;
}

/** What is left of an opened document for the checks. */
export function summaryOf(opened: OpenedDocument): DocumentSummary {
  const { part, sha1, mediaType, carriage, warnings } = opened;
  return { part, sha1, mediaType, carriage, warnings, head: documentHead(opened) };
}
