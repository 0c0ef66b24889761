/** The code systems that FHIR names otherwise than by their OID: as terminology.hl7.org does, and PDSm 3.1.1 those of the NOS. */
const URI_OF_OID: ReadonlyMap<string, string> = new Map([
  ['2.16.840.1.113883.6.1', 'http://loinc.org'],
  ['2.16.840.1.113883.6.96', 'http://snomed.info/sct'],
  ['2.16.840.1.113883.6.3', 'http://hl7.org/fhir/sid/icd-10'],
  ['2.16.840.1.113883.6.347', 'http://id.who.int/icd/release/11/mms'],
  ['2.16.840.1.113883.6.73', 'http://www.whocc.no/atc'],
  ['2.16.840.1.113883.6.8', 'http://unitsofmeasure.org'],
  ['2.16.840.1.113883.3.26.1.1', 'http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl'],
  ['0.4.0.127.0.16.1.1.2.1', 'http://standardterms.edqm.eu'],
  ['1.2.840.10008.2.16.4', 'http://dicom.nema.org/resources/ontology/DCM'],
  ['1.0.3166.1.2.2', 'urn:iso:std:iso:3166'],
  ['1.0.3166.1.2.3', 'urn:iso:std:iso:3166'],
  ['1.2.250.1.71.4.2.4', 'https://mos.esante.gouv.fr/NOS/TRE_R02-SecteurActivite/FHIR/TRE-R02-SecteurActivite'],
  ['1.2.250.1.213.1.1.4.1', 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'],
  ['1.2.250.1.213.1.1.4.9', 'https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice'],
  [
    '1.2.250.1.213.1.1.4.12',
    'https://mos.esante.gouv.fr/NOS/TRE_A05-TypeDocComplementaireCISIS/FHIR/TRE-A05-TypeDocComplementaireCISIS',
  ],
  [
    '1.2.250.1.213.1.1.4.13',
    'https://mos.esante.gouv.fr/NOS/TRE_A07-StatusVisibiliteDocument/FHIR/TRE-A07-StatusVisibiliteDocument',
  ],
  [
    '1.2.250.1.213.1.1.4.2.282',
    'https://mos.esante.gouv.fr/NOS/TRE_A06-FormatCodeComplementaire/FHIR/TRE-A06-FormatCodeComplementaire',
  ],
  ['1.2.250.1.213.1.1.4.322', 'https://mos.esante.gouv.fr/NOS/TRE_R308-TAASIP/FHIR/TRE-R308-TAASIP'],
  ['1.3.6.1.4.1.19376.1.2.3', 'https://mos.esante.gouv.fr/NOS/TRE_A11-IheFormatCode/FHIR/TRE-A11-IheFormatCode'],
  ['2.16.840.1.113883.5.1150.1', 'http://hl7.org/fhir/uv/ips/CodeSystem/absent-unknown-uv-ips'],
  ['2.16.840.1.113883.4.642.1.1074', 'http://terminology.hl7.org/CodeSystem/condition-clinical'],
  ['2.16.840.1.113883.4.642.1.1075', 'http://terminology.hl7.org/CodeSystem/condition-ver-status'],
]);

/** HL7 v3 code systems, by the last number of their OID under 2.16.840.1.113883.5. */
const V3: ReadonlyMap<string, string> = new Map([
  ['1', 'AdministrativeGender'],
  ['4', 'ActCode'],
  ['6', 'ActClass'],
  ['7', 'ActPriority'],
  ['8', 'ActReason'],
  ['14', 'ActStatus'],
  ['25', 'Confidentiality'],
  ['83', 'ObservationInterpretation'],
  ['84', 'ObservationMethod'],
  ['88', 'ParticipationFunction'],
  ['90', 'ParticipationType'],
  ['110', 'RoleClass'],
  ['111', 'RoleCode'],
  ['112', 'RouteOfAdministration'],
  ['139', 'TimingEvent'],
  ['1001', 'ActMood'],
  ['1008', 'NullFlavor'],
]);
const V3_ROOT = '2.16.840.1.113883.5.';

/** The system of a Coding for the codeSystem of a CD: what FHIR calls it, else `urn:oid:`. Undefined where it is neither an OID nor a URI. */
export function codeSystemUri(codeSystem: string): string | undefined {
  const oid = codeSystem.trim().replace(/^urn:oid:/i, '');
  if (!/^[0-2](\.(0|[1-9]\d*))+$/.test(oid)) return /^(https?:\/\/|urn:)\S+$/.test(oid) ? oid : undefined;
  const name = oid.startsWith(V3_ROOT) ? V3.get(oid.slice(V3_ROOT.length)) : undefined;
  if (name !== undefined) return `http://terminology.hl7.org/CodeSystem/v3-${name}`;
  return URI_OF_OID.get(oid) ?? `urn:oid:${oid}`;
}
