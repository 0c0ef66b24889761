import { hasInsKey } from '../../src/translate/identifiers.js';

/** What may be otherwise in a letter of the tests: an invented patient, a letter of discharge. */
export interface Letter {
  /** ClinicalDocument/id, an OID. */
  id: string;
  set: string;
  version: number;
  replaces?: string;
  /** '' leaves it out. */
  ins: string;
  insRoot: string;
  ipp: string;
  birthName: string;
  given: string;
  sex: string;
  birthDate: string;
  birthPlace: string;
  /** RPPS as CDA writes it, and FINESS. */
  author: string;
  organisation: string;
  code: string;
  text: string;
}

const LETTER: Letter = {
  id: '2.999.80.1',
  set: '2.999.80',
  version: 1,
  ins: insOf('2540638185001'),
  insRoot: '1.2.250.1.213.1.4.10',
  ipp: 'IPP-7001',
  birthName: 'ESSAI-LETTRE',
  given: 'ODETTE',
  sex: 'F',
  birthDate: '19540612',
  birthPlace: '38185',
  author: '810999000011',
  organisation: '1380999995',
  code: '11490-0',
  text: 'Séjour sans particularité.',
};

/** Thirteen digits with the key that makes them a number of the national identity. */
export function insOf(digits: string): string {
  const keys = Array.from({ length: 98 }, (_, key) => digits + String(key).padStart(2, '0'));
  return keys.find(hasInsKey) ?? '';
}

/** A discharge letter as CDA R2. */
export function letter(change: Partial<Letter> = {}): string {
  const of = { ...LETTER, ...change };
  const related =
    of.replaces === undefined
      ? ''
      : `<relatedDocument typeCode="RPLC"><parentDocument><id root="${of.replaces}"/></parentDocument></relatedDocument>`;
  const element = (value: string, text: string) => (value === '' ? '' : text);
  const organisation = `<id root="1.2.250.1.71.4.2.2" extension="${of.organisation}"/><name>CH des essais</name>`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.1"/>
<templateId root="1.2.250.1.213.1.1.1.29" extension="2022.01"/>
<id root="${of.id}"/><code code="${of.code}" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre de liaison"/>
<title>Lettre de liaison</title><effectiveTime value="20260310141200+0100"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="fr-FR"/>
<setId root="${of.set}"/><versionNumber value="${String(of.version)}"/>
<recordTarget><patientRole>
${element(of.ins, `<id root="${of.insRoot}" extension="${of.ins}"/>`)}<id root="2.999.71.1" extension="${of.ipp}"/>
<addr nullFlavor="UNK"/><telecom nullFlavor="UNK"/>
<patient><name>${element(of.birthName, `<family qualifier="BR">${of.birthName}</family>`)}
${element(of.given, `<given>${of.given}</given><given qualifier="BR">${of.given}</given>`)}</name>
${element(of.sex, `<administrativeGenderCode code="${of.sex}" codeSystem="2.16.840.1.113883.5.1"/>`)}
${element(of.birthDate, `<birthTime value="${of.birthDate}"/>`)}
<birthplace><place><addr><county>${of.birthPlace}</county></addr></place></birthplace></patient></patientRole></recordTarget>
<author><time value="20260310140000+0100"/><assignedAuthor><id root="1.2.250.1.71.4.2.1" extension="${of.author}"/>
<assignedPerson><name><family>BERTHIER</family><given>Claire</given></name></assignedPerson>
<representedOrganization>${organisation}</representedOrganization></assignedAuthor></author>
<custodian><assignedCustodian><representedCustodianOrganization>${organisation}</representedCustodianOrganization></assignedCustodian></custodian>
<legalAuthenticator><time value="20260310141000+0100"/><signatureCode code="S"/><assignedEntity>
<id root="1.2.250.1.71.4.2.1" extension="${of.author}"/></assignedEntity></legalAuthenticator>
<documentationOf><serviceEvent><code code="IMP" codeSystem="2.16.840.1.113883.5.4"/>
<effectiveTime><low value="20260302"/><high value="20260310"/></effectiveTime></serviceEvent></documentationOf>${related}
<componentOf><encompassingEncounter><effectiveTime><low value="20260302"/><high value="20260310"/></effectiveTime>
<location><healthCareFacility><code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/></healthCareFacility></location></encompassingEncounter></componentOf>
<component><structuredBody><component><section><templateId root="1.2.250.1.213.1.1.2.163.1"/>
<code code="42545-4" codeSystem="2.16.840.1.113883.6.1"/><title>Synthèse</title><text>${of.text}</text></section></component></structuredBody></component>
</ClinicalDocument>`;
}

const REQUESTS = {
  new: { event: 'T02', control: 'NW', status: 'F' },
  replace: { event: 'T10', control: 'RO', status: 'C' },
  delete: { event: 'T04', control: 'CA', status: 'D' },
} as const;

/** What may be otherwise in a message of the tests that carries a letter. */
export interface Carrier {
  controlId: string;
  /** MSH-7. */
  sentAt: string;
  type: 'MDM' | 'ORU';
  request: keyof typeof REQUESTS;
  event: string;
  control: string;
  status: string;
  /** The whole of PID-3. */
  pid3: string;
  /** PID-5 to PID-8. */
  traits: string;
  /** TXA-12 and TXA-13. */
  id: string;
  parent: string;
  /** OBX-3.1 and OBR-4.1. */
  code: string;
  /** OBX-5.5, in place of the letter's base64. */
  data: string;
  /** Segments after the OBX that holds the letter. */
  after: string[];
}

/** An MDM or ORU that carries a letter (CI-SIS, Transmission de documents CDA en HL7 v2). */
export function carrying(xml: string, change: Partial<Carrier> = {}): string {
  const { type = 'MDM', request = 'new', code = '11490-0', after = [] } = change;
  const asked = { ...REQUESTS[request], ...change };
  const event = type === 'MDM' ? asked.event : 'R01';
  const id = /<id root="([^"]*)"/.exec(xml)?.[1] ?? '';
  const parent = /<parentDocument><id root="([^"]*)"/.exec(xml)?.[1] ?? '';
  const ins = /root="1\.2\.250\.1\.213\.1\.4\.10" extension="([^"]*)"/.exec(xml)?.[1] ?? '';
  const pid3 =
    change.pid3 ?? `${ins}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO^INS~IPP-7001^^^CH&2.999.71.1&ISO^PI`;
  const traits = change.traits ?? 'ESSAI-LETTRE^ODETTE^ODETTE^^^^L||19540612|F';
  const data = change.data ?? Buffer.from(xml).toString('base64');
  const structure = type === 'MDM' ? 'MDM_T02' : 'ORU_R01';
  const version = type === 'MDM' ? '2.6' : '2.5';
  const mdm = (segment: string) => (type === 'MDM' ? [segment] : []);
  return [
    `MSH|^~\\&|RIS|CH|TDU|GHT|${change.sentAt ?? '20260310142000'}||${type}^${event}^${structure}|${change.controlId ?? 'D1'}|P|${version}|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
    ...mdm('EVN||20260310142000'),
    `PID|||${pid3}||${traits}`,
    'PV1|1|I',
    `ORC|${asked.control}|`,
    `OBR|1|||${code}^Lettre de liaison^LN|`,
    ...mdm(`TXA|1|${code}|TEXT|20260310||||||||${change.id ?? id}|${change.parent ?? parent}||||AU`),
    `OBX|1|ED|${code}^Lettre de liaison^LN||^text^XML^Base64^${data}||||||${asked.status}|`,
    ...after,
  ].join('\r');
}

/** What is to become of a document (MetaDMPMSS): each flag that is Y, all others N. */
export function flags(...set: string[]): string[] {
  const codes =
    'MASQUE_PS INVISIBLE_PATIENT INVISIBLE_REP_LEGAUX CONNEXION_SECRETE MODIF_CONF_CODE DESTDMP DESTMSSANTEPS DESTMSSANTEPAT';
  return codes
    .split(' ')
    .map(
      (code, index) =>
        `OBX|${index + 2}|CWE|${code}^^MetaDMPMSS||${set.includes(code) ? 'Y' : 'N'}^^expandedYes-NoIndicator||||||F|`,
    );
}
