/** Where ISO 8859-15 differs from 8859-1. */
const LATIN9: ReadonlyMap<number, string> = new Map([
  [0xa4, '€'],
  [0xa6, 'Š'],
  [0xa8, 'š'],
  [0xb4, 'Ž'],
  [0xb8, 'ž'],
  [0xbc, 'Œ'],
  [0xbd, 'œ'],
  [0xbe, 'Ÿ'],
]);
const TO_LATIN9 = new Map([...LATIN9].map(([byte, char]) => [char, byte]));
const DIFFERING = /[\xa4\xa6\xa8\xb4\xb8\xbc-\xbe]/g;

/** What Windows-1252 writes where ISO 8859 has control characters, byte 0x80 first; the five bytes that it leaves free stay what they are. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';
const C1 = /[\x80-\x9f]/g;

/** A text of ISO 8859-15 that was read as 8859-1. */
export function fromLatin9(text: string): string {
  return text.replace(DIFFERING, (char) => LATIN9.get(char.charCodeAt(0)) ?? char);
}

/** The byte of a character in ISO 8859-15; undefined where it has none. */
export function toLatin9(char: string): number | undefined {
  const byte = TO_LATIN9.get(char);
  if (byte !== undefined) return byte;
  const code = char.codePointAt(0) ?? 0;
  return code < 0x100 && !LATIN9.has(code) ? code : undefined;
}

/** Whether a text holds control characters of U+0080–U+009F, which nobody writes: they are Windows-1252 under another name. */
export function hasC1(text: string): boolean {
  return text.search(C1) >= 0;
}

/** Reads U+0080–U+009F as the characters of Windows-1252 that stand there. */
export function fromWindows(text: string): string {
  return text.replace(C1, (char) => WINDOWS_1252.charAt(char.charCodeAt(0) - 0x80));
}
