import { ROLES } from '../fhir/roles.js';
import { documentStay } from '../message/document.js';
import type { Contact, Membership } from '../message/membership.js';
import { compareText, instant } from '../message/order.js';
import type { FoldedStay, FoldOptions, Source, StayPresence } from '../message/stay.js';
import { addDays, earlier, later } from './calendar.js';
import { foldStatements, type Bound, type Interval, type Statement } from './statements.js';

/** The role in the circle of those whom the movements of a stay name, by type. */
const ROLE_OF_DOCTOR: ReadonlyMap<string, Membership['role']> = new Map([
  ['ATND', ROLES.attending],
  ['ADM', ROLES.admitting],
]);

/** Begin of a person who is a contact of the patient: `contact:<key>`. */
const CONTACT = 'contact:';

/**
 * The members for life that statements of the patient make, by begin, past ones too. Statements of stays are passed over.
 * @param contacts the relatives by ContactBody.contact; a statement about one who is not among them makes no member
 * @returns outdated: ids of the statements that could be left out for ever without a change, whatever is recorded later
 */
export function patientMemberships(
  statements: readonly Statement[],
  contacts: ReadonlyMap<string, Contact>,
): { memberships: Membership[]; outdated: string[] } {
  const own = statements.filter(({ body }) => body.scope === 'patient');
  const { intervals, outdated } = foldStatements(own, ({ recordedAt, effectiveAt }) =>
    earlier(recordedAt, effectiveAt),
  );
  return { memberships: inOrder(intervals.flatMap((interval) => statementMember(interval, contacts))), outdated };
}

/**
 * The members of a stay, by begin: those whom its movements name, and those of its statements that no cancelled movement took along. They
 * are members within the stay and, after it, for as many days as the hospital's members remain. A stay without start has none.
 * @param statements those of other stays and of the patient are passed over
 * @param contacts the relatives by ContactBody.contact
 */
export function stayMemberships(
  stay: FoldedStay,
  statements: readonly Statement[],
  contacts: ReadonlyMap<string, Contact>,
  options: FoldOptions,
): Membership[] {
  const { start, end } = stay;
  if (start === undefined) return [];
  const limit = end === undefined ? undefined : addDays(end, options.hospitalMembersStayDays, options.zone);
  const own = statements.filter(
    (fact) => fact.body.scope === 'stay' && fact.stay === stay.key && !stay.void.has(fact.body.movement ?? ''),
  );
  const times = new Map(stay.movements.map(({ thread, effectiveAt }) => [thread, effectiveAt]));
  const { intervals } = foldStatements(own, (fact) => times.get(fact.body.movement ?? '') ?? fact.effectiveAt);
  return inOrder([
    ...stay.presences.map((presence) => presenceMember(presence, limit)),
    ...intervals
      .flatMap((interval) => statementMember(interval, contacts))
      .map((member) => withinStay(member, start, limit)),
  ]).map((member) => ({ ...member, stay: stay.key, restricted: stay.restricted }));
}

/**
 * Those whom the version in force of a document puts in the circle, by begin: for the times that it gives, else from then on, which is marked.
 * @param key what names the document in all its versions
 * @param restricted who may see the document is restricted
 */
export function documentMemberships(
  key: string,
  statements: readonly Statement[],
  contacts: ReadonlyMap<string, Contact>,
  restricted: boolean,
): Membership[] {
  const { intervals } = foldStatements(statements, ({ effectiveAt }) => effectiveAt);
  const stay = documentStay(key);
  const members = intervals.flatMap((interval) => statementMember(interval, contacts));
  return inOrder(members).map((member) => ({ ...member, stay, restricted }));
}

function statementMember(
  { opener, wording, from, fromDerived, to }: Interval,
  contacts: ReadonlyMap<string, Contact>,
): Membership[] {
  const { person, role, label, scope, basis, identifier, family } = wording.body;
  const contact = person.startsWith(CONTACT)
    ? contacts.get(person.slice(CONTACT.length))
    : { person, label, hidden: false };
  if (contact === undefined) return [];
  return [
    {
      person: contact.person,
      role,
      label: contact.label,
      from,
      ...(to === undefined ? {} : { to: to.at, ended: originOf(to.by, partOf(to)) }),
      fromDerived,
      toDerived: to?.derived ?? false,
      scope,
      source: wording.source,
      basis,
      hidden: contact.hidden,
      restricted: false,
      ...(identifier === undefined ? {} : { identifier }),
      ...(family === undefined ? {} : { family }),
      origin: originOf(opener, 'person'),
    },
  ];
}

/**
 * A member of a stay is so neither before nor after it; what the stay ends, no statement did. The times are those of the stay and of its
 * movements.
 */
function withinStay(member: Membership, start: string, limit: string | undefined): Membership {
  const { ended, ...membership } = member;
  const rest = { ...membership, fromDerived: false, toDerived: false };
  const to = limit === undefined || member.to === undefined ? (member.to ?? limit) : earlier(member.to, limit);
  if (to === undefined) return { ...rest, from: later(start, member.from) };
  const from = earlier(later(start, member.from), to);
  return { ...rest, from, to, ...(ended !== undefined && to === member.to ? { ended } : {}) };
}

function presenceMember(presence: StayPresence, limit: string | undefined): Membership {
  const { person, label, type, from, identifier, family, source, origin } = presence;
  const to = presence.to ?? limit;
  return {
    person,
    role: ROLE_OF_DOCTOR.get(type) ?? ROLES.provider,
    label,
    from,
    ...(to === undefined ? {} : { to }),
    fromDerived: false,
    toDerived: false,
    scope: 'stay',
    source,
    basis: 'PV1',
    hidden: false,
    restricted: false,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
    origin,
  };
}

/** The part of a statement that gives a time; a statement without times gives that of its own making. */
function partOf({ at, by }: Bound): string {
  if (by.body.end === at) return 'end';
  return by.body.begin === at ? 'begin' : 'person';
}

/** Where a part of a statement comes from, the whole of it where that part has no trace of its own. */
function originOf({ messageId, body }: Statement, part: string): Source {
  const trace = body.trace.find(([to]) => to === part || to.startsWith(`${part}[`)) ?? body.trace[0];
  const [, from, row] = trace ?? [part, body.basis, 'rule:member'];
  return { messageId, from, row };
}

function inOrder(memberships: Membership[]): Membership[] {
  const keyOf = ({ person, role, source, basis, to }: Membership) =>
    [person, role.system, role.code, source, basis, to ?? ''].join('|');
  return memberships.sort((a, b) => instant(a.from) - instant(b.from) || compareText(keyOf(a), keyOf(b)));
}
