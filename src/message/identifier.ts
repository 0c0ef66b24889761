/** The key of a business identifier everywhere in the gateway: `system|value`. */
export function identifierKey(system: string, value: string): string {
  return `${system}|${value}`;
}

/** The two halves of a key; a system holds no bar. */
export function splitIdentifier(key: string): { system: string; value: string } {
  const bar = key.indexOf('|');
  return { system: key.slice(0, bar), value: key.slice(bar + 1) };
}
