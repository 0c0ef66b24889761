import type { NewDelivery } from '../message/delivery.js';
import { isCorrection, type Event } from '../message/event.js';
import type { Membership } from '../message/membership.js';
import type { NewWorkItem } from '../message/message.js';
import type { EarlierReceipt, NewReceipt, ReceiptReason } from '../message/receipt.js';
import type { Withdrawal } from '../message/translation.js';
import { uuid5 } from '../message/uuid.js';
import { decideCorrection, withdrawalsOf } from './correction.js';
import { people, type Decision } from './decision.js';
import type { Directory } from './directory.js';

/** Who is told of what: roles of the circle as `code` or `system|code` (or `any`), kinds of event, and what of the event a rule may ask besides. */
export interface RoutingRule {
  id: string;
  events: readonly string[];
  roles: readonly string[];
  /** Attributes that the event must have one of these values of, e.g. `class: [IMP]`; of a nature (ZBE-9) one of these letters. */
  when?: Readonly<Record<string, readonly string[] | undefined>> | undefined;
}

export interface RouteInput {
  /** The circle as it stands after the message, past members included. */
  circle: readonly Membership[];
  directory: Directory;
  rules: readonly RoutingRule[];
  /** Those told of the thread of the event. */
  receipts: readonly EarlierReceipt[];
  /** `Type/id` of what a delivery carries. */
  resources: readonly string[];
  /** It is not to be shown to professionals. */
  withheld?: boolean;
  /** Names the patient's lane at every endpoint, whatever number names the patient. */
  cluster: string;
}

export interface Routed {
  receipts: NewReceipt[];
  deliveries: NewDelivery[];
  /** What this event undid before it reached anybody. */
  withdrawals: Withdrawal[];
  workItems: NewWorkItem[];
}

/**
 * Decides for one event, and says why for everyone: one receipt for each person considered, one delivery for each to be told.
 * An event goes to the members at its time whom a rule names; a cancellation or correction goes to exactly those whom what it undoes has
 * reached, and what has not reached anybody is withdrawn.
 */
export function route(event: Event, input: RouteInput): Routed {
  const decisions = isCorrection(event.kind)
    ? decideCorrection(event, input)
    : people(input.circle).map((memberships) => decidePerson(event, memberships, input));
  return { ...routed(event, decisions, input), withdrawals: withdrawalsOf(event, input.receipts) };
}

/**
 * Decides again for an event of earlier, for people who came to be of the circle at its time: those whom a rule tells now and who were not
 * told of it get the event itself. Of the others nothing new is said.
 * @param newcomers references of those people
 */
export function routeLate(event: Event, newcomers: ReadonlySet<string>, input: RouteInput): Routed {
  const reached = new Set(input.receipts.map(({ member, endpoint }) => `${member}|${endpoint}`));
  const decisions = people(input.circle)
    .filter((memberships) => memberships.some(({ person }) => newcomers.has(person)))
    .flatMap((memberships) => {
      const decision = decidePerson(event, memberships, input);
      const { endpoint } = decision;
      const isTold = memberships.some(({ person }) => reached.has(`${person}|${endpoint ?? ''}`));
      return endpoint === undefined || isTold ? [] : [decision];
    });
  return routed(event, decisions, input);
}

function routed(event: Event, decisions: readonly Decision[], input: RouteInput): Routed {
  const decided = decisions.map((decision) => ({ receipt: receiptOf(event, decision), decision }));
  const receipts = decided.map(({ receipt }) => receipt);
  const deliveries = decided.flatMap(({ receipt, decision }) => deliveryOf(receipt, decision, input));
  const workItems = decisions.flatMap((decision) =>
    decision.reason === 'name-differs' ? [nameDiffers(decision)] : [],
  );
  return { receipts, deliveries, withdrawals: [], workItems };
}

/** Of the reasons why nobody was told, the one that came nearest to telling is the one to give. */
const NEAREST: readonly ReceiptReason[] = [
  'rule-tells',
  'name-differs',
  'no-endpoint',
  'not-in-directory',
  'no-rule',
  'membership-not-begun',
  'membership-ended',
];

/** A person is told where any of his memberships says so, unless one of them forbids it. */
function decidePerson(event: Event, memberships: readonly Membership[], input: RouteInput): Decision {
  const hidden = memberships.find((membership) => membership.hidden);
  const decisions = (hidden === undefined ? memberships : [hidden]).map((membership) =>
    decide(event, membership, input),
  );
  return decisions.reduce((best, decision) => {
    const nearer = NEAREST.indexOf(decision.reason) - NEAREST.indexOf(best.reason);
    return nearer < 0 || (nearer === 0 && reach(decision) > reach(best)) ? decision : best;
  });
}

function reach({ to }: Pick<Decision, 'to'>): number {
  return to === null ? Number.POSITIVE_INFINITY : Date.parse(to);
}

function decide(event: Event, member: Membership, { directory, rules, withheld }: RouteInput): Decision {
  const at = Date.parse(event.effectiveAt);
  const decision = (reason: ReceiptReason, rule: string | null = null, endpoint?: string): Decision => ({
    member: member.person,
    label: member.label,
    role: member.role.code,
    from: member.from,
    to: member.to ?? null,
    reason,
    rule,
    endpoint,
  });
  if (member.hidden) return decision('must-not-be-notified');
  if (withheld === true) return decision('withheld-from-professionals');
  if (member.to !== undefined && Date.parse(member.to) < at) return decision('membership-ended');
  if (Date.parse(member.from) > at) return decision('membership-not-begun');
  const rule = rules.find((candidate) => applies(candidate, event, member.role));
  if (rule === undefined) return decision('no-rule');
  const whereabouts = directory.find(member);
  return whereabouts.kind === 'endpoint'
    ? decision('rule-tells', rule.id, whereabouts.endpoint)
    : decision(whereabouts.kind, rule.id);
}

function applies(
  { events, roles, when = {} }: RoutingRule,
  event: Event,
  { system, code }: Membership['role'],
): boolean {
  return (
    events.includes(event.kind) &&
    [code, `${system}|${code}`, 'any'].some((role) => roles.includes(role)) &&
    Object.entries(when).every(([attribute, values]) => {
      const value = event.attributes[attribute] ?? '';
      // The nature of one movement may be several letters, e.g. HMS.
      return (attribute === 'nature' ? [...value] : [value]).some((part) => values?.includes(part) ?? true);
    })
  );
}

/** Who was told at two addresses is corrected at both, so the address is part of what names a correction's receipt. */
function nameOf(event: Event, { member, reason, endpoint }: Decision): string {
  const address = reason === 'was-told-before' ? `|${endpoint ?? ''}` : '';
  return `receipt|${event.messageId}|${event.about.key}|${event.thread}|${event.kind}|${member}${address}`;
}

function receiptOf(event: Event, decision: Decision): NewReceipt {
  const { member, label, role, reason, rule, from, to, endpoint } = decision;
  return {
    id: uuid5(nameOf(event, decision)),
    event,
    member,
    label,
    role,
    decision: endpoint === undefined ? 'not-told' : 'told',
    reason,
    rule,
    memberFrom: from,
    memberTo: to,
  };
}

function deliveryOf(
  { id: receiptId, event }: NewReceipt,
  { endpoint, respondsTo }: Decision,
  { resources, cluster }: RouteInput,
): NewDelivery[] {
  if (endpoint === undefined) return [];
  return [
    {
      id: uuid5(`delivery|${receiptId}`),
      receiptId,
      endpoint,
      kind: event.kind,
      lane: `${endpoint}|${cluster}`,
      resources: [...resources],
      respondsTo,
    },
  ];
}

function nameDiffers({ member }: Decision): NewWorkItem {
  const text =
    'a professional number of the circle stands in the directory under another family name; nobody was told through it';
  return { reason: 'recipient-unknown', field: 'ROL-4', text, key: `name-differs|${member}` };
}
