import { toInstant } from '../hl7v2/datetime.js';
import type { Message } from '../hl7v2/parse.js';
import type { Fact, Fragment, IdentityBody, PatientIdentifier, Translation } from '../message/fact.js';
import type { Mappings, SegmentMap } from './compile.js';
import { consentOf } from './consent.js';
import type { ConvertContext } from './converter.js';
import { FragmentBuilder, runMap } from './engine.js';
import { anchorOf, Authorities, personIdentifiers, type SourceAuthority } from './identifiers.js';
import { relativeMembers, roleMembers } from './members.js';
import { readMovement, stayKey } from './movement.js';
import { ReadRecord, readAll, readField } from './reader.js';
import { Territory } from './territory.js';

export interface TranslateContext {
  messageId: string;
  mappings: Mappings;
  /** IANA zone of the source, for times without offset. */
  zone: string;
  /** Whose numbers the source sends. */
  source: SourceAuthority;
  /** Journal time, for messages that say no time of their own. */
  receivedAt: string;
}

type Issue = Translation['issues'][number];

/**
 * One message → facts, each with its traces. Pure: the same message, mappings and context give the same translation.
 * What blocks it is told in `issues`; then there are no facts.
 */
export function translate(message: Message, options: TranslateContext): Translation {
  const record = new ReadRecord();
  const recordedAt = recordedTime(message, options, record);
  const authorities = new Authorities(options.source, message.value('MSH-4'));
  const territory = new Territory(recordedAt, authorities);
  const reliability = readAll(message.segment('PID'), 32, record).map((field) => field.value());
  const qualified = isQualified(reliability, message);
  const context: ConvertContext = {
    message,
    record,
    zone: options.zone,
    authorities,
    territory,
    qualified,
  };
  const identifiers = personIdentifiers(patientIdentifiers(context));
  const trigger = message.value('MSH-9.2');
  const maps = options.mappings.maps.get(trigger) ?? [];
  const patient = anchorOf(identifiers);
  if (patient === undefined || maps.length === 0)
    return blocked(patient === undefined ? noPatient() : unmapped(trigger));
  const built = buildFragments(maps, context);
  const facts = factsOf(patient, recordedAt, { ...options, reliability, identifiers }, maps, built, context);
  const issues = [...built.issues, ...unqualifiedIns(context)];
  const stopped = issues.some(({ blocking }) => blocking);
  return {
    facts: stopped ? [] : facts,
    mentions: stopped ? [] : territory.mentions,
    identifiers,
    unused: () => record.unused(message),
    issues,
  };
}

/** An INS is conveyed only with a validated identity whose birth date was not corrected by the hospital (pam-fr §2.3). */
function isQualified(reliability: readonly string[], message: Message): boolean {
  const corrected = message.segment('ZFD')?.value(4) === 'Y';
  return !corrected && reliability.some((status) => status === 'VALI' || status === 'VAL');
}

/** One thing to look at for each sender, not for each message. */
function unqualifiedIns({ message, qualified }: ConvertContext): Issue[] {
  const pid = message.segment('PID');
  const at = readAll(pid, 3, new ReadRecord()).find((field) => field.value(5) === 'INS' && field.value() !== '""');
  if (qualified || at === undefined) return [];
  const text =
    'an INS came with an identity that is not validated, or whose birth date was corrected; it was set aside';
  const key = `ins-not-qualified|${message.value('MSH-4').slice(0, 20)}`;
  return [{ blocking: false, reason: 'field-invalid', field: at.path(1), text, key }];
}

interface Said extends TranslateContext {
  reliability: string[];
  identifiers: PatientIdentifier[];
}

/** Identity, movement, members, consent: what the message says, fact by fact. */
function factsOf(
  patient: string,
  recordedAt: string,
  said: Said,
  maps: readonly SegmentMap[],
  built: ReturnType<typeof buildFragments>,
  context: ConvertContext,
): Fact[] {
  const draft = new FactDraft(said, patient, recordedAt);
  const stay = maps.some(({ target }) => target === 'Encounter') ? stayKey(context.message, context) : undefined;
  const movement = stay === undefined ? undefined : readMovement(stay, recordedAt, built.encounter, context);
  const effectiveAt = movement?.effectiveAt ?? recordedAt;
  const relatives = maps.find(({ segment }) => segment === 'NK1');
  const members = [...roleMembers(stay, context), ...relativeMembers(patient, stay, relatives, context)];
  const identity: IdentityBody = {
    identifiers: said.identifiers,
    reliability: said.reliability,
    patient: withDoctor(built.patient, members),
  };
  draft.add({ kind: 'identity', body: identity }, recordedAt);
  if (movement !== undefined) draft.add({ kind: 'movement', body: movement.body }, effectiveAt, stay);
  for (const body of members)
    draft.add({ kind: 'member', body }, effectiveAt, body.scope === 'stay' ? stay : undefined);
  const consent = consentOf(context);
  if (consent !== undefined) draft.add({ kind: 'consent', body: consent }, recordedAt);
  return draft.facts;
}

/** EVN-2, else MSH-7: when the sender recorded it. Orders facts; never the arrival. */
function recordedTime(message: Message, { zone, receivedAt }: TranslateContext, record: ReadRecord): string {
  const written = readField(message.segment('EVN'), 2, record)?.value() ?? '';
  return toInstant(written, zone) ?? toInstant(message.value('MSH-7'), zone) ?? receivedAt;
}

function blocked(issue: Issue): Translation {
  return { facts: [], mentions: [], identifiers: [], unused: () => [], issues: [issue] };
}

function noPatient(): Issue {
  return {
    blocking: true,
    reason: 'field-missing',
    field: 'PID-3',
    text: 'PID-3 holds no identifier that may name the patient',
  };
}

function unmapped(trigger: string): Issue {
  return {
    blocking: true,
    reason: 'trigger-unmapped',
    field: 'MSH-9.2',
    text: `event ${trigger.slice(0, 4)} is not mapped`,
    key: `trigger-unmapped|${trigger.slice(0, 4)}`,
  };
}

/** Every identifier of PID-3; an INS only from a qualified identity, what is erased from any. */
function patientIdentifiers({ message, record, authorities, qualified }: ConvertContext): PatientIdentifier[] {
  return readAll(message.segment('PID'), 3, record).flatMap((field) => {
    const type = field.value(5);
    const value = field.value(1);
    if (value === '') return [];
    const system = authorities.systemOf(field.authority(4));
    if (value === '""') return [{ system, value: '', type, erased: true }];
    return type === 'INS' && !qualified ? [] : [{ system, value, type }];
  });
}

function buildFragments(
  maps: readonly SegmentMap[],
  context: ConvertContext,
): { patient: Fragment; encounter: Fragment; issues: Issue[] } {
  const patient = new FragmentBuilder('Patient');
  const encounter = new FragmentBuilder('Encounter');
  for (const map of maps) {
    const into = map.target === 'Patient' ? patient : map.target === 'Encounter' ? encounter : undefined;
    if (into !== undefined) for (const segment of context.message.all(map.segment)) runMap(map, segment, into, context);
  }
  return {
    patient: patient.fragment(),
    encounter: encounter.fragment(),
    issues: [...patient.issues, ...encounter.issues],
  };
}

/** The declared family doctor is Patient.generalPractitioner too (pam-fr §5.1). */
function withDoctor(
  fragment: Fragment,
  members: readonly {
    role: { code: string };
    reference: string;
    label: string;
    action: string;
    trace: readonly (readonly [string, string, string])[];
  }[],
): Fragment {
  const doctors = members.filter(({ role, action }) => role.code === 'PCP' && action === 'add');
  if (doctors.length === 0) return fragment;
  const value = doctors.map(({ reference, label }) => ({ reference, display: label }));
  const trace = doctors.map(
    ({ trace: said }, index) =>
      [`generalPractitioner[${index}]`, said[0]?.[1] ?? 'ROL-4', 'rule:general-practitioner'] as const,
  );
  return { ...fragment, elements: [...fragment.elements, { path: 'generalPractitioner', value, trace }] };
}

type FactContent = Fact extends infer One ? (One extends Fact ? Pick<One, 'kind' | 'body'> : never) : never;

/** Numbers the facts of one message and gives each what they share. */
class FactDraft {
  readonly facts: Fact[] = [];

  constructor(
    private readonly options: TranslateContext,
    private readonly patient: string,
    private readonly recordedAt: string,
  ) {}

  add(content: FactContent, effectiveAt: string, stay?: string): void {
    const { messageId, mappings } = this.options;
    this.facts.push({
      id: `${messageId}.${this.facts.length}`,
      messageId,
      patient: this.patient,
      ...(stay === undefined ? {} : { stay }),
      effectiveAt,
      recordedAt: this.recordedAt,
      mapping: mappings.version,
      ...content,
    });
  }
}
