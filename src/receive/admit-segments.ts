import type { SourceSettings } from '../config/schema.js';
import { toInstant } from '../hl7v2/datetime.js';
import type { Message, Segment } from '../hl7v2/parse.js';
import type { AckIssue } from '../message/message.js';

/** Identity and account events carry no movement and need no PV1; all other ADT of PAM.FR must have both (pam-fr §1.2, §1.5). */
const WITHOUT_MOVEMENT = new Set(['A24', 'A28', 'A29', 'A31', 'A37', 'A40', 'A43', 'A44', 'A47', 'A49']);
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  INSERT: ['A01', 'A02', 'A03', 'A04', 'A05', 'A06', 'A07', 'A14', 'A15', 'A16', 'A21', 'A22', 'A54'],
  UPDATE: ['Z99'],
  CANCEL: ['A11', 'A12', 'A13', 'A25', 'A26', 'A27', 'A38', 'A52', 'A53', 'A55', 'A06', 'A07'],
};

const fault = (location: string, code: number, text: string): AckIssue => ({ location, code, severity: 'E', text });
const missing = (location: string) => fault(location, 101, `${location} is required`);
const warning = (location: string, code: number, text: string): AckIssue => ({ location, code, severity: 'W', text });

/** The segments and fields that the trigger requires, and the shape of PID-3, PV1-19 and ZBE. Every fault at once. */
export function checkSegments(message: Message, trigger: string, strictness: SourceSettings['strict']): AckIssue[] {
  const strict = strictness === 'pam-fr' || (strictness === 'auto' && message.value('MSH-12.2') === 'FRA');
  const identityOnly = WITHOUT_MOVEMENT.has(trigger);
  return [
    ...checkPatient(message),
    ...(trigger === 'A40' ? checkMerge(message) : []),
    ...(identityOnly ? [] : checkVisit(message, strict)),
    ...(identityOnly ? [] : checkMovement(message.segment('ZBE'), trigger, strict)),
  ];
}

function checkPatient(message: Message): AckIssue[] {
  const pid = message.segment('PID');
  if (pid === undefined) return [fault('PID', 100, 'the segment PID is required')];
  const count = pid.repetitions(3);
  if (count === 0) return [missing('PID-3')];
  const faults: AckIssue[] = [];
  for (let repetition = 1; repetition <= count; repetition++) {
    const value = pid.value(3, repetition);
    if (value === '') faults.push(missing(`PID-3[${repetition}].1`));
    else if (value === '""' && pid.value(3, repetition, 4) === '') faults.push(missing(`PID-3[${repetition}].4`));
  }
  return faults;
}

/** A merge of a patient into itself says nothing (DESIGN §10). */
function checkMerge(message: Message): AckIssue[] {
  const merged = message.value('MRG-1');
  if (merged === '') return [missing('MRG-1')];
  const same = merged === message.value('PID-3') && message.value('MRG-1.4') === message.value('PID-3.4');
  return same ? [fault('MRG-1', 205, 'MRG-1 and PID-3 are the same identifier')] : [];
}

function checkVisit(message: Message, strict: boolean): AckIssue[] {
  const pv1 = message.segment('PV1');
  if (pv1 === undefined) return [fault('PV1', 100, 'the segment PV1 is required')];
  const faults: AckIssue[] = [];
  if (pv1.value(2) === '') faults.push(missing('PV1-2'));
  if (pv1.value(19) !== '' && pv1.value(19) !== '""') return faults;
  if (strict || message.value('PID-18') === '') faults.push(missing('PV1-19'));
  else faults.push(warning('PV1-19', 101, 'PV1-19 is empty; the account number PID-18 stands for the visit'));
  return faults;
}

/** ZBE as PAM.FR has it (pam-fr §2.8, §3.3). Without strictness a missing ZBE is no fault, a misshapen one is. */
function checkMovement(zbe: Segment | undefined, trigger: string, strict: boolean): AckIssue[] {
  if (zbe === undefined) return strict ? [fault('ZBE', 101, 'the segment ZBE is required')] : [];
  const faults: AckIssue[] = [];
  if (zbe.value(1) === '') faults.push(missing('ZBE-1'));
  if (zbe.value(2) === '') faults.push(missing('ZBE-2'));
  else if (toInstant(zbe.value(2), 'UTC') === undefined) faults.push(fault('ZBE-2', 102, 'ZBE-2 is no date and time'));
  const action = zbe.value(4);
  if (action === '' && ALLOWED[zbe.value(5)] !== undefined)
    return [...faults, fault('ZBE-4', 102, 'ZBE is shifted by one field: ZBE-5 holds the action that ZBE-4 must')];
  faults.push(...checkAction(action, zbe.value(6), trigger));
  const historic = zbe.value(5);
  if (historic === '') faults.push(strict ? missing('ZBE-5') : warning('ZBE-5', 101, 'ZBE-5 is empty'));
  else if (historic !== 'Y' && historic !== 'N') faults.push(fault('ZBE-5', 103, 'ZBE-5 is Y or N'));
  const nature = zbe.value(9);
  if (nature !== '' && !/^[SHMLDC]+$/.test(nature))
    faults.push(warning('ZBE-9', 103, 'ZBE-9 holds a letter that is not known'));
  return faults;
}

function checkAction(action: string, original: string, trigger: string): AckIssue[] {
  if (action === '') return [missing('ZBE-4')];
  const triggers = ALLOWED[action];
  if (triggers === undefined) return [fault('ZBE-4', 103, 'ZBE-4 is INSERT, UPDATE or CANCEL')];
  const faults: AckIssue[] = [];
  if (!triggers.includes(trigger) && trigger !== 'A08')
    faults.push(warning('ZBE-4', 103, 'ZBE-4 and the event contradict each other; the event is followed'));
  if (action !== 'INSERT' && original === '') faults.push(missing('ZBE-6'));
  return faults;
}
