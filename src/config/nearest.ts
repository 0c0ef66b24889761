/**
 * The word of a list that somebody most likely meant: the same in other case, one that only goes on, or one with a few letters otherwise.
 * @returns undefined where none is near
 */
export function nearest(text: string, words: Iterable<string>): string | undefined {
  const written = text.toLowerCase();
  const near = [...words].flatMap((word) => {
    const listed = word.toLowerCase();
    const edits = goesOn(written, listed) || goesOn(listed, written) ? 1 : distance(written, listed);
    const most = Math.max(1, Math.floor(Math.max(written.length, listed.length) / 4));
    return edits <= most && edits < Math.min(written.length, listed.length) ? [{ word, edits }] : [];
  });
  return near.sort((a, b) => a.edits - b.edits)[0]?.word;
}

/** Three letters say enough of a word. */
function goesOn(beginning: string, word: string): boolean {
  return beginning.length >= 3 && word.length > beginning.length && word.startsWith(beginning);
}

/** Letters to add, take out or change (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [above, letter] of [...a].entries()) {
    const next = [above + 1];
    for (const [index, other] of [...b].entries()) {
      const change = (row[index] ?? 0) + (letter === other ? 0 : 1);
      next.push(Math.min(change, (row[index + 1] ?? 0) + 1, (next[index] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}

/** A remedy that names the word most likely meant, where there is one, before the others. */
export function suggestion(text: string, words: Iterable<string>, otherwise: string): string {
  const word = nearest(text, words);
  return word === undefined ? otherwise : `did you mean ${word}? Else ${otherwise}`;
}
