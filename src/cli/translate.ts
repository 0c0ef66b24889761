import { parseArgs } from 'node:util';
import type { SourceSettings } from '../config/schema.js';
import { decodeText } from '../hl7v2/charset.js';
import { toInstant } from '../hl7v2/datetime.js';
import { parse } from '../hl7v2/parse.js';
import type { Translation } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import { admit, type Admission } from '../receive/admit.js';
import type { Mappings } from '../translate/compile.js';
import { carriesDocuments } from '../translate/hl7v2/message-documents.js';
import { translate } from '../translate/translate.js';
import { explanationOf, print } from './explanation.js';
import { readMessageFile } from './message-file.js';
import { mappingsOf, sourceOf, TRANSLATION_OPTIONS } from './translation-source.js';

/**
 * `tdu translate FILE`: no store, no server; the FHIR that a message gives on its own. With `--explain` the answer that the gateway
 * would give, where each value comes from, and the fields that nothing used.
 * @returns 0, or 1 where the message would be refused or parked
 */
export function run(args: string[]): Promise<number> {
  const { positionals, values } = parseArgs({ args, allowPositionals: true, options: TRANSLATION_OPTIONS });
  const [file, ...surplus] = positionals;
  if (file === undefined || surplus.length > 0)
    throw new GatewayError('request-invalid', 'which file?', { remedy: 'tdu translate FILE' });
  const source = sourceOf(values);
  const { admission, translation } = read(file, source, mappingsOf(source));
  return Promise.resolve(print(explanationOf(admission, translation, source), values));
}

function read(
  file: string,
  source: SourceSettings,
  mappings: Mappings,
): { admission: Admission; translation: Translation } {
  const { text, charset, warnings } = decodeText(readMessageFile(file), source.charset);
  const message = parse(text, charset);
  if (carriesDocuments(message.value('MSH-9.1')))
    throw new GatewayError('request-invalid', 'what an MDM or ORU says stands in the document that it carries', {
      remedy: `tdu document ${file} reads it`,
    });
  // No clock: the same file gives the same output, as if it came when it says that it was written.
  const receivedAt = toInstant(message.value('MSH-7'), source.zone) ?? '1970-01-01T00:00:00Z';
  const context = { messageId: '0', mappings, zone: source.zone, source, receivedAt };
  return {
    admission: admit(message, warnings, { source, triggers: mappings.triggers, stayFields: mappings.stayFields }),
    translation: translate(message, context),
  };
}
