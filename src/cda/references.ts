import type { XmlElement } from './element.js';
import { HL7 } from './namespaces.js';
import { childOf } from './path.js';
import { runningText } from './running-text.js';

/** The elements of a document that have an ID, by it: what `reference/@value` leads to. */
export type References = ReadonlyMap<string, XmlElement>;

/** Of two elements with one ID the first counts. */
export function referencesOf(root: XmlElement): References {
  const references = new Map<string, XmlElement>();
  const visit = (element: XmlElement): void => {
    const id = element.attributes['ID']?.trim();
    if (id !== undefined && id !== '' && !references.has(id)) references.set(id, element);
    for (const child of element.children) if (typeof child !== 'string') visit(child);
  };
  visit(root);
  return references;
}

/**
 * The words of an ED, ST or originalText: those of the narrative that its reference leads to, with `#` or without; where it leads nowhere its own.
 * '' where there are none.
 */
export function textIn(element: XmlElement | undefined, references: References): string {
  if (element === undefined || element.attributes['representation'] === 'B64') return '';
  const reference = childOf(element, 'reference')?.attributes['value']?.trim() ?? '';
  const target = reference === '' ? undefined : references.get(reference.replace(/^#/, ''));
  return (target === undefined ? '' : narrativeText(target)) || narrativeText(element);
}

/** Elements of narrative that stand apart from what is beside them. */
const APART = new Set(['paragraph', 'item', 'list', 'table', 'tr', 'td', 'th', 'br', 'caption', 'text', 'title']);

/** The words of a piece of narrative on one line, what stands apart divided by a blank. What was deleted in a revision is left out. */
function narrativeText(element: XmlElement): string {
  const parts: string[] = [];
  const visit = ({ name, namespace, attributes, children }: XmlElement): void => {
    if (attributes['revised'] === 'delete') return;
    const apart = namespace === HL7 && APART.has(name);
    if (apart) parts.push(' ');
    for (const child of children) {
      if (typeof child === 'string') parts.push(child);
      else visit(child);
    }
    if (apart) parts.push(' ');
  };
  visit(element);
  return runningText(parts.join(''));
}
