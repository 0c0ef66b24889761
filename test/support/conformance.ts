import type { ElementDefinition, StructureDefinition } from 'fhir/r4.js';

/** An element of a differential with those beneath it. */
interface Node {
  /** Element name, `[x]` of a choice cut off. */
  name: string;
  slice: string | undefined;
  choice: boolean;
  definition: ElementDefinition;
  children: Node[];
}

/**
 * Every constraint of a profile's differential that a resource breaks, as sentences: cardinalities, fixed values, patterns, types of a
 * choice, least integers and slices. What the base type demands, bindings and FHIRPath are for a validator.
 */
export function faultsOf(resource: object, { differential }: Pick<StructureDefinition, 'differential'>): string[] {
  const [root, ...elements] = differential?.element ?? [];
  if (root === undefined) return ['the profile has no element'];
  const top = nodeOf(root);
  const byId = new Map([[root.id, top]]);
  for (const element of elements) {
    const node = nodeOf(element);
    const parent = byId.get(element.id?.split('.').slice(0, -1).join('.'));
    if (parent === undefined) return [`${element.id ?? ''} stands beneath no element`];
    parent.children.push(node);
    byId.set(element.id, node);
  }
  return childFaults(resource, top);
}

function nodeOf(definition: ElementDefinition): Node {
  const [last = '', slice] = (definition.id?.split('.').at(-1) ?? '').split(':');
  return { name: last.replace('[x]', ''), slice, choice: last.endsWith('[x]'), definition, children: [] };
}

function childFaults(value: object, { children }: Node): string[] {
  return children.flatMap((child) => {
    const all = valuesOf(value, child);
    const values = child.slice === undefined ? all : all.filter((value) => isOfSlice(value, child));
    return [...countFaults(values.length, child), ...values.flatMap((value) => valueFaults(value, child))];
  });
}

function valuesOf(value: object, { name, choice, definition }: Node): unknown[] {
  const names = choice ? Object.keys(value).filter((key) => new RegExp(`^${name}[A-Z]`).test(key)) : [name];
  const types = definition.type?.map(({ code }) => `${name}${code.charAt(0).toUpperCase()}${code.slice(1)}`);
  return names.flatMap((key) => {
    if (choice && types?.includes(key) === false) return [new WrongType(key)];
    return (value as Record<string, unknown>)[key] ?? [];
  });
}

class WrongType {
  constructor(readonly key: string) {}
}

/** An extension belongs to the slice of its profile's url, another element to that whose patterns it matches. */
function isOfSlice(value: unknown, { name, definition, children }: Node): boolean {
  if (name === 'extension') return (value as { url?: string }).url === definition.type?.[0]?.profile?.[0];
  return children.every((child) => {
    const values = valuesOf(value as object, child);
    const pattern = patternOf(child.definition);
    return pattern === undefined
      ? values.every((inner) => isOfSlice(inner, child))
      : values.some((inner) => matches(inner, pattern));
  });
}

function countFaults(count: number, { definition: { id = '', min = 0, max = '*' } }: Node): string[] {
  if (count < min) return [`${id}: ${count} where ${min} must be`];
  return max !== '*' && count > Number(max) ? [`${id}: ${count} where ${max} may be`] : [];
}

function valueFaults(value: unknown, node: Node): string[] {
  const { id = '', minValueInteger } = node.definition;
  if (value instanceof WrongType) return [`${id}: ${value.key} is of no type allowed`];
  const fixed = memberOf(node.definition, 'fixed');
  const pattern = patternOf(node.definition);
  return [
    ...(fixed !== undefined && value !== fixed ? [`${id}: not ${JSON.stringify(fixed)}`] : []),
    ...(pattern !== undefined && !matches(value, pattern) ? [`${id}: not like ${JSON.stringify(pattern)}`] : []),
    ...(minValueInteger !== undefined && Number(value) < minValueInteger
      ? [`${id}: less than ${minValueInteger}`]
      : []),
    ...(typeof value === 'object' && value !== null ? childFaults(value, node) : []),
  ];
}

function memberOf(definition: ElementDefinition, prefix: 'fixed' | 'pattern'): unknown {
  return Object.entries(definition).find(([key]) => key.startsWith(prefix))?.[1] as unknown;
}

function patternOf(definition: ElementDefinition): unknown {
  return memberOf(definition, 'pattern');
}

/** R4's rule for patterns: what the pattern has, the value has too; of a list, any item. */
function matches(value: unknown, pattern: unknown): boolean {
  if (Array.isArray(pattern))
    return Array.isArray(value) && pattern.every((wanted) => value.some((item) => matches(item, wanted)));
  if (typeof pattern !== 'object' || pattern === null) return value === pattern;
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(pattern).every(([key, wanted]) => matches((value as Record<string, unknown>)[key], wanted));
}
