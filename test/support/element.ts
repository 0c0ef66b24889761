import type { XmlElement } from '../../src/cda/element.js';
import { Place } from '../../src/cda/place.js';

/** An element of HL7 v3: `element('id', { root: '1.2.3' })`. */
export function element(
  name: string,
  attributes: Record<string, string> = {},
  ...children: (XmlElement | string)[]
): XmlElement {
  return { name, namespace: 'urn:hl7-org:v3', attributes, children };
}

/** ClinicalDocument with these children, as a place. */
export function documentOf(...children: XmlElement[]): Place {
  return new Place({ element: element('ClinicalDocument', {}, ...children) });
}
