/** The blanks of XML (XML 1.0 §2.3). A no-break space is none of them: it is a character of the text. */
const BLANKS = /[ \t\r\n]+/g;

/** A text as it runs on: each stretch of blanks is one, and none stands at either end. */
export function runningText(text: string): string {
  return text.replace(BLANKS, ' ').trim();
}
