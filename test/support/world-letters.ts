import { entry, model, section } from './cda-body.js';
import { carrying, flags } from './letters.js';
import { facilityOf, finessOf, insOf, localNumber, rootOf, three, traitsOf, type Hospital } from './world-people.js';
import { stamp, wall, type Doctor, type Speaker } from './world-text.js';

/** Steps of a plan, each by an id of its own that all versions of a document share. */
export const STEPS = ['meeting', 'dressing', 'exam', 'medicine', 'goal'] as const;
export type Step = (typeof STEPS)[number];

/** What a document says of the stay that it tells of. Times are hours since the world began. */
export interface VisitPlan {
  /** A number of the feed, one that nobody else knows, or none. */
  number: 'feed' | 'unknown' | 'none';
  visit: number;
  begin: number | undefined;
  /** The begin is a day. */
  day: boolean;
  end: number | undefined;
  /** Another hospital of the world provides the care, the first hospital keeps the document. */
  provider: number | undefined;
  /** How the patient left. */
  discharged: boolean;
}

/** One version of a document: the same bytes whoever sends it, and however often. */
export interface LetterPlan {
  /** A FHIR document comes by HTTP alone. */
  form: 'cda' | 'fhir';
  hospital: number;
  person: number;
  /** setId and versionNumber; a version may be without. */
  set: number | undefined;
  version: number | undefined;
  /** The version that it says it replaces, by its place among the letters of the world; past the last, one that never comes. */
  replaces: number | undefined;
  written: number;
  offset: boolean;
  ins: boolean;
  local: boolean;
  renamed: boolean;
  visit: VisitPlan | undefined;
  author: Doctor;
  /** participant PCP, and informationRecipient. */
  familyDoctor: Doctor | undefined;
  recipient: Doctor | undefined;
  /** informant/relatedEntity. */
  relative: 'ECON' | 'NOK' | 'CAREGIVER' | undefined;
  steps: Step[];
  /** A step says something else than the same step of another version. */
  changed: boolean;
  problem: boolean;
  restricted: boolean;
}

/** How a version comes: again, by another system, or to delete what it is. */
export interface SendingPlan {
  /** Place among the letters of the world. */
  letter: number;
  /** Of another letter, which the same message brings; TXA of an MDM speaks of one alone. */
  beside: number | undefined;
  /** The hospital whose system sends it. */
  hospital: number;
  carrier: 'MDM' | 'ORU' | 'http' | 'xdm';
  request: 'new' | 'replace' | 'delete';
  /** Hours after it was written. */
  sentAfter: number;
  /** Masked to professionals. */
  masked: boolean;
}

/** Stands for the letter, in base64, in the message that carries it. */
export const LETTER_PLACE = '@LETTER@';
/** The same of the other letter of the message. */
export const BESIDE_PLACE = '@BESIDE@';

/** OBX-11. */
const STATUS = { new: 'F', replace: 'C', delete: 'D' } as const;

/** The hours at which a version is sent; by HTTP always at the same, since the first of several sendings alone is kept. */
export function letterSentAt({ written }: LetterPlan, { carrier, sentAfter }: SendingPlan): number {
  return written + (isMessage(carrier) ? sentAfter : 1);
}

/** Does the version come within a message of HL7 v2? */
export function isMessage(carrier: SendingPlan['carrier']): carrier is 'MDM' | 'ORU' {
  return carrier === 'MDM' || carrier === 'ORU';
}

/** The MDM or ORU that carries a letter, with `LETTER_PLACE` in the letter's place. */
export function carrierText(
  plan: LetterPlan,
  sending: SendingPlan,
  speaker: Speaker & { letters: readonly LetterPlan[] },
  controlId: string,
): string {
  const { family, given, birth, sex } = traitsOf(speaker.people, plan.person);
  const numbers = patientNumbers(plan, speaker);
  const text = carrying('', {
    controlId,
    type: sending.carrier === 'ORU' ? 'ORU' : 'MDM',
    request: sending.request,
    sentAt: stamp(wall(letterSentAt(plan, sending))),
    pid3: numbers.map(({ root, extension, type }) => `${extension}^^^&${root}&ISO^${type}`).join('~'),
    traits: `${plan.renamed ? `${family}-VRAI` : family}^${given}^${given}^^^^L||${birth}|${sex}`,
    id: idOf(sending.letter, speaker.world),
    parent: plan.replaces === undefined ? '' : idOf(plan.replaces, speaker.world),
    data: LETTER_PLACE,
    after: [
      ...(sending.beside === undefined
        ? []
        : [`OBX|9|ED|11490-0^Lettre^LN||^text^XML^Base64^${BESIDE_PLACE}||||||${STATUS[sending.request]}|`]),
      ...flags(...(sending.masked ? ['MASQUE_PS'] : [])),
    ],
  });
  return text.replace('MSH|^~\\&|RIS|CH|', `MSH|^~\\&|RIS|${facilityOf(sending.hospital, speaker.world)}|`);
}

const arc = (world: number, rest: string) => `2.999.${world + 100}.${rest}`;
/** ClinicalDocument/id and setId. */
export const idOf = (index: number, world: number): string => arc(world, `80.${index + 1}`);
export const setOf = (set: number, world: number): string => arc(world, `81.${set}`);

/** The numbers of the patient that a version has. */
export function patientNumbers(
  { hospital, person, ins, local }: LetterPlan,
  { hospitals, people, world }: Speaker,
): { root: string; extension: string; type: string }[] {
  const own = {
    root: rootOf(authorityKind(hospitals, hospital), hospital, world),
    extension: localNumber(people, person, hospital, world),
    type: 'PI',
  };
  return [
    ...(ins ? [{ root: '1.2.250.1.213.1.4.10', extension: insOf(people, person, world), type: 'INS' }] : []),
    ...(local ? [own] : []),
  ];
}

const authorityKind = (hospitals: readonly Hospital[], hospital: number) => hospitals[hospital]?.authority ?? 'iso';

/** One version of a document as CDA R2. */
export function letterText(index: number, plan: LetterPlan, speaker: Speaker): string {
  const { world } = speaker;
  const id = (root: string) => `<id root="${root}"/>`;
  const written = stamp(wall(plan.written), plan.offset);
  const { hospital } = plan;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
    '<realmCode code="FR"/><typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>',
    '<templateId root="2.16.840.1.113883.2.8.2.1"/><templateId root="1.2.250.1.213.1.1.1.29" extension="2022.01"/>',
    id(idOf(index, world)),
    '<code code="11490-0" codeSystem="2.16.840.1.113883.6.1" displayName="Lettre de liaison"/><title>Lettre de liaison</title>',
    `<effectiveTime value="${written}"/>`,
    `<confidentialityCode code="${plan.restricted ? 'R' : 'N'}" codeSystem="2.16.840.1.113883.5.25"/><languageCode code="fr-FR"/>`,
    ...(plan.set === undefined ? [] : [`<setId root="${setOf(plan.set, world)}"/>`]),
    ...(plan.version === undefined ? [] : [`<versionNumber value="${plan.version}"/>`]),
    recordTarget(plan, speaker),
    `<author><time value="${written}"/><assignedAuthor>${professionalText(plan.author, world)}${structure(hospital, world, 'representedOrganization')}</assignedAuthor></author>`,
    ...informant(plan),
    `<custodian><assignedCustodian>${structure(hospital, world, 'representedCustodianOrganization')}</assignedCustodian></custodian>`,
    ...people(plan, world),
    ...(plan.replaces === undefined
      ? []
      : [
          `<relatedDocument typeCode="RPLC"><parentDocument>${id(idOf(plan.replaces, world))}</parentDocument></relatedDocument>`,
        ]),
    ...visit(plan, speaker),
    `<component><structuredBody>${sections(plan, world)}</structuredBody></component>`,
    '</ClinicalDocument>',
  ].join('\n');
}

function recordTarget(plan: LetterPlan, speaker: Speaker): string {
  const { family, given, birth, sex } = traitsOf(speaker.people, plan.person);
  const ids = patientNumbers(plan, speaker).map(
    ({ root, extension }) => `<id root="${root}" extension="${extension}"/>`,
  );
  return `<recordTarget><patientRole>
${ids.join('\n')}
<patient><name><family qualifier="BR">${plan.renamed ? `${family}-VRAI` : family}</family><given>${given}</given></name>
<administrativeGenderCode code="${sex}" codeSystem="2.16.840.1.113883.5.1"/>
<birthTime value="${birth}"/></patient>
</patientRole></recordTarget>`;
}

function professionalText(doctor: Doctor, world: number, person = 'assignedPerson'): string {
  const family = doctor.renamed ? 'AUTRE' : doctor.number === 1 ? 'BERTHIER' : 'MOREL';
  const number =
    doctor.kind === 'national'
      ? `<id root="1.2.250.1.71.4.2.1" extension="810${three(world)}00000${doctor.number}"/>`
      : '';
  return `${number}<${person}><name><family>${family}</family><given>Claire</given></name></${person}>`;
}

function structure(hospital: number, world: number, element: string): string {
  const finess = finessOf(hospital, world);
  return `<${element}><id root="1.2.250.1.71.4.2.2" extension="1${finess}"/><name>CH ${three(world)}${hospital}</name></${element}>`;
}

function informant({ relative }: LetterPlan): string[] {
  if (relative === undefined) return [];
  return [
    `<informant><relatedEntity classCode="${relative}"><code code="CHILD" codeSystem="2.16.840.1.113883.5.111"/><relatedPerson><name><family>PROCHE</family><given>LUCIE</given></name></relatedPerson></relatedEntity></informant>`,
  ];
}

function people({ recipient, familyDoctor }: LetterPlan, world: number): string[] {
  const role = (doctor: Doctor | undefined, text: (doctor: Doctor) => string) =>
    doctor === undefined ? [] : [text(doctor)];
  return [
    ...role(
      recipient,
      (doctor) =>
        `<informationRecipient><intendedRecipient>${professionalText(doctor, world, 'informationRecipient')}</intendedRecipient></informationRecipient>`,
    ),
    ...role(
      familyDoctor,
      (doctor) =>
        `<participant typeCode="INF"><functionCode code="PCP" codeSystem="2.16.840.1.113883.5.88"/><associatedEntity classCode="PROV">${professionalText(doctor, world, 'associatedPerson')}</associatedEntity></participant>`,
    ),
  ];
}

/** The number of the stay that a version tells of. */
export function stayNumberOf(
  { visit: told, hospital }: LetterPlan,
  { hospitals, world }: Speaker,
): { root: string; value: string } | undefined {
  if (told === undefined || told.number === 'none') return undefined;
  const root = rootOf(authorityKind(hospitals, hospital), hospital, world);
  return { root, value: `W${world}V${told.number === 'feed' ? told.visit : 99}` };
}

function visit(plan: LetterPlan, speaker: Speaker): string[] {
  const { visit: told, offset } = plan;
  const { world } = speaker;
  if (told === undefined) return [];
  const { begin, day, end, provider, discharged } = told;
  const number = stayNumberOf(plan, speaker);
  const time = (hours: number) => (day ? stamp(wall(hours)).slice(0, 8) : stamp(wall(hours), offset));
  const bound = (name: string, hours: number | undefined) =>
    hours === undefined ? [] : [`<${name} value="${time(hours)}"/>`];
  return [
    '<componentOf><encompassingEncounter>',
    ...(number === undefined ? [] : [`<id root="${number.root}" extension="${number.value}"/>`]),
    `<effectiveTime>${[...bound('low', begin), ...bound('high', end)].join('')}</effectiveTime>`,
    ...(discharged ? ['<dischargeDispositionCode code="8" codeSystem="1.2.250.1.213.2.14"/>'] : []),
    `<location><healthCareFacility><code code="SA01" codeSystem="1.2.250.1.71.4.2.4"/>`,
    ...(provider === undefined ? [] : [structure(provider, world, 'serviceProviderOrganization')]),
    '</healthCareFacility></location></encompassingEncounter></componentOf>',
  ];
}

const LOCAL = 'codeSystem="1.2.250.1.213.1.1.4.322"';
const own = (world: number, step: string) => `<id root="${arc(world, '82')}" extension="${step}"/>`;

/** Entries of the plan of care. */
const ENTRIES: Readonly<Record<Exclude<Step, 'medicine'>, (world: number, change: string) => string>> = {
  meeting: (world, change) =>
    `<encounter classCode="ENC" moodCode="ARQ">${model('58')}${own(world, 'meeting')}<code code="AMB" codeSystem="2.16.840.1.113883.5.4" displayName="Ambulatoire${change}"/><effectiveTime value="20230425"/></encounter>`,
  dressing: (world, change) =>
    `<procedure classCode="PROC" moodCode="INT">${model('62')}${own(world, 'dressing')}<code code="QZRB001" codeSystem="1.2.250.1.215.300.1" displayName="Pansement${change}"/><statusCode code="active"/></procedure>`,
  exam: (world, change) =>
    `<observation classCode="OBS" moodCode="INT">${model('27')}${own(world, 'exam')}<code code="ORG-064" ${LOCAL} displayName="Demande"/><statusCode code="active"/><value xsi:type="ST">Radiographie${change}</value></observation>`,
  goal: (world, change) =>
    `<observation classCode="OBS" moodCode="GOL">${model('27')}${own(world, 'goal')}<code code="MED-057" ${LOCAL} displayName="Mobilité"/><statusCode code="active"/><value xsi:type="CD"><originalText>Marcher${change}</originalText></value></observation>`,
};

function sections({ steps, changed, problem }: LetterPlan, world: number): string {
  const change = changed ? ' encore' : '';
  const planned = steps.flatMap((step) => (step === 'medicine' ? [] : [entry(ENTRIES[step](world, change))]));
  const medicine = `<substanceAdministration classCode="SBADM" moodCode="INT">${model('42')}${own(world, 'medicine')}<statusCode code="active"/><consumable><manufacturedProduct><manufacturedMaterial><code code="60000001" codeSystem="1.2.250.1.213.2.3.1" displayName="AMOXIDEMO${change}"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration>`;
  const fracture = `<act classCode="ACT" moodCode="EVN">${model('39')}<statusCode code="active"/><entryRelationship typeCode="SUBJ"><observation classCode="OBS" moodCode="EVN">${model('37')}${own(world, 'problem')}<value xsi:type="CD" code="S82.2" codeSystem="2.16.840.1.113883.6.3" displayName="Fracture${change}"/></observation></entryRelationship></act>`;
  const all = [
    ...(planned.length === 0 ? [] : [section('158', '<title>Suites à donner</title>', ...planned)]),
    ...(steps.includes('medicine') ? [section('146', '<title>Traitements à la sortie</title>', entry(medicine))] : []),
    ...(problem ? [section('132', entry(fracture))] : []),
    section('163', '<title>Synthèse</title>', '<text>Sans particularité.</text>'),
  ];
  return all.map((text) => `<component>${text}</component>`).join('\n');
}
