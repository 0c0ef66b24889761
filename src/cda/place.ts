import type { XmlElement } from './element.js';
import { childrenOf, fieldOf, locationOf, select, textOf, type Path, type XmlNode } from './path.js';
import { runningText } from './running-text.js';

/** Attributes that say what an element is, and nothing of its content. */
const STRUCTURAL = new Set(
  'classCode moodCode typeCode determinerCode contextConductionInd contextControlCode inversionInd operator ID nullFlavor xsi:type'.split(
    ' ',
  ),
);

/** A place in a document: an element with the way to it, or an attribute of that element. */
export class Place implements XmlNode {
  readonly element: XmlElement;
  readonly parent?: XmlNode;
  childNames?: ReadonlyMap<XmlElement, string>;

  /** @param step of an attribute or a text: `@root`, `text()` */
  constructor(
    { element, parent }: XmlNode,
    private readonly step?: string,
  ) {
    this.element = element;
    if (parent !== undefined) this.parent = parent;
  }

  /** The places that a path leads to. */
  all(path: Path): Place[] {
    return select(this, path).map(({ node, step }) => new Place(node, step));
  }

  /** The child elements of that name. */
  children(name: string): Place[] {
    return childrenOf(this.element, name).map((element) => new Place({ element, parent: this }));
  }

  /** The first of them that says anything. */
  child(name: string): Place | undefined {
    return this.children(name).find(({ isFilled }) => isFilled);
  }

  /** Way from ClinicalDocument: `recordTarget/patientRole/id[2]/@extension`. */
  path(): string {
    return locationOf(this.selection);
  }

  /** The same without indices: what names the field in every document. */
  get field(): string {
    return fieldOf(this.selection);
  }

  private get selection() {
    return { node: this, ...(this.step === undefined ? {} : { step: this.step }) };
  }

  /** Is it an attribute of its element, and not the element? */
  get isAttribute(): boolean {
    return this.step !== undefined;
  }

  /** An attribute; '' where it is absent. */
  attribute(name: string): string {
    return (this.element.attributes[name] ?? '').trim();
  }

  /** Does it say that it says nothing? */
  get isNull(): boolean {
    return this.element.attributes['nullFlavor'] !== undefined;
  }

  /** What it says in one word: the attribute, else `value`, `code` or `extension`, else the text; '' where nullFlavor stands. */
  value(): string {
    if (this.step !== undefined) return this.step.startsWith('@') ? this.attribute(this.step.slice(1)) : this.text();
    if (this.isNull) return '';
    return this.attribute('value') || this.attribute('code') || this.attribute('extension') || this.text();
  }

  /** All text within, its blanks as in running text. */
  text(): string {
    return runningText(textOf(this.element));
  }

  get code(): string {
    return this.value();
  }

  /** What the document calls its code: displayName, else the text that it was coded from. */
  get display(): string {
    if (this.step !== undefined) return '';
    return this.attribute('displayName') || (this.child('originalText')?.text() ?? '');
  }

  /** The code system as a URI; '' where the code names none. */
  get codeSystem(): string {
    const oid = this.attribute('codeSystem');
    return oid === '' || this.step !== undefined ? '' : `urn:oid:${oid}`;
  }

  /** Does it say anything, itself or by what it holds? */
  get isFilled(): boolean {
    return this.step === undefined ? isFilled(this.element) : this.value() !== '';
  }
}

function isFilled(element: XmlElement): boolean {
  return hasContent(element) || element.children.some((child) => typeof child !== 'string' && isFilled(child));
}

/** Has an element content of its own: an attribute that says something, or text? */
export function hasContent({ attributes, children }: XmlElement): boolean {
  if (attributes['nullFlavor'] !== undefined) return false;
  for (const name in attributes)
    if (attributes[name] !== '' && !STRUCTURAL.has(name) && !name.startsWith('{')) return true;
  return children.some((child) => typeof child === 'string' && child.trim() !== '');
}
