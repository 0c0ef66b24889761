/** Characters that have a meaning of their own in a search value (R4 Search, "Escaping Search Parameters"). */
const SPECIAL = /[\\,|$]/;
const ALL_SPECIAL = new RegExp(SPECIAL, 'g');
const ESCAPED = /\\([\\,|$])/g;

/** A text as a part of a search value; not yet percent-encoded. */
export function escapeSearchValue(text: string): string {
  return SPECIAL.test(text) ? text.replaceAll(ALL_SPECIAL, String.raw`\$&`) : text;
}

/** The text that a part of a search value stands for; a backslash before any other character stands for itself. */
export function unescapeSearchValue(part: string): string {
  return part.replaceAll(ESCAPED, '$1');
}

/** Parts a search value at each mark that is not escaped; the parts stay escaped. */
export function splitSearchValue(value: string, mark: ',' | '|' | '$'): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < value.length; at++) {
    if (value.charAt(at) === '\\') at += 1;
    else if (value.charAt(at) === mark) {
      parts.push(value.slice(from, at));
      from = at + 1;
    }
  }
  return [...parts, value.slice(from)];
}

/**
 * A token in its one writing, `system|code`: the same for what a resource holds and for what a search asks.
 * @param system empty: none; undefined: whatever it is
 */
export function tokenText(system: string | undefined, code: string): string {
  return system === undefined ? escapeSearchValue(code) : `${escapeSearchValue(system)}|${escapeSearchValue(code)}`;
}

/** The token that a search asks for. A bar of the code that its writer did not escape is the code's all the same. */
export function readToken(value: string): string {
  const [first = '', ...rest] = splitSearchValue(value, '|');
  return rest.length === 0
    ? tokenText(undefined, unescapeSearchValue(first))
    : tokenText(unescapeSearchValue(first), unescapeSearchValue(rest.join('|')));
}
