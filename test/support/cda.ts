import type { XmlElement } from '../../src/cda/element.js';
import { parseXml } from '../../src/cda/parse.js';

/** An element of CDA written down. */
export function cda(xml: string): XmlElement {
  const end = xml.search(/[\s/>]/);
  const namespaces = 'xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc"';
  return parseXml(`${xml.slice(0, end)} ${namespaces}${xml.slice(end)}`);
}
