import { clinicalDocument, participant, section, type SampleDocument, type SampleParticipant } from './cda.js';
import { patientSegment, type SampleDoctor, type SamplePatient } from './pam-message.js';

/** A document of the sample day: by which door it comes, and what its sender gets. */
export interface DayDocument {
  hour: string;
  what: string;
  /** ClinicalDocument/id. */
  id: string;
  door: 'mllp' | 'http';
  /** A message MDM^T02 for MLLP, the document itself for HTTP. */
  text: string;
  expected: 'AA' | '202';
}

const PLAN = '1.2.250.1.213.1.1.2.158';
const DISCHARGE_MEDICATION = '1.2.250.1.213.1.1.2.146';
const GENERAL = ['G15_10/SM26', 'Médecin - Qualifié en Médecine Générale (SM)'] as const;

/** Whom the documents name beside those of the messages. */
const NURSE: SampleParticipant = {
  rpps: '10000023142',
  family: 'GUERIN',
  given: 'Nadia',
  profession: ['G15_60', 'Infirmier'],
  mailbox: 'nadia.guerin@formation.mssante.fr',
};
const ONCOLOGIST: SampleParticipant = {
  rpps: '10999000128',
  family: 'PRADIER',
  given: 'Julien',
  profession: ['G15_10/SM34', 'Médecin - Oncologie option médicale (SM)'],
};

/** What is to follow the stay: a treatment, dressings, an X-ray, an appointment. */
const LETTER = [
  section(
    DISCHARGE_MEDICATION,
    ['10183-2', 'Traitements à la sortie'],
    [['m1', 'Paracétamol 1 g, trois fois par jour']],
    [medication('m1', ['60234100', 'PARACETAMOL 1 g, comprimé'], '20260302', '20260309')],
  ),
  section(
    PLAN,
    ['18776-5', 'Suites à donner'],
    [
      ['p1', 'Pansement un jour sur deux'],
      ['p2', 'Radiographie de contrôle de la hanche'],
      ['p3', 'Consultation du médecin traitant'],
    ],
    [
      procedure('INT', 'p1', '20260303'),
      examination('p2', 'Radiographie de contrôle de la hanche', '20260316'),
      appointment('p3', '20260309'),
    ],
  ),
];

/** The letter of discharge of a stay, as its hospital sends it in a message (CI-SIS, transmission d'un document CDA-R2 en HL7 v2). */
export function dischargeLetter(stay: {
  patient: SamplePatient;
  visit: string;
  author: SampleDoctor;
  begin: string;
  end: string;
  at: string;
}): DayDocument {
  const doctor = { ...stay.patient.familyDoctor, profession: GENERAL };
  const document: SampleDocument = {
    id: '26001.1',
    set: '26001',
    version: 1,
    template: ['1.2.250.1.213.1.1.1.29', '2022.01'],
    type: ['11490-0', 'Lettre de liaison à la sortie d’un établissement de soins'],
    title: 'Lettre de liaison à la sortie',
    at: zoned(stay.at),
    patient: stay.patient,
    author: { ...stay.author, profession: ['G15_10/SM04', 'Médecin - Chirurgie générale (SM)'] },
    recipients: [doctor, NURSE],
    participants: [participant(doctor, 'PCP')],
    encounter: { visit: stay.visit, code: 'IMP', begin: zoned(stay.begin), end: zoned(stay.end) },
    sections: LETTER,
  };
  const text = mdm(document, stay.visit);
  return { hour: '18:10', what: 'lettre de sortie', id: document.id, door: 'mllp', text, expected: 'AA' };
}

/** A programme of cancer care, brought by HTTP: two parts of one plan, and a circle of its own. */
export function cancerPlan(patient: SamplePatient, at: string): DayDocument {
  const doctor = { ...patient.familyDoctor, profession: GENERAL };
  const document: SampleDocument = {
    id: '26002.1',
    set: '26002',
    version: 1,
    template: ['1.2.250.1.213.1.1.1.26', '2022.01'],
    type: ['18776-5', 'Programme personnalisé de soins'],
    title: 'Programme personnalisé de soins',
    at: zoned(at),
    patient,
    author: ONCOLOGIST,
    recipients: [],
    participants: [participant(doctor, 'PCP'), participant(NURSE, '353')],
    encounter: { code: 'AMB', begin: zoned(at) },
    sections: [
      section(
        PLAN,
        ['18776-5', 'Programme thérapeutique et de suivi'],
        [
          ['t1', 'Chimiothérapie, six cures'],
          ['t2', 'Consultation d’oncologie après la troisième cure'],
        ],
        [procedure('INT', 't1', '20260309'), appointment('t2', '20260420')],
      ),
      section(
        PLAN,
        ['18776-5', 'Soins de support'],
        [['s1', 'Consultation de diététique']],
        [procedure('INT', 's1', '20260312')],
      ),
    ],
  };
  const text = clinicalDocument(document);
  return { hour: '18:20', what: 'programme de soins', id: document.id, door: 'http', text, expected: '202' };
}

/** A time of the sample day, which is in winter. */
function zoned(at: string): string {
  return `${at}+0100`;
}

function reference(id: string): string {
  return `<reference value="#${id}"/>`;
}

function procedure(mood: 'INT' | 'EVN', id: string, begin: string): string {
  return `<procedure classCode="PROC" moodCode="${mood}"><templateId root="1.2.250.1.213.1.1.3.62"/><id root="2.999.71.1.8" extension="${id}"/>
<code nullFlavor="NA"><originalText>${reference(id)}</originalText></code><text>${reference(id)}</text><statusCode code="active"/><effectiveTime><low value="${begin}"/></effectiveTime></procedure>`;
}

function examination(id: string, text: string, at: string): string {
  return `<observation classCode="OBS" moodCode="INT"><templateId root="1.2.250.1.213.1.1.3.27"/><id root="2.999.71.1.8" extension="${id}"/>
<code code="ORG-064" codeSystem="1.2.250.1.213.1.1.4.322" displayName="Demande d'examen ou de suivi"/><text>${reference(id)}</text>
<statusCode code="active"/><effectiveTime value="${at}"/><value xsi:type="ST">${text}</value></observation>`;
}

function appointment(id: string, day: string): string {
  return `<encounter classCode="ENC" moodCode="ARQ"><templateId root="1.2.250.1.213.1.1.3.58"/><id root="2.999.71.1.8" extension="${id}"/>
<code code="AMB" codeSystem="2.16.840.1.113883.5.4" displayName="Ambulatoire"/><text>${reference(id)}</text><effectiveTime value="${day}"/></encounter>`;
}

function medication(id: string, product: readonly [code: string, name: string], begin: string, end: string): string {
  return `<substanceAdministration classCode="SBADM" moodCode="INT"><templateId root="1.2.250.1.213.1.1.3.42"/><id root="2.999.71.1.8" extension="${id}"/>
<text>${reference(id)}</text><statusCode code="completed"/><effectiveTime xsi:type="IVL_TS"><low value="${begin}"/><high value="${end}"/></effectiveTime>
<effectiveTime xsi:type="PIVL_TS" operator="A"><period value="8" unit="h"/></effectiveTime>
<consumable><manufacturedProduct><manufacturedMaterial><code code="${product[0]}" codeSystem="1.2.250.1.213.2.3.1" displayName="${product[1]}"/>
<name>${product[1]}</name></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`;
}

/** What the volet has said of every document, in its order (CI-SIS, items MetaDMPMSS). */
const META = [
  'MASQUE_PS',
  'INVISIBLE_PATIENT',
  'INVISIBLE_REP_LEGAUX',
  'CONNEXION_SECRETE',
  'MODIF_CONF_CODE',
  'DESTDMP',
  'DESTMSSANTEPS',
  'DESTMSSANTEPAT',
  'ACK_RECEPTION',
  'ACK_LECTURE_MSS',
];

/** MDM^T02 of the volet (v2.6): a new document, hidden from nobody, that no mail is to carry. */
function mdm(document: SampleDocument, visit: string): string {
  const at = document.at.slice(0, 14);
  const [code, display] = document.type;
  const { author } = document;
  const cda = Buffer.from(clinicalDocument(document)).toString('base64');
  return [
    `MSH|^~\\&|DPI|CH-AUTAN|TDU|VILLE|${at}||MDM^T02^MDM_T02|DEMODOC1|P|2.6|||||FRA|UNICODE UTF-8|||2.1^CISIS_CDA_HL7_V2`,
    `EVN||${at}`,
    patientSegment({ patient: document.patient, visit }),
    `PV1|1|R|||||||||||||||||${visit}^^^CH-AUTAN&000990001&M^VN`,
    'ORC|NW',
    `OBR|1|||${code}^${display}^LN`,
    `TXA|1|${code}|TEXT|${at}||||||||2.999.71.1.9.${document.id}|||||AU|||||8${author.rpps}^${author.family}^${author.given}`,
    `OBX|1|ED|${code}^${display}^LN||^text^XML^Base64^${cda}||||||F`,
    ...META.map((name, index) => `OBX|${index + 2}|CWE|${name}^^MetaDMPMSS||N^^expandedYes-NoIndicator||||||F`),
    '',
  ].join('\r');
}
