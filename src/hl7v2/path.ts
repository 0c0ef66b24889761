/** A place in a message: `PID-3[2].4.2`, `NK1[2]-3.1`, `MSH-9.2`, `ZBE`. Numbers from 1. */
export interface Path {
  segment: string;
  occurrence: number;
  field: number;
  repetition: number;
  component: number;
  subcomponent: number;
}

const FORM = /^([A-Z][A-Z0-9]{2})(?:\[(\d+)\])?(?:-(\d+)(?:\[(\d+)\])?(?:\.(\d+)(?:\.(\d+))?)?)?$/;
/** Few paths are asked for over and over, and reading one takes as long as reading its field (ADR 0009). */
const parsed = new Map<string, Path | undefined>();

/** Reads a path; undefined when it is none. A part left out is 1, a field left out 0 (the whole segment). */
export function parsePath(text: string): Path | undefined {
  const before = parsed.get(text);
  if (before !== undefined || parsed.has(text)) return before;
  const match = FORM.exec(text);
  const number = (part: string | undefined, otherwise: number) => (part === undefined ? otherwise : Number(part));
  const path =
    match === null
      ? undefined
      : {
          segment: match[1] ?? '',
          occurrence: number(match[2], 1),
          field: number(match[3], 0),
          repetition: number(match[4], 1),
          component: number(match[5], 1),
          subcomponent: number(match[6], 1),
        };
  if (parsed.size < 10_000) parsed.set(text, path);
  return path;
}

/** A path without occurrence and repetition: a work item is about the field, whichever message brought it up. */
export function generalPath(path: string): string {
  return path.replaceAll(/\[\d+\]/g, '');
}
