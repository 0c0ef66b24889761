/** Identifier systems and code systems of the French field (fhir-fr §1). */
export const SYSTEMS = {
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
  roleClass: 'https://mos.esante.gouv.fr/NOS/TRE_R260-HL7RoleClass/FHIR/TRE-R260-HL7RoleClass',
  participation:
    'https://mos.esante.gouv.fr/NOS/TRE_R259-HL7ParticipationFunction/FHIR/TRE-R259-HL7ParticipationFunction',
} as const;

/** The national identity's systems by what they hold: number, provisional number, and the two that hold invented ones (pam-fr §2.3). */
export const INS = {
  nir: 'urn:oid:1.2.250.1.213.1.4.8',
  nia: 'urn:oid:1.2.250.1.213.1.4.9',
  test: 'urn:oid:1.2.250.1.213.1.4.10',
  demo: 'urn:oid:1.2.250.1.213.1.4.11',
} as const;

export const CDS = 'https://interop.esante.gouv.fr/ig/fhir/cds/StructureDefinition';
export const FR_CORE = 'https://hl7.fr/ig/fhir/core/StructureDefinition';

/** An HL7 HD: namespace, universal id and its type (pam-fr §2.3). */
export interface AssigningAuthority {
  namespace: string;
  universalId: string;
  type: string;
}

/**
 * The system of an assigning authority. Configured aliases come first, by HD-1 or HD-2; then what the HD itself says: an OID, a UUID, a
 * FINESS number under the national arc (an arc has no leading zero); else a name of our own.
 */
export function authoritySystem(authority: AssigningAuthority, aliases: Readonly<Record<string, string>>): string {
  const { namespace, universalId, type } = authority;
  const alias = aliases[namespace] ?? aliases[universalId];
  if (alias !== undefined) return alias;
  if (type === 'ISO' && /^[0-2](\.(0|[1-9]\d*))+$/.test(universalId)) return `urn:oid:${universalId}`;
  if (type === 'UUID' && universalId !== '') return `urn:uuid:${universalId.toLowerCase()}`;
  if ((type === 'M' || type === 'N') && /^\d+$/.test(universalId))
    return `urn:oid:1.2.250.1.71.4.2.2.${universalId.replace(/^0+(?=\d)/, '')}`;
  return `urn:trait-d-union:authority:${encodeURIComponent(namespace === '' ? universalId || 'none' : namespace)}`;
}
