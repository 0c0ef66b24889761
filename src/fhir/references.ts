/** A reference of a resource as it stands in its JSON: what it says, and where it begins. */
export interface WrittenReference {
  target: string;
  at: number;
}

/** A quote inside a JSON string is written with a backslash before it, so this is found nowhere but as an element. */
const REFERENCE = '"reference":"';

/** Every `reference` of a resource, in the order of its JSON as we write it, without blanks. By search: a regular expression took twice as long. */
export function referencesIn(json: string): WrittenReference[] {
  const found: WrittenReference[] = [];
  for (let at = json.indexOf(REFERENCE); at >= 0; at = json.indexOf(REFERENCE, at)) {
    at += REFERENCE.length;
    found.push({ target: json.slice(at, json.indexOf('"', at)), at });
  }
  return found;
}
