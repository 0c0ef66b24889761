import type { CapabilityStatement, CapabilityStatementRestResource } from 'fhir/r4.js';
import { DEFINITION_PARAMETERS, SEARCH_PARAMETERS, type SearchParameter } from '../fhir/search-parameters.js';
import { CDS, FR_CORE, OWN } from '../fhir/systems.js';

/** Profiles of the types that have one. */
const PROFILES: Readonly<Record<string, string>> = {
  Patient: `${FR_CORE}/fr-core-patient`,
  Encounter: `${FR_CORE}/fr-core-encounter`,
  CareTeam: `${CDS}/cds-ihe-careteam`,
  CarePlan: OWN.stayCarePlan,
  Organization: `${FR_CORE}/fr-core-organization`,
  Practitioner: `${FR_CORE}/fr-core-practitioner`,
  PractitionerRole: `${FR_CORE}/fr-core-practitioner-role`,
  Location: `${FR_CORE}/fr-core-location`,
  RelatedPerson: `${FR_CORE}/fr-core-related-person`,
};

/** The types that the API serves from the store. */
export const SERVED: readonly string[] = Object.keys(SEARCH_PARAMETERS);
/** The types of the gateway's own definitions. */
export const DEFINED: readonly string[] = Object.keys(DEFINITION_PARAMETERS);

/** What the API does, made of the same table that it works from: nothing is declared that does not work. */
export function capabilityStatement(base: string, startedAt: string): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    date: startedAt,
    kind: 'instance',
    instantiates: [OWN.gateway],
    software: { name: 'Trait d’union' },
    implementation: { description: 'Trait d’union', url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [{ mode: 'server', resource: [...SERVED.map(resourceOf), ...DEFINED.map(definitionsOf)] }],
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
      ...searchParamsOf(SEARCH_PARAMETERS[type]),
    ],
  };
}

/** A definition changes with the release of the gateway alone: it has no history here. */
function definitionsOf(type: string): CapabilityStatementRestResource {
  return {
    type: type as CapabilityStatementRestResource['type'],
    interaction: (['read', 'search-type'] as const).map((code) => ({ code })),
    searchParam: [{ name: '_id', type: 'token' as const }, ...searchParamsOf(DEFINITION_PARAMETERS[type])],
  };
}

function searchParamsOf(parameters: Readonly<Record<string, SearchParameter>> = {}) {
  return Object.entries(parameters).map(([name, { kind }]) => ({ name, type: kind }));
}
