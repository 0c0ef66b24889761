import type { SourceSettings } from '../config/schema.js';
import { isTimestamp } from '../hl7v2/datetime.js';
import { CONTROL, type Message, type Segment } from '../hl7v2/parse.js';
import { parsePath } from '../hl7v2/path.js';
import type { AckIssue } from '../message/message.js';

/** Warnings of one kind in one answer; a hundred of them say no more than twenty. */
const MAX_WARNINGS = 20;

/** What a message may hold of segments and of repetitions in one field: what holds more costs more than it is worth to anybody. */
export type Limits = Pick<SourceSettings, 'maxRepetitions' | 'maxSegments'>;

/** The first thing in a message that goes beyond the limits; undefined where there is none. */
export function checkLimits(message: Message, { maxRepetitions, maxSegments }: Limits): AckIssue | undefined {
  const { segments, delimiters } = message;
  const beyond = segments[maxSegments];
  if (beyond !== undefined) {
    const text = `the message has more than ${maxSegments} segments`;
    return { location: `${beyond.name}[${beyond.occurrence}]`, code: 100, severity: 'E', text };
  }
  const many = PEOPLE.flatMap((name) => message.all(name)[maxRepetitions] ?? [])[0];
  if (many !== undefined) {
    const text = `the segment ${many.name} stands more than ${maxRepetitions} times`;
    return { location: `${many.name}[${many.occurrence}]`, code: 100, severity: 'E', text };
  }
  for (const segment of segments) {
    if (!holdsMore(segment.toString(), delimiters.repetition, maxRepetitions - 1)) continue;
    for (let field = 1; field <= segment.fieldCount; field++)
      if (segment.repetitions(field) > maxRepetitions) {
        const location = pathOf(segment, field);
        return { location, code: 103, severity: 'E', text: `${location} repeats more than ${maxRepetitions} times` };
      }
  }
  return undefined;
}

/** Segments of which each names somebody of the patient's: as many as a field may repeat. */
const PEOPLE = ['ROL', 'NK1'] as const;

/** Does a mark stand more often than that in a line? */
function holdsMore(line: string, mark: string, limit: number): boolean {
  let count = 0;
  for (let at = line.indexOf(mark); at >= 0 && count <= limit; at = line.indexOf(mark, at + 1)) count += 1;
  return count > limit;
}

/** Fields that name somebody or something, and the component that does where it is not the whole field. */
const IDENTIFIERS: readonly { segment: string; field: number; component?: number }[] = [
  { segment: 'PID', field: 3 },
  { segment: 'PID', field: 18 },
  { segment: 'PD1', field: 4, component: 1 },
  { segment: 'PV1', field: 7, component: 1 },
  { segment: 'PV1', field: 8, component: 1 },
  { segment: 'PV1', field: 9, component: 1 },
  { segment: 'PV1', field: 17, component: 1 },
  { segment: 'PV1', field: 19 },
  { segment: 'ROL', field: 4, component: 1 },
  { segment: 'NK1', field: 33 },
  { segment: 'MRG', field: 1 },
  { segment: 'MRG', field: 3 },
  { segment: 'MRG', field: 5 },
  { segment: 'ZBE', field: 1 },
];

/** Any control character, tab and line ends included. */
const ANY_CONTROL = /[\x00-\x1f\x7f-\x9f]/;

/**
 * An identifier with a control character in it is refused: without it the number might be another's.
 * @param stayFields fields that hold the stay's number at this source
 */
export function checkIdentifiers(message: Message, stayFields: readonly string[]): AckIssue[] {
  const ofStay = stayFields.flatMap((path) => parsePath(path) ?? []).map(({ segment, field }) => ({ segment, field }));
  const places = [...IDENTIFIERS, ...ofStay.filter((place) => !IDENTIFIERS.some((other) => isSame(place, other)))];
  return places.flatMap(({ segment: name, field, component }: Place) =>
    message.all(name).flatMap((segment) =>
      repetitionsOf(segment, field)
        .filter((repetition) => segment.matches(ANY_CONTROL, field, repetition, component))
        .map((repetition): AckIssue => {
          const location = pathOf(segment, field, repetition);
          return {
            location,
            code: 102,
            severity: 'E',
            text: `${location} is an identifier and holds a control character`,
          };
        }),
    ),
  );
}

type Place = (typeof IDENTIFIERS)[number];

function isSame(a: Place, b: Place): boolean {
  return a.segment === b.segment && a.field === b.field;
}

/** A warning for each field that loses control characters: no value that leaves holds one. */
export function controlWarnings(message: Message): AckIssue[] {
  const issues: AckIssue[] = [];
  for (const segment of message.segments)
    for (let field = 1; field <= segment.fieldCount; field++) {
      if (!segment.matches(CONTROL, field)) continue;
      const location = pathOf(segment, field);
      issues.push({
        location,
        code: 102,
        severity: 'W',
        text: `${location} held control characters; they were removed`,
      });
      if (issues.length === MAX_WARNINGS) return issues;
    }
  return issues;
}

/** Control characters stand in a message as they are, or by a hexadecimal escape; most messages have neither, and need no search. */
export function mayHoldControls(message: Message): boolean {
  const { segments, delimiters } = message;
  const hexadecimal = `${delimiters.escape}X`;
  return segments.some((segment) => {
    const line = segment.toString();
    return ANY_CONTROL.test(line) || line.includes(hexadecimal);
  });
}

/** Fields that hold one time or date, and from which something follows. */
const TIMES: readonly (readonly [string, readonly number[]])[] = [
  ['MSH', [7]],
  ['EVN', [2, 3, 6]],
  ['PID', [7, 29]],
  ['PV1', [44, 45]],
  ['PV2', [8, 9, 47]],
  ['ROL', [5, 6]],
  ['NK1', [8, 9, 16]],
  ['ZFA', [10, 12]],
  ['ZFD', [6]],
];

/** A warning for each field that is filled with something that is no time: nothing, or only a part of it, can be taken from it. */
export function timeWarnings(message: Message): AckIssue[] {
  const issues: AckIssue[] = [];
  for (const [name, fields] of TIMES)
    for (const segment of message.all(name))
      for (const field of fields) {
        if (!isWrongTime(segment.value(field))) continue;
        const location = pathOf(segment, field);
        issues.push({ location, code: 102, severity: 'W', text: `${location} is no date or time that exists` });
      }
  return issues.slice(0, MAX_WARNINGS);
}

function isWrongTime(value: string): boolean {
  return value !== '' && value !== '""' && !isTimestamp(value);
}

function repetitionsOf(segment: Segment, field: number): number[] {
  return Array.from({ length: segment.repetitions(field) }, (_, index) => index + 1);
}

function pathOf(segment: Segment, field: number, repetition = 1): string {
  const place = segment.occurrence === 1 ? segment.name : `${segment.name}[${segment.occurrence}]`;
  return `${place}-${field}${repetition === 1 ? '' : `[${repetition}]`}`;
}
