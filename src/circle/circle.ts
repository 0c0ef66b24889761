import type { CareTeam } from 'fhir/r4.js';
import { period } from '../fhir/period.js';
import { foldedResource, type FoldedResource, type Origin } from '../message/delivery.js';
import type { Fact } from '../message/fact.js';
import { hasCircle, type CircleMember, type FoldedPatient, type FoldOptions } from '../message/folded.js';
import { resourceId } from '../message/id.js';
import { compareText, instant } from '../message/order.js';
import { namedMembers, presentMembers, type SaidMember } from './stay-members.js';
import { membershipsOf, type MemberFact } from './timeline.js';

const PROFILE = 'https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition/cds-ihe-careteam';

/**
 * The circle of a patient, one for life (DESIGN §10): from the first member on, active while any member is.
 * @returns nothing while nobody has ever been of it
 */
export function foldCircle(
  facts: readonly Fact[],
  patient: FoldedPatient,
  options: FoldOptions,
): { team: FoldedResource; members: CircleMember[] } | undefined {
  const own = facts.filter((fact) => patient.anchors.includes(fact.patient) && isKnown(fact, options.asOf));
  const presences = patient.stays.reduce((sum, stay) => sum + stay.presences.length, 0);
  const memberFacts = own.filter((fact) => fact.kind === 'member');
  const said = sayOnce([
    ...namedMembers(membershipsOf(memberFacts), patient, options),
    ...presentMembers(patient, options),
  ]);
  const members = said.map((one) => one.member);
  const shown = said.filter((one) => !one.member.doNotNotify);
  if (!hasCircle(own, presences)) return undefined;
  const latest = options.asOf ?? latestOf(own);
  return { team: teamOf(patient, shown, memberFacts, latest), members };
}

function isKnown(fact: Fact, asOf: string | undefined): boolean {
  return asOf === undefined || instant(fact.effectiveAt) <= instant(asOf);
}

/** The instant of the last thing known: the fold has no clock. */
function latestOf(facts: readonly Fact[]): string {
  return facts.reduce((latest, fact) => {
    const later = instant(fact.recordedAt) > instant(fact.effectiveAt) ? fact.recordedAt : fact.effectiveAt;
    return instant(later) > instant(latest) ? later : latest;
  }, '');
}

/** The same person in the same role over the same time is one member, whoever says so; the order is that of entry. */
function sayOnce(said: SaidMember[]): SaidMember[] {
  const keyOf = ({ member }: SaidMember) =>
    [member.reference, member.role, member.stay ?? '', String(instant(member.from ?? '')), member.to ?? ''].join('|');
  const keyed = new Map([...said].reverse().map((one) => [keyOf(one), one]));
  return [...keyed]
    .sort(([a, x], [b, y]) => instant(x.member.from ?? '') - instant(y.member.from ?? '') || compareText(a, b))
    .map(([, one]) => one);
}

function teamOf(patient: FoldedPatient, said: SaidMember[], facts: MemberFact[], latest: string): FoldedResource {
  const id = resourceId('CareTeam', patient.anchor);
  const now = instant(latest);
  const begun = said.map(({ member }) => member.from ?? latest);
  const planned = patient.stays.some((stay) => stay.movements.some((one) => one.active));
  const active = said.some(({ member }) => member.to === undefined || instant(member.to) > now);
  const status = active ? 'active' : said.length === 0 && planned ? 'proposed' : 'inactive';
  const ends = said.map(({ member }) => member.to ?? latest);
  const start = extreme(begun.length > 0 ? begun : facts.map((fact) => fact.effectiveAt), -1);
  const end = status === 'inactive' ? extreme(ends.length > 0 ? ends : [start], 1) : undefined;
  const resource: CareTeam & { id: string } = {
    resourceType: 'CareTeam',
    id,
    meta: { ...patient.patient.resource.meta, profile: [PROFILE] },
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    status,
    name: 'Cercle de soins',
    subject: { reference: `Patient/${patient.patientId}` },
    period: period(start, end),
    ...(said.length === 0 ? {} : { participant: said.map(participantOf) }),
  };
  return foldedResource(resource, () => [...teamOrigins(said, facts), ...said.flatMap(participantOrigins)]);
}

function participantOf({ member, role }: SaidMember) {
  return {
    role: [{ coding: [role] }],
    member: { reference: member.reference, ...(member.label === '' ? {} : { display: member.label }) },
    period: period(member.from ?? '', member.to),
  };
}

function participantOrigins({ origin, ended }: SaidMember, index: number): Origin[] {
  const path = `participant[${String(index)}]`;
  return ended === undefined
    ? [{ path, ...origin }]
    : [
        { path, ...origin },
        { path: `${path}.period.end`, ...ended },
      ];
}

function teamOrigins(said: readonly SaidMember[], facts: readonly MemberFact[]): Origin[] {
  const messageId = said[0]?.origin.messageId ?? facts[0]?.messageId ?? '';
  const paths = ['identifier', 'status', 'name', 'subject', 'period'];
  return paths.map((path) => ({ path, messageId, from: '', row: 'rule:circle' }));
}

/** The earliest (sign -1) or latest (sign 1) of some instants, the text that is smallest among equals. */
function extreme(dates: readonly string[], sign: 1 | -1): string {
  const [first = ''] = [...dates].sort((a, b) => sign * (instant(b) - instant(a)) || compareText(a, b));
  return first;
}
