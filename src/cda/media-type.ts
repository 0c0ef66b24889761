/** Prologues are shorter, whatever stands in them. */
const HEAD_BYTES = 16 * 1024;

/** What may stand before the root element: byte order mark, declaration, processing instructions, comments. */
const PROLOGUE = /^(?:\s|<\?[\s\S]*?\?>|<!--[\s\S]*?-->)+/;

/**
 * The media type of the bytes of a CDA document by its root element: one that presents itself is a stylesheet. Nothing else is read of it.
 */
export function cdaMediaType(bytes: Buffer): 'text/xml' | 'application/xslt+xml' {
  // UTF-16 has a NUL beside each letter of the tag.
  const head = bytes
    .toString('latin1', 0, HEAD_BYTES)
    .replaceAll('\0', '')
    .replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '')
    .replace(PROLOGUE, '');
  return /^<(?:[\w.-]+:)?(?:stylesheet|transform)\b/.test(head) ? 'application/xslt+xml' : 'text/xml';
}
