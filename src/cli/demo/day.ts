/* eslint-disable max-lines -- the day itself: messages, read from top to bottom */
import { cancerPlan, dischargeLetter, type DayDocument } from './documents.js';
import {
  pamMessage,
  type SampleDoctor,
  type SampleMessage,
  type SamplePatient,
  type SampleUnit,
} from './pam-message.js';

/** One message of the sample day and the answer that the gateway must give. */
export interface DayMessage {
  hour: string;
  what: string;
  text: string;
  controlId: string;
  expected: 'AA' | 'AE';
  /** Sent again with the same bytes: the answer is repeated, nothing else happens. */
  repeat?: boolean;
}

/** What must hold at the end of the day, stay by stay. */
export interface ExpectedStay {
  visit: string;
  patient: string;
  status: 'planned' | 'in-progress' | 'finished' | 'cancelled';
  /** Deliveries that reached the family doctor's software. */
  deliveries: number;
}

const DAY = '20260302';
const URGENCES: SampleUnit = { code: '1010', label: 'Urgences' };
const CHIRURGIE: SampleUnit = { code: '2040', label: 'Chirurgie orthopédique' };
const GERIATRIE: SampleUnit = { code: '3070', label: 'Court séjour gériatrique' };
const CARDIOLOGIE: SampleUnit = { code: '4020', label: 'Cardiologie' };

const BERTHIER: SampleDoctor = { rpps: '10999000011', family: 'BERTHIER', given: 'Claire' };
const MOREL: SampleDoctor = { rpps: '10999000029', family: 'MOREL', given: 'Antoine' };
const SURGEON: SampleDoctor = { rpps: '10999000102', family: 'FABRE', given: 'Hélène' };
const CARDIOLOGIST: SampleDoctor = { rpps: '10999000110', family: 'KACI', given: 'Samir' };

const MARGUERITE: SamplePatient = {
  ipp: '7000001',
  ins: '2410271005001',
  family: 'LENOIR-DEMO',
  given: 'MARGUERITE',
  birthDate: '19410214',
  sex: 'F',
  birthPlace: '71014',
  address: '4 rue des Tilleuls^^AUTUN^^71400',
  familyDoctor: BERTHIER,
  trusted: { family: 'LENOIR-DEMO', given: 'Lucie', relation: 'CHD', phone: '0600000001', identifier: 'PC-1' },
};
const PAUL: SamplePatient = {
  ipp: '7000002',
  ins: '1680371014002',
  family: 'MARCHAND-DEMO',
  given: 'PAUL',
  birthDate: '19680309',
  sex: 'M',
  birthPlace: '71014',
  address: '18 avenue de la Gare^^AUTUN^^71400',
  familyDoctor: MOREL,
};
const AMINATA: SamplePatient = {
  ipp: '7000003',
  ins: '2790669123003',
  family: 'DIALLO-DEMO',
  given: 'AMINATA',
  birthDate: '19790621',
  sex: 'F',
  birthPlace: '69123',
  address: '2 place du Champ de Mars^^AUTUN^^71400',
  familyDoctor: BERTHIER,
};
const THIERRY: SamplePatient = {
  ipp: '7000004',
  ins: '1530244109004',
  family: 'NGUYEN-DEMO',
  given: 'THIERRY',
  birthDate: '19530218',
  sex: 'M',
  birthPlace: '44109',
  address: '31 rue Guérin^^AUTUN^^71400',
  familyDoctor: MOREL,
  trusted: { family: 'NGUYEN-DEMO', given: 'Mai', relation: 'SPO', phone: '0600000004', identifier: 'PC-4' },
};
const JEANNE: SamplePatient = {
  ipp: '7000005',
  family: 'ROUSSEL-DEMO',
  given: 'JEANNE',
  birthDate: '19361105',
  sex: 'F',
  birthPlace: '75056',
  address: '9 chemin des Vignes^^CURGY^^71400',
  familyDoctor: BERTHIER,
};
const MANUEL: SamplePatient = {
  ipp: '7000006',
  ins: '1880533063006',
  family: 'COSTA-DEMO',
  given: 'MANUEL',
  birthDate: '19880530',
  sex: 'M',
  birthPlace: '33063',
  address: '5 impasse du Moulin^^AUTUN^^71400',
  familyDoctor: MOREL,
};
const EVERYBODY = [MARGUERITE, PAUL, AMINATA, THIERRY, JEANNE, MANUEL];

type Step = Omit<SampleMessage, 'controlId' | 'at'> & { hour: string; what: string };

const stamp = (hour: string): string => `${DAY}${hour.replace(':', '')}00`;
const entry = (id: string, hour: string, nature = 'HMS') =>
  ({ id, at: stamp(hour), action: 'INSERT', nature }) as const;
const undo = (id: string, hour: string, original: string, nature = 'HMS') =>
  ({ id, at: stamp(hour), action: 'CANCEL', original, nature }) as const;

const IDENTITIES: Step[] = EVERYBODY.map((patient, index) => ({
  hour: `06:0${index}`,
  what: 'création de l’identité',
  trigger: 'A28',
  patient,
}));

const fracture = { patient: MARGUERITE, visit: 'V26001', doctor: SURGEON } as const;
const chestPain = { patient: PAUL, visit: 'V26002' } as const;
const planned = { patient: AMINATA, visit: 'V26003', unit: CHIRURGIE, doctor: SURGEON } as const;
const heart = { patient: THIERRY, visit: 'V26004', doctor: CARDIOLOGIST } as const;
const fall = { patient: JEANNE, visit: 'V26005' } as const;
const mistaken = { patient: MANUEL, visit: 'V26006', unit: CARDIOLOGIE } as const;

const MORNING: Step[] = [
  {
    hour: '07:10',
    what: 'entrée',
    trigger: 'A01',
    ...fracture,
    unit: CHIRURGIE,
    room: '12',
    bed: 'A',
    movement: entry('M101', '07:00'),
    expectedDischarge: '20260305100000',
  },
  {
    hour: '07:30',
    what: 'préadmission',
    trigger: 'A05',
    ...planned,
    movement: entry('M301', '09:00'),
    expectedAdmission: stamp('09:00'),
  },
  {
    hour: '07:45',
    what: 'arrivée aux urgences',
    trigger: 'A04',
    ...chestPain,
    patientClass: 'E',
    unit: URGENCES,
    movement: entry('M201', '07:40'),
  },
  {
    hour: '08:00',
    what: 'entrée',
    trigger: 'A01',
    ...heart,
    unit: CARDIOLOGIE,
    room: '3',
    bed: 'B',
    movement: entry('M401', '07:50'),
  },
  {
    hour: '08:20',
    what: 'mutation arrivée avant l’entrée',
    trigger: 'A02',
    ...fall,
    unit: GERIATRIE,
    room: '7',
    movement: entry('M502', '08:15', 'HMS'),
  },
  {
    hour: '08:25',
    what: 'entrée arrivée en retard',
    trigger: 'A01',
    ...fall,
    unit: URGENCES,
    movement: entry('M501', '05:30'),
  },
  { hour: '08:40', what: 'entrée au mauvais nom', trigger: 'A01', ...mistaken, movement: entry('M601', '08:35') },
  {
    hour: '08:50',
    what: 'annulation de l’entrée',
    trigger: 'A11',
    ...mistaken,
    movement: undo('M601', '08:35', 'A01'),
  },
  {
    hour: '09:05',
    what: 'entrée programmée',
    trigger: 'A01',
    ...planned,
    preAdmission: 'V26003',
    room: '14',
    movement: entry('M302', '09:00'),
  },
  {
    hour: '09:30',
    what: 'changement de lit',
    trigger: 'A02',
    ...fracture,
    unit: CHIRURGIE,
    room: '15',
    bed: 'B',
    movement: entry('M102', '09:20', 'L'),
  },
  {
    hour: '10:00',
    what: 'mutation saisie par erreur',
    trigger: 'A02',
    ...heart,
    unit: GERIATRIE,
    movement: entry('M402', '09:50'),
  },
  {
    hour: '10:10',
    what: 'annulation de la mutation',
    trigger: 'A12',
    ...heart,
    unit: CARDIOLOGIE,
    movement: undo('M402', '09:50', 'A02'),
  },
  {
    hour: '10:30',
    what: 'correction de l’heure d’entrée',
    trigger: 'Z99',
    ...fall,
    unit: URGENCES,
    movement: { id: 'M501', at: stamp('05:45'), action: 'UPDATE', original: 'A01', historic: true, nature: 'HMS' },
  },
  {
    hour: '10:40',
    what: 'adresse corrigée',
    trigger: 'A31',
    patient: { ...PAUL, address: '20 avenue de la Gare^^AUTUN^^71400' },
  },
];

const AFTERNOON: Step[] = [
  {
    hour: '11:30',
    what: 'sortie',
    trigger: 'A03',
    ...chestPain,
    patientClass: 'E',
    unit: URGENCES,
    movement: entry('M202', '11:20'),
    dischargeCode: '3',
    dischargedAt: stamp('11:20'),
  },
  {
    hour: '13:00',
    what: 'mutation',
    trigger: 'A02',
    ...fracture,
    unit: GERIATRIE,
    room: '2',
    bed: 'A',
    movement: entry('M103', '12:50'),
  },
  {
    hour: '14:00',
    what: 'sortie saisie trop tôt',
    trigger: 'A03',
    ...planned,
    movement: entry('M303', '13:50'),
    dischargeCode: '3',
    dischargedAt: stamp('13:50'),
  },
  {
    hour: '14:10',
    what: 'annulation de la sortie',
    trigger: 'A13',
    ...planned,
    movement: undo('M303', '13:50', 'A03'),
  },
  {
    hour: '14:30',
    what: 'mutation',
    trigger: 'A02',
    ...heart,
    unit: GERIATRIE,
    room: '9',
    movement: entry('M403', '14:25'),
  },
  {
    hour: '15:00',
    what: 'date de sortie prévue',
    trigger: 'Z99',
    ...heart,
    unit: CARDIOLOGIE,
    movement: { id: 'M401', at: stamp('07:50'), action: 'UPDATE', original: 'A01', historic: true },
    expectedDischarge: '20260304140000',
  },
  {
    hour: '16:00',
    what: 'sortie',
    trigger: 'A03',
    ...fall,
    unit: GERIATRIE,
    movement: entry('M503', '15:45'),
    dischargeCode: '3',
    dischargedAt: stamp('15:45'),
  },
  {
    hour: '16:30',
    what: 'sortie',
    trigger: 'A03',
    ...planned,
    movement: entry('M304', '16:20'),
    dischargeCode: '3',
    dischargedAt: stamp('16:20'),
  },
  { hour: '17:00', what: 'identité qualifiée', trigger: 'A31', patient: { ...JEANNE, ins: '2361175056005' } },
  {
    hour: '17:30',
    what: 'sortie',
    trigger: 'A03',
    ...fracture,
    unit: GERIATRIE,
    movement: entry('M104', '17:20'),
    dischargeCode: '3',
    dischargedAt: stamp('17:20'),
  },
];

function dayMessage({ hour, what, ...step }: Step, index: number): DayMessage {
  const controlId = `DEMO${String(index + 1).padStart(4, '0')}`;
  return { hour, what, controlId, expected: 'AA', text: pamMessage({ ...step, controlId, at: stamp(hour) }) };
}

/** About forty messages for six invented patients: admissions, transfers, cancellations, duplicates, one late, one wrong. */
export function sampleDay(): DayMessage[] {
  const sent = [...IDENTITIES, ...MORNING, ...AFTERNOON].map(dayMessage);
  const repeats = sent
    .filter((message) =>
      ['07:10', '08:00', '09:05', '10:00', '11:30', '13:00', '16:30', '17:30'].includes(message.hour),
    )
    .map((message) => ({ ...message, what: `${message.what} (renvoyée à l’identique)`, repeat: true }));
  const unmapped: DayMessage = {
    ...dayMessage(
      { hour: '18:00', what: 'événement non traité', trigger: 'A60', ...heart, movement: entry('M404', '18:00') },
      90,
    ),
    expected: 'AA',
  };
  return [...sent, ...repeats, shifted(), unmapped];
}

/** A discharge whose ZBE is shifted by one field, as seen in the field: it must be refused with ERR 102 and lost to nobody. */
function shifted(): DayMessage {
  const right = dayMessage(
    {
      hour: '17:45',
      what: 'ZBE décalé d’un champ',
      trigger: 'A03',
      ...heart,
      unit: GERIATRIE,
      movement: entry('M405', '17:40'),
    },
    80,
  );
  return { ...right, expected: 'AE', text: right.text.replace('||INSERT|N||', '|20260302174000||INSERT|N||') };
}

/** What the day must leave behind. A change of bed is told nobody; a date of discharge that is expected later corrects the admission. */
export const EXPECTED_STAYS: ExpectedStay[] = [
  { visit: 'V26001', patient: 'LENOIR-DEMO', status: 'finished', deliveries: 3 },
  { visit: 'V26002', patient: 'MARCHAND-DEMO', status: 'finished', deliveries: 2 },
  { visit: 'V26003', patient: 'DIALLO-DEMO', status: 'finished', deliveries: 5 },
  { visit: 'V26004', patient: 'NGUYEN-DEMO', status: 'in-progress', deliveries: 5 },
  { visit: 'V26005', patient: 'ROUSSEL-DEMO', status: 'finished', deliveries: 4 },
  { visit: 'V26006', patient: 'COSTA-DEMO', status: 'cancelled', deliveries: 2 },
];

/** A letter that follows a discharge, and a plan of the evening: what the hospital sends beside its movements. */
export function sampleDocuments(): DayDocument[] {
  const { patient, visit, doctor } = fracture;
  const stay = { patient, visit, author: doctor, begin: stamp('07:00'), end: stamp('17:20'), at: stamp('18:05') };
  return [dischargeLetter(stay), cancerPlan(AMINATA, stamp('18:15'))];
}

/** Deliveries that tell of the documents: of each its readers, the family doctor and the nurse. */
export const EXPECTED_DOCUMENTS = { deliveries: 4, plans: 2, appointments: 2 } as const;
