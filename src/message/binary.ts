/** The bytes of a document: which of the documents of its message. */
export interface BinaryPlace {
  messageId: string;
  /** From 0. */
  part: number;
  /** Not the document itself but the file that it holds in place of a structured body (CDA level 1). */
  body?: true;
}

/**
 * Id of the Binary that holds the bytes of a document as they came. It says itself where they are: the message's id in the journal and the
 * number of the document in it, so that nothing has to be looked up, and a document read again has the same one.
 * @param part which document of its message it is, from 0
 */
export function binaryId(messageId: string, part: number): string {
  return `${messageId}.${part}`;
}

/** Id of the Binary that holds the file in the body of a document. @param part as of the document */
export function bodyBinaryId(messageId: string, part: number): string {
  return `${binaryId(messageId, part)}.body`;
}

/** Where the bytes of a Binary are; undefined for an id that names none. */
export function binaryPlace(id: string): BinaryPlace | undefined {
  const [, messageId, part, body] = /^([1-9]\d{0,18})\.(0|[1-9]\d{0,3})(\.body)?$/.exec(id) ?? [];
  if (messageId === undefined) return undefined;
  return { messageId, part: Number(part), ...(body === undefined ? {} : { body: true }) };
}
