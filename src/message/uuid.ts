import { hash } from 'node:crypto';

/** Namespace of every name-based id the gateway gives; changing it would rename every resource. */
const NAMESPACE = Buffer.from('6f0c5e0e1f0d5b8e9a3b7c1d2e4f6a80', 'hex');

/**
 * RFC 9562 UUIDv5 of a business name, so that a replay on an empty store gives the same ids: version 5 in the high half of byte 6, the
 * variant in the high bits of byte 8. By hand, since every message needs some sixteen of them (ADR 0009).
 * @param name e.g. `delivery|<receipt>`
 */
export function uuid5(name: string): string {
  const hex = hash('sha1', Buffer.concat([NAMESPACE, Buffer.from(name)]), 'hex');
  const variant = '89ab'.charAt(Number.parseInt(hex.charAt(16), 16) & 0x3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/**
 * The id of the resource that a business identifier names.
 * @param identifier e.g. `urn:oid:1.2.3|000897406`
 */
export function resourceId(resourceType: string, identifier: string): string {
  return uuid5(`${resourceType}|${identifier}`);
}
