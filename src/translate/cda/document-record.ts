import type { XmlElement } from '../../cda/element.js';
import { hasContent, Place } from '../../cda/place.js';

/** What every document has and no row reads: it says which standard the document follows. */
const ENVELOPE = new Set(['realmCode', 'typeId', 'templateId']);

/** Which elements of a document gave something, so that the others can be listed. */
export class DocumentRecord {
  /** Those that were read with all that they hold. */
  private readonly whole = new Set<XmlElement>();
  /** Those of which only the element itself was, an attribute of it for one. */
  private readonly own = new Set<XmlElement>();

  mark({ element, isAttribute }: Place, shallow = false): void {
    (isAttribute || shallow ? this.own : this.whole).add(element);
  }

  /** Was anything of it, or of what it holds, read? */
  hasRead(element: XmlElement): boolean {
    if (this.whole.has(element) || this.own.has(element)) return true;
    return element.children.some((child) => typeof child !== 'string' && this.hasRead(child));
  }

  /** What another record marked is marked here too. */
  include({ whole, own }: DocumentRecord): void {
    for (const element of whole) this.whole.add(element);
    for (const element of own) this.own.add(element);
  }

  /** Ways to the elements that say something and gave nothing. A narrative is one thing. */
  unused(place: Place): string[] {
    const { element, parent } = place;
    if (this.whole.has(element) || ENVELOPE.has(element.name)) return [];
    if (element.name === 'text') return place.isFilled && !this.own.has(element) ? [place.path()] : [];
    const speaks = parent !== undefined && hasContent(element) && !this.own.has(element);
    const inner = element.children.filter((child) => typeof child !== 'string');
    return [
      ...(speaks ? [place.path()] : []),
      ...inner.flatMap((child) => this.unused(new Place({ element: child, parent: place }))),
    ];
  }
}
