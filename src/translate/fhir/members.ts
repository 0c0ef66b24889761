import type { Coding, Period, Reference } from 'fhir/r4.js';
import { ROLES } from '../../fhir/roles.js';
import type { MemberBody } from '../../message/member.js';
import { isOf, placeOf, type BundleResource, type BundleResources } from './bundle-resources.js';
import type { DocumentPeople } from './people.js';
import { objectsIn, take } from './take.js';

type Role = MemberBody['role'];

const INFORMATION_RECIPIENT = /\/composition-eu-informationRecipient$|information-recipient$/i;
const nobody = (): undefined => undefined;

interface Statement {
  reference: Reference;
  role: Role;
  scope: 'patient' | 'stay';
  period?: Period | undefined;
  from: string;
}

/** The professionals and structures that a document names, each once in a role; who has a role of his own is not a mere professional beside it. */
export function readMembers(resources: BundleResources, people: DocumentPeople): MemberBody[] {
  const members = new Map<string, MemberBody>();
  for (const statement of statementsOf(resources)) {
    const member = memberOf(statement, people);
    if (member === undefined) continue;
    const key = [member.person, member.role.system, member.role.code].join('|');
    if (!members.has(key)) members.set(key, member);
  }
  const list = [...members.values()];
  const inRole = new Set(list.filter(({ role }) => role !== ROLES.provider).map(({ person }) => person));
  return list.filter(({ role, person }) => role !== ROLES.provider || !inRole.has(person));
}

/** Family doctor, care team, authors, who signs, who gets it, who took part in the stay. */
function statementsOf(resources: BundleResources): Statement[] {
  const { composition, patient } = resources;
  const provider = (
    references: Reference | readonly (Reference | undefined)[] | undefined,
    from: string,
  ): Statement[] =>
    objectsIn<Reference>(references as Reference[] | undefined).map((reference) => ({
      reference,
      role: ROLES.provider,
      scope: 'stay',
      from,
    }));
  const recipients = objectsIn(composition.extension).filter(({ url }) => INFORMATION_RECIPIENT.test(String(url)));
  const encounter = resources.resolve(composition.encounter);
  const participants =
    encounter !== undefined && isOf(encounter, 'Encounter') ? objectsIn(encounter.resource.participant) : [];
  return [
    ...objectsIn(patient?.resource.generalPractitioner).map((reference): Statement => {
      const from = `${patient === undefined ? '' : placeOf(patient)}.generalPractitioner`;
      return { reference, role: ROLES.familyDoctor, scope: 'patient', from };
    }),
    ...resources.list.flatMap((target) => teamOf(resources, target)),
    ...provider(composition.author, 'entry[0].resource.author'),
    ...provider(
      objectsIn(composition.attester).map(({ party }) => party),
      'entry[0].resource.attester',
    ),
    ...provider(
      recipients.map(({ valueReference }) => valueReference),
      'entry[0].resource.extension',
    ),
    ...provider(
      participants.map(({ individual }) => individual),
      `${encounter === undefined ? '' : placeOf(encounter)}.participant`,
    ),
  ];
}

function teamOf(resources: BundleResources, target: BundleResource): Statement[] {
  if (!isOf(target, 'CareTeam') || resources.resolve(target.resource.subject) !== resources.patient) return [];
  if (target.resource.status === 'entered-in-error') return [];
  return objectsIn(target.resource.participant).flatMap(({ member, role, period }, index): Statement[] =>
    objectsIn(member).map((reference) => ({
      reference,
      role: roleOf(objectsIn(role)[0]?.coding),
      scope: 'patient',
      period: take('Period', period, nobody) as Period | undefined,
      from: `${placeOf(target)}.participant[${String(index)}]`,
    })),
  );
}

function roleOf(codings: unknown): Role {
  const [coding] = objectsIn<Coding>(codings as Coding[]).flatMap(
    (value) => (take('Coding', value, nobody) as Coding | undefined) ?? [],
  );
  const { system, code, display } = coding ?? {};
  if (system === undefined || code === undefined) return ROLES.provider;
  return { system, code, display: display ?? code };
}

function memberOf({ reference, role, scope, period, from }: Statement, people: DocumentPeople): MemberBody | undefined {
  const party = people.party(reference);
  if (party === undefined) return undefined;
  const { role: person, label, identifier, family } = party;
  return {
    action: 'add',
    person,
    role,
    label,
    ...(identifier === undefined ? {} : { identifier }),
    ...(family === undefined ? {} : { family }),
    basis: 'CDA',
    scope,
    ...(period?.start === undefined ? {} : { begin: period.start }),
    ...(period?.end === undefined ? {} : { end: period.end }),
    trace: [['person', from, 'rule:fhir-document']],
  };
}
