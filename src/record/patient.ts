import type { Extension, HumanName, Identifier, Patient, Reference } from 'fhir/r4.js';
import { BIRTH_LIST, FR_CORE, isIns } from '../fhir/systems.js';
import { splitIdentifier } from '../message/identifier.js';
import { compareText, inRecordedOrder } from '../message/order.js';
import type { FoldedResource, Origin } from '../message/resource.js';
import { originAt, type Sourced } from '../message/sourced.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, originsOf, type Contributions } from './contributions.js';
import type { PatientGroup } from './groups.js';
import { keyOf, layIdentities, type AnchorIdentity, type SourcedIdentifier } from './identity.js';

const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';

/** The Patient of a group of anchors: of each element what was recorded last, of identifiers all, the family doctors of the circle. */
export function patientOf(group: PatientGroup, doctors: readonly Sourced<Reference>[]): FoldedResource {
  const { anchors } = group;
  const built = buildFields(joinedContributions(group));
  const identifiers = joinedIdentifiers(group);
  const [anchor = '', ...replaced] = anchors.map((identity) => identity.anchor);
  const resource = {
    resourceType: 'Patient',
    id: resourceId('Patient', anchor),
    active: true,
    ...(identifiers.length === 0 ? {} : { identifier: identifiers.map(({ identifier }) => identifier) }),
    ...built.fields,
    ...(doctors.length === 0 ? {} : { generalPractitioner: doctors.map(({ value }) => value) }),
    ...(replaced.length === 0 ? {} : { link: replaced.map((other) => linkTo(other, 'replaces')) }),
  } as Patient & { id: string };
  if (resource.name !== undefined) resource.name = resource.name.map(officialWhereWhole);
  resource.meta = { profile: [profileOf(resource)], ...resource.meta };
  const origins = () => [
    ...identifiers.flatMap((identifier, index) => originsOf(identifier, `identifier[${String(index)}]`)),
    ...built.origins(),
    ...doctors.map((doctor, index) => originAt(`generalPractitioner[${String(index)}]`, doctor)),
    ...ruleOrigins(anchors, replaced.length),
  ];
  return { resource, sentBy: anchor, origins };
}

/** FR Core 2.1.0 asks a family name and a given one of a name whose use is official: one of the two alone has no use. */
function officialWhereWhole(name: HumanName): HumanName {
  const { use, ...parts } = name;
  return use !== 'official' || (name.family !== undefined && name.given !== undefined) ? name : parts;
}

/** A patient that another replaced stays readable: inactive, with its own number, and pointing to the survivor. */
export function replacedPatient({ anchor, identifiers, facts }: AnchorIdentity, survivor: string): FoldedResource {
  const own = [...identifiers.values()].filter((sourced) => numberOf(sourced) === anchor);
  const resource: Patient & { id: string } = {
    resourceType: 'Patient',
    id: resourceId('Patient', anchor),
    meta: { profile: [`${FR_CORE}/fr-core-patient`] },
    active: false,
    ...(own.length === 0
      ? { identifier: [splitIdentifier(anchor)] }
      : { identifier: own.map(({ identifier }) => identifier) }),
    link: [linkTo(survivor, 'replaced-by')],
  };
  const origins = () => [
    ...own.flatMap((identifier, index) => originsOf(identifier, `identifier[${String(index)}]`)),
    ...(own.length === 0 ? [ruleOrigin('identifier', facts[0]?.messageId ?? '')] : []),
    ...['active', 'link'].map((path) => ruleOrigin(path, facts[0]?.messageId ?? '')),
  ];
  return { resource, sentBy: anchor, origins };
}

/** The other Patient by its id here, and by its number wherever that id means nothing. */
function linkTo(anchor: string, type: 'replaces' | 'replaced-by') {
  const other: Reference = {
    reference: `Patient/${resourceId('Patient', anchor)}`,
    type: 'Patient',
    identifier: splitIdentifier(anchor),
  };
  return { other, type };
}

/** A merge updates no demographics: what the merged numbers were said to be lies beneath what the surviving ones are. */
function joinedContributions({ anchors, merged }: PatientGroup): Contributions {
  const [only] = anchors;
  if (only !== undefined && anchors.length === 1) return only.contributions;
  const factsOf = (beneath: boolean) =>
    inRecordedOrder(anchors.filter(({ anchor }) => merged.has(anchor) === beneath).flatMap(({ facts }) => facts));
  return layIdentities([...factsOf(true), ...factsOf(false)]);
}

/** Numbers of all anchors, those of merged ones as old; the INS is the one recorded last. */
function joinedIdentifiers(group: PatientGroup): SourcedIdentifier[] {
  const numbers = new Map<string, SourcedIdentifier>();
  for (const identity of [...group.anchors].reverse())
    for (const [key, sourced] of identity.identifiers) {
      const current = shownIdentifier(sourced, identity, group);
      if (current !== undefined) numbers.set(key, current);
    }
  const [latest] = group.anchors
    .map(({ anchor, insRecorded, ins }) => ({ anchor, insRecorded, ins: ins.filter((own) => !isReplaced(own, group)) }))
    .filter(({ ins }) => ins.length > 0)
    .sort((a, b) => b.insRecorded - a.insRecorded || compareText(a.anchor, b.anchor));
  for (const sourced of latest?.ins ?? []) numbers.set(keyOf(sourced), sourced);
  return [...numbers].sort(([a], [b]) => compareText(a, b)).map(([, sourced]) => sourced);
}

/** All numbers of a merged anchor are old; a number that another replaced (A47) is too where it named the patient, else it is gone. */
function shownIdentifier(
  sourced: SourcedIdentifier,
  { anchor }: AnchorIdentity,
  group: PatientGroup,
): SourcedIdentifier | undefined {
  if (group.merged.has(anchor)) return old(sourced);
  const number = numberOf(sourced);
  const change = number === anchor ? group.replaced.find((replaced) => replaced.number === number) : undefined;
  if (change !== undefined) return change.deleted ? undefined : old(sourced);
  return isReplaced(sourced, group) ? undefined : sourced;
}

/** Was it replaced or taken away (A47) since it was said? */
function isReplaced(sourced: SourcedIdentifier, { replaced }: PatientGroup): boolean {
  return replaced.some(({ key, at }) => key === keyOf(sourced) && sourced.recorded <= at);
}

/** A number that was replaced has no type: FR Core fixes the use of every typed hospital number. */
function old(sourced: SourcedIdentifier): SourcedIdentifier {
  const { system, value } = sourced.identifier;
  return {
    ...sourced,
    identifier: { use: 'old', ...(system === undefined ? {} : { system }), ...(value === undefined ? {} : { value }) },
  };
}

function ruleOrigins(anchors: readonly AnchorIdentity[], links: number): Origin[] {
  const messageId = anchors[0]?.facts[0]?.messageId ?? '';
  return [...['active'], ...(links === 0 ? [] : ['link'])].map((path) => ruleOrigin(path, messageId));
}

function ruleOrigin(path: string, messageId: string): Origin {
  return { path, messageId, from: 'PID-3', row: 'rule:identity' };
}

function numberOf({ identifier }: SourcedIdentifier): string {
  return `${identifier.system ?? ''}|${identifier.value ?? ''}`;
}

/** fr-core-patient-ins where the identity has all that the profile asks of a qualified one, else fr-core-patient (FR Core 2.1.0). */
function profileOf(patient: Patient): string {
  const qualified =
    isQualified(patient) && hasInsName(patient.name) && hasBirthPlace(patient.extension) && hasInsTraits(patient);
  return `${FR_CORE}/${qualified ? 'fr-core-patient-ins' : 'fr-core-patient'}`;
}

/** fr-core-1: VALI and an INS go together; an identity without VALI is not an INS identity. */
function isQualified({ extension, identifier }: Patient): boolean {
  const status = extension
    ?.filter(({ url }) => url === `${FR_CORE}/fr-core-identity-reliability`)
    .flatMap((reliability) => reliability.extension ?? [])
    .some(({ url, valueCoding }) => url === 'identityStatus' && valueCoding?.code === 'VALI');
  const ins = identifier?.filter(isInsIdentifier) ?? [];
  return status === true && ins.length === 1;
}

function isInsIdentifier({ system, type }: Identifier): boolean {
  return isIns(system ?? '') && type?.coding?.some(({ code }) => code?.startsWith('INS-NI')) === true;
}

function hasInsName(names: HumanName[] | undefined): boolean {
  const official = names?.filter(({ use }) => use === 'official') ?? [];
  const [name] = official;
  const list = name?.extension?.some(({ url }) => url === BIRTH_LIST);
  return official.length === 1 && name?.family !== undefined && name.given?.length === 1 && list === true;
}

/** Born abroad (99xxx): the code is not in the required value set. */
function hasBirthPlace(extensions: Extension[] | undefined): boolean {
  const place = extensions?.find(({ url }) => url === BIRTH_PLACE)?.valueAddress;
  const insee = place?.extension?.find(({ url }) => url === `${FR_CORE}/fr-core-address-insee-code`)?.valueCoding;
  return insee?.code !== undefined && !insee.code.startsWith('99');
}

function hasInsTraits({ gender, birthDate }: Patient): boolean {
  return (gender === 'male' || gender === 'female') && birthDate !== undefined;
}
