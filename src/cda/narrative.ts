import type { XmlElement } from './element.js';

/** Characters of a narrative that are shown, its tags among them; the document itself has the rest. */
const MAX_LENGTH = 200_000;

/** Elements of CDA's narrative that FHIR's has under another name, or the same (R4 §2.4.0), and that stand for themselves. */
const BLOCKS: ReadonlyMap<string, string> = new Map([
  ['paragraph', 'p'],
  ['p', 'p'],
  ['title', 'p'],
  ['text', 'div'],
  ['div', 'div'],
  ['item', 'div'],
  ['li', 'div'],
  ['list', 'ul'],
  ['ul', 'ul'],
  ['ol', 'ol'],
  ['table', 'table'],
]);
const INLINE: ReadonlyMap<string, string> = new Map([
  ['content', 'span'],
  ['footnote', 'span'],
  ['caption', 'span'],
  ['sub', 'sub'],
  ['sup', 'sup'],
  ['b', 'b'],
  ['i', 'i'],
]);
/** What may stand in a table and its parts, and what anything else is put in. */
const IN_TABLE: ReadonlyMap<string, { allowed: readonly string[]; wrapper: readonly string[] }> = new Map([
  ['table', { allowed: ['caption', 'thead', 'tbody', 'tfoot', 'tr'], wrapper: ['tr', 'td'] }],
  ['thead', { allowed: ['tr'], wrapper: ['tr', 'td'] }],
  ['tbody', { allowed: ['tr'], wrapper: ['tr', 'td'] }],
  ['tfoot', { allowed: ['tr'], wrapper: ['tr', 'td'] }],
  ['tr', { allowed: ['td', 'th'], wrapper: ['td'] }],
]);
/** What is no text, whatever stands in it. */
const SILENT = new Set(['script', 'style', 'object', 'iframe', 'embed', 'form', 'col', 'colgroup', 'footnoteRef']);

/**
 * The narrative of a section as the XHTML of a FHIR Narrative: a `div` of a fixed list of elements, without styles, links, images or
 * identifiers. Text in other elements is kept, what a revision deleted is not. It is cut after 200,000 characters.
 * @returns undefined where there is no text
 */
export function narrativeXhtml(text: XmlElement): string | undefined {
  const writer = new XhtmlWriter();
  writer.children(text);
  return writer.isEmpty ? undefined : `<div xmlns="http://www.w3.org/1999/xhtml">${writer.xhtml}</div>`;
}

/** Writes elements as XHTML from the first to the last, until there is text enough. */
class XhtmlWriter {
  readonly #parts: string[] = [];
  #length = 0;
  isEmpty = true;

  get xhtml(): string {
    return this.#parts.join('');
  }

  /** @param tag the element that was opened for them */
  children(parent: XmlElement, tag?: string): void {
    const table = IN_TABLE.get(tag ?? '');
    for (const child of parent.children) {
      if (table === undefined) this.#child(child, []);
      else if (typeof child !== 'string' && table.allowed.includes(child.name) && !isFullCaption(child))
        this.#child(child, [child.name]);
      else if (!isSilent(child))
        this.#within(table.wrapper, () => {
          this.#child(child, []);
        });
    }
  }

  /** @param tags those of a part of a table, in its place */
  #child(child: XmlElement | string, tags: readonly string[]): void {
    if (typeof child === 'string') this.#text(child);
    else this.#element(child, tags);
  }

  #within(tags: readonly string[], write: () => void, attributes = ''): void {
    if (this.#length > MAX_LENGTH) return;
    for (const tag of tags) this.#length += 2 * tag.length + 5;
    this.#parts.push(...tags.map((tag) => `<${tag}${attributes}>`));
    write();
    this.#parts.push(...[...tags].reverse().map((tag) => `</${tag}>`));
  }

  #text(text: string): void {
    if (this.#length > MAX_LENGTH) return;
    const left = MAX_LENGTH - this.#length;
    this.#length += text.length;
    if (text.trim() !== '') this.isEmpty = false;
    this.#parts.push(escaped(text.length <= left ? text : `${wholeCharacters(text, left)} […]`));
  }

  #element(element: XmlElement, tags: readonly string[]): void {
    if (this.#length > MAX_LENGTH || isSilent(element)) return;
    const { name } = element;
    if (name === 'br') this.#parts.push('<br/>');
    else if (name === 'list' || name === 'ul' || name === 'ol') this.#list(element);
    else if (name === 'linkHtml') this.#link(element);
    else this.#tagged(element, tags.length > 0 ? tags : tagsOf(element));
  }

  #tagged(element: XmlElement, tags: readonly string[]): void {
    const write = () => {
      this.children(element, tags[0]);
    };
    this.#within(tags, write, spanOf(element, tags));
  }

  /** A caption is no item: it stands before the list. */
  #list(list: XmlElement): void {
    const children = list.children.filter((child) => !isSilent(child));
    const isCaption = (child: XmlElement | string) => typeof child !== 'string' && child.name === 'caption';
    for (const child of children.filter(isCaption))
      this.#within(['div'], () => {
        this.#child(child, []);
      });
    const isOrdered = list.attributes['listType'] === 'ordered' || list.name === 'ol';
    this.#within([isOrdered ? 'ol' : 'ul'], () => {
      for (const child of children.filter((item) => !isCaption(item)))
        this.#within(['li'], () => {
          this.#item(child);
        });
    });
  }

  #item(child: XmlElement | string): void {
    if (typeof child !== 'string' && (child.name === 'item' || child.name === 'li')) this.children(child);
    else this.#child(child, []);
  }

  /** A link is shown as words, its address too where it is one that people know. */
  #link(link: XmlElement): void {
    this.children(link);
    const href = link.attributes['href']?.trim() ?? '';
    if (/^(https?:\/\/|mailto:)\S{1,2000}$/i.test(href)) this.#text(` (${href})`);
  }
}

/** A caption of a table holds no list and no paragraph. */
function isFullCaption(element: XmlElement): boolean {
  return element.name === 'caption' && hasBlock(element);
}

/** What gives no text: blanks, what is no text, what a revision deleted. */
function isSilent(child: XmlElement | string): boolean {
  if (typeof child === 'string') return child.trim() === '';
  return SILENT.has(child.name) || child.attributes['revised'] === 'delete';
}

/** The elements of XHTML that stand for one of CDA, outermost first; none where its text alone is kept. */
function tagsOf(element: XmlElement): string[] {
  const block = BLOCKS.get(element.name);
  if (block !== undefined) return [block === 'p' && hasBlock(element) ? 'div' : block];
  const inline = INLINE.get(element.name);
  if (inline === undefined) return [];
  if (hasBlock(element)) return ['div'];
  return element.name === 'content' ? [inline, ...styleTags(element)] : [inline];
}

/** Of the styles that CDA names, those that FHIR's narrative has elements for. */
function styleTags({ attributes }: XmlElement): string[] {
  const style = (attributes['styleCode'] ?? '').toLowerCase();
  return [...(style.includes('bold') ? ['b'] : []), ...(/italic|emphasis/.test(style) ? ['i'] : [])];
}

/** Whether an element holds one that no paragraph and no span may hold. */
function hasBlock({ children }: XmlElement): boolean {
  return children.some((child) => typeof child !== 'string' && (BLOCKS.has(child.name) || hasBlock(child)));
}

function spanOf({ attributes }: XmlElement, [tag]: readonly string[]): string {
  if (tag !== 'td' && tag !== 'th') return '';
  return ['colspan', 'rowspan']
    .filter((name) => /^[1-9]\d{0,2}$/.test(attributes[name] ?? ''))
    .map((name) => ` ${name}="${attributes[name] ?? ''}"`)
    .join('');
}

/** Not half of a pair. */
function wholeCharacters(text: string, length: number): string {
  return /[\ud800-\udbff]/.test(text.charAt(length - 1)) ? text.slice(0, length - 1) : text.slice(0, length);
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => ESCAPES[char] ?? char);
}
