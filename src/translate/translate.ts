import { messageClock } from '../hl7v2/datetime.js';
import type { Message } from '../hl7v2/parse.js';
import type { Fact, Fragment, NumberChange, PatientIdentifier, Translation } from '../message/fact.js';
import type { Mappings } from './compile.js';
import { consentOf } from './hl7v2/consent.js';
import type { ConvertContext, GivenNames } from './converter.js';
import { FactDraft, type FactFrame } from './fact-draft.js';
import { anchorOf, Authorities, isInsNumber, personIdentifiers, type SourceAuthority } from './identifiers.js';
import { identityBody, identityNumbers, personNumbers, type IdentityNumbers } from './identity.js';
import { Issues } from './issues.js';
import { moveBody, moveOf, type Move } from './hl7v2/account-move.js';
import { mergeOf, type Merge } from './hl7v2/merge.js';
import { MessageReading } from './hl7v2/message-reading.js';
import { changedIdentity, namedByChanges, numberChangesOf } from './hl7v2/number-change.js';
import { ReadRecord } from './hl7v2/reader.js';
import { recordedTimes, type RecordedTimes } from './hl7v2/recorded.js';
import { addPeople, addVisit } from './hl7v2/visit-facts.js';
import { Territory } from './hl7v2/territory.js';

/** A source, as its messages are read. */
export interface TranslateSource extends SourceAuthority {
  /** How it fills XPN-3; `auto`: as the INSi does where MSH-12 names the French profile. */
  givenNames?: GivenNames | 'auto' | undefined;
}

export interface TranslateContext {
  messageId: string;
  mappings: Mappings;
  /** IANA zone of the source, for times without offset. */
  zone: string;
  source: TranslateSource;
  /** Journal time: stands for the times of a message that gives none, or none that can be believed. */
  receivedAt: string;
}

/**
 * One message → facts, each with its traces. Pure: the same message, mappings and context give the same translation.
 * What stops it stands in `issues`; then there are no facts.
 */
export function translate(message: Message, options: TranslateContext): Translation {
  const context = contextOf(message, options);
  const { issues, record, territory } = context;
  const trigger = message.value('MSH-9.2');
  const maps = options.mappings.maps.get(trigger);
  if (maps === undefined) return unmapped(trigger);
  const reading = new MessageReading(maps, message);
  const times = recordedTimes(reading.contributions('event', context), issues, options.receivedAt);
  const identity = identityNumbers(reading.contributions('identity', context));
  const person = personIdentifiers(personNumbers(identity));
  const merge = mergeOf(reading.contributions('merge', context));
  const changes = numberChangesOf(reading.contributions('replacement', context), identity);
  const move = moveOf(reading.contributions('move', context));
  const parts = { reading, times, identity, person, merge, changes, move };
  const facts = factsOf(parts, { ...context, qualified: identity.qualified }, options);
  const stopped = issues.blocking;
  return {
    facts: stopped ? [] : facts,
    mentions: stopped ? [] : territory.mentions(times.recordedAt),
    identifiers: [
      ...person,
      ...merge.replaced,
      ...namedByChanges(changes, person),
      ...(move.from === undefined ? [] : [move.from]),
    ],
    unused: () => record.unused(message),
    issues: issues.list,
  };
}

function contextOf(message: Message, { source, zone }: TranslateContext): ConvertContext {
  const authorities = new Authorities(source, message.value('MSH-4'));
  const french = message.value('MSH-12.2') === 'FRA';
  const { givenNames = 'auto' } = source;
  return {
    message,
    record: new ReadRecord(),
    issues: new Issues(),
    clock: messageClock(message.value('MSH-7'), zone),
    authorities,
    territory: new Territory(source.name, authorities),
    givenNames: givenNames !== 'auto' ? givenNames : french ? 'insi' : 'separate',
    qualified: false,
  };
}

function unmapped(trigger: string): Translation {
  const issues = new Issues();
  const event = /^[A-Z0-9]{3}$/.test(trigger) ? trigger : '';
  const issue = {
    blocking: true,
    reason: 'trigger-unmapped',
    field: 'MSH-9.2',
    text: `event ${event || '(none)'} is not mapped`,
  };
  issues.add({ ...issue, ...(event === '' ? {} : { code: event }) }, event);
  return { facts: [], mentions: [], identifiers: [], unused: () => [], issues: issues.list };
}

/** What was read before the facts are made. */
interface MessageParts {
  reading: MessageReading;
  times: RecordedTimes;
  identity: IdentityNumbers;
  person: PatientIdentifier[];
  merge: Merge;
  changes: NumberChange[];
  move: Move;
}

/** The facts of a message: identity, merge, move, movement, members, contacts, consent. */
function factsOf(parts: MessageParts, context: ConvertContext, options: TranslateContext): Fact[] {
  const { reading, times, identity, person, merge } = parts;
  const { issues } = context;
  const patient = anchorOf(person);
  if (patient === undefined) {
    const text = 'PID-3 holds no number that names one patient';
    issues.add({ blocking: true, reason: 'field-missing', field: 'PID-3', text }, 'PID-3');
    return [];
  }
  const draft = new FactDraft(frameOf(options, patient, times));
  if (reading.has('move')) {
    addMove(draft, parts, issues);
    return draft.facts;
  }
  const fragment = { target: 'Patient', elements: reading.elements('Patient', context) };
  if (reading.has('merge')) {
    draft.add({ kind: 'identity', body: identityBody(person, NUMBERS_ALONE, fragment) }, times.recordedAt);
    addMerge(draft, merge, times, issues);
    return draft.facts;
  }
  if (reading.has('replacement')) {
    addChanges(draft, parts, fragment, context);
    return draft.facts;
  }
  lookAtIns(identity, context);
  draft.add({ kind: 'identity', body: identityBody(person, identity, fragment) }, times.recordedAt);
  const visit = addVisit(draft, parts, context);
  addPeople(draft, reading, visit, context);
  const consent = consentOf(reading.contributions('consent', context));
  if (consent !== undefined) draft.add({ kind: 'consent', body: consent }, times.recordedAt);
  return draft.facts;
}

function frameOf(
  { messageId, mappings, source }: TranslateContext,
  patient: string,
  { recordedAt, sentAt }: RecordedTimes,
): FactFrame {
  return { messageId, source: source.name, mapping: mappings.version, patient, recordedAt, sentAt };
}

/** A merge says nothing of how far an identity is trusted. */
const NUMBERS_ALONE: IdentityNumbers = { numbers: [], reliability: [], qualified: false, withdrawn: false };

function addMerge(
  draft: FactDraft,
  { bodies }: Merge,
  { recordedAt, effectiveAt }: RecordedTimes,
  issues: Issues,
): void {
  if (bodies.length === 0) {
    const text = 'MRG-1 holds no number of the patient that a number of the same type in PID-3 could replace';
    issues.add({ blocking: true, reason: 'field-invalid', field: 'MRG-1', text }, 'MRG-1');
  }
  for (const body of bodies) draft.add({ kind: 'merge', body }, effectiveAt ?? recordedAt);
}

/** It says nothing of its patients but whose the account is: one whom nobody knows is not made by it. */
function addMove(draft: FactDraft, { move, person, times }: MessageParts, issues: Issues): void {
  const [to] = person;
  const body = to === undefined ? undefined : moveBody(move, to, issues);
  if (body !== undefined) draft.add({ kind: 'move', body }, times.effectiveAt ?? times.recordedAt);
}

function addChanges(
  draft: FactDraft,
  { changes, identity, person, times }: MessageParts,
  fragment: Fragment,
  context: ConvertContext,
): void {
  if (changes.length === 0) {
    const text = 'MRG-1 holds no number of the patient that PID-3 changes or leaves out';
    context.issues.add({ blocking: true, reason: 'field-invalid', field: 'MRG-1', text }, 'MRG-1');
  }
  lookAtIns(identity, context);
  const body = identityBody(person, changedIdentity(identity, changes), fragment);
  draft.add({ kind: 'identity', body: { ...body, replaces: changes } }, times.recordedAt);
}

/** One thing to look at for each sender, not for each message. */
function lookAtIns({ numbers, qualified }: IdentityNumbers, { issues }: ConvertContext): void {
  if (qualified || !numbers.some((number) => isInsNumber(number) && number.erased !== true)) return;
  const text =
    'an INS came with an identity that is not validated, or whose birth date was corrected; it was set aside';
  issues.add({ blocking: false, reason: 'field-invalid', field: 'PID-3', text }, 'ins-not-qualified');
}
