import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import type { OpenedDocument } from '../cda/opened.js';
import { summaryOf } from '../cda/read-head.js';
import type { SourceSettings } from '../config/schema.js';
import { decodeText } from '../hl7v2/charset.js';
import { parse } from '../hl7v2/parse.js';
import type { DocumentKnowledge } from '../message/document-claim.js';
import { GatewayError } from '../message/failure.js';
import type { MessageFormat } from '../message/message.js';
import { admitDocuments, openSafely } from '../receive/admit-document.js';
import { checkDocuments } from '../receive/document-checks.js';
import type { Mappings } from '../translate/compile.js';
import { writtenLast } from '../translate/cda/document-times.js';
import { carriesDocuments } from '../translate/hl7v2/message-documents.js';
import { translateDocuments } from '../translate/documents.js';
import { openDocuments, type DocumentBytes } from '../translate/open-documents.js';
import { explanationOf, print, type Answer } from './explanation.js';
import { readMessageFile } from './message-file.js';
import { mappingsOf, sourceOf, TRANSLATION_OPTIONS } from './translation-source.js';

/**
 * `tdu document FILE`: a CDA document, an XDM package, a FHIR document or an HL7 message that carries documents; no store, no server. The FHIR
 * that it gives on its own, and with `--explain` the answer that the gateway would give, where each value comes from, and the elements that
 * nothing used.
 * @returns 0, or 1 where it would be refused or parked
 */
export async function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: TRANSLATION_OPTIONS });
  const [file, ...surplus] = positionals;
  if (file === undefined || surplus.length > 0)
    throw new GatewayError('request-invalid', 'which file?', { remedy: 'tdu document FILE' });
  const source = sourceOf(values);
  const bytes = readMessageFile(file);
  const received = { bytes, format: formatOf(bytes), charset: source.charset, zone: source.zone };
  const answer = await answerTo(received, source);
  const opened = await documentsOf(received);
  return print(explanationOf(answer, translationOf(opened, source, mappingsOf(source)), source), values);
}

/** What the bytes begin with says what they are. */
function formatOf(bytes: Buffer): MessageFormat {
  if (bytes.subarray(0, 2).toString('latin1') === 'PK') return 'xdm';
  const start = bytes
    .subarray(0, 64)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (start.startsWith('MSH')) return 'hl7v2';
  return start.startsWith('{') ? 'fhir' : 'cda';
}

/** Without a store nothing is known of the patient, nor of other versions. */
const NOTHING_KNOWN: DocumentKnowledge = { repeated: false, patients: [], versions: [] };

/** What the door would answer: AA or AE over MLLP, 202, 400 or 422 by HTTP. */
async function answerTo(received: DocumentBytes, source: SourceSettings): Promise<Answer> {
  const deps = {
    open: async (message: DocumentBytes) => (await openDocuments(message)).map(summaryOf),
    knowledge: () => Promise.resolve(NOTHING_KNOWN),
  };
  if (received.format === 'hl7v2') {
    const { text, charset, warnings } = decodeText(received.bytes, source.charset);
    const sha256 = createHash('sha256').update(received.bytes).digest('hex');
    const message = parse(text, charset);
    if (!carriesDocuments(message.value('MSH-9.1')))
      throw new GatewayError('request-invalid', 'a message that is neither MDM nor ORU carries no document', {
        remedy: 'tdu translate reads it',
      });
    return admitDocuments(message, warnings, { ...received, sha256 }, source, deps);
  }
  const opened = await openSafely(received, deps);
  const findings = 'severity' in opened ? [opened] : checkDocuments(opened, NOTHING_KNOWN, source);
  const refusals = findings.filter(({ severity }) => severity === 'E');
  const unreadable = refusals.some(({ code }) => code === 'document-unreadable');
  return {
    code: refusals.length === 0 ? '202' : unreadable ? '400' : '422',
    issues: findings.map(({ severity, code, field, text }) => ({ severity, code, location: field, text })),
  };
}

/** What cannot be opened gives nothing; the answer says why. */
async function documentsOf(received: DocumentBytes): Promise<OpenedDocument[]> {
  try {
    return await openDocuments(received);
  } catch (error) {
    if (error instanceof GatewayError) return [];
    throw error;
  }
}

/** No clock: the same file gives the same output, as if it came when the last of its documents was written. */
function translationOf(opened: readonly OpenedDocument[], source: SourceSettings, mappings: Mappings) {
  const receivedAt = writtenLast(opened, source.zone) ?? '1970-01-01T00:00:00Z';
  return translateDocuments(opened, { messageId: '0', mappings, zone: source.zone, source, receivedAt });
}
