import { insKey, type SampleDoctor, type SamplePatient } from './pam-message.js';

/** The hospital of the sample day, as documents name it: an example OID for what it numbers, an invented FINESS for itself. */
const HOSPITAL_OID = '2.999.71.1';
const HOSPITAL = { id: '1000990001', name: 'CH d’Autan' };
const PROFESSIONALS = '1.2.250.1.71.4.2.1';
const STRUCTURES = '1.2.250.1.71.4.2.2';
/** The test arc of the INS (ANS, list of the OIDs of the INS authorities). */
const INS_TEST = '1.2.250.1.213.1.4.10';
const LOINC = '2.16.840.1.113883.6.1';

/** A professional whom a document names, with what he is. */
export interface SampleParticipant extends SampleDoctor {
  /** Code and name of a profession (JDV_J01): `G15_10/SM26`, `Médecin généraliste`. */
  profession: readonly [code: string, display: string];
  mailbox?: string;
}

/** A document of the sample day. */
export interface SampleDocument {
  /** ClinicalDocument/id and setId, below an example OID. */
  id: string;
  set: string;
  version: number;
  /** The model that it follows (CI-SIS). */
  template: readonly [root: string, extension: string];
  type: readonly [code: string, display: string];
  title: string;
  /** YYYYMMDDHHMMSS+ZZZZ. */
  at: string;
  patient: SamplePatient;
  author: SampleParticipant;
  recipients: readonly SampleParticipant[];
  /** participant elements, see {@link participant}. */
  participants: readonly string[];
  encounter: { visit?: string; code: string; begin: string; end?: string };
  sections: readonly string[];
}

/** A CDA R2 document (CI-SIS, structuration minimale), UTF-8. */
export function clinicalDocument(document: SampleDocument): string {
  const { id, set, version, template, type, title, at, author } = document;
  return `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>
<templateId root="${template[0]}" extension="${template[1]}"/>
<id root="${HOSPITAL_OID}.9.${id}"/>
<code code="${type[0]}" codeSystem="${LOINC}" displayName="${type[1]}"/>
<title>${title}</title><effectiveTime value="${at}"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25" displayName="Normal"/><languageCode code="fr-FR"/>
<setId root="${HOSPITAL_OID}.9.${set}"/><versionNumber value="${version}"/>
${recordTarget(document.patient)}
<author><time value="${at}"/><assignedAuthor>${entity(author)}<assignedPerson>${name(author)}</assignedPerson>
<representedOrganization>${hospital()}</representedOrganization></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>${hospital()}</representedCustodianOrganization></assignedCustodian></custodian>
${document.recipients.map(informationRecipient).join('\n')}
<legalAuthenticator><time value="${at}"/><signatureCode code="S"/><assignedEntity>${entity(author)}
<assignedPerson>${name(author)}</assignedPerson></assignedEntity></legalAuthenticator>
${document.participants.join('\n')}
${serviceEvent(document)}
${encompassingEncounter(document)}
<component><structuredBody>${document.sections.join('\n')}</structuredBody></component>
</ClinicalDocument>
`;
}

function recordTarget({ ipp, ins, family, given, birthDate, sex, birthPlace }: SamplePatient): string {
  const national = ins === undefined ? '' : `<id root="${INS_TEST}" extension="${ins}${insKey(ins)}"/>`;
  return `<recordTarget><patientRole>${national}<id root="${HOSPITAL_OID}" extension="${ipp}"/>
<addr nullFlavor="NASK"/><telecom nullFlavor="NASK"/>
<patient><name><family qualifier="BR">${family}</family><given>${given}</given><given qualifier="BR">${given}</given></name>
<administrativeGenderCode code="${sex}" codeSystem="2.16.840.1.113883.5.1"/><birthTime value="${birthDate}"/>
<birthplace><place><addr><county>${birthPlace}</county></addr></place></birthplace></patient></patientRole></recordTarget>`;
}

function informationRecipient(recipient: SampleParticipant): string {
  const id = `<id root="${PROFESSIONALS}" extension="8${recipient.rpps}"/>`;
  return `<informationRecipient><intendedRecipient>${id}${mailbox(recipient)}<informationRecipient>${name(recipient)}</informationRecipient></intendedRecipient></informationRecipient>`;
}

/** A member of the care team: 353 of the French functions, or PCP for the family doctor. */
export function participant(person: SampleParticipant, role: 'PCP' | '353'): string {
  const [type, system] = role === 'PCP' ? ['INF', '2.16.840.1.113883.5.88'] : ['PRF', '1.2.250.1.213.1.6.1.107'];
  return `<participant typeCode="${type}"><functionCode code="${role}" codeSystem="${system}"/><time nullFlavor="NA"/>
<associatedEntity classCode="PROV">${entity(person)}<associatedPerson>${name(person)}</associatedPerson></associatedEntity></participant>`;
}

function entity(person: SampleParticipant): string {
  const [code, display] = person.profession;
  return `<id root="${PROFESSIONALS}" extension="8${person.rpps}"/><code code="${code}" codeSystem="1.2.250.1.213.1.1.4.5" displayName="${display}"/><addr nullFlavor="NASK"/>${mailbox(person)}`;
}

function mailbox({ mailbox: address }: SampleParticipant): string {
  return address === undefined ? '<telecom nullFlavor="UNK"/>' : `<telecom value="mailto:${address}"/>`;
}

function name({ family, given }: SampleDoctor): string {
  return `<name><family>${family}</family><given>${given}</given></name>`;
}

function hospital(): string {
  return `<id root="${STRUCTURES}" extension="${HOSPITAL.id}"/><name>${HOSPITAL.name}</name>`;
}

function serviceEvent({ encounter, author }: SampleDocument): string {
  return `<documentationOf><serviceEvent><code code="${encounter.code}" codeSystem="2.16.840.1.113883.5.4"/>${interval(encounter)}
<performer typeCode="PRF"><assignedEntity>${entity(author)}<assignedPerson>${name(author)}</assignedPerson>
<representedOrganization>${hospital()}<standardIndustryClassCode code="ETABLISSEMENT" codeSystem="1.2.250.1.213.1.1.4.9" displayName="Etablissement de santé"/></representedOrganization></assignedEntity></performer></serviceEvent></documentationOf>`;
}

function encompassingEncounter({ encounter }: SampleDocument): string {
  const { visit, code } = encounter;
  const id = visit === undefined ? '' : `<id root="${HOSPITAL_OID}" extension="${visit}"/>`;
  return `<componentOf><encompassingEncounter>${id}<code code="${code}" codeSystem="2.16.840.1.113883.5.4"/>${interval(encounter)}
<location><healthCareFacility><code code="SA01" codeSystem="1.2.250.1.71.4.2.4" displayName="Etablissement public de santé"/>
<serviceProviderOrganization>${hospital()}</serviceProviderOrganization></healthCareFacility></location></encompassingEncounter></componentOf>`;
}

function interval({ begin, end }: SampleDocument['encounter']): string {
  const high = end === undefined ? '' : `<high value="${end}"/>`;
  return `<effectiveTime><low value="${begin}"/>${high}</effectiveTime>`;
}

/** A section by its template, with its narrative and its entries. */
export function section(
  template: string,
  code: readonly [code: string, title: string],
  lines: readonly (readonly [id: string, text: string])[],
  entries: readonly string[],
): string {
  const items = lines.map(([id, text]) => `<item ID="${id}">${text}</item>`).join('');
  return `<component><section><templateId root="${template}"/><code code="${code[0]}" codeSystem="${LOINC}"/><title>${code[1]}</title>
<text><list>${items}</list></text>${entries.map((entry) => `<entry>${entry}</entry>`).join('\n')}</section></component>`;
}
