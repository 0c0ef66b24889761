/** An element of an XML document, with what it holds in the order of the text (CDA narrative is mixed content). */
export interface XmlElement {
  /** Local name, without prefix. */
  readonly name: string;
  /** Namespace name; '' where there is none. */
  readonly namespace: string;
  /** By local name; an attribute of a namespace as `{namespace}name`, xsi:type as `xsi:type`. */
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly (XmlElement | string)[];
}
