import type { DocumentHead, HeadIdentifier, HeadTraits } from '../cda/head.js';
import { partyOf } from '../cda/party.js';
import type { DocumentSummary } from '../cda/read-head.js';
import type { SourceSettings } from '../config/schema.js';
import { INS, isIns } from '../fhir/systems.js';
import type { DocumentRequest } from '../message/document.js';
import type { DocumentClaim, DocumentKnowledge, DocumentQuestion, KnownPatient } from '../message/document-claim.js';
import { identifierKey } from '../message/identifier.js';
import { plainName } from '../message/plain-name.js';
import { hasInsKey, isUsableIns } from '../translate/identifiers.js';
import { refused, reusedId, warned, type Finding } from './document-finding.js';

/** What of its source a document is checked by. */
export type DocumentRules = Pick<SourceSettings, 'documents' | 'sharedNumbers'>;

const PATIENT = 'recordTarget/patientRole';

/** All that the checks find of the documents of one message (`repeated`: nothing is found anew). */
export function checkDocuments(
  summaries: readonly DocumentSummary[],
  knowledge: DocumentKnowledge,
  rules: DocumentRules,
): Finding[] {
  if (knowledge.repeated) return [];
  return [...checkAlone(summaries), ...summaries.flatMap((summary) => checkKnown(summary, knowledge, rules))];
}

/** What has to be asked of the store. */
export function questionOf(
  summaries: readonly DocumentSummary[],
  message: Pick<DocumentQuestion, 'source' | 'sender' | 'controlId' | 'sha256'>,
): DocumentQuestion {
  const patients = summaries.flatMap(({ head }) =>
    head.identifiers.map(({ system, value }) => identifierKey(system, value)),
  );
  const documents = summaries.flatMap((summary) => [
    summary.head.key ?? [],
    summary.head.set ?? [],
    ...replacedBy(summary),
  ]);
  return { ...message, patients: [...new Set(patients)], documents: [...new Set(documents.flat())] };
}

/** Checks the documents of one message by themselves: whose each is, and that all are of one patient. */
function checkAlone(summaries: readonly DocumentSummary[]): Finding[] {
  const findings = summaries.flatMap(({ head, warnings }) => [
    ...warnings.map((text) => warned('document-inconsistent', 906, '', text)),
    ...(head.key === undefined
      ? [refused('document-unreadable', 906, 'id', 'the document has no id that is an OID or a UUID')]
      : []),
    ...checkPatient(head),
  ]);
  const numbers = new Set(summaries.map(({ head }) => insOf(head)?.value));
  if (numbers.size > 1)
    findings.push(refused('document-identity', 906, `${PATIENT}/id`, 'the documents are not of one patient'));
  return findings;
}

function checkPatient(head: DocumentHead): Finding[] {
  if (head.patients > 1)
    return [refused('document-identity', 906, PATIENT, 'the document speaks of more than one patient')];
  const ins = insOf(head);
  if (ins === undefined)
    return [refused('document-identity', 903, `${PATIENT}/id`, 'the document has no INS: nobody is made of it')];
  if (severalOf(ins.system, head))
    return [refused('document-identity', 903, `${PATIENT}/id`, 'the document has several INS of one authority')];
  const wrongKey = hasInsKey(ins.value) ? [] : [wrongInsKey(ins)];
  return [...wrongKey, ...checkTraits(head.traits)];
}

/** One person has one number of an authority of the INS. */
function severalOf(authority: string, { identifiers }: DocumentHead): boolean {
  const values = identifiers.filter(({ system, value }) => system === authority && value !== '');
  return new Set(values.map(({ value }) => value)).size > 1;
}

/** The invented numbers of the test authorities often have no key that is right; a real one without is no INS. */
function wrongInsKey(ins: HeadIdentifier): Finding {
  const text = 'the key of the INS is not that of its digits';
  return (isUsableIns(ins) ? warned : refused)('document-identity', 903, `${PATIENT}/id`, text);
}

const TRAITS: readonly (readonly [keyof HeadTraits, string])[] = [
  ['birthName', 'patient/name/family'],
  ['given', 'patient/name/given'],
  ['sex', 'patient/administrativeGenderCode'],
  ['birthDate', 'patient/birthTime'],
];

function checkTraits(traits: HeadTraits): Finding[] {
  const missing = TRAITS.filter(([trait]) => traits[trait] === '');
  return missing.map(([, path]) =>
    refused('document-identity', 905, `${PATIENT}/${path}`, 'the INS comes without a trait that it needs'),
  );
}

/** The INS of a document: a NIR before a NIA, and no number that is empty. */
export function insOf({ identifiers }: DocumentHead): { system: string; value: string } | undefined {
  const numbers = identifiers.filter(({ system, value }) => isIns(system) && value !== '');
  return numbers.find(({ system }) => system !== INS.nia) ?? numbers[0];
}

/** Checks a document against what is known of its patient and of its other versions. */
function checkKnown(summary: DocumentSummary, knowledge: DocumentKnowledge, rules: DocumentRules): Finding[] {
  return [...checkPatients(summary.head, knowledge.patients, rules), ...checkVersions(summary, knowledge.versions)];
}

function checkPatients(head: DocumentHead, patients: readonly KnownPatient[], rules: DocumentRules): Finding[] {
  const ins = insOf(head);
  if (ins === undefined) return [];
  const number = identifierKey(ins.system, ins.value);
  const holders = patients.filter(({ identifiers }) => identifiers.includes(number));
  const locals = head.identifiers.filter(({ system, value }) => !isIns(system) && !rules.sharedNumbers.includes(value));
  const local = patients.filter(({ identifiers }) =>
    locals.some(({ system, value }) => identifiers.includes(identifierKey(system, value))),
  );
  if (holders.length + local.length === 0 && rules.documents.unknownPatients === 'refuse')
    return [refused('document-identity', 902, `${PATIENT}/id`, 'the patient is not known')];
  const another = local.some(
    ({ identifiers }) =>
      !identifiers.includes(number) && identifiers.some((other) => other.startsWith(`${ins.system}|`)),
  );
  if (another)
    return [refused('document-identity', 903, `${PATIENT}/id`, 'a local number belongs to a patient of another INS')];
  return checkAgainst(head.traits, holders);
}

/** Whoever has the INS here has these traits; one of several people who share it is enough. */
function checkAgainst(traits: HeadTraits, holders: readonly KnownPatient[]): Finding[] {
  const [nearest] = holders
    .map((holder) => ({ holder, differing: differingTraits(traits, holder) }))
    .sort((a, b) => a.differing.length - b.differing.length);
  if (nearest === undefined) return [];
  const { holder, differing } = nearest;
  const findings = differing.map((path) =>
    refused('document-identity', 904, `${PATIENT}/${path}`, 'the patient known by this INS has another trait'),
  );
  const place = `${PATIENT}/patient/birthplace/place/addr/county`;
  if (differs(traits.birthPlace, holder.birthPlace))
    findings.push(warned('document-identity', 904, place, 'the patient known by this INS has another birth place'));
  return findings;
}

function differingTraits(traits: HeadTraits, patient: KnownPatient): string[] {
  return [
    ...(differs(plainName(traits.birthName), plainName(patient.birthName)) ? ['patient/name/family'] : []),
    ...(differs(sexOf(traits), sexOf(patient)) ? ['patient/administrativeGenderCode'] : []),
    ...(isOtherDate(traits.birthDate, patient.birthDate) ? ['patient/birthTime'] : []),
  ];
}

/** A sex that is not determined contradicts none. */
function sexOf({ sex }: { sex: string }): string {
  return sex === 'unknown' ? '' : sex;
}

function differs(a: string, b: string): boolean {
  return a !== '' && b !== '' && a !== b;
}

/** As exact as the less exact of both. */
export function isOtherDate(a: string, b: string): boolean {
  return !a.startsWith(b) && !b.startsWith(a);
}

/** What is asked of a document: by its carrier, else by itself. */
export function requestOf({ carriage, head }: DocumentSummary): DocumentRequest {
  return carriage.request ?? (head.replaces.length === 0 ? 'new' : 'replace');
}

/** The ids that a document replaces: those that it names, and those that its carrier does. */
function replacedBy({ carriage, head }: DocumentSummary): string[] {
  return [...new Set([...head.replaces, ...carriage.replaces])].filter((key) => key !== head.key);
}

function checkVersions(summary: DocumentSummary, versions: readonly DocumentClaim[]): Finding[] {
  const { head, sha1 } = summary;
  const request = requestOf(summary);
  const same = versions.filter(({ key }) => key === head.key);
  if (request !== 'delete' && same.some((claim) => claim.request !== 'delete' && claim.sha1 !== sha1))
    return [reusedId()];
  if (request === 'new') return [];
  const replaced = replacedBy(summary);
  const otherVersions = versions.filter(
    ({ key, set }) => key !== head.key && ((set !== undefined && set === head.set) || replaced.includes(key)),
  );
  const earlier = request === 'delete' && same.length > 0 ? same : otherVersions;
  const strangers = checkRequester(summary, request, earlier);
  if (strangers.length > 0 || request === 'delete') return strangers;
  return [...checkLatest(summary, otherVersions), ...checkParents(replaced, otherVersions)];
}

/** A document that only names what it replaces may come after its successor; who asks to replace wants to replace the latest. */
function checkLatest({ head, carriage }: DocumentSummary, otherVersions: readonly DocumentClaim[]): Finding[] {
  const latest = Math.max(-1, ...otherVersions.map(({ version = -1 }) => version));
  if (carriage.request !== 'replace' || head.version === undefined || head.version >= latest) return [];
  return [refused('document-version', 900, 'versionNumber', 'a later version of the document is known')];
}

function checkParents(replaced: readonly string[], otherVersions: readonly DocumentClaim[]): Finding[] {
  const text = 'the version that it replaces is not known; its versions are told by their set';
  const isKnown =
    replaced.length === 0
      ? otherVersions.length > 0
      : replaced.every((parent) => otherVersions.some(({ key }) => key === parent));
  if (isKnown) return [];
  return [warned('document-version', 900, 'relatedDocument/parentDocument/id', text)];
}

/** Who replaces or deletes is of those who wrote what is known, or of their organisation; where either names nobody, nothing can be told. */
function checkRequester(
  summary: DocumentSummary,
  request: DocumentRequest,
  earlier: readonly DocumentClaim[],
): Finding[] {
  const requesters = requestersOf(summary, request);
  const owners = earlier.flatMap(({ parties }) => parties);
  if (requesters.length === 0 || owners.length === 0 || requesters.some((party) => owners.includes(party))) return [];
  const text = 'who asks it is neither an author of the document nor of its organisation';
  return [refused('document-version', 901, 'author/assignedAuthor/id', text)];
}

/** A document that is sent to be deleted is itself what is known, so its sender counts alone where the message names one. */
function requestersOf({ head, carriage }: DocumentSummary, request: DocumentRequest): readonly string[] {
  const senders = (carriage.participants ?? [])
    .filter(({ role }) => role === 'SB')
    .flatMap(({ person, organisation }) => [
      ...(person === undefined ? [] : [partyOf('person', person)]),
      ...(organisation === undefined ? [] : [partyOf('organisation', organisation)]),
    ]);
  return request === 'delete' && senders.length > 0 ? senders : [...senders, ...head.parties];
}

/** What the journal keeps of a document that was accepted; undefined for one without an id. */
export function claimOf(summary: DocumentSummary): DocumentClaim | undefined {
  const { part, sha1, head } = summary;
  const { key, set, version, parties } = head;
  if (key === undefined) return undefined;
  const claim = { part, key, request: requestOf(summary), sha1, parties };
  return { ...claim, ...(set === undefined ? {} : { set }), ...(version === undefined ? {} : { version }) };
}
