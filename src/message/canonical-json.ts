/**
 * JSON with object keys in code-unit order, in ASCII: the same value gives the same bytes, whoever built it. Members that are undefined are
 * left out. By hand, since every fold ends with it (ADR 0009).
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  let text = '';
  if (Array.isArray(value)) {
    for (const item of value) text += (text === '' ? '' : ',') + canonicalJson(item);
    return `[${text}]`;
  }
  for (const key of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) text += (text === '' ? '' : ',') + `${quoted(key)}:` + canonicalJson(member);
  }
  return `{${text}}`;
}

/** Text that JSON writes as it stands, in ASCII: no control, quote or backslash. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : asciiJson(JSON.stringify(text));
}

const BEYOND_ASCII = /[\x7f-\uffff]/;

/** The same JSON with what lies beyond ASCII escaped, so that it is one byte a character for whoever carries it. */
export function asciiJson(json: string): string {
  return BEYOND_ASCII.test(json) ? json.replaceAll(/[\x7f-\uffff]/g, escaped) : json;
}

function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
