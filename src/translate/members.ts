import { toInstant } from '../hl7v2/datetime.js';
import type { Segment } from '../hl7v2/parse.js';
import { SYSTEMS } from '../fhir/systems.js';
import type { Fragment, MemberBody, Trace } from '../message/fact.js';
import { identifierKey, resourceId } from '../message/id.js';
import type { SegmentMap } from './compile.js';
import type { ConvertContext } from './converter.js';
import { FragmentBuilder, runMap } from './engine.js';
import { readAll, readField } from './reader.js';

type Role = MemberBody['role'];

const PCP: Role = { system: SYSTEMS.participation, code: 'PCP', display: 'Médecin traitant' };
const PROVIDER: Role = { system: SYSTEMS.roleClass, code: 'PROV', display: 'Professionnel de santé' };
const TRUSTED: Role = { system: SYSTEMS.roleClass, code: 'NOK', display: 'Personne de confiance' };
const EMERGENCY: Role = { system: SYSTEMS.roleClass, code: 'ECON', display: 'Personne à prévenir en cas d’urgence' };
const GUARDIAN: Role = { system: SYSTEMS.roleClass, code: 'GUARD', display: 'Représentant légal' };
const CARER: Role = { system: SYSTEMS.roleClass, code: 'CAREGIVER', display: 'Aidant' };

/** ROL segments → members: the declared family doctor for life, the others of the stay they stand behind (pam-fr §1.6, §2.5). */
export function roleMembers(stay: string | undefined, context: ConvertContext): MemberBody[] {
  const { message, record, territory, zone } = context;
  const visitFrom = message.segment('PV1')?.index ?? Number.POSITIVE_INFINITY;
  const said = message.all('ROL').flatMap((rol) => {
    const named = territory.professional(readAll(rol, 4, record), '');
    if (named === undefined) return [];
    const kind = readField(rol, 3, record)?.value() ?? '';
    const lasting = kind === 'ODRP' || kind === 'PP' || kind === 'FHCP' || rol.index < visitFrom || stay === undefined;
    const role = kind === 'ODRP' || kind === 'PP' ? PCP : PROVIDER;
    const ends = readField(rol, 2, record)?.value() === 'DE';
    const at = (field: number) => toInstant(readField(rol, field, record)?.value() ?? '', zone);
    const place = rol.occurrence > 1 ? `ROL[${rol.occurrence}]` : 'ROL';
    return [
      member({
        role,
        reference: named.role,
        label: named.label,
        identifier: named.identifier,
        family: named.family,
        stay: lasting ? undefined : stay,
        ends,
        begin: at(5),
        end: at(6),
        trace: [
          ['reference', `${place}-4`, 'rule:member'],
          ['role', `${place}-3`, 'rule:member'],
        ],
      }),
    ];
  });
  return said.some(({ role }) => role === PCP) ? said : [...primaryCareProvider(context), ...said];
}

/** PD1-4 names the family doctor where no ROL does: abroad, and in France before ROL. */
function primaryCareProvider({ message, record, territory }: ConvertContext): MemberBody[] {
  const named = territory.professional(readAll(message.segment('PD1'), 4, record), '');
  if (named === undefined) return [];
  const { role: reference, label, identifier, family } = named;
  const trace: Trace[] = [
    ['reference', 'PD1-4', 'rule:member'],
    ['role', 'PD1-4', 'rule:member'],
  ];
  const lasting = { stay: undefined, ends: false, begin: undefined, end: undefined };
  return [member({ role: PCP, reference, label, identifier, family, ...lasting, trace })];
}

interface NewMember {
  role: Role;
  reference: string;
  label: string;
  identifier?: string | undefined;
  family?: string | undefined;
  stay: string | undefined;
  ends: boolean;
  begin: string | undefined;
  end: string | undefined;
  trace: Trace[];
}

function member({ role, reference, label, identifier, family, stay, ends, begin, end, trace }: NewMember): MemberBody {
  return {
    member: [role.code, reference, ...(stay === undefined ? [] : [stay])].join('|'),
    action: ends ? 'end' : 'add',
    role,
    reference,
    label,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
    scope: stay === undefined ? 'patient' : 'stay',
    ...(begin === undefined ? {} : { begin }),
    ...(end === undefined ? {} : { end }),
    trace,
  };
}

/** The role of a relative in the circle, by NK1-7 and NK1-3; undefined for those whom nothing puts there. */
function relativeRole(nk1: Segment, { record }: ConvertContext): Role | undefined {
  const kind = readField(nk1, 7, record)?.value() ?? '';
  const relation = readField(nk1, 3, record)?.value() ?? '';
  if (kind === 'K') return TRUSTED;
  if (kind === 'R' || relation === 'GRD') return GUARDIAN;
  if (relation === 'CGV') return CARER;
  return kind === 'C' || kind === 'P' || kind === 'N' || relation === 'EMC' ? EMERGENCY : undefined;
}

/** NK1 segments → relatives. The trusted person belongs to the stay, the others to the patient (pam-fr §2.5). */
export function relativeMembers(
  patient: string,
  stay: string | undefined,
  map: SegmentMap | undefined,
  context: ConvertContext,
): MemberBody[] {
  return context.message.all('NK1').flatMap((nk1) => {
    const role = relativeRole(nk1, context);
    if (role === undefined || map === undefined) return [];
    const builder = new FragmentBuilder('RelatedPerson');
    runMap(map, nk1, builder, context);
    const person = builder.fragment();
    const label = nameOf(person);
    const id = resourceId('RelatedPerson', relativeKey(patient, label, nk1, context));
    const at = (field: number) => toInstant(readField(nk1, field, context.record)?.value() ?? '', context.zone);
    const place = nk1.occurrence > 1 ? `NK1[${nk1.occurrence}]` : 'NK1';
    const body = member({
      role,
      reference: `RelatedPerson/${id}`,
      label,
      stay: role === TRUSTED ? stay : undefined,
      ends: false,
      begin: at(8),
      end: at(9),
      trace: [
        ['reference', `${place}-2`, 'rule:member'],
        ['role', `${place}-7`, 'rule:member'],
      ],
    });
    const silent = nk1.value(7) === 'P';
    return [{ ...body, person, ...(silent ? { doNotNotify: true } : {}) }];
  });
}

/** NK1-33 is the key of a contact; without it the name and relation within the patient must do. */
function relativeKey(patient: string, label: string, nk1: Segment, { record, authorities }: ConvertContext): string {
  const contact = readField(nk1, 33, record);
  if (contact !== undefined && contact.value() !== '' && !contact.erases)
    return `${patient}|${identifierKey(authorities.systemOf(contact.authority(4)), contact.value())}`;
  return `${patient}|${label}|${nk1.value(3)}`;
}

function nameOf({ elements }: Fragment): string {
  const names = elements.find(({ path }) => path === 'name')?.value;
  const name = (Array.isArray(names) ? names[0] : undefined) as { family?: string; given?: string[] } | undefined;
  return [...(name?.given ?? []), name?.family ?? ''].join(' ').trim();
}
