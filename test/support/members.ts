import type { FactOf, MemberBody } from '../../src/message/fact.js';
import type { Membership } from '../../src/message/membership.js';
import type { FoldedStay, FoldOptions, StayPresence } from '../../src/message/stay.js';

export type Statement = FactOf<'member'>;

export const ROLE: Record<'PCP' | 'PROV' | 'ECON' | 'NOK' | 'GUARD', MemberBody['role']> = {
  PCP: { system: 'urn:roles', code: 'PCP', display: 'Médecin traitant' },
  PROV: { system: 'urn:roles', code: 'PROV', display: 'Professionnel de santé' },
  ECON: { system: 'urn:roles', code: 'ECON', display: 'Personne à prévenir' },
  NOK: { system: 'urn:roles', code: 'NOK', display: 'Personne de confiance' },
  GUARD: { system: 'urn:roles', code: 'GUARD', display: 'Représentant légal' },
};

export const OPTIONS: FoldOptions = {
  now: '2026-03-20T12:00:00+01:00',
  zone: 'Europe/Paris',
  hospitalMembersStayDays: 0,
  circleShowsEndedDays: 90,
};

/** A day of March 2026 in Paris: `5` or `5T14:30`. */
export function march(day: number | string): string {
  const [date = '', time = '00:00'] = String(day).split('T');
  return `2026-03-${date.padStart(2, '0')}T${time}:00+01:00`;
}

export interface StatementParts extends Partial<MemberBody> {
  id?: string;
  source?: string;
  stay?: string;
  /** Recorded, sent and effective on that day, where they do not say otherwise. */
  on: number | string;
  recorded?: number | string;
  effective?: number | string;
}

/** What a source states of a member; for life and as family doctor, unless it says otherwise. */
export function statement({ id, source, stay, on, recorded, effective, ...body }: StatementParts): Statement {
  const recordedAt = march(recorded ?? on);
  const person = body.person ?? 'PractitionerRole/berthier';
  return {
    id: id ?? `${String(on)}-${person}.0`,
    messageId: `message-${String(on)}`,
    source: source ?? 'essai',
    patient: 'urn:oid:2.999.1|IPP1',
    ...(stay === undefined ? {} : { stay }),
    effectiveAt: march(effective ?? on),
    recordedAt,
    sentAt: recordedAt,
    mapping: 'm1',
    kind: 'member',
    body: {
      action: 'add',
      person,
      role: ROLE.PCP,
      label: person.split('/')[1] ?? person,
      scope: stay === undefined ? 'patient' : 'stay',
      basis: 'ROL',
      trace: [['person', 'ROL-4', 'ROL-Member:person']],
      ...body,
    },
  };
}

/** Who is a member from when to when, as `person role days`. */
export function lines(memberships: readonly Membership[]): string[] {
  return memberships.map(({ person, role, from, to }) =>
    [person.split('/')[1], role.code, dayOf(from), to === undefined ? '…' : dayOf(to)].join(' '),
  );
}

function dayOf(instant: string): string {
  return instant.replace('2026-03-', '').replace('T00:00:00+01:00', '');
}

export function stayOf(parts: Partial<FoldedStay> = {}): FoldedStay {
  const nothing = { resource: { resourceType: 'Basic' as const, id: 'x', code: {} }, origins: () => [] };
  return {
    key: 'urn:oid:2.999.1|V1',
    movements: [],
    encounter: nothing,
    plan: () => nothing,
    start: march('2T08:00'),
    restricted: false,
    void: new Set(),
    presences: [],
    ...parts,
  };
}

export function presence(parts: Partial<StayPresence> = {}): StayPresence {
  return {
    person: 'PractitionerRole/fabre',
    label: 'Hélène FABRE',
    type: 'ATND',
    from: march('2T08:00'),
    source: 'essai',
    origin: { messageId: 'message-2', from: 'PV1-7', row: 'rule:movement' },
    ...parts,
  };
}

export function membership(parts: Partial<Membership> = {}): Membership {
  return {
    person: 'PractitionerRole/berthier',
    role: ROLE.PCP,
    label: 'Claire BERTHIER',
    from: march(2),
    fromDerived: false,
    toDerived: false,
    scope: 'patient',
    source: 'essai',
    basis: 'ROL',
    hidden: false,
    restricted: false,
    origin: { messageId: 'message-2', from: 'ROL-4', row: 'ROL-Member:person' },
    ...parts,
  };
}
