import type { Extension, HumanName, Identifier, Patient } from 'fhir/r4.js';
import { FR_CORE, INS } from '../fhir/systems.js';
import { foldedResource, type FoldedResource, type Origin } from '../message/delivery.js';
import { resourceId } from '../message/id.js';
import { compareText, inRecordedOrder } from '../message/order.js';
import { buildFields, layFragment, originsOf, type Elements } from './elements.js';
import type { AnchorIdentity, SaidIdentifier } from './identity.js';

const BIRTH_PLACE = 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace';
const INS_SYSTEMS: readonly string[] = Object.values(INS);

/** The Patient of a group of anchors: of each element what was recorded last, of identifiers all. */
export function patientOf(anchors: readonly AnchorIdentity[]): FoldedResource {
  const elements = joinedElements(anchors);
  elements.delete('identifier');
  const built = buildFields(elements);
  const identifiers = joinedIdentifiers(anchors);
  const [first, ...others] = anchors.map((one) => resourceId('Patient', one.anchor));
  const link = others.map((id) => ({ other: { reference: `Patient/${id}` }, type: 'replaces' }));
  const resource = {
    resourceType: 'Patient',
    id: first ?? '',
    active: true,
    ...(identifiers.length === 0 ? {} : { identifier: identifiers.map((said) => said.identifier) }),
    ...built.fields,
    ...(link.length === 0 ? {} : { link }),
  } as Patient & { id: string };
  resource.meta = { profile: [profileOf(resource)], ...resource.meta };
  return foldedResource(resource, () => [
    ...identifierOrigins(identifiers),
    ...built.origins(),
    ...ruleOrigins(anchors, link.length),
  ]);
}

/** The anchors that another one replaced stay readable: inactive, and pointing to the survivor (DESIGN §4). */
export function replacedPatients(anchors: readonly AnchorIdentity[]): FoldedResource[] {
  const [survivor, ...others] = anchors;
  if (survivor === undefined) return [];
  return others.map((one) => {
    const own = [...one.identifiers.values()].filter((said) => anchorKey(said) === one.anchor);
    const resource: Patient & { id: string } = {
      resourceType: 'Patient',
      id: resourceId('Patient', one.anchor),
      meta: { profile: [`${FR_CORE}/fr-core-patient`] },
      active: false,
      ...(own.length === 0 ? {} : { identifier: own.map((said) => said.identifier) }),
      link: [{ other: { reference: `Patient/${resourceId('Patient', survivor.anchor)}` }, type: 'replaced-by' }],
    };
    return foldedResource(resource, () => [...identifierOrigins(own), ...ruleOrigins([one], 1)]);
  });
}

function joinedElements(anchors: readonly AnchorIdentity[]): Elements {
  const [only] = anchors;
  if (only !== undefined && anchors.length === 1) return new Map(only.elements);
  const elements: Elements = new Map();
  for (const fact of inRecordedOrder(anchors.flatMap((one) => one.facts)))
    layFragment(elements, fact.body.patient, fact.messageId);
  return elements;
}

function joinedIdentifiers(anchors: readonly AnchorIdentity[]): SaidIdentifier[] {
  const joined = new Map(anchors.flatMap((one) => [...one.identifiers]));
  return [...joined].sort(([a], [b]) => compareText(a, b)).map(([, said]) => said);
}

function identifierOrigins(identifiers: readonly SaidIdentifier[]): Origin[] {
  return identifiers.flatMap((said, index) => originsOf(said, `identifier[${String(index)}]`));
}

function ruleOrigins(anchors: readonly AnchorIdentity[], links: number): Origin[] {
  const messageId = anchors[0]?.facts[0]?.messageId ?? '';
  const rule = (path: string): Origin => ({ path, messageId, from: 'PID-3', row: 'rule:identity' });
  return links === 0 ? [rule('active')] : [rule('active'), rule('link')];
}

function anchorKey({ identifier }: SaidIdentifier): string {
  return `${identifier.system ?? ''}|${identifier.value ?? ''}`;
}

/** fr-core-patient-ins where the identity has all that the profile asks of a qualified one, else fr-core-patient (fhir-fr §2.2). */
function profileOf(patient: Patient): string {
  const qualified =
    isQualified(patient) && hasInsName(patient.name) && hasBirthPlace(patient.extension) && hasInsTraits(patient);
  return `${FR_CORE}/${qualified ? 'fr-core-patient-ins' : 'fr-core-patient'}`;
}

/** fr-core-1: VALI and an INS go together; an identity without VALI is not an INS identity. */
function isQualified({ extension, identifier }: Patient): boolean {
  const status = extension
    ?.filter((one) => one.url === `${FR_CORE}/fr-core-identity-reliability`)
    .flatMap((one) => one.extension ?? [])
    .some((part) => part.url === 'identityStatus' && part.valueCoding?.code === 'VALI');
  const ins = identifier?.filter(isIns) ?? [];
  return status === true && ins.length === 1;
}

function isIns({ system, type }: Identifier): boolean {
  return INS_SYSTEMS.includes(system ?? '') && type?.coding?.some((one) => one.code?.startsWith('INS-NI')) === true;
}

function hasInsName(names: HumanName[] | undefined): boolean {
  const official = names?.filter((name) => name.use === 'official') ?? [];
  const [name] = official;
  const list = name?.extension?.some((one) => one.url === `${FR_CORE}/fr-core-patient-birth-list-given-name`);
  return official.length === 1 && name?.family !== undefined && name.given?.length === 1 && list === true;
}

/** Born abroad (99xxx): the code is not in the required value set (fhir-fr §9.8). */
function hasBirthPlace(extensions: Extension[] | undefined): boolean {
  const place = extensions?.find((one) => one.url === BIRTH_PLACE)?.valueAddress;
  const insee = place?.extension?.find((one) => one.url === `${FR_CORE}/fr-core-address-insee-code`)?.valueCoding;
  return insee?.code !== undefined && !insee.code.startsWith('99');
}

function hasInsTraits({ gender, birthDate }: Patient): boolean {
  return (gender === 'male' || gender === 'female') && birthDate !== undefined;
}
