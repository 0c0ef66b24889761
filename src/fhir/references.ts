import type { FhirResource, Reference } from 'fhir/r4.js';

const LOCAL = /^([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/;

/** @returns the type of a relative reference `Type/id`; undefined for an absolute one, a `urn:` or a contained resource */
export function localType(reference: string | undefined): string | undefined {
  return reference === undefined ? undefined : LOCAL.exec(reference)?.[1];
}

/** `Type/id` of every resource of this server that a resource refers to, each once, in the order of its elements. */
export function localReferences(resource: FhirResource): string[] {
  const targets = new Set<string>();
  collect(resource, targets);
  return [...targets];
}

function collect(element: unknown, targets: Set<string>): void {
  if (typeof element !== 'object' || element === null) return;
  for (const value of Object.values(element)) collect(value, targets);
  const { reference } = element as Reference;
  if (typeof reference === 'string' && localType(reference) !== undefined) targets.add(reference);
}

/** A copy of an element or resource in which every Reference, at any depth, is what `change` makes of it. */
export function mapReferences<T>(element: T, change: (reference: Reference) => Reference): T {
  return mapped(element, change) as T;
}

function mapped(element: unknown, change: (reference: Reference) => Reference): unknown {
  if (typeof element !== 'object' || element === null) return element;
  if (Array.isArray(element)) return element.map((item) => mapped(item, change));
  const copy: Record<string, unknown> = {};
  for (const name of Object.keys(element)) copy[name] = mapped((element as Record<string, unknown>)[name], change);
  return typeof copy['reference'] === 'string' ? change(copy as Reference) : copy;
}
