import { readFileSync } from 'node:fs';
import type {
  CapabilityStatement,
  CapabilityStatementRestResource,
  CapabilityStatementRestResourceSearchParam,
} from 'fhir/r4.js';
import { COMMUNICATION_PARAMETERS, DEFINITION_PARAMETERS, SEARCH_PARAMETERS } from '../fhir/search-parameters.js';
import type { SearchParameter } from '../fhir/shared-parameters.js';
import { ANNUAIRE, CDS, FR_CORE, OWN } from '../fhir/systems.js';

/** Profiles that resources claim, by type. */
const PROFILES: Readonly<Record<string, readonly string[]>> = {
  Patient: [`${FR_CORE}/fr-core-patient`, `${FR_CORE}/fr-core-patient-ins`],
  Encounter: [`${FR_CORE}/fr-core-encounter`],
  CareTeam: [`${CDS}/cds-ihe-careteam`],
  CarePlan: [OWN.stayCarePlan],
  Organization: [`${FR_CORE}/fr-core-organization`, `${CDS}/cds-organization`],
  Practitioner: [`${FR_CORE}/fr-core-practitioner`, `${ANNUAIRE}/as-practitioner`],
  PractitionerRole: [`${FR_CORE}/fr-core-practitioner-role`, `${ANNUAIRE}/as-practitionerrole`],
  Location: [`${FR_CORE}/fr-core-location`],
  RelatedPerson: [`${FR_CORE}/fr-core-related-person`, `${CDS}/cds-fr-related-person`],
  Communication: [OWN.eventCommunication],
};

/** The types that the API serves from the store. */
export const SERVED: readonly string[] = Object.keys(SEARCH_PARAMETERS);
/** Those that are made of deliveries: read and searched, without history. */
export const COMMUNICATED: readonly string[] = Object.keys(COMMUNICATION_PARAMETERS);
/** The types of the gateway's own definitions. */
export const DEFINED: readonly string[] = Object.keys(DEFINITION_PARAMETERS);

const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const SECURITY =
  'There are no tokens yet: callers of its own machine are answered, those that its operator’s proxy lets through, or all of a closed network.';
const READING =
  'What is not served is refused, or left out with Prefer: handling=lenient. GET [base]/_history is the change feed: kept links lose nothing and repeat nothing.';

/**
 * What the API does, made of the same table that it works from: nothing is declared that does not work.
 * @param zone of dates without offset
 */
export function capabilityStatement(base: string, startedAt: string, zone: string): CapabilityStatement {
  return {
    resourceType: 'CapabilityStatement',
    name: 'GatewayInstance',
    title: 'Trait d’union',
    status: 'active',
    date: startedAt,
    publisher: 'Trait d’union',
    kind: 'instance',
    instantiates: [OWN.gateway],
    software: { name: 'Trait d’union', version: VERSION },
    implementation: { description: `Trait d’union; dates without offset are read in ${zone}`, url: base },
    fhirVersion: '4.0.1',
    format: ['application/fhir+json'],
    rest: [
      {
        mode: 'server',
        documentation: READING,
        security: { description: SECURITY },
        resource: [
          ...SERVED.map(resourceOf),
          ...COMMUNICATED.map(communicationOf),
          ...DEFINED.map(definitionsOf),
          BINARY,
        ],
        interaction: [{ code: 'history-system' }],
      },
    ],
  };
}

/** The bytes of documents: read by the address that their DocumentReference names. */
const BINARY: CapabilityStatementRestResource = { type: 'Binary', interaction: [{ code: 'read' }] };

const ID: CapabilityStatementRestResourceSearchParam = {
  name: '_id',
  definition: 'http://hl7.org/fhir/SearchParameter/Resource-id',
  type: 'token',
};
const LAST_UPDATED: CapabilityStatementRestResourceSearchParam = {
  name: '_lastUpdated',
  definition: 'http://hl7.org/fhir/SearchParameter/Resource-lastUpdated',
  type: 'date',
};

function resourceOf(type: string): CapabilityStatementRestResource {
  const codes = ['read', 'vread', 'history-instance', 'history-type', 'search-type'] as const;
  return {
    type: type as CapabilityStatementRestResource['type'],
    ...profileOf(type),
    interaction: codes.map((code) => ({ code })),
    versioning: 'versioned' as const,
    readHistory: true,
    searchParam: [ID, LAST_UPDATED, ...searchParamsOf(type, SEARCH_PARAMETERS[type])],
  };
}

/** A Communication is what its delivery is now. */
function communicationOf(type: string): CapabilityStatementRestResource {
  return { ...readAndSearch(type, COMMUNICATION_PARAMETERS[type]), ...profileOf(type) };
}

/** A definition changes with the release of the gateway alone: it has no history here. */
function definitionsOf(type: string): CapabilityStatementRestResource {
  return readAndSearch(type, DEFINITION_PARAMETERS[type]);
}

function readAndSearch(
  type: string,
  parameters: Readonly<Record<string, SearchParameter>> | undefined,
): CapabilityStatementRestResource {
  return {
    type: type as CapabilityStatementRestResource['type'],
    interaction: (['read', 'search-type'] as const).map((code) => ({ code })),
    searchParam: [ID, ...searchParamsOf(type, parameters)],
  };
}

function profileOf(type: string): Pick<CapabilityStatementRestResource, 'supportedProfile'> {
  const profiles = PROFILES[type];
  return profiles === undefined ? {} : { supportedProfile: [...profiles] };
}

function searchParamsOf(type: string, parameters: Readonly<Record<string, SearchParameter>> = {}) {
  return Object.entries(parameters).map(([name, { kind, definition }]) => ({
    name,
    definition: `http://hl7.org/fhir/SearchParameter/${definition ?? `${type}-${name}`}`,
    type: kind,
  }));
}
