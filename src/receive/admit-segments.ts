import type { SourceSettings } from '../config/schema.js';
import { toInstant } from '../hl7v2/datetime.js';
import type { Message, Segment } from '../hl7v2/parse.js';
import type { AckIssue } from '../message/message.js';

/** Identity and account events carry no movement and need no PV1; all other ADT of PAM.FR must have both (PAM.FR §2.2, §5.2). */
const WITHOUT_MOVEMENT = new Set(['A24', 'A28', 'A29', 'A31', 'A37', 'A40', 'A43', 'A44', 'A47', 'A49']);
/** Triggers that each action of ZBE-4 goes with (PAM.FR §5.3.2). */
const ALLOWED: ReadonlyMap<string, readonly string[]> = new Map([
  ['INSERT', ['A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A14', 'A15', 'A16', 'A21', 'A22', 'A54']],
  ['UPDATE', ['Z99']],
  ['CANCEL', ['A11', 'A12', 'A13', 'A25', 'A26', 'A27', 'A38', 'A52', 'A53', 'A55', 'A06', 'A07']],
]);
const ACCOUNT = 'PID-18';
/** Where the number of the stay stands when a site does not say: the visit's, else the account's. */
export const STAY_FIELDS: readonly string[] = ['PV1-19', ACCOUNT];

const fault = (location: string, code: number, text: string): AckIssue => ({ location, code, severity: 'E', text });
const missing = (location: string) => fault(location, 101, `${location} is required`);
const warning = (location: string, code: number, text: string): AckIssue => ({ location, code, severity: 'W', text });
/** Neither blank nor `""`, which erases: both give nothing where something is required. */
export function isFilled(value: string | undefined): boolean {
  const text = value?.trim() ?? '';
  return text !== '' && text !== '""';
}

export interface SegmentRules {
  strictness: SourceSettings['strict'];
  /** Paths tried in order for the number of the stay. */
  stayFields: readonly string[];
}

/** The segments and fields that the trigger requires, and the shape of PID-3, the stay's number and ZBE. Every fault at once. */
export function checkSegments(message: Message, trigger: string, { strictness, stayFields }: SegmentRules): AckIssue[] {
  const strict = strictness === 'pam-fr' || (strictness === 'auto' && message.value('MSH-12.2') === 'FRA');
  const identityOnly = WITHOUT_MOVEMENT.has(trigger) || (trigger === 'A08' && !namesVisit(message, stayFields));
  return [
    ...checkPatient(message),
    ...(trigger === 'A40' ? checkMerge(message) : []),
    ...(trigger === 'A47' ? checkNumberChange(message) : []),
    ...(trigger === 'A44' ? checkAccountMove(message) : []),
    ...(identityOnly ? [] : checkVisit(message, strict, stayFields)),
    // PAM.FR has no A08, so it cannot ask a ZBE of it.
    ...(identityOnly ? [] : checkMovement(message.segment('ZBE'), trigger, strict && trigger !== 'A08')),
  ];
}

/** PID-3 holds a number; `""` is none, and erases nothing where it does not name an authority. */
export function checkPatient(message: Message): AckIssue[] {
  const pid = message.segment('PID');
  if (pid === undefined) return [fault('PID', 100, 'the segment PID is required')];
  const count = pid.repetitions(3);
  if (count === 0) return [missing('PID-3')];
  const faults: AckIssue[] = [];
  let numbers = 0;
  for (let repetition = 1; repetition <= count; repetition++) {
    const value = pid.value(3, repetition);
    if (isFilled(value)) numbers += 1;
    else if (value.trim() === '') faults.push(missing(`PID-3[${repetition}].1`));
    else if (authorityOf(pid, 3, repetition) === '') faults.push(missing(`PID-3[${repetition}].4`));
  }
  return numbers === 0 && faults.length === 0 ? [missing('PID-3.1')] : faults;
}

/** CX-4: the universal id where there is one, else the local name. */
function authorityOf(segment: Segment, field: number, repetition: number): string {
  return segment.value(field, repetition, 4, 2) || segment.value(field, repetition, 4, 1);
}

/** A merge of a patient into itself says nothing (ITI TF-2 §3.30.4.1), nor does a move from him to himself. */
function checkMerge(message: Message): AckIssue[] {
  const mrg = message.segment('MRG');
  const pid = message.segment('PID');
  if (mrg === undefined || !isFilled(mrg.value(1))) return [missing('MRG-1')];
  const survivors = numbersOf(pid, 3);
  const circular = numbersOf(mrg, 1).some((merged) => survivors.some((survivor) => isSameNumber(merged, survivor)));
  return circular ? [fault('MRG-1', 205, 'MRG-1 and PID-3 hold the same identifier')] : [];
}

/** A change of numbers, in which some may stay: one that leaves all of them as they are says nothing. */
function checkNumberChange(message: Message): AckIssue[] {
  const before = numbersOf(message.segment('MRG'), 1);
  const after = numbersOf(message.segment('PID'), 3);
  if (before.length === 0) return [missing('MRG-1')];
  const isKept = (number: IdentifierParts) => after.some((other) => isSameNumber(number, other));
  return before.every(isKept) ? [fault('MRG-1', 205, 'MRG-1 and PID-3 hold the same identifiers')] : [];
}

/** A move of an account names it, and two patients. */
function checkAccountMove(message: Message): AckIssue[] {
  const named = isFilled(message.value('MRG-3')) || isFilled(message.value(ACCOUNT));
  return [...checkMerge(message), ...(named ? [] : [missing('MRG-3')])];
}

interface IdentifierParts {
  number: string;
  name: string;
  universalId: string;
}

function numbersOf(segment: Segment | undefined, field: number): IdentifierParts[] {
  const count = segment?.repetitions(field) ?? 0;
  const numbers = Array.from({ length: count }, (_, index) => ({
    number: segment?.value(field, index + 1) ?? '',
    name: segment?.value(field, index + 1, 4, 1) ?? '',
    universalId: segment?.value(field, index + 1, 4, 2) ?? '',
  }));
  return numbers.filter(({ number }) => isFilled(number));
}

/** One number of one authority, which is compared by its universal id where both have one. */
function isSameNumber(a: IdentifierParts, b: IdentifierParts): boolean {
  if (a.number !== b.number) return false;
  const universal = a.universalId !== '' && b.universalId !== '';
  return universal ? a.universalId === b.universalId : a.name === b.name;
}

/** Is it about a visit? PV1-2 is N in the pseudo segment of identity messages. */
function namesVisit(message: Message, stayFields: readonly string[]): boolean {
  const pv1 = message.segment('PV1');
  return pv1 !== undefined && pv1.value(2) !== 'N' && stayFields.some((field) => isFilled(message.value(field)));
}

/** PAM.FR wants a number of the visit (PAM.FR §3); of a source that is not strict the account's may stand for it. */
function checkVisit(message: Message, strict: boolean, stayFields: readonly string[]): AckIssue[] {
  const pv1 = message.segment('PV1');
  if (pv1 === undefined) return [fault('PV1', 100, 'the segment PV1 is required')];
  const faults = isFilled(pv1.value(2)) ? [] : [missing('PV1-2')];
  const [first = 'PV1-19'] = stayFields;
  const place = stayFields.find((field) => isFilled(message.value(field)) && !(strict && field === ACCOUNT));
  if (place === undefined) faults.push(missing(first));
  else if (place !== first) faults.push(warning(first, 101, `${first} is empty; ${place} stands for the visit`));
  return faults;
}

/** ZBE as PAM.FR has it (PAM.FR §5.3.2, §6.13). Without strictness a missing ZBE is no fault, a misshapen one is. */
function checkMovement(zbe: Segment | undefined, trigger: string, strict: boolean): AckIssue[] {
  if (zbe === undefined) return strict ? [fault('ZBE', 101, 'the segment ZBE is required')] : [];
  const faults: AckIssue[] = [];
  if (!isFilled(zbe.value(1))) faults.push(missing('ZBE-1'));
  if (!isFilled(zbe.value(2))) faults.push(missing('ZBE-2'));
  else if (toInstant(zbe.value(2), 'UTC') === undefined) faults.push(fault('ZBE-2', 102, 'ZBE-2 is no date and time'));
  const action = zbe.value(4);
  if (action === '' && ALLOWED.has(zbe.value(5)))
    return [...faults, fault('ZBE-4', 102, 'ZBE is shifted by one field: ZBE-5 holds the action that ZBE-4 must')];
  faults.push(...checkAction(action, zbe.value(6), trigger));
  const historic = zbe.value(5);
  if (!isFilled(historic)) faults.push(strict ? missing('ZBE-5') : warning('ZBE-5', 101, 'ZBE-5 is empty'));
  else if (historic !== 'Y' && historic !== 'N') faults.push(fault('ZBE-5', 103, 'ZBE-5 is Y or N'));
  const nature = zbe.value(9);
  if (isFilled(nature) && !/^[SHMLDC]+$/.test(nature))
    faults.push(warning('ZBE-9', 103, 'ZBE-9 holds a letter that is not known'));
  return faults;
}

function checkAction(action: string, original: string, trigger: string): AckIssue[] {
  if (!isFilled(action)) return [missing('ZBE-4')];
  const triggers = ALLOWED.get(action);
  if (triggers === undefined) return [fault('ZBE-4', 103, 'ZBE-4 is INSERT, UPDATE or CANCEL')];
  const faults: AckIssue[] = [];
  if (!triggers.includes(trigger) && trigger !== 'A08')
    faults.push(warning('ZBE-4', 103, 'ZBE-4 and the event contradict each other; the event is followed'));
  if (action !== 'INSERT' && original === '') faults.push(missing('ZBE-6'));
  return faults;
}
