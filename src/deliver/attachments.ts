import type { Attachment, DocumentReference } from 'fhir/r4.js';
import type { DeliveredResource } from '../message/delivery.js';
import { GatewayError } from '../message/failure.js';

/** Where the bytes of documents are. */
export interface DocumentAccess {
  /** The FHIR root under which recipients may read them; absent where the configuration names no public address. */
  root: string | undefined;
  /** The bytes of a Binary by its id. */
  open(id: string): Promise<{ length: number; bytes: AsyncIterable<Buffer> } | undefined>;
}

/** Up to that size a document travels in its DocumentReference. */
const INLINE_BYTES = 1_048_576;

/**
 * The resources with their documents as a recipient needs them who may not reach the gateway: the bytes of one in force go along, unless they
 * are too many; the address is absolute where there is a public one, else it is left out.
 * @throws GatewayError store-unavailable where the bytes cannot be read now
 */
export async function withAttachments(
  resources: readonly DeliveredResource[],
  access: DocumentAccess | undefined,
): Promise<DeliveredResource[]> {
  const made: DeliveredResource[] = [];
  for (const resource of resources) made.push(await attached(resource, access));
  return made;
}

async function attached(resource: DeliveredResource, access: DocumentAccess | undefined): Promise<DeliveredResource> {
  const document = resource.resource;
  if (document.resourceType !== 'DocumentReference') return resource;
  const content: DocumentReference['content'] = [];
  for (const part of document.content) {
    const { url, ...attachment } = part.attachment;
    const id = /^Binary\/(.+)$/.exec(url ?? '')?.[1];
    const own =
      id === undefined || access === undefined ? {} : await carried(id, document.status === 'current', access);
    content.push({
      ...part,
      attachment: { ...attachment, ...(id === undefined && url !== undefined ? { url } : {}), ...own },
    });
  }
  return { ...resource, resource: { ...document, content } };
}

async function carried(
  id: string,
  isCurrent: boolean,
  { root, open }: DocumentAccess,
): Promise<Pick<Attachment, 'url' | 'data'>> {
  const url = root === undefined ? {} : { url: `${root}/Binary/${id}` };
  if (!isCurrent) return url;
  try {
    const binary = await open(id);
    if (binary === undefined || binary.length > INLINE_BYTES) return url;
    const pieces: Buffer[] = [];
    for await (const piece of binary.bytes) pieces.push(piece);
    return { ...url, data: Buffer.concat(pieces).toString('base64') };
  } catch (cause) {
    if (cause instanceof GatewayError) throw cause;
    throw new GatewayError('store-unavailable', 'the bytes of a document cannot be read now', { cause });
  }
}
