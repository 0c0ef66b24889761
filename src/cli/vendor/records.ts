import type { FhirResource } from 'fhir/r4.js';
import { identifiersOf, satisfies, type Condition } from './condition.js';

/** A resource as it stands, with the number of its version. */
export interface Stored {
  resource: FhirResource & { id: string };
  version: number;
}

/** What a vendor's software holds, in memory: resources by type and id, found again by what their identifiers are now. */
export class Records {
  private readonly byType = new Map<string, Map<string, Stored>>();
  /** `Type|value` of an identifier → ids. */
  private readonly byValue = new Map<string, Set<string>>();

  read(type: string, id: string): Stored | undefined {
    return this.byType.get(type)?.get(id);
  }

  all(type: string): FhirResource[] {
    return [...(this.byType.get(type)?.values() ?? [])].map(({ resource }) => resource);
  }

  count(type: string): number {
    return this.byType.get(type)?.size ?? 0;
  }

  search(condition: Condition): Stored[] {
    const { type, tokens } = condition;
    const everything = tokens.some(({ value }) => value === '');
    const ids = everything
      ? [...(this.byType.get(type)?.keys() ?? [])]
      : new Set(tokens.flatMap(({ value }) => [...(this.byValue.get(`${type}|${value}`) ?? [])]));
    return [...ids].flatMap((id) => {
      const stored = this.read(type, id);
      return stored !== undefined && satisfies(stored.resource, condition) ? [stored] : [];
    });
  }

  /** Writes the next version. @returns its number */
  write(resource: FhirResource & { id: string }, at: Date): number {
    const { resourceType: type, id } = resource;
    const before = this.read(type, id);
    const version = (before?.version ?? 0) + 1;
    for (const value of valuesOf(before?.resource)) this.byValue.get(`${type}|${value}`)?.delete(id);
    for (const value of valuesOf(resource)) {
      const ids = this.byValue.get(`${type}|${value}`);
      if (ids === undefined) this.byValue.set(`${type}|${value}`, new Set([id]));
      else ids.add(id);
    }
    const meta = { ...resource.meta, versionId: String(version), lastUpdated: at.toISOString() };
    const records = this.byType.get(type) ?? new Map<string, Stored>();
    this.byType.set(type, records.set(id, { resource: { ...resource, meta }, version }));
    return version;
  }
}

function valuesOf(resource: FhirResource | undefined): string[] {
  return resource === undefined ? [] : identifiersOf(resource).flatMap(({ value }) => value ?? []);
}
