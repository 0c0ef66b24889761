import type { XmlElement } from '../cda/element.js';
import { hasContent, Place } from '../cda/place.js';

/** What every document has and no row reads: it says which standard the document follows. */
const ENVELOPE = new Set(['realmCode', 'typeId', 'templateId']);

/** Which elements of a document gave something, with all that they hold, so that the others can be listed. */
export class DocumentRecord {
  private readonly read = new Set<XmlElement>();

  /** An attribute that was read stands for its element. */
  mark({ element }: Place): void {
    this.read.add(element);
  }

  /** What another record marked is marked here too. */
  include({ read }: DocumentRecord): void {
    for (const element of read) this.read.add(element);
  }

  /** Ways to the elements that say something and gave nothing. A narrative is one thing. */
  unused(root: Place): string[] {
    const { element } = root;
    if (this.read.has(element) || ENVELOPE.has(element.name)) return [];
    if (element.name === 'text') return root.isFilled ? [root.path()] : [];
    const own = hasContent(element) && root.parent !== undefined ? [root.path()] : [];
    const inner = element.children.filter((child) => typeof child !== 'string');
    return [...own, ...inner.flatMap((child) => this.unused(new Place({ element: child, parent: root })))];
  }
}
