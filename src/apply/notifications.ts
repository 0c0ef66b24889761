import { canonicalJson } from '../message/canonical-json.js';
import { documentThread } from '../message/document.js';
import { membersAt } from '../circle/members-at.js';
import type { Event } from '../message/event.js';
import type { TranslationStep } from '../message/translation.js';
import { instant } from '../message/order.js';
import { resourceId } from '../message/uuid.js';
import { changeEvents, standingEvents } from '../record/events.js';
import type { Directory } from '../route/directory.js';
import { route, routeLate, type RouteInput, type RoutingRule } from '../route/route.js';
import { carriedStays } from './carried-stays.js';
import { newcomers } from './long-way.js';
import { oncePerPerson, type RoutedEvent } from './once-per-person.js';
import type { Person } from './people.js';
import { contentOf, isWithheld, subjectsOf, type Subject } from './subjects.js';
import type { FoldedWindow } from './window.js';

export interface RoutingContext {
  directory: Directory;
  rules: readonly RoutingRule[];
  /** What ended before this instant is told to nobody who comes to be of the circle late. */
  lateSince: string;
}

export type Notifications = Pick<TranslationStep, 'events' | 'receipts' | 'deliveries' | 'withdrawals' | 'workItems'>;

/** Who must know of what a message changed: one receipt for each person considered, a delivery for each to be told. */
export function routeChanges(
  before: FoldedWindow,
  after: FoldedWindow,
  messageId: string,
  context: RoutingContext,
): Notifications {
  const subjects = { before: subjectsOf(before), after: subjectsOf(after) };
  const routing = { subjects, after, context };
  const routedBy = (event: Event, input: RouteInput): RoutedEvent => {
    return { event, resources: input.resources, routed: route(event, input) };
  };
  const changed = changes(subjects, messageId).map(({ event, person }) =>
    routedBy(event, inputOf(event, person, routing)),
  );
  const isTold = (stay: string, at: string) =>
    changed.some(
      ({ event, routed: { deliveries } }) =>
        event.about.key === stay && deliveries.some(({ endpoint }) => endpoint === at),
    );
  const routed = [
    // First: once the patient that remains carries the number of the one who goes, that number would find both at the recipient's.
    ...replacements(before, after, messageId).map(({ event, resources }) =>
      routedBy(event, { ...circleless(after, context), resources, receipts: receiptsOf(event, before) }),
    ),
    ...lateEvents(before, routing, messageId)
      .filter(({ event }) => !changed.some((change) => tellsTheSame(change.event, event)))
      .filter(({ routed: late }) => late.receipts.length > 0),
    ...changed,
    ...carriedStays(before, after, messageId, isTold).map(({ event, person, receipts }) =>
      routedBy(event, { ...inputOf(event, person, routing), receipts }),
    ),
  ].filter(({ event, routed: { receipts } }) => event.about.type !== 'patient' || receipts.length > 0);
  return { events: routed.map(({ event }) => event), ...oncePerPerson(routed) };
}

interface PersonEvent {
  event: Event;
  /** Whose stay or document it is, or was. */
  person: Person;
}

/** What people are told of, before a message and after it. */
interface Subjects {
  before: ReadonlyMap<string, Subject>;
  after: ReadonlyMap<string, Subject>;
}

interface Routing {
  subjects: Subjects;
  after: FoldedWindow;
  context: RoutingContext;
}

function changes({ before, after }: Subjects, messageId: string): PersonEvent[] {
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((name) => {
    const [was, now] = [before.get(name), after.get(name)];
    const { person, type } = now ?? was ?? {};
    if (person === undefined || type === undefined || was?.timeline === now?.timeline) return [];
    const context = { patient: person.anchor, messageId };
    return changeEvents(type, was?.timeline, now?.timeline, context).map((event) => ({ event, person }));
  });
}

/**
 * The people who came to be of the circle of a stay or document at the time of events of earlier are entitled to them; a join of two patients
 * brings them too. Members of another one are not: whether that one is loaded must make no difference.
 */
function lateEvents(before: FoldedWindow, routing: Routing, messageId: string): RoutedEvent[] {
  const { subjects, after, context } = routing;
  const pairs = after.people.flatMap((person) => before.people.map((was) => ({ was, person })));
  return pairs.flatMap(({ was, person }) => {
    const kept = [...subjects.after].flatMap(([name, now]) => {
      const earlier = subjects.before.get(name);
      return now.person === person && earlier?.person === was ? [{ earlier, now }] : [];
    });
    const late = kept.length === 0 ? [] : newcomers(was.circle, person.circle);
    if (late.length === 0) return [];
    return kept.flatMap(({ earlier, now }) => {
      if (!isRecent(now.end, context)) return [];
      const members = late.filter(({ scope, stay }) => scope === 'patient' || stay === now.circle);
      const about = { patient: person.anchor, messageId };
      return standingEvents(now.type, earlier.timeline, now.timeline, about).flatMap((event) => {
        const people = new Set(membersAt(members, event.effectiveAt).map((membership) => membership.person));
        if (people.size === 0) return [];
        const input = { ...inputOf(event, person, routing), receipts: receiptsCovering(event, after) };
        return [{ event, resources: input.resources, routed: routeLate(event, people, input) }];
      });
    });
  });
}

/** Two movements of one stay may be the same to people: a hospital that numbers one admission twice has admitted nobody twice. */
function tellsTheSame(event: Event, other: Event): boolean {
  const content = ({ kind, about, effectiveAt, attributes }: Event) =>
    canonicalJson({ kind, about, effectiveAt, attributes });
  return content(event) === content(other);
}

function isRecent(end: string | undefined, { lateSince }: RoutingContext): boolean {
  return end === undefined || instant(end) >= instant(lateSince);
}

/**
 * Patients whom another one replaced, or who are themselves again: those who hold them learn it, and of the one whom they were parted from,
 * before that he has no more of theirs.
 */
function replacements(
  before: FoldedWindow,
  after: FoldedWindow,
  messageId: string,
): { event: Event; resources: string[] }[] {
  const [wasFirst, isFirst] = [before, after].map(({ people }) => new Set(people.map(({ anchor }) => anchor))) as [
    Set<string>,
    Set<string>,
  ];
  const standing = new Set(after.people.flatMap(({ anchors }) => anchors));
  const replaced = before.people.flatMap(({ anchor }) =>
    isFirst.has(anchor) || !standing.has(anchor) ? [] : [{ anchor, kind: 'patient-replaced' as const }],
  );
  const restored = after.people.flatMap(({ anchor }) =>
    !wasFirst.has(anchor) && before.births.has(anchor) ? [{ anchor, kind: 'correction' as const }] : [],
  );
  const partedFrom = before.people.flatMap(({ anchor, anchors }) =>
    isFirst.has(anchor) && restored.some((parted) => anchors.includes(parted.anchor))
      ? [{ anchor, kind: 'correction' as const }]
      : [],
  );
  return [...replaced, ...partedFrom, ...restored].map(({ anchor, kind }) => ({
    event: {
      kind,
      messageId,
      patient: anchor,
      about: { type: 'patient', key: anchor },
      thread: anchor,
      effectiveAt: after.births.get(anchor) ?? before.births.get(anchor) ?? '',
      attributes: {},
    },
    resources: [`Patient/${resourceId('Patient', anchor)}`, `CareTeam/${resourceId('CareTeam', anchor)}`],
  }));
}

/** Those who were told anything of a patient, each once; of a stay's event those told of its thread. */
function receiptsOf({ about, thread, patient }: Event, { receipts }: FoldedWindow): RouteInput['receipts'] {
  if (about.type === 'patient') return receipts.filter((receipt) => receipt.patient === patient);
  return receipts.filter((receipt) => receipt.about === about.key && receipt.thread === thread);
}

/** The same, and of a plan or an appointment those told of the document that brought it: it was in what they were sent. */
function receiptsCovering(event: Event, { receipts }: FoldedWindow): RouteInput['receipts'] {
  const { about, thread } = event;
  const covers = (other: string) =>
    other === thread || (about.type === 'document' && other === documentThread(about.key));
  return receipts.filter((receipt) => receipt.about === about.key && covers(receipt.thread));
}

function circleless(
  after: FoldedWindow,
  { directory, rules }: RoutingContext,
): Omit<RouteInput, 'resources' | 'receipts'> {
  return { circle: [], directory, rules, cluster: after.cluster };
}

function inputOf(event: Event, person: Person, { subjects, after, context }: Routing): RouteInput {
  const now = subjects.after.get(`${event.about.type} ${event.about.key}`);
  return {
    ...circleless(after, context),
    circle: person.circle,
    receipts: receiptsOf(event, after),
    resources: contentOf(event, person, subjects),
    withheld: isWithheld(event, now),
  };
}
