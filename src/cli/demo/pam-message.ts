/** The hospital of the sample day. Its authority is an example OID (2.999) by configuration; nothing here exists. */
const HOSPITAL = 'CH-AUTAN&000990001&N';
const HOSPITAL_LEGAL = 'CH-AUTAN&000990001&M';
const PROFESSIONALS = 'ASIP-SANTE-PS&1.2.250.1.71.4.2.1&ISO';
/** The test arc of the INS (ANS, list of the OIDs of the INS authorities). */
const INS_TEST = 'ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.10&ISO';

export interface SampleDoctor {
  rpps: string;
  family: string;
  given: string;
}

export interface SamplePatient {
  ipp: string;
  /** 13 characters; the key is computed. Absent: an identity not yet qualified. */
  ins?: string;
  family: string;
  given: string;
  /** YYYYMMDD. */
  birthDate: string;
  sex: 'F' | 'M';
  /** COG code of the birth place. */
  birthPlace: string;
  address: string;
  familyDoctor: SampleDoctor;
  /** Trusted person, told to nobody's software. */
  trusted?: { family: string; given: string; relation: string; phone: string; identifier: string };
}

export interface SampleUnit {
  code: string;
  label: string;
}

export interface SampleMessage {
  controlId: string;
  trigger: string;
  /** MSH-7 and EVN-2, YYYYMMDDHHMMSS. */
  at: string;
  patient: SamplePatient;
  visit?: string;
  patientClass?: 'I' | 'E' | 'O';
  unit?: SampleUnit;
  room?: string;
  bed?: string;
  doctor?: SampleDoctor;
  movement?: {
    id: string;
    at: string;
    action: 'INSERT' | 'UPDATE' | 'CANCEL';
    original?: string;
    historic?: boolean;
    nature?: string;
  };
  expectedAdmission?: string;
  expectedDischarge?: string;
  preAdmission?: string;
  dischargeCode?: string;
  dischargedAt?: string;
}

const STRUCTURES: Record<string, string> = {
  A04: 'ADT_A01',
  A13: 'ADT_A01',
  A28: 'ADT_A05',
  A31: 'ADT_A05',
  A11: 'ADT_A09',
  Z99: 'ADT_A01',
};

/** The 2-digit key of a 13-digit matricule: 97 minus its remainder by 97. */
export function insKey(matricule: string): string {
  return String(97 - Number(BigInt(matricule) % 97n)).padStart(2, '0');
}

/** One PAM.FR 2.11 message in ER7, UTF-8, CR between segments. */
export function pamMessage(message: SampleMessage): string {
  const { trigger } = message;
  const identityOnly = trigger === 'A28' || trigger === 'A31';
  return [
    `MSH|^~\\&|GAM|CH-AUTAN|TDU|VILLE|${message.at}||ADT^${trigger}^${STRUCTURES[trigger] ?? `ADT_${trigger}`}|${message.controlId}|P|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM`,
    `EVN||${message.at}||||${message.movement?.at ?? message.at}`,
    patientSegment(message),
    'PD1||||||||||||N',
    role(message.patient.familyDoctor),
    ...trustedPerson(message),
    identityOnly ? 'PV1|1|N' : pv1(message),
    ...pv2(message),
    ...(identityOnly ? [] : zbe(message)),
    ...(identityOnly ? [`ZFD||||N|INSI|${message.at.slice(0, 8)}`] : []),
    '',
  ].join('\r');
}

/** PID of a patient, with the account of a visit where one is named. */
export function patientSegment({ patient, visit }: Pick<SampleMessage, 'patient' | 'visit'>): string {
  const fields: string[] = Array.from({ length: 33 }, () => '');
  const ins = patient.ins === undefined ? '' : `~${patient.ins}${insKey(patient.ins)}^^^${INS_TEST}^INS`;
  fields[1] = '1';
  fields[3] = `${patient.ipp}^^^${HOSPITAL}^PI${ins}`;
  fields[5] = `${patient.family}^${patient.given}^${patient.given}^^^^L`;
  fields[7] = patient.birthDate;
  fields[8] = patient.sex;
  fields[11] = `${patient.address}^FRA^H~^^^^^^BDL^^${patient.birthPlace}`;
  fields[18] = visit === undefined ? '' : `D${visit}^^^${HOSPITAL_LEGAL}^AN`;
  fields[32] = patient.ins === undefined ? 'PROV' : 'VALI';
  return `PID${fields.join('|')}`;
}

function role(doctor: SampleDoctor): string {
  return `ROL||UC|ODRP|${person(doctor)}|||||||^^^^^FRA^O|^WPN^PH^^^^^^^^^0500000000`;
}

function person(doctor: SampleDoctor): string {
  return `${doctor.rpps}^${doctor.family}^${doctor.given}^^^^^^${PROFESSIONALS}^L^^^RPPS`;
}

function trustedPerson({ patient, trigger }: SampleMessage): string[] {
  const trusted = patient.trusted;
  if (trusted === undefined || trigger === 'A28' || trigger === 'A31') return [];
  const phone = `^PRN^PH^^^^^^^^^${trusted.phone}`;
  const contact = `${trusted.identifier}^^^${HOSPITAL}^PN`;
  const name = `${trusted.family}^${trusted.given}^^^^^L`;
  return [`NK1|1|${name}|${trusted.relation}||${phone}||K${'|'.repeat(26)}${contact}`];
}

function pv1(message: SampleMessage): string {
  const fields: string[] = Array.from({ length: 52 }, () => '');
  const doctor = message.doctor === undefined ? '' : person(message.doctor);
  fields[1] = '1';
  fields[2] = message.patientClass ?? 'I';
  fields[3] =
    message.unit === undefined
      ? ''
      : `${message.unit.code}^${message.room ?? ''}^${message.bed ?? ''}^${HOSPITAL_LEGAL}^O`;
  fields[4] = 'R';
  fields[5] = message.preAdmission === undefined ? '' : `${message.preAdmission}^^^${HOSPITAL_LEGAL}^VN`;
  fields[7] = doctor;
  fields[17] = message.trigger === 'A01' ? doctor : '';
  fields[19] = `${message.visit ?? ''}^^^${HOSPITAL_LEGAL}^VN`;
  fields[36] = message.dischargeCode ?? '';
  fields[44] = message.trigger === 'A01' || message.trigger === 'A04' ? (message.movement?.at ?? '') : '';
  fields[45] = message.dischargedAt ?? '';
  fields[51] = 'V';
  return `PV1${fields.join('|')}`;
}

function pv2({ expectedAdmission, expectedDischarge, trigger }: SampleMessage): string[] {
  if (trigger === 'A04') return ['PV2|||||||SM'];
  if (expectedAdmission === undefined && expectedDischarge === undefined) return [];
  return [`PV2||||||||${expectedAdmission ?? ''}|${expectedDischarge ?? ''}`];
}

function zbe({ movement, unit }: SampleMessage): string[] {
  if (movement === undefined) return [];
  const ward = unit === undefined ? '' : `${unit.label}^^^^^${HOSPITAL}^UF^^^${unit.code}`;
  const historic = movement.historic === true ? 'Y' : 'N';
  const id = `${movement.id}^CH-AUTAN^000990001`;
  return [
    `ZBE|${id}|${movement.at}||${movement.action}|${historic}|${movement.original ?? ''}|${ward}|${ward}|${movement.nature ?? 'HMS'}`,
  ];
}
