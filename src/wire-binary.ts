import { cdaMediaType } from './cda/media-type.js';
import { openCda } from './cda/open-cda.js';
import { openPackage } from './cda/open-package.js';
import { unstructuredBody } from './cda/unstructured-body.js';
import type { Settings } from './config/schema.js';
import { decodeText } from './hl7v2/charset.js';
import { parse } from './hl7v2/parse.js';
import type { BinaryContent, BinaryPort } from './serve/binaries.js';
import type { Store } from './store/store.js';
import { carriedDocuments, carriesDocuments } from './translate/hl7v2/message-documents.js';

type Content = NonNullable<Awaited<ReturnType<Store['openContent']>>>;

/**
 * Where the bytes of a Binary come from: those of the journal as they are, piece by piece, or what a message or a package holds of them.
 */
export function binaryPort(store: Pick<Store, 'openContent'>, { sources }: Pick<Settings, 'sources'>): BinaryPort {
  const charsetOf = ({ source }: Content) => sources.find(({ name }) => name === source)?.charset ?? 'UNICODE UTF-8';
  return async ({ messageId, part, body }) => {
    const content = await store.openContent(messageId);
    if (content === undefined || content.state === 'refused') return undefined;
    if (body === true) return bodyOf(content, part, charsetOf(content));
    if (content.format === 'fhir') return part === 0 ? { ...content, mediaType: 'application/fhir+json' } : undefined;
    if (content.format === 'cda') return part === 0 ? typed(content) : undefined;
    const bytes = await partOf(content, part, charsetOf(content));
    return bytes && { mediaType: cdaMediaType(bytes), length: bytes.length, bytes: pieces([bytes]) };
  };
}

/** The file in the body of a document. */
async function bodyOf(content: Content, part: number, charset: string): Promise<BinaryContent | undefined> {
  if (content.format === 'fhir') return undefined;
  const document = await partOf(content, part, charset);
  const root = document && openCda(document);
  const file = root?.format === 'cda' ? unstructuredBody(root.root) : undefined;
  return file && { mediaType: file.mediaType, length: file.bytes.length, bytes: pieces([file.bytes]) };
}

/** What it is stands in its first bytes. */
async function typed({ length, bytes }: Content): Promise<BinaryContent> {
  const iterator = bytes[Symbol.asyncIterator]();
  const first = await iterator.next();
  const head = first.done === true ? Buffer.alloc(0) : first.value;
  return { mediaType: cdaMediaType(head), length, bytes: pieces([head], { [Symbol.asyncIterator]: () => iterator }) };
}

async function* pieces(head: readonly Buffer[], rest?: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  yield* head;
  if (rest !== undefined) yield* rest;
}

async function partOf({ format, bytes }: Content, part: number, charset: string): Promise<Buffer | undefined> {
  const list: Buffer[] = [];
  for await (const piece of bytes) list.push(piece);
  const whole = Buffer.concat(list);
  if (format === 'cda') return part === 0 ? whole : undefined;
  if (format === 'xdm') return (await openPackage(whole))[part]?.bytes;
  if (format !== 'hl7v2') return undefined;
  const decoded = decodeText(whole, charset);
  const message = parse(decoded.text, decoded.charset);
  return carriesDocuments(message.value('MSH-9.1')) ? carriedDocuments(message, 'UTC')[part]?.bytes : undefined;
}
