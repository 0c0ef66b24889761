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
const known = new Map<string, Path | undefined>();

/** Reads a path; undefined when it is none. A part left out is 1, a field left out 0 (the whole segment). */
export function parsePath(text: string): Path | undefined {
  const before = known.get(text);
  if (before !== undefined || known.has(text)) return before;
  const found = FORM.exec(text);
  const number = (part: string | undefined, otherwise: number) => (part === undefined ? otherwise : Number(part));
  const path =
    found === null
      ? undefined
      : {
          segment: found[1] ?? '',
          occurrence: number(found[2], 1),
          field: number(found[3], 0),
          repetition: number(found[4], 1),
          component: number(found[5], 1),
          subcomponent: number(found[6], 1),
        };
  if (known.size < 10_000) known.set(text, path);
  return path;
}
