import type { FhirResource, Location, Organization, Practitioner, PractitionerRole } from 'fhir/r4.js';
import { ANNUAIRE, CDS, FR_CORE, SYSTEMS } from '../../fhir/systems.js';
import type { Trace } from '../../message/fact.js';
import { identifierKey } from '../../message/identifier.js';
import { resourceId } from '../../message/uuid.js';
import { plainName } from '../../message/plain-name.js';

const PHYSICAL_TYPE = 'http://terminology.hl7.org/CodeSystem/location-physical-type';
const UNIT_TYPE = 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-3307';

type Named<R> = R & { id: string };

/** The annuaire's profiles, which the circle asks of its members, know no ADELI number. */
function ofAnnuaire(system: string): boolean {
  return system !== SYSTEMS.adeli;
}

/** A professional is a number and a family name: under one number another name is another person. */
function professionalKey(system: string, value: string, family: string): string {
  const number = identifierKey(system, value);
  return family === '' ? number : `${number}|${plainName(family)}`;
}

/** A professional by his number and the coding of its type; nameless where the field holds the number alone. */
export function practitionerOf(
  system: string,
  value: string,
  typeSystem: string,
  typeCode: string,
  family: string,
  given: string,
): Named<Practitioner> {
  const made: Named<Practitioner> = {
    resourceType: 'Practitioner',
    id: resourceId('Practitioner', professionalKey(system, value, family)),
    meta: {
      profile: [`${FR_CORE}/fr-core-practitioner`, ...(ofAnnuaire(system) ? [`${ANNUAIRE}/as-practitioner`] : [])],
    },
    identifier: [{ type: { coding: [{ system: typeSystem, code: typeCode }] }, system, value }],
    ...(family === '' ? {} : { name: [{ family, ...(given === '' ? {} : { given: [given] }) }] }),
  };
  return made;
}

/**
 * A professional where he exercises.
 * @param where `ville`, or the authority of the hospital
 * @param organization reference of the hospital, '' in town
 */
export function practitionerRoleOf(
  system: string,
  value: string,
  family: string,
  practitioner: string,
  label: string,
  where: string,
  organization: string,
) {
  const id = resourceId('PractitionerRole', `${professionalKey(system, value, family)}|${where}`);
  const role: Named<PractitionerRole> = {
    resourceType: 'PractitionerRole',
    id,
    meta: {
      profile: [
        `${FR_CORE}/fr-core-practitioner-role`,
        ...(ofAnnuaire(system) ? [`${ANNUAIRE}/as-practitionerrole`] : []),
      ],
    },
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    active: true,
    practitioner: { reference: `Practitioner/${practitioner}`, display: label },
    ...(organization === '' ? {} : { organization: { reference: organization } }),
  };
  return role;
}

/** The hospital that a source speaks for, by its own authority. */
export function hospitalOf(authority: string, name: string) {
  const organization: Named<Organization> = {
    resourceType: 'Organization',
    id: resourceId('Organization', authority),
    meta: { profile: [`${FR_CORE}/fr-core-organization`, `${CDS}/cds-organization`] },
    identifier: [{ system: 'urn:ietf:rfc:3986', value: authority }],
    active: true,
    name,
  };
  return organization;
}

/** An establishment by its FINESS number: FINEJ for the legal entity, FINEG for a site. */
export function establishmentOf(finess: string, code: 'FINEJ' | 'FINEG', name: string) {
  const organization: Named<Organization> = {
    resourceType: 'Organization',
    id: resourceId('Organization', identifierKey(SYSTEMS.finess, finess)),
    meta: { profile: [`${FR_CORE}/fr-core-organization`, `${CDS}/cds-organization`] },
    identifier: [{ type: { coding: [{ system: SYSTEMS.fr0203, code }] }, system: SYSTEMS.finess, value: finess }],
    active: true,
    name: name === '' ? `Établissement ${finess}` : name,
  };
  return organization;
}

/** An UF of a hospital, `partOf` where the hospital is known. */
export function unitOrganization(system: string, code: string, name: string, hospital: string) {
  const organization: Named<Organization> = {
    resourceType: 'Organization',
    id: resourceId('Organization', `${system}|UF|${code}`),
    meta: { profile: [`${FR_CORE}/fr-core-organization`, `${CDS}/cds-organization`] },
    identifier: [{ type: { coding: [{ system: UNIT_TYPE, code: 'UF' }] }, system, value: code }],
    active: true,
    name,
    ...(hospital === '' ? {} : { partOf: { reference: hospital } }),
  };
  return organization;
}

/**
 * A UF as a place, a room or a bed.
 * @param path names it in its hospital, e.g. `<authority>|wa 2040|ro 12`
 * @param unit reference of the UF, '' where it is not known
 * @param parent reference of the place it is in, '' where there is none
 */
export function locationOf(path: string, type: string, name: string, unit: string, parent: string) {
  const id = resourceId('Location', path);
  const location: Named<Location> = {
    resourceType: 'Location',
    id,
    meta: { profile: [`${FR_CORE}/fr-core-location`] },
    identifier: [
      {
        type: { coding: [{ system: SYSTEMS.v20203, code: 'RI' }] },
        system: 'urn:ietf:rfc:3986',
        value: `urn:uuid:${id}`,
      },
    ],
    status: 'active',
    name,
    mode: 'instance',
    physicalType: { coding: [{ system: PHYSICAL_TYPE, code: type }] },
    ...(unit === '' ? {} : { managingOrganization: { reference: unit } }),
    ...(parent === '' ? {} : { partOf: { reference: parent } }),
  };
  return location;
}

/** Where a mentioned resource comes from: its field, and for some elements a component of it. */
export interface MentionSource {
  row: string;
  from: string;
  parts?: Readonly<Record<string, string>>;
}

/** One trace for each element of the resource but those the gateway itself gives. */
export function tracesOf(resource: FhirResource, { row, from, parts = {} }: MentionSource): Trace[] {
  return Object.keys(resource)
    .filter((name) => !['resourceType', 'id', 'meta'].includes(name))
    .map((name): Trace => [name, parts[name] ?? from, row]);
}
