import type { CapabilityStatement, CapabilityStatementRestResource } from 'fhir/r4.js';
import { SEARCH_PARAMETERS } from '../fhir/search-parameters.js';
import { CDS, FR_CORE } from '../fhir/systems.js';

/** Profiles of the types that have one. */
const PROFILES: Readonly<Record<string, string>> = {
  Patient: `${FR_CORE}/fr-core-patient`,
  Encounter: `${FR_CORE}/fr-core-encounter`,
  CareTeam: `${CDS}/cds-ihe-careteam`,
  Organization: `${FR_CORE}/fr-core-organization`,
  Practitioner: `${FR_CORE}/fr-core-practitioner`,
  PractitionerRole: `${FR_CORE}/fr-core-practitioner-role`,
  Location: `${FR_CORE}/fr-core-location`,
  RelatedPerson: `${FR_CORE}/fr-core-related-person`,
};

/** The types that the API serves. */
export const SERVED: readonly string[] = Object.keys(SEARCH_PARAMETERS);

/** What the API does, made of the same table that it works from: nothing is declared that does not work. */
export function capabilityStatement(base: string, startedAt: string): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: startedAt,
    kind: 'instance',
    software: { name: 'Trait d’union' },
    implementation: { description: 'Trait d’union', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [{ mode: 'server', resource: SERVED.map(resourceOf) }],
  };
}

function resourceOf(type: string): CapabilityStatementRestResource {
  const profile = PROFILES[type];
  return {
    type: type as CapabilityStatementRestResource['type'],
    ...(profile === undefined ? {} : { supportedProfile: [profile] }),
    interaction: (['read', 'vread', 'history-instance', 'search-type'] as const).map((code) => ({ code })),
    versioning: 'versioned' as const,
    readHistory: true,
    searchParam: [
      { name: '_id', type: 'token' as const },
      { name: '_lastUpdated', type: 'date' as const },
      ...Object.entries(SEARCH_PARAMETERS[type] ?? {}).map(([name, { kind }]) => ({ name, type: kind })),
    ],
  };
}
