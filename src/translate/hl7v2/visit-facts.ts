import type { Message } from '../../hl7v2/parse.js';
import type { MemberBody } from '../../message/fact.js';
import type { ConvertContext } from '../converter.js';
import type { FactDraft } from '../fact-draft.js';
import { contactOf, type ContactReading } from './contact.js';
import { professionalMembers, type VisitContext } from './members.js';
import type { MessageReading } from './message-reading.js';
import { movementBody } from './movement.js';
import { checkHappened, type RecordedTimes } from './recorded.js';

/** The stay that the facts of a message belong to, and when they take effect. */
interface Visit extends VisitContext {
  stay: string | undefined;
  account: string | undefined;
  effectiveAt: string;
}

/** What a visit message says: its rows, and when. */
interface VisitReading {
  reading: MessageReading;
  times: RecordedTimes;
}

/** Adds the movement of a visit message; says whether there is one, and of which stay. */
export function addVisit(draft: FactDraft, { reading, times }: VisitReading, context: ConvertContext): Visit {
  const read = reading.contributions('movement', context);
  const stay = read.filled<string>('stay');
  const account = read.filled<string>('account');
  const trigger = context.message.value('MSH-9.2');
  // EVN-6 of an A08 is about the update, not about the movement.
  const happenedAt = read.filled<string>('effectiveAt') ?? (trigger === 'A08' ? undefined : times.effectiveAt);
  const effectiveAt = happenedAt ?? times.recordedAt;
  const visit = {
    visit: reading.has('movement') && !(trigger === 'A08' && isPatientAlone(context.message, stay ?? account)),
    movement: read.filled<string>('movement'),
    stay,
    account,
    effectiveAt,
  };
  if (!visit.visit) return visit;
  if (stay === undefined && account === undefined) {
    const text = 'the message names neither its stay nor an account';
    context.issues.add({ blocking: true, reason: 'field-missing', field: 'PV1-19', text }, 'PV1-19');
  }
  checkHappened(trigger, read, times, context.issues);
  const encounter = { target: 'Encounter', elements: reading.elements('Encounter', context) };
  const body = movementBody(trigger, read, { encounter, timed: happenedAt !== undefined });
  draft.add({ kind: 'movement', body }, effectiveAt, visit);
  return visit;
}

/** An A08 updates the visit that it names, else the patient alone, e.g. with the pseudo PV1 of identity messages. */
function isPatientAlone(message: Message, number: string | undefined): boolean {
  const visitClass = message.segment('PV1')?.value(2);
  return number === undefined || visitClass === undefined || visitClass === 'N';
}

/** Adds the professionals and relatives that a message names, of its stay where it is about one. */
export function addPeople(draft: FactDraft, reading: MessageReading, visit: Visit, context: ConvertContext): void {
  const visitFrom = context.message.segment('PV1')?.index ?? Number.POSITIVE_INFINITY;
  const professionals = reading.each('member', context).map(({ segment, read }) => {
    return { read, basis: segment.name, beforeVisit: segment.index < visitFrom };
  });
  const addMember = (body: MemberBody) => {
    draft.add({ kind: 'member', body }, visit.effectiveAt, body.scope === 'stay' ? visit : undefined);
  };
  for (const body of professionalMembers(professionals, visit)) addMember(body);
  for (const { contact, member } of contactsOf(reading, visit, context)) {
    draft.add({ kind: 'contact', body: contact }, visit.effectiveAt);
    if (member !== undefined) addMember(member);
  }
}

/** Both maps of a contact, his role and his person, read each NK1. */
function contactsOf(reading: MessageReading, visit: VisitContext, context: ConvertContext): ContactReading[] {
  const persons = new Map(reading.each('RelatedPerson', context).map(({ segment, elements }) => [segment, elements]));
  return reading.each('contact', context).flatMap(({ segment, read }) => {
    const contact = contactOf(read, persons.get(segment) ?? [], visit);
    if (contact !== undefined) return [contact];
    context.record.forget(segment);
    return [];
  });
}
