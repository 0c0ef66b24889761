import type { CareTeam } from 'fhir/r4.js';
import { period } from '../fhir/period.js';
import { CDS, OWN, SYSTEMS } from '../fhir/systems.js';
import { resourceId } from '../message/uuid.js';
import type { Membership } from '../message/membership.js';
import { instant } from '../message/order.js';
import type { FoldedResource, Origin } from '../message/resource.js';
import type { FoldOptions } from '../message/stay.js';
import { isEmpty } from './members-at.js';
import { participantOf, participantOrigins, participations, type Participation } from './participants.js';

export interface CareTeamInput {
  /** Anchor of the patient as `system|value`: the id of the CareTeam follows from it. */
  anchor: string;
  patientId: string;
  /** All that may still be shown; who left before the window may be missing. */
  memberships: readonly Membership[];
  /** Begin of the earliest member that is not among `memberships`, hidden and empty ones not counted. */
  firstMember?: string;
  options: FoldOptions;
}

/**
 * The CareTeam of a patient, one for life from the first member on (cds-ihe-careteam): active while anybody is of it, proposed while all
 * are still to come, else inactive. It shows the members of now, those to come, and those who left within the window.
 * @returns nextChange: the next instant at which the team may change by itself, null where it will not
 */
export function careTeam(input: CareTeamInput): { team: FoldedResource | undefined; nextChange: string | null } {
  const { firstMember, options } = input;
  const members = input.memberships.filter((member) => !member.hidden && !isEmpty(member));
  const begins = [...members.map(({ from }) => from), ...(firstMember === undefined ? [] : [firstMember])];
  const start = earliest(begins);
  if (start === undefined) return { team: undefined, nextChange: null };
  const visible = members.filter((member) => isVisible(member, options));
  return { team: teamOf(input, visible, start), nextChange: nextChange(visible, options) };
}

export interface ReplacedTeamInput {
  anchor: string;
  patientId: string;
  /** The patient that took the place of this one. */
  by: { anchor: string };
  /** First and last instant of the circle under the number that is replaced. */
  from: string;
  to: string;
}

/** The CareTeam of a patient whom another replaced: over, without participants, with a link to the one that goes on. */
export function replacedTeam({ anchor, patientId, by, from, to }: ReplacedTeamInput): FoldedResource {
  const successor = { reference: `CareTeam/${resourceId('CareTeam', by.anchor)}` };
  const resource: CareTeam & { id: string } = {
    ...frameOf(anchor, patientId),
    extension: [{ url: OWN.replacedBy, valueReference: successor }],
    status: 'inactive',
    period: period(from, to),
  };
  const paths = ['identifier', 'extension', 'status', 'name', 'subject', 'period'];
  return { resource, origins: () => paths.map((path) => ruleOrigin(path, '')) };
}

function teamOf(input: CareTeamInput, visible: readonly Membership[], start: string): FoldedResource {
  const { anchor, patientId, options } = input;
  const participants = participations(visible);
  const status = statusOf(visible, start, options);
  const end = status === 'inactive' ? lastToLeave(participants, options) : undefined;
  const frame = frameOf(anchor, patientId);
  const resource: CareTeam & { id: string } = {
    ...frame,
    meta: { ...frame.meta, ...(visible.some(({ restricted }) => restricted) ? { security: [RESTRICTED] } : {}) },
    status,
    period: period(start, end?.to),
    ...(participants.length === 0 ? {} : { participant: participants.map(participantOf) }),
  };
  return { resource, origins: () => [...teamOrigins(participants, end), ...participants.flatMap(participantOrigins)] };
}

const PROFILE = `${CDS}/cds-ihe-careteam`;
const RESTRICTED = { system: SYSTEMS.confidentiality, code: 'R', display: 'restricted' };

function frameOf(anchor: string, patientId: string) {
  const id = resourceId('CareTeam', anchor);
  return {
    resourceType: 'CareTeam' as const,
    id,
    meta: { profile: [PROFILE] },
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    name: 'Cercle de soins',
    subject: { reference: `Patient/${patientId}` },
  };
}

const DAY = 86_400_000;

/** Milliseconds for which a member who left is shown. */
function circleShowsEnded({ circleShowsEndedDays }: FoldOptions): number {
  return circleShowsEndedDays * DAY;
}

function isVisible({ to }: Membership, options: FoldOptions): boolean {
  return to === undefined || instant(options.now) < instant(to) + circleShowsEnded(options);
}

function statusOf(
  visible: readonly Membership[],
  start: string,
  { now }: FoldOptions,
): 'active' | 'proposed' | 'inactive' {
  const at = instant(now);
  const present = visible.some(({ from, to }) => instant(from) <= at && (to === undefined || at < instant(to)));
  if (present) return 'active';
  return instant(start) > at ? 'proposed' : 'inactive';
}

/** Of those who left, the one who left last; nobody where all are out of the window. */
function lastToLeave(participants: readonly Participation[], { now }: FoldOptions): Participation | undefined {
  const endOf = ({ to }: Participation) => (to === undefined ? Number.POSITIVE_INFINITY : instant(to));
  return participants
    .filter((participation) => endOf(participation) <= instant(now))
    .sort((a, b) => endOf(b) - endOf(a))[0];
}

/** Begins, ends, and ends that leave the window; a date stands for its first moment. */
function nextChange(visible: readonly Membership[], options: FoldOptions): string | null {
  const now = instant(options.now);
  const next = visible
    .flatMap(({ from, to }) => {
      const end = to === undefined ? undefined : instant(to);
      return end === undefined ? [instant(from)] : [instant(from), end, end + circleShowsEnded(options)];
    })
    .reduce((first, moment) => (moment > now && moment < first ? moment : first), Number.POSITIVE_INFINITY);
  return next === Number.POSITIVE_INFINITY ? null : new Date(next).toISOString();
}

function teamOrigins(participants: readonly Participation[], end: Participation | undefined): Origin[] {
  const members = participants.flatMap(({ memberships }) => memberships);
  const messageId = members[0]?.origin.messageId ?? '';
  const restricted = members.find((member) => member.restricted)?.origin;
  return [
    ...['identifier', 'status', 'name', 'subject', 'period'].map((path) => ruleOrigin(path, messageId)),
    ...(end === undefined ? [] : [{ path: 'period.end', ...(end.last.ended ?? end.last.origin) }]),
    ...(restricted === undefined ? [] : [{ path: 'meta.security', ...restricted }]),
  ];
}

function ruleOrigin(path: string, messageId: string): Origin {
  return { path, messageId, from: '', row: 'rule:circle' };
}

/** By instant, the smaller text of two that write one instant. */
function earliest(texts: readonly string[]): string | undefined {
  return texts
    .map((text) => ({ text, at: instant(text) }))
    .reduce<{ text: string; at: number } | undefined>(
      (first, next) =>
        first === undefined || next.at < first.at || (next.at === first.at && next.text < first.text) ? next : first,
      undefined,
    )?.text;
}
