import { SaxesParser, type SaxesTagNS } from 'saxes';
import { GatewayError } from '../message/failure.js';
import { fromWindows } from '../message/eight-bit.js';
import { refersToWindows } from './decode.js';
import type { XmlElement } from './element.js';
import { HL7, XMLNS, XSI } from './namespaces.js';
import { unreadable } from './unreadable.js';

/** What a document may hold at most. A text of 8 MB carries 6 MB of PDF. */
const MAX_DEPTH = 100;
const MAX_NODES = 500_000;
const MAX_ATTRIBUTES = 60;
const MAX_TEXT = 8 * 1024 * 1024;
/** Characters that the parser is given at a time: what it finds wrong stops it before it has read the rest. */
const CHUNK = 65_536;

interface OpenElement extends XmlElement {
  readonly attributes: Record<string, string>;
  readonly children: (XmlElement | string)[];
}

/**
 * Parses an XML document, namespaces applied. Comments and processing instructions are ignored; blanks between elements are left out,
 * except in narrative (`text`). Time and memory follow the size of the text.
 * @throws GatewayError `document-unreadable`: not well-formed, a DOCTYPE, or more than the limits allow
 */
export function parseXml(text: string): XmlElement {
  refuseDoctype(text);
  const tree = new Tree(refersToWindows(text));
  const parser = new SaxesParser({ xmlns: true });
  // Five handlers are what the parser bears: with more of them its speed falls to a fifth.
  parser.on('attribute', () => {
    tree.countAttribute();
  });
  parser.on('opentag', (tag) => {
    tree.open(tag);
  });
  parser.on('closetag', () => {
    tree.close();
  });
  parser.on('text', (characters) => {
    tree.addText(characters);
  });
  parser.on('cdata', (characters) => {
    tree.addText(characters);
  });
  try {
    for (let start = 0; start < text.length; start += CHUNK) parser.write(text.slice(start, start + CHUNK));
    parser.close();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    // The parser's own words may quote the document.
    throw unreadable(`not well-formed XML at line ${String(parser.line)}, column ${String(parser.column)}`);
  }
  return tree.root();
}

/** Nothing of a DOCTYPE is read, whatever it declares: it can only stand before the first element (XML 1.0 §2.8). */
function refuseDoctype(text: string): void {
  let at = text.startsWith('\ufeff') ? 1 : 0;
  for (;;) {
    while (/\s/.test(text.charAt(at))) at++;
    const end = text.startsWith('<?', at) ? '?>' : text.startsWith('<!--', at) ? '-->' : undefined;
    if (end === undefined) break;
    const close = text.indexOf(end, at + 2);
    if (close === -1) return;
    at = close + end.length;
  }
  if (text.startsWith('<!', at)) throw unreadable('the document has a DOCTYPE');
}

/** The elements that are open, and the limits. */
class Tree {
  /** @param refersToWindows what references gave of U+0080–U+009F are characters of Windows-1252 */
  constructor(private readonly refersToWindows: boolean) {}

  readonly #stack: OpenElement[] = [];
  #root: XmlElement | undefined;
  #nodes = 0;
  #attributes = 0;
  /** How many of the open elements are narrative. */
  #narratives = 0;

  root(): XmlElement {
    if (this.#root === undefined) throw unreadable('the document has no element');
    return this.#root;
  }

  countAttribute(): void {
    if (++this.#attributes > MAX_ATTRIBUTES)
      throw unreadable(`an element has more than ${String(MAX_ATTRIBUTES)} attributes`);
    this.#count();
  }

  #count(): void {
    if (++this.#nodes > MAX_NODES) throw unreadable(`the document has more than ${String(MAX_NODES)} nodes`);
  }

  open(tag: SaxesTagNS): void {
    this.#attributes = 0;
    if (this.#stack.length >= MAX_DEPTH) throw unreadable(`elements are nested more than ${String(MAX_DEPTH)} deep`);
    this.#count();
    const element: OpenElement = {
      name: tag.local,
      namespace: tag.uri,
      attributes: attributesOf(tag, this.refersToWindows),
      children: [],
    };
    const parent = this.#stack.at(-1);
    if (parent === undefined) this.#root = element;
    else parent.children.push(element);
    this.#stack.push(element);
    if (isNarrative(element)) this.#narratives++;
  }

  close(): void {
    const element = this.#stack.pop();
    if (element === undefined) return;
    if (isNarrative(element)) this.#narratives--;
    else if (this.#narratives === 0 && element.children.length > 1) dropBlanks(element.children);
  }

  addText(characters: string): void {
    const children = this.#stack.at(-1)?.children;
    if (children === undefined) return;
    const last = children.at(-1);
    const text = this.refersToWindows ? fromWindows(characters) : characters;
    const whole = typeof last === 'string' ? last + text : text;
    if (whole.length > MAX_TEXT) throw unreadable(`a text is longer than ${String(MAX_TEXT)} characters`);
    if (typeof last === 'string') children[children.length - 1] = whole;
    else {
      children.push(whole);
      this.#count();
    }
  }
}

function isNarrative({ name, namespace }: XmlElement): boolean {
  return name === 'text' && namespace === HL7;
}

function attributesOf(tag: SaxesTagNS, refersToWindows: boolean): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const { name, prefix, local, uri, value: written } of Object.values(tag.attributes)) {
    if (uri === XMLNS) continue;
    const value = refersToWindows ? fromWindows(written) : written;
    if (prefix === '') attributes[name] = value;
    // A QName whose prefix is the document's own choice.
    else if (uri === XSI && local === 'type') attributes['xsi:type'] = value.slice(value.indexOf(':') + 1).trim();
    else attributes[`{${uri}}${local}`] = value;
  }
  return attributes;
}

/** Leaves out the blanks of an element that holds elements and no other text. */
function dropBlanks(children: (XmlElement | string)[]): void {
  let kept = 0;
  for (const child of children) {
    if (typeof child === 'string' && child.trim() === '') continue;
    children[kept++] = child;
  }
  children.length = kept;
}
