/**
 * A copy of a resource, or of a part of one, in which every `reference` is what `lead` makes of it.
 * @param lead from a literal reference such as `Patient/123` to another
 */
export function withReferences<T>(value: T, lead: (reference: string) => string): T {
  return copy(value, lead) as T;
}

function copy(value: unknown, lead: (reference: string) => string): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => copy(item, lead));
  const result: Record<string, unknown> = {};
  for (const [name, inner] of Object.entries(value))
    result[name] = name === 'reference' && typeof inner === 'string' ? lead(inner) : copy(inner, lead);
  return result;
}
