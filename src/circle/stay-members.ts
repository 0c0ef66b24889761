import { SYSTEMS } from '../fhir/systems.js';
import type { CircleMember, FoldedPatient, FoldedStay, FoldOptions, StayPresence } from '../message/folded.js';
import { instant } from '../message/order.js';
import type { Membership } from './timeline.js';

/** A member with what the CareTeam must say of him: the coding of his role, and where it comes from. */
export interface SaidMember {
  member: CircleMember;
  role: { system: string; code: string; display: string };
  origin: { messageId: string; from: string; row: string };
  /** What ended the membership, where a fact did. */
  ended?: { messageId: string; from: string; row: string };
}

const PROVIDER = { system: SYSTEMS.roleClass, code: 'PROV', display: 'Professionnel de santé' };

/** The role in the circle of those whom a stay brings, by type (fhir-fr §4.1). */
const ROLES: Readonly<Record<string, SaidMember['role']>> = {
  ATND: { system: SYSTEMS.participation, code: 'ATTPHYS', display: 'Médecin responsable' },
  ADM: { system: SYSTEMS.participation, code: 'ADMPHYS', display: 'Médecin responsable de l’admission' },
};

/** The doctors and units that the movements of the stays put in the circle. Discharge ends them, some days later where configured. */
export function presentMembers(patient: FoldedPatient, options: FoldOptions): SaidMember[] {
  return patient.stays.flatMap((stay) =>
    stay.presences.map((presence) => presentMember(presence, stay, options.hospitalMembersStayDays)),
  );
}

function presentMember(presence: StayPresence, stay: FoldedStay, days: number): SaidMember {
  const { reference, label, type, from, identifier, family, origin } = presence;
  const role = ROLES[type] ?? PROVIDER;
  const to = presence.to ?? stayLimit(stay, days);
  const member: CircleMember = {
    reference,
    role: role.code,
    label,
    from,
    ...(to === undefined ? {} : { to }),
    scope: 'stay',
    stay: stay.key,
    doNotNotify: false,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
  };
  return { member, role, origin };
}

/** Members that messages name: those of a stay last as long as it does, the others go on. */
export function namedMembers(
  memberships: readonly Membership[],
  patient: FoldedPatient,
  options: FoldOptions,
): SaidMember[] {
  return memberships.flatMap((membership) => {
    if (membership.body.scope === 'patient') return [namedMember(membership, undefined, undefined)];
    const stay = patient.stays.find((one) => one.key === membership.stay);
    if (stay?.start === undefined) return [];
    return [namedMember(membership, stay, stayLimit(stay, options.hospitalMembersStayDays))];
  });
}

function namedMember(membership: Membership, stay: FoldedStay | undefined, limit: string | undefined): SaidMember {
  const { body, from, begun, ended } = membership;
  const { reference, role, label, scope, identifier, family } = body;
  const to = earlier(membership.to, limit);
  const member: CircleMember = {
    reference,
    role: role.code,
    label,
    from,
    ...(to === undefined ? {} : { to }),
    scope,
    ...(stay === undefined ? {} : { stay: stay.key }),
    doNotNotify: body.doNotNotify === true,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
  };
  const said = { member, role, origin: originOf(begun) };
  return ended === undefined ? said : { ...said, ended: originOf(ended) };
}

function originOf(fact: Membership['begun']): SaidMember['origin'] {
  const [, from, row] = fact.body.trace[0] ?? ['', 'ROL-4', 'rule:member'];
  return { messageId: fact.messageId, from, row };
}

function earlier(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return instant(a) <= instant(b) ? a : b;
}

const DAY = 86_400_000;

/** Until when the hospital's members of an ended stay remain. */
function stayLimit(stay: FoldedStay, days: number): string | undefined {
  if (stay.end === undefined || days === 0) return stay.end;
  return new Date(instant(stay.end) + days * DAY).toISOString();
}
