import type { XmlElement } from './element.js';
import { HL7, PREFIXES } from './namespaces.js';

/** An element and the way to it: elements know nothing of what holds them. */
export interface XmlNode {
  readonly element: XmlElement;
  readonly parent?: XmlNode;
  /** How its children are called on the way to them: worked out once for all of them, since there may be thousands. */
  childNames?: ReadonlyMap<XmlElement, string>;
}

/** What a path leads to: an element, or with `value` an attribute or the text of it. */
export interface Selection {
  readonly node: XmlNode;
  readonly value?: string;
  /** `@root`, `text()`: the last step, where there is a value. */
  readonly step?: string;
}

/** What is asked of an element between brackets. */
export interface PathTest {
  readonly path: Path;
  readonly operator?: '=' | '!=';
  /** Written `A|B`. */
  readonly values?: readonly string[];
  readonly negated: boolean;
}

/** One name of a path. */
export interface PathStep {
  /** undefined: any element; `..`: the one that holds the element at hand. */
  readonly name?: string;
  readonly namespaces: readonly string[];
  /** Any depth below (`//name`), not only the children. */
  readonly deep: boolean;
  readonly tests: readonly PathTest[];
}

/** A compiled path. */
export interface Path {
  readonly text: string;
  /** Begins with `/`: from the root of the document on. */
  readonly absolute: boolean;
  readonly steps: readonly PathStep[];
  /** Attribute name, as in `XmlElement.attributes`, or `text()`. */
  readonly leaf?: string;
}

/** What a path leads to, in the order of the document. A list that holds exactly one, or none, is no special case. */
export function select(from: XmlNode, path: Path): Selection[] {
  let nodes: XmlNode[] = [path.absolute ? rootOf(from) : from];
  for (const step of path.steps) {
    nodes = nodes.flatMap((node) => follow(node, step));
    if (step.deep) nodes = [...new Map(nodes.map((node) => [node.element, node])).values()];
  }
  const { leaf } = path;
  if (leaf === undefined) return nodes.map((node) => ({ node }));
  return nodes.flatMap((node): Selection[] => {
    const value = leaf === 'text()' ? textOf(node.element) : node.element.attributes[leaf];
    return value === undefined ? [] : [{ node, value, step: leaf === 'text()' ? leaf : `@${leaf}` }];
  });
}

function rootOf(node: XmlNode): XmlNode {
  return node.parent === undefined ? node : rootOf(node.parent);
}

function follow(node: XmlNode, step: PathStep): XmlNode[] {
  if (step.name === '..') return node.parent === undefined ? [] : [node.parent];
  const nodes: XmlNode[] = [];
  const visit = (parent: XmlNode): void => {
    for (const child of parent.element.children) {
      if (typeof child === 'string') continue;
      if (matches(child, step)) {
        const candidate = { element: child, parent };
        if (step.tests.every((test) => holds(candidate, test))) nodes.push(candidate);
      }
      if (step.deep) visit({ element: child, parent });
    }
  };
  visit(node);
  return nodes;
}

function matches({ name, namespace }: XmlElement, step: PathStep): boolean {
  return step.name === undefined || (name === step.name && step.namespaces.includes(namespace));
}

function holds(node: XmlNode, { path, operator, values = [], negated }: PathTest): boolean {
  const selections = select(node, path);
  const result =
    operator === undefined
      ? selections.length > 0
      : selections.some(
          (selection) => values.includes(selection.value ?? textOf(selection.node.element)) === (operator === '='),
        );
  return result !== negated;
}

/** All the text of an element, blanks at its ends left out. */
export function textOf(element: XmlElement): string {
  let text = '';
  const visit = ({ children }: XmlElement): void => {
    for (const child of children) {
      if (typeof child === 'string') text += child;
      else visit(child);
    }
  };
  visit(element);
  return text.trim();
}

/** The child elements of that name, of CDA's own namespace where no other is given. */
export function childrenOf(element: XmlElement, name: string, namespace = HL7): XmlElement[] {
  return element.children.filter(
    (child): child is XmlElement => typeof child !== 'string' && child.name === name && child.namespace === namespace,
  );
}

/** The first of them. */
export function childOf(element: XmlElement, name: string, namespace = HL7): XmlElement | undefined {
  return childrenOf(element, name, namespace)[0];
}

/**
 * Where in its document a selection is, as a trace writes it: the names on the way, each with its 1-based place among the siblings of its
 * name where there are several: `recordTarget/patientRole/id[2]/@extension`. The root itself is `.`.
 */
export function locationOf({ node, step }: Selection): string {
  const parts: string[] = step === undefined ? [] : [step];
  for (let at: XmlNode = node; at.parent !== undefined; at = at.parent)
    parts.unshift(nameWithin(at.parent, at.element));
  return parts.length === 0 ? '.' : parts.join('/');
}

/** The same without places: the field that contributes. */
export function fieldOf({ node, step }: Selection): string {
  const parts: string[] = step === undefined ? [] : [step];
  for (let at: XmlNode = node; at.parent !== undefined; at = at.parent) parts.unshift(prefixed(at.element));
  return parts.length === 0 ? '.' : parts.join('/');
}

function nameWithin(parent: XmlNode, element: XmlElement): string {
  parent.childNames ??= namesIn(parent.element);
  return parent.childNames.get(element) ?? prefixed(element);
}

/** The children by their names, each with its place where several bear its name. */
function namesIn({ children }: XmlElement): ReadonlyMap<XmlElement, string> {
  const byName = new Map<string, XmlElement[]>();
  for (const child of children) {
    if (typeof child === 'string') continue;
    const name = prefixed(child);
    const siblings = byName.get(name);
    if (siblings === undefined) byName.set(name, [child]);
    else siblings.push(child);
  }
  return new Map(
    [...byName].flatMap(([name, siblings]) =>
      siblings.map((child, index) => [child, siblings.length === 1 ? name : `${name}[${String(index + 1)}]`] as const),
    ),
  );
}

function prefixed({ name, namespace }: XmlElement): string {
  if (namespace === HL7) return name;
  const [prefix] = Object.entries(PREFIXES).find(([, names]) => names.includes(namespace)) ?? [];
  return prefix === undefined ? name : `${prefix}:${name}`;
}
