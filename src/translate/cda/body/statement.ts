import type { XmlElement } from '../../../cda/element.js';
import { childrenOf, type XmlNode } from '../../../cda/path.js';

/** The elements from one up to ClinicalDocument, itself first. */
function* upwards(node: XmlNode): Generator<XmlNode> {
  for (let at: XmlNode | undefined = node; at !== undefined; at = at.parent) yield at;
}

/** Does the statement, or anything that holds it, say that it is not so? */
export function isNegated(node: XmlNode): boolean {
  for (const { element } of upwards(node)) if (isTrue(element.attributes['negationInd'])) return true;
  return false;
}

/** Is it stated at all? What stands under nullFlavor is not. */
export function isStated(node: XmlNode): boolean {
  for (const { element } of upwards(node)) if (element.attributes['nullFlavor'] !== undefined) return false;
  return true;
}

/**
 * Is it about the patient? A subject may be a relative, a child, a foetus: what is said of them is not his (CDA R2 §4.3.4).
 * @param holder what holds it and is known to be about him
 */
export function isOfPatient(node: XmlNode, holder?: XmlNode): boolean {
  for (const { element } of upwards(node)) {
    if (element === holder?.element) return true;
    for (const subject of childrenOf(element, 'subject'))
      for (const related of childrenOf(subject, 'relatedSubject'))
        if (!OF_PATIENT.has(childrenOf(related, 'code')[0]?.attributes['code'] ?? '')) return false;
  }
  return true;
}

/** v3 RoleCode: the person himself. */
const OF_PATIENT: ReadonlySet<string> = new Set(['SELF', 'ONESELF']);

/** What belongs to an element, or to the nearest one that holds it. */
export function nearest<T>(node: XmlNode, byElement: ReadonlyMap<XmlElement, T>): T | undefined {
  for (const { element } of upwards(node)) {
    const value = byElement.get(element);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** Has it one of these templates? */
export function hasTemplate({ element }: XmlNode, templates: readonly string[]): boolean {
  return childrenOf(element, 'templateId').some(({ attributes }) =>
    templates.includes(attributes['root']?.trim() ?? ''),
  );
}

/** ClinicalDocument. */
export function rootOf(node: XmlNode): XmlNode {
  return node.parent === undefined ? node : rootOf(node.parent);
}

/** The concern that holds an observation (IHE PCC, concern entry). */
export function concernOf({ parent }: XmlNode): XmlNode | undefined {
  const act = parent?.parent;
  return act?.element.name === 'act' ? act : undefined;
}

/** Whether anybody is still concerned: the statusCode of the concern. */
export function concernStatus(node: XmlNode): string | undefined {
  const concern = concernOf(node)?.element;
  return concern && childrenOf(concern, 'statusCode')[0]?.attributes['code'];
}

function isTrue(text: string | undefined): boolean {
  return /^\s*(true|1)\s*$/i.test(text ?? '');
}

export function isFalse(text: string | undefined): boolean {
  return /^\s*(false|0)\s*$/i.test(text ?? '');
}
