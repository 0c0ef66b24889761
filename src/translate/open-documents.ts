import { openCda } from '../cda/open-cda.js';
import { openFhir } from '../cda/open-fhir.js';
import { openPackage } from '../cda/open-package.js';
import type { OpenedDocument } from '../cda/opened.js';
import { decodeText } from '../hl7v2/charset.js';
import { parse } from '../hl7v2/parse.js';
import { GatewayError } from '../message/failure.js';
import type { MessageFormat } from '../message/message.js';
import { carriedDocuments } from './hl7v2/message-documents.js';

/** A message that holds documents, as it came. */
export interface DocumentBytes {
  bytes: Buffer;
  format: MessageFormat;
  /** Of HL7 v2, where MSH-18 says none. */
  charset: string;
  /** IANA zone of times without offset. */
  zone: string;
}

/**
 * Opens the documents of a message, whatever it came as.
 * @throws GatewayError `document-unreadable`, `document-inconsistent`, `document-identity`; `field-invalid` for what is not base64 where it has to be;
 * `type-not-served` for a format that holds no documents
 */
export async function openDocuments({ bytes, format, charset, zone }: DocumentBytes): Promise<OpenedDocument[]> {
  switch (format) {
    case 'cda':
      return [openCda(bytes)];
    case 'xdm':
      return openPackage(bytes);
    case 'fhir':
      return [openFhir(bytes)];
    case 'hl7v2':
      return openMessage(bytes, charset, zone);
    case 'mail':
      throw new GatewayError('type-not-served', 'this format holds no documents');
  }
}

function openMessage(bytes: Buffer, fallback: string, zone: string): OpenedDocument[] {
  const { text, charset } = decodeText(bytes, fallback);
  return carriedDocuments(parse(text, charset), zone).map(({ part, bytes: content, carriage }) =>
    openCda(content, carriage, part),
  );
}
