/** Identifier systems and code systems of the French field. */
export const SYSTEMS = {
  /** Of identifiers that are URIs themselves (R4 datatypes, Identifier). */
  uri: 'urn:ietf:rfc:3986',
  rpps: 'https://rpps.esante.gouv.fr',
  adeli: 'https://adeli.esante.gouv.fr',
  idnps: 'urn:oid:1.2.250.1.71.4.2.1',
  finess: 'https://finess.esante.gouv.fr',
  v20203: 'http://terminology.hl7.org/CodeSystem/v2-0203',
  fr0203: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203',
  fr0445: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445',
  collection: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-method-collection',
  validation: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-mode-validation-identity',
  identifierType: 'https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identifier-type',
  commune: 'https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM',
  mailType: 'https://mos.esante.gouv.fr/NOS/TRE_R256-TypeMessagerie/FHIR/TRE-R256-TypeMessagerie',
  visibility: 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument',
  confidentiality: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality',
  roleClass: 'https://mos.esante.gouv.fr/NOS/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass',
  participation:
    'https://mos.esante.gouv.fr/NOS/TRE_R259-HL7ParticipationFunction/FHIR/TRE-R259-HL7ParticipationFunction',
} as const;

/** The national identity's systems by what they hold: number, provisional number, and the two that hold invented ones. */
export const INS = {
  nir: 'urn:oid:1.2.250.1.213.1.4.8',
  nia: 'urn:oid:1.2.250.1.213.1.4.9',
  test: 'urn:oid:1.2.250.1.213.1.4.10',
  demo: 'urn:oid:1.2.250.1.213.1.4.11',
} as const;

export const CDS = 'https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition';
export const ANNUAIRE = 'https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition';
export const FR_CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition';

/** The whole list of given names of a birth certificate, of a Patient's name alone. */
export const BIRTH_LIST = `${FR_CORE}/fr-core-patient-birth-list-given-name`;

/**
 * The canonical base of all that the gateway defines itself. `.example` is a reserved name (RFC 2606): it stands here until there is a
 * domain.
 */
export const CANONICAL = 'https://trait-d-union.example/fhir';

/** What the gateway defines itself and names in what it gives: each is a file of `profiles/`. */
export const OWN = {
  stayCarePlan: `${CANONICAL}/StructureDefinition/stay-care-plan`,
  eventCommunication: `${CANONICAL}/StructureDefinition/event-communication`,
  eventNumber: `${CANONICAL}/StructureDefinition/event-number`,
  derivedBound: `${CANONICAL}/StructureDefinition/derived-bound`,
  replacedBy: `${CANONICAL}/StructureDefinition/replaced-by`,
  event: `${CANONICAL}/CodeSystem/event`,
  failure: `${CANONICAL}/CodeSystem/failure`,
  gateway: `${CANONICAL}/CapabilityStatement/gateway`,
} as const;

/** An HL7 HD: namespace, universal id and its type. */
export interface AssigningAuthority {
  namespace: string;
  universalId: string;
  type: string;
}

/** Is that one of the systems of the national identity? */
export function isIns(system: string): boolean {
  return INS_SYSTEMS.has(system);
}

const INS_SYSTEMS: ReadonlySet<string> = new Set(Object.values(INS));

/**
 * The system that an assigning authority says of itself: an OID, a UUID, or a FINESS number under the national arc (an arc has no leading
 * zero); undefined for one that is only a name.
 */
export function authoritySystem({ universalId, type }: AssigningAuthority): string | undefined {
  if (type === 'ISO' && /^[0-2](\.(0|[1-9]\d*))+$/.test(universalId)) return `urn:oid:${universalId}`;
  if (type === 'UUID' && /^[0-9A-Fa-f-]{36}$/.test(universalId)) return `urn:uuid:${universalId.toLowerCase()}`;
  if ((type === 'M' || type === 'N') && /^\d+$/.test(universalId))
    return `urn:oid:1.2.250.1.71.4.2.2.${universalId.replace(/^0+(?=\d)/, '')}`;
  return undefined;
}
