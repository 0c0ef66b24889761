import { createHash } from 'node:crypto';

/** Namespace of every name-based id the gateway gives; changing it would rename every resource. */
const NAMESPACE = Buffer.from('6f0c5e0e1f0d5b8e9a3b7c1d2e4f6a80', 'hex');

/**
 * RFC 9562 UUIDv5 of a business name, so that a replay on an empty store gives the same ids (DESIGN §4).
 * @param name e.g. `Encounter|urn:oid:1.2.3|000897406`
 */
export function uuid5(name: string): string {
  const hash = createHash('sha1').update(NAMESPACE).update(name, 'utf8').digest().subarray(0, 16);
  hash.writeUInt8((hash.readUInt8(6) & 0x0f) | 0x50, 6);
  hash.writeUInt8((hash.readUInt8(8) & 0x3f) | 0x80, 8);
  const hex = hash.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The key of a business identifier everywhere in the gateway: `system|value`. */
export function identifierKey(system: string, value: string): string {
  return `${system}|${value}`;
}

/** The id of the resource that a business identifier names. */
export function resourceId(resourceType: string, identifier: string): string {
  return uuid5(`${resourceType}|${identifier}`);
}

/** JSON with object keys in code-unit order: the same value gives the same bytes, whoever built it. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
}
