import type { EventKind, NewDelivery, NewReceipt, ReceiptReason, StayEvent } from '../message/delivery.js';
import type { CircleMember } from '../message/folded.js';
import { uuid5 } from '../message/id.js';
import type { NewWorkItem } from '../message/message.js';
import type { ToldBefore } from '../message/translation.js';
import type { Directory } from './directory.js';

/** Who is told of what: roles of the circle (or `any`) and kinds of event. */
export interface RoutingRule {
  id: string;
  events: readonly string[];
  roles: readonly string[];
}

export interface RouteInput {
  /** The circle as it stands after the message, past members included. */
  circle: readonly CircleMember[];
  directory: Directory;
  rules: readonly RoutingRule[];
  /** Those told of the movement that the event speaks of. */
  told: readonly ToldBefore[];
  /** `Type/id` of what a delivery carries. */
  resources: { patient: string; encounter: string; plan: string; team?: string };
}

export interface Routed {
  receipts: NewReceipt[];
  deliveries: NewDelivery[];
  workItems: NewWorkItem[];
}

interface Decision {
  member: string;
  label: string;
  role: string;
  from: string | null;
  to: string | null;
  reason: ReceiptReason;
  rule: string | null;
  endpoint: string | undefined;
}

const CORRECTIONS: ReadonlySet<EventKind> = new Set<EventKind>([
  'preadmission-cancelled',
  'admission-cancelled',
  'transfer-cancelled',
  'discharge-cancelled',
  'correction',
]);

/**
 * Decides for one event, and says why for everyone (laws 5 and 6): one receipt for each person considered, one delivery for each to be told.
 * An event goes to the members at its time whom a rule names; a cancellation or correction goes to exactly those who were told what it undoes.
 */
export function route(event: StayEvent, input: RouteInput): Routed {
  const decisions = CORRECTIONS.has(event.kind)
    ? decideCorrection(input)
    : people(input.circle).map((memberships) => decidePerson(event, memberships, input));
  const decided = decisions.map((decision) => ({ receipt: receiptOf(event, decision), endpoint: decision.endpoint }));
  const receipts = decided.map(({ receipt }) => receipt);
  const deliveries = decided.flatMap(({ receipt, endpoint }) => deliveryOf(receipt, endpoint, input));
  const workItems = decisions.flatMap((decision) =>
    decision.reason === 'name-differs' ? [nameDiffers(decision)] : [],
  );
  return { receipts, deliveries, workItems };
}

/** The circle person by person: who is of it twice, in two roles or for two stays, is considered once. */
function people(circle: readonly CircleMember[]): CircleMember[][] {
  const found = new Map<string, CircleMember[]>();
  for (const member of circle) found.set(member.reference, [...(found.get(member.reference) ?? []), member]);
  return [...found.values()];
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
function decidePerson(event: StayEvent, memberships: readonly CircleMember[], input: RouteInput): Decision {
  const silent = memberships.find((member) => member.doNotNotify);
  const decisions = (silent === undefined ? memberships : [silent]).map((member) => decide(event, member, input));
  return decisions.reduce((best, other) => {
    const nearer = NEAREST.indexOf(other.reason) - NEAREST.indexOf(best.reason);
    return nearer < 0 || (nearer === 0 && reach(other) > reach(best)) ? other : best;
  });
}

function reach({ to }: Pick<Decision, 'to'>): number {
  return to === null ? Number.POSITIVE_INFINITY : Date.parse(to);
}

function decide(event: StayEvent, member: CircleMember, { directory, rules }: RouteInput): Decision {
  const at = Date.parse(event.effectiveAt);
  const decision = (reason: ReceiptReason, rule: string | null = null, endpoint?: string): Decision => ({
    member: member.reference,
    label: member.label,
    role: member.role,
    from: member.from ?? null,
    to: member.to ?? null,
    reason,
    rule,
    endpoint,
  });
  if (member.doNotNotify) return decision('must-not-be-notified');
  if (member.to !== undefined && Date.parse(member.to) < at) return decision('membership-ended');
  if (member.from !== undefined && Date.parse(member.from) > at) return decision('membership-not-begun');
  const rule = rules.find(
    (one) => one.events.includes(event.kind) && (one.roles.includes(member.role) || one.roles.includes('any')),
  );
  if (rule === undefined) return decision('no-rule');
  const whereabouts = directory.find(member);
  return whereabouts.kind === 'endpoint'
    ? decision('rule-tells', rule.id, whereabouts.endpoint)
    : decision(whereabouts.kind, rule.id);
}

function decideCorrection({ circle, told }: RouteInput): Decision[] {
  const informed = new Map(told.map((one) => [`${one.member}|${one.endpoint}`, one]));
  const again = [...informed.values()].map(({ member, label, role, endpoint }): Decision => ({
    member,
    label,
    role,
    endpoint,
    from: null,
    to: null,
    reason: 'was-told-before',
    rule: null,
  }));
  const known = new Set(again.map((one) => one.member));
  const others = people(circle.filter(({ reference }) => !known.has(reference))).flatMap(([first]): Decision[] => {
    if (first === undefined) return [];
    const { reference, label, role, from, to } = first;
    const reason = 'was-not-told-before';
    return [
      { member: reference, label, role, from: from ?? null, to: to ?? null, reason, rule: null, endpoint: undefined },
    ];
  });
  return [...again, ...others];
}

/** Who was told at two addresses is corrected at both, so the address is part of what names a correction's receipt. */
function nameOf(event: StayEvent, { member, reason, endpoint }: Decision): string {
  const address = reason === 'was-told-before' ? `|${endpoint ?? ''}` : '';
  return `receipt|${event.messageId}|${event.stay}|${event.movement}|${event.kind}|${member}${address}`;
}

function receiptOf(event: StayEvent, decision: Decision): NewReceipt {
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
  endpoint: string | undefined,
  { resources }: RouteInput,
): NewDelivery[] {
  if (endpoint === undefined) return [];
  const { patient, encounter, plan, team } = resources;
  return [
    {
      id: uuid5(`delivery|${receiptId}`),
      receiptId,
      endpoint,
      kind: event.kind,
      lane: `${endpoint}|${event.patient}`,
      resources: [patient, encounter, plan, ...(team === undefined ? [] : [team])],
    },
  ];
}

function nameDiffers({ member }: Decision): NewWorkItem {
  const text =
    'a professional number of the circle stands in the directory under another family name; nobody was told through it';
  return { reason: 'recipient-unknown', field: 'ROL-4', text, key: `name-differs|${member}` };
}
