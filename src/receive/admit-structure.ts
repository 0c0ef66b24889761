import type { Message } from '../hl7v2/parse.js';
import type { AckIssue } from '../message/message.js';

/** Headers and trailers of files and batches (HL7 v2.5 §2.10.3), which are not read. */
const BATCH = new Set(['FHS', 'BHS', 'BTS', 'FTS']);
/** Segments that the ADT structures of one patient and one visit hold once (HL7 v2.5 §3.3, PAM.FR §5.2). */
const ONCE = ['EVN', 'PID', 'PD1', 'MRG', 'PV1', 'PV2', 'ZBE'] as const;
/**
 * What may stand in them more often: two patients who change beds, are linked or unlinked; the visits that a move names.
 * A merge speaks of one patient: IHE has one PATIENT group in it (ITI TF-2 §3.30), where HL7 lets several stand.
 */
const MORE_OFTEN: ReadonlyMap<string, ReadonlyMap<string, number>> = new Map([
  ...['A17', 'A24', 'A37'].map(
    (trigger) => [trigger, new Map(['PID', 'PD1', 'PV1', 'PV2'].map((name) => [name, 2]))] as const,
  ),
  ['A45', new Map(['MRG', 'PV1'].map((name) => [name, Infinity]))] as const,
]);

const sequence = (location: string, text: string): AckIssue => ({ location, code: 100, severity: 'E', text });

/**
 * One frame holds one message, whatever its type: MSH first and once, no file or batch around it, and a segment on every line
 * (HL7 v2.5 §2.5.1). A line that is no segment is a field's text that was cut, so the fields after it are missing.
 * @returns the first fault, naming the segment; undefined where the lines are those of one message
 */
export function checkOneMessage(message: Message): AckIssue | undefined {
  const batch = message.segments.find(({ name }) => BATCH.has(name));
  if (batch !== undefined) return sequence(batch.name, `${batch.name} begins or ends a batch; batches are not read`);
  const headers = message.all('MSH');
  if (headers.length > 1) return sequence('MSH[2]', 'the frame holds a second MSH; one frame holds one message');
  if (headers[0]?.index !== 0) return sequence('MSH', 'MSH is not the first segment');
  const stray = message.segments.find((segment) => !segment.isNamed);
  if (stray === undefined) return undefined;
  const before = message.segments[stray.index - 1];
  const place = before === undefined ? 'MSH' : `${before.name}[${before.occurrence}]`;
  const text = `line ${stray.index + 1} is no segment: it does not begin with a segment's name`;
  // An OBX goes on to OBX-11, so one that ends in OBX-5 was cut there.
  if (before?.name !== 'OBX' || before.fieldCount > 5) return sequence(place, text);
  return sequence(`${place}-5`, `${text}; a line end within ${place}-5 is written as \\.br\\ or \\X0D\\`);
}

/** The segments that an ADT of this trigger holds once and that stand more often. */
export function checkSingletons(message: Message, trigger: string): AckIssue[] {
  return ONCE.flatMap((name) => {
    const limit = MORE_OFTEN.get(trigger)?.get(name) ?? 1;
    if (message.all(name).length <= limit) return [];
    return [sequence(`${name}[${limit + 1}]`, `the segment ${name} stands more often than the event allows`)];
  });
}
