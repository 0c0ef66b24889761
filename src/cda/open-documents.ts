import { openCda } from './open-cda.js';
import { openFhir } from './open-fhir.js';
import { openPackage } from './open-package.js';
import type { OpenedDocument } from './opened.js';

/** The formats in which documents come, as the journal names them. */
export type DocumentFormat = 'cda' | 'xdm' | 'fhir';

/**
 * Opens what came as one document or one package of them: safe to read, encoding, limits, sizes and hashes checked.
 * @throws GatewayError `document-unreadable`, `document-inconsistent`, `document-identity`, free of content
 */
export async function openDocuments(bytes: Buffer, format: DocumentFormat): Promise<OpenedDocument[]> {
  switch (format) {
    case 'cda':
      return [openCda(bytes)];
    case 'xdm':
      return openPackage(bytes);
    case 'fhir':
      return [openFhir(bytes)];
  }
}
