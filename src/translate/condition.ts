import type { Message } from '../hl7v2/parse.js';
import { parsePath } from '../hl7v2/path.js';

export type Condition = (message: Message, occurrence: number, segment: string) => boolean;

/** `PATH is empty`, `PATH is filled`, `PATH is X`, `PATH is one of X|Y`, joined by `and`. Absent means empty: no third truth value. */
const FORM = /^(\S+) is (empty|filled|one of (\S+)|(\S+))$/;

/** Compiles a condition; undefined when it is none of the four forms. A path of the row's own segment means that very segment. */
export function compileCondition(text: string): Condition | undefined {
  const parts = text.split(' and ').map(compileOne);
  if (parts.some((part) => part === undefined)) return undefined;
  const all = parts.filter((part) => part !== undefined);
  return (message, occurrence, segment) => all.every((holds) => holds(message, occurrence, segment));
}

function compileOne(text: string): Condition | undefined {
  const found = FORM.exec(text.trim());
  const path = found?.[1] === undefined ? undefined : parsePath(found[1]);
  if (found === null || path === undefined || path.field === 0) return undefined;
  const [, , form, list, one] = found;
  const wanted = new Set(list === undefined ? [one ?? ''] : list.split('|'));
  return (message, occurrence, segment) => {
    const which = path.segment === segment ? occurrence : path.occurrence;
    const value =
      message.segment(path.segment, which)?.value(path.field, path.repetition, path.component, path.subcomponent) ?? '';
    if (form === 'empty') return value === '' || value === '""';
    if (form === 'filled') return value !== '' && value !== '""';
    return wanted.has(value);
  };
}
