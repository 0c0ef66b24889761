import type { DocumentSummary } from '../cda/read-head.js';
import { authoritySystem, isIns } from '../fhir/systems.js';
import { toDate } from '../hl7v2/datetime.js';
import type { Message, Segment } from '../hl7v2/parse.js';
import type { FailureCode } from '../message/failure.js';
import { plainName } from '../message/plain-name.js';
import { isRoutingAllowed, ROUTING_NOT_ALLOWED } from '../translate/document-routing.js';
import { documentKey, flagSegments, flagValue, type DocumentSegments } from '../translate/hl7v2/message-documents.js';
import { insOf, isOtherDate, requestOf } from './document-checks.js';
import { refused, warned, type Finding } from './document-finding.js';

/** Checks a document against the segments that carry it: whose it is, which it is, and of what type. */
export function checkCarriage(message: Message, segments: DocumentSegments, summary: DocumentSummary): Finding[] {
  return [
    ...checkPatient(message.segment('PID'), summary),
    ...checkNumbers(segments.txa, summary),
    ...checkTypes(segments, summary),
    ...checkPatientAddresses(segments, summary),
    ...checkFlags(segments),
    ...checkRouting(summary),
  ];
}

type Place = readonly [location: string, code: number];

function fault(code: FailureCode, application: number, location: string, text: string): Finding {
  return { ...refused(code, application, location, text), message: { location, code: 207 } };
}

function warning([location, code]: Place, text: string): Finding {
  return { ...warned('document-inconsistent', 906, location, text), message: { location, code } };
}

/** PID-3 and the traits are those of the document: what differs might be another's. */
function checkPatient(pid: Segment | undefined, { head }: DocumentSummary): Finding[] {
  if (pid === undefined) return [];
  const { traits } = head;
  const other = (location: string, text: string) => fault('document-identity', 904, location, text);
  return [
    ...checkIdentifiers(pid, head),
    ...(isOtherName(pid, traits.birthName) ? [other('PID-5', 'PID-5 is not the birth name of the document')] : []),
    ...(isOtherDate(toDate(pid.value(7)) ?? '', traits.birthDate)
      ? [other('PID-7', 'PID-7 is not the birth date of the document')]
      : []),
    ...(isOtherSex(pid.value(8), traits.sex) ? [other('PID-8', 'PID-8 is not the sex of the document')] : []),
  ];
}

/** Numbers of one authority are the same in both; the INS, where both have one. */
function checkIdentifiers(pid: Segment, head: DocumentSummary['head']): Finding[] {
  const numbers = numbersOf(pid);
  const ins = insOf(head);
  const carried = numbers.filter(({ system }) => isIns(system));
  if (ins !== undefined && carried.length > 0 && !carried.some(({ value }) => value === ins.value))
    return [fault('document-identity', 904, 'PID-3', 'the INS of PID-3 is not that of the document')];
  const isOther = numbers.some(({ system, value }) => {
    const same = head.identifiers.filter((identifier) => identifier.system === system);
    return !isIns(system) && same.length > 0 && !same.some((identifier) => identifier.value === value);
  });
  if (isOther) return [fault('document-identity', 904, 'PID-3', 'a number of PID-3 is another one in the document')];
  const shared = numbers.some(({ system, value }) =>
    head.identifiers.some((identifier) => identifier.system === system && identifier.value === value),
  );
  return shared ? [] : [warning(['PID-3', 103], 'PID-3 and the document have no number in common')];
}

/** The numbers of PID-3 that name their authority by an OID. */
function numbersOf(pid: Segment): { system: string; value: string }[] {
  return Array.from({ length: pid.repetitions(3) }, (_, index) => index + 1).flatMap((repetition) => {
    const [namespace = '', universalId = '', type = ''] = [1, 2, 3].map((part) => pid.value(3, repetition, 4, part));
    const system = authoritySystem({ namespace, universalId, type });
    return system === undefined ? [] : [{ system, value: pid.value(3, repetition) }];
  });
}

/** Of several names the birth name (XPN-7 L) counts, else any of them. */
function isOtherName(pid: Segment, birthName: string): boolean {
  const names = Array.from({ length: pid.repetitions(5) }, (_, index) => ({
    family: plainName(pid.value(5, index + 1)),
    type: pid.value(5, index + 1, 7),
  })).filter(({ family }) => family !== '');
  const birth = names.filter(({ type }) => type === 'L');
  const compared = birth.length > 0 ? birth : names;
  return birthName !== '' && compared.length > 0 && !compared.some(({ family }) => family === plainName(birthName));
}

function isOtherSex(administrative: string, sex: string): boolean {
  const carried = administrative === 'F' ? 'female' : administrative === 'M' ? 'male' : '';
  return carried !== '' && (sex === 'male' || sex === 'female') && carried !== sex;
}

/** TXA-12 is the document's id, TXA-13 that of the version that it replaces. */
function checkNumbers(txa: Segment | undefined, summary: DocumentSummary): Finding[] {
  if (txa === undefined) return [];
  const { head } = summary;
  const id = documentKey(txa, 12);
  if (id === undefined) return [warning(['TXA-12', 101], 'TXA-12 holds no id that is an OID or a UUID')];
  if (head.key !== undefined && id !== head.key)
    return [fault('document-inconsistent', 906, 'TXA-12', 'TXA-12 is not the id of the document')];
  const parent = documentKey(txa, 13);
  if (requestOf(summary) !== 'replace' || head.replaces.length === 0) return [];
  if (parent === undefined) return [warning(['TXA-13', 101], 'TXA-13 does not name the version that is replaced')];
  if (head.replaces.includes(parent)) return [];
  return [fault('document-inconsistent', 906, 'TXA-13', 'TXA-13 is not the version that the document replaces')];
}

/** OBX-3, OBR-4 and TXA-2 say of what type the document is, as it does itself. */
function checkTypes({ obx, obr, txa }: DocumentSegments, { head }: DocumentSummary): Finding[] {
  const places: readonly (readonly [string, string])[] = [
    [`OBX[${String(obx.occurrence)}]-3`, obx.value(3)],
    [`OBR[${String(obr?.occurrence ?? 1)}]-4`, obr?.value(4) ?? ''],
    ['TXA-2', txa?.value(2) ?? ''],
  ];
  return places
    .filter(([, code]) => code !== '' && head.type !== '' && code !== head.type)
    .map(([location]) => warning([location, 103], `${location} is not the type of the document`));
}

/** A flag says Y or N; a mask that says neither hides. */
function checkFlags(segments: DocumentSegments): Finding[] {
  return flagSegments(segments)
    .filter((obx) => !/^[YN]?$/.test(flagValue(obx)))
    .map(({ occurrence }) => {
      const location = `OBX[${String(occurrence)}]-5`;
      return warning([location, 103], `${location} is neither Y nor N`);
    });
}

/** It is found again when the document is translated, and stands behind a work item then. */
function checkRouting({ carriage }: DocumentSummary): Finding[] {
  if (isRoutingAllowed(carriage)) return [];
  const message = { location: 'OBX-3', code: 207 };
  return [{ ...warned('routing-not-allowed', 906, 'OBX-3', ROUTING_NOT_ALLOWED), message }];
}

const PATIENT_MAILBOX = /^([^@]*)@patient\.mssante\.fr$/i;

/** The mailbox of a patient is called after his INS. */
function checkPatientAddresses({ participants }: DocumentSegments, { head }: DocumentSummary): Finding[] {
  const ins = insOf(head)?.value;
  return participants.flatMap((prt) => {
    const [, name] = PATIENT_MAILBOX.exec(prt.value(15, 1, 4)) ?? [];
    if (name === undefined || name === ins) return [];
    const location = `PRT[${String(prt.occurrence)}]-15.4`;
    return [warning([location, 103], `${location} is not the mailbox of the patient`)];
  });
}
