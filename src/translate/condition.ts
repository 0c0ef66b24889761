import type { Segment } from '../hl7v2/parse.js';
import { parsePath, type Path } from '../hl7v2/path.js';
import type { ConvertContext, Hl7v2 } from './converter.js';
import type { Format } from './format.js';

/** Does a row hold for a segment of a message, an element of a document? */
export type Condition<F extends Format = Hl7v2> = (place: F['place'], context: F['context']) => boolean;

/** What conditions ask of a path. */
export interface ConditionPath<F extends Format> {
  /** Does it hold one of these? */
  isOneOf(codes: ReadonlySet<string>, place: F['place'], context: F['context']): boolean;
  isEmpty(place: F['place'], context: F['context']): boolean;
}

export const CONDITIONS =
  '`X is empty`, `X is filled`, `X is A`, `X is one of A|B`, `X is not one of A|B`, joined by `and`';

const FORM = /^(\S+) is (?:(empty|filled)|(not )?one of (\S+)|(\S+))$/;

/** Compiles a condition over paths of a format; undefined when it is of none of the forms. There is no third truth value. */
export function compileCondition<F extends Format>(
  text: string,
  pathOf: (path: string) => ConditionPath<F> | undefined,
): Condition<F> | undefined {
  const parts = text.split(' and ').map((part) => compilePart(part.trim(), pathOf));
  const all = parts.filter((part) => part !== undefined);
  if (all.length < parts.length) return undefined;
  const [only] = all;
  if (all.length === 1) return only;
  return (place, context) => all.every((holds) => holds(place, context));
}

function compilePart<F extends Format>(
  text: string,
  pathOf: (path: string) => ConditionPath<F> | undefined,
): Condition<F> | undefined {
  const match = FORM.exec(text);
  const path = match?.[1] === undefined ? undefined : pathOf(match[1]);
  if (match === null || path === undefined) return undefined;
  const [, , state, not, list, code] = match;
  if (state === undefined) {
    const codes = new Set(list === undefined ? [code ?? ''] : list.split('|'));
    const among = not === undefined;
    return (place, context) => path.isOneOf(codes, place, context) === among;
  }
  const empty = state === 'empty';
  return (place, context) => path.isEmpty(place, context) === empty;
}

/**
 * A path of a condition over HL7 v2. What is absent, erased or no value of its form is empty. A path of the row's own segment means that
 * very segment.
 */
export function hl7ConditionPath(text: string): ConditionPath<Hl7v2> | undefined {
  const path = parsePath(text);
  if (path === undefined || path.field === 0) return undefined;
  return {
    isOneOf: (codes, segment, context) => codes.has(valueOf(path, segment, context)),
    isEmpty: (segment, context) =>
      valueOf(path, segment, context) === '' ||
      context.issues.isMalformed(segmentOf(path, segment, context), path.field),
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
