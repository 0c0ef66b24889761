/**
 * JSON with object keys in code-unit order, in ASCII: the same value gives the same bytes, whoever built it. Members that are undefined are
 * left out. By hand, since every fold ends with it (ADR 0009).
 */
export function canonicalJson(value: unknown): string {
  const pieces: string[] = [];
  write(value, pieces);
  return pieces.join('');
}

/** Piece by piece: a text that grows by concatenation is a tree of pieces until somebody reads it, and bodies are kept for a whole batch. */
function write(value: unknown, into: string[]): void {
  if (typeof value === 'string') into.push(quoted(value));
  else if (typeof value !== 'object' || value === null) into.push(JSON.stringify(value) ?? 'null');
  else if (Array.isArray(value)) writeArray(value, into);
  else writeObject(value as Record<string, unknown>, into);
}

function writeArray(items: readonly unknown[], into: string[]): void {
  into.push('[');
  for (const [index, item] of items.entries()) {
    if (index > 0) into.push(',');
    write(item, into);
  }
  into.push(']');
}

function writeObject(members: Readonly<Record<string, unknown>>, into: string[]): void {
  let before = '{';
  for (const key of Object.keys(members).sort()) {
    const member = members[key];
    if (member === undefined) continue;
    into.push(before, quoted(key), ':');
    before = ',';
    write(member, into);
  }
  into.push(before === '{' ? '{}' : '}');
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
