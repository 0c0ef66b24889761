import type { Segment } from '../hl7v2/parse.js';
import { parsePath, type Path } from '../hl7v2/path.js';
import type { ConvertContext } from './converter.js';

/** Does a row hold for a segment of a message? */
export type Condition = (segment: Segment, context: ConvertContext) => boolean;

export const CONDITIONS =
  '`X is empty`, `X is filled`, `X is A`, `X is one of A|B`, `X is not one of A|B`, joined by `and`';

const FORM = /^(\S+) is (?:(empty|filled)|(not )?one of (\S+)|(\S+))$/;

/**
 * Compiles a condition; undefined when it is of none of the forms. What is absent, erased or no value of its form is empty: there is no
 * third truth value. A path of the row's own segment means that very segment.
 */
export function compileCondition(text: string): Condition | undefined {
  const parts = text.split(' and ').map((part) => compilePart(part.trim()));
  const all = parts.filter((part) => part !== undefined);
  if (all.length < parts.length) return undefined;
  const [only] = all;
  if (all.length === 1) return only;
  return (segment, context) => all.every((holds) => holds(segment, context));
}

function compilePart(text: string): Condition | undefined {
  const match = FORM.exec(text);
  const path = match?.[1] === undefined ? undefined : parsePath(match[1]);
  if (match === null || path === undefined || path.field === 0) return undefined;
  const [, , state, not, list, code] = match;
  if (state === undefined) {
    const codes = new Set(list === undefined ? [code ?? ''] : list.split('|'));
    const among = not === undefined;
    return (segment, context) => codes.has(valueOf(path, segment, context)) === among;
  }
  const empty = state === 'empty';
  return (segment, context) => {
    const nothing =
      valueOf(path, segment, context) === '' ||
      context.issues.isMalformed(segmentOf(path, segment, context), path.field);
    return nothing === empty;
  };
}

function segmentOf(path: Path, segment: Segment, { message }: ConvertContext): Segment | undefined {
  return path.segment === segment.name ? segment : message.segment(path.segment, path.occurrence);
}

function valueOf(path: Path, segment: Segment, context: ConvertContext): string {
  const from = segmentOf(path, segment, context);
  const value = from?.value(path.field, path.repetition, path.component, path.subcomponent) ?? '';
  return value === '""' ? '' : value;
}
