/** Canonical JSON of objects that never change, written once for each. */
const written = new WeakMap<object, string>();

/** As canonicalJson, of an object that is given again and again and never changes. */
export function canonicalJsonOnce(value: object): string {
  const known = written.get(value);
  if (known !== undefined) return known;
  const text = canonicalJson(value);
  written.set(value, text);
  return text;
}

/**
 * JSON with object keys in code-unit order, in ASCII: the same value gives the same bytes, whoever built it. Members that are undefined are
 * left out. Written by hand because a fold ends with it: a sorted copy for JSON.stringify took twice, a replacer four times as long.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += (text === '' ? '' : ',') + canonicalJson(item);
    return `[${text}]`;
  }
  for (const key of sortedKeys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += (text === '' ? '' : ',') + nameOf(key) + canonicalJson(member);
  }
  return `{${text}}`;
}

/** By insertion: there are few, and mostly in order. */
function sortedKeys(value: object): string[] {
  const keys = Object.keys(value);
  for (let at = 1; at < keys.length; at++) {
    const key = keys[at] ?? '';
    let to = at;
    for (let before = keys[to - 1]; before !== undefined && before > key; before = keys[to - 1]) {
      keys[to] = before;
      to -= 1;
    }
    keys[to] = key;
  }
  return keys;
}

/** Names of elements are few; those of foreign objects are not let grow the table for ever. */
const names = new Map<string, string>();
const NAMES = 1000;

function nameOf(key: string): string {
  const known = names.get(key);
  if (known !== undefined) return known;
  const name = `${quoted(key)}:`;
  if (names.size < NAMES) names.set(key, name);
  return name;
}

/** Text that JSON writes as it stands, in ASCII: no control, quote or backslash. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : asciiJson(JSON.stringify(text));
}

const BEYOND_ASCII = /[\x7f-\uffff]/;

/**
 * The same JSON with what lies beyond ASCII escaped: one typographic apostrophe doubles a text in memory, and the bytes of any other are
 * counted and encoded one by one, at each of the five hands it goes through.
 */
export function asciiJson(json: string): string {
  return BEYOND_ASCII.test(json) ? json.replaceAll(/[\x7f-\uffff]/g, escaped) : json;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
