import { canonicalJson } from '../message/canonical-json.js';
import { membersAt } from '../circle/members-at.js';
import type { Event } from '../message/event.js';
import type { TranslationStep } from '../message/translation.js';
import { instant } from '../message/order.js';
import { referenceTo } from '../message/resource.js';
import { resourceId } from '../message/uuid.js';
import { standingEvents, stayEvents } from '../record/events.js';
import type { Directory } from '../route/directory.js';
import { route, routeLate, type Routed, type RouteInput, type RoutingRule } from '../route/route.js';
import { carriedStays } from './carried-stays.js';
import { newcomers } from './long-way.js';
import type { Person } from './people.js';
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
  const changed = stayChanges(before, after, messageId).map(({ event, person }) => ({
    event,
    routed: route(event, inputOf(event, person, after, context)),
  }));
  const isTold = (stay: string, at: string) =>
    changed.some(
      ({ event, routed: { deliveries } }) =>
        event.about.key === stay && deliveries.some(({ endpoint }) => endpoint === at),
    );
  const routed = [
    // First: once the patient that remains carries the number of the one who goes, that number would find both at the recipient's.
    ...replacements(before, after, messageId).map(({ event, resources }) => ({
      event,
      routed: route(event, { ...circleless(after, context), resources, receipts: receiptsOf(event, before) }),
    })),
    ...lateEvents(before, after, messageId, context)
      .filter(({ event }) => !changed.some((change) => tellsTheSame(change.event, event)))
      .filter(({ routed: late }) => late.receipts.length > 0),
    ...changed,
    ...carriedStays(before, after, messageId, isTold).map(({ event, person, receipts }) => ({
      event,
      routed: route(event, { ...inputOf(event, person, after, context), receipts }),
    })),
  ].filter(({ event, routed: { receipts } }) => event.about.type === 'stay' || receipts.length > 0);
  return {
    events: routed.map(({ event }) => event),
    receipts: routed.flatMap(({ routed: { receipts } }) => receipts),
    deliveries: routed.flatMap(({ routed: { deliveries } }) => deliveries),
    withdrawals: routed.flatMap(({ routed: { withdrawals } }) => withdrawals),
    workItems: routed.flatMap(({ routed: { workItems } }) => workItems),
  };
}

interface PersonEvent {
  event: Event;
  /** Whose stay it is, or was. */
  person: Person;
}

function stayChanges(before: FoldedWindow, after: FoldedWindow, messageId: string): PersonEvent[] {
  const earlier = staysOf(before);
  const later = staysOf(after);
  return [...new Set([...earlier.keys(), ...later.keys()])].flatMap((key) => {
    const [was, now] = [earlier.get(key), later.get(key)];
    const person = now?.person ?? was?.person;
    if (person === undefined || was?.stay === now?.stay) return [];
    const context = { patient: person.anchor, messageId };
    return stayEvents(was?.stay, now?.stay, context).map((event) => ({ event, person }));
  });
}

function staysOf({ people }: FoldedWindow) {
  return new Map(
    people.flatMap((person) => [...person.stays].map(([key, { stay }]) => [key, { stay, person }] as const)),
  );
}

/**
 * The people who came to be of the circle of a stay at the time of events of earlier are entitled to them; a join of two patients brings
 * them too. Members of another stay are not: whether that one is loaded must make no difference.
 */
function lateEvents(
  before: FoldedWindow,
  after: FoldedWindow,
  messageId: string,
  context: RoutingContext,
): { event: Event; routed: Routed }[] {
  const pairs = after.people.flatMap((person) => before.people.map((was) => ({ was, person })));
  return pairs.flatMap(({ was, person }) => {
    const stays = [...person.stays].filter(([key]) => was.stays.has(key));
    const late = stays.length === 0 ? [] : newcomers(was.circle, person.circle);
    if (late.length === 0) return [];
    return stays.flatMap(([key, { stay }]) => {
      const earlier = was.stays.get(key)?.stay;
      if (earlier === undefined || !isRecent(stay.end, context)) return [];
      const members = late.filter(({ scope, stay: of }) => scope === 'patient' || of === key);
      return standingEvents(earlier, person.anchor, messageId, stay).flatMap((event) => {
        const people = new Set(membersAt(members, event.effectiveAt).map((membership) => membership.person));
        if (people.size === 0) return [];
        return [{ event, routed: routeLate(event, people, inputOf(event, person, after, context)) }];
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

function circleless(
  after: FoldedWindow,
  { directory, rules }: RoutingContext,
): Omit<RouteInput, 'resources' | 'receipts'> {
  return { circle: [], directory, rules, cluster: after.cluster };
}

function inputOf(event: Event, person: Person, after: FoldedWindow, context: RoutingContext): RouteInput {
  const stay = person.stays.get(event.about.key)?.stay;
  const encounter =
    stay === undefined ? `Encounter/${resourceId('Encounter', event.about.key)}` : referenceTo(stay.encounter.resource);
  return {
    ...circleless(after, context),
    circle: person.circle,
    receipts: receiptsOf(event, after),
    resources: [
      person.patient,
      encounter,
      `CarePlan/${resourceId('CarePlan', event.about.key)}`,
      ...(person.team === undefined ? [] : [person.team]),
    ],
  };
}
