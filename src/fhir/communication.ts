import type { Communication, Identifier } from 'fhir/r4.js';
import type { EventKind } from '../message/event.js';
import { OWN, SYSTEMS } from './systems.js';

/** What the recipient's software shows of an event, in French: the displays of the code system of events. */
export const EVENT_SUBJECTS: Readonly<Record<EventKind, string>> = {
  preadmission: 'Préadmission à l’hôpital',
  admission: 'Admission à l’hôpital',
  transfer: 'Mutation pendant le séjour',
  'bed-change': 'Changement de lit pendant le séjour',
  'class-change': 'Changement de prise en charge pendant le séjour (urgences, externe, hospitalisation)',
  'doctor-change': 'Changement de médecin responsable pendant le séjour',
  leave: 'Absence temporaire : le patient quitte l’hôpital pour un temps',
  return: 'Retour à l’hôpital après une absence temporaire',
  'pending-transfer': 'Mutation prévue pendant le séjour',
  'pending-discharge': 'Sortie de l’hôpital prévue',
  discharge: 'Sortie de l’hôpital',
  document: 'Nouveau document',
  'care-plan': 'Nouveau plan de soins ou de suivi',
  appointment: 'Rendez-vous prévu ou à prendre',
  'preadmission-cancelled': 'Annulation de la préadmission',
  'admission-cancelled': 'Annulation de l’admission : l’information précédente est sans effet',
  'transfer-cancelled': 'Annulation de la mutation : l’information précédente est sans effet',
  'bed-change-cancelled': 'Annulation du changement de lit : l’information précédente est sans effet',
  'class-change-cancelled': 'Annulation du changement de prise en charge : l’information précédente est sans effet',
  'doctor-change-cancelled':
    'Annulation du changement de médecin responsable : l’information précédente est sans effet',
  'leave-cancelled': 'Annulation de l’absence temporaire : l’information précédente est sans effet',
  'return-cancelled': 'Annulation du retour : le patient est toujours absent de l’hôpital',
  'pending-transfer-cancelled': 'La mutation prévue n’aura pas lieu',
  'pending-discharge-cancelled': 'La sortie prévue n’aura pas lieu',
  'discharge-cancelled': 'Annulation de la sortie : le patient est toujours hospitalisé',
  'document-cancelled': 'Document supprimé : l’information précédente est sans effet',
  'care-plan-cancelled': 'Plan de soins ou de suivi annulé : l’information précédente est sans effet',
  'appointment-cancelled': 'Rendez-vous annulé : l’information précédente est sans effet',
  correction: 'Correction d’une information transmise',
  'patient-replaced': 'Le dossier du patient est remplacé par un autre',
};

export interface Notification {
  /** The same notification sent twice is the same Communication. */
  id: string;
  kind: EventKind;
  /** Number of the event among those of the patient. */
  eventNumber: number;
  /** What names the movement: of a numbered one `system|value`. */
  thread: string;
  /** Id of the Communication that is cancelled or corrected. */
  respondsTo: string | null;
  /** Instant of the event. */
  sent: string;
  recipient: string;
  patient: string;
  /** Absent where it is about the patient and no stay. */
  encounter: string | undefined;
  /** `DocumentReference/<id>` that it is about. */
  document?: string | undefined;
  /** Absent: completed, as it is sent. */
  status?: Communication['status'];
}

/** The notification itself: who is told what about whom, as a Communication. */
export function communicationOf(notification: Notification): Communication {
  const {
    id,
    kind,
    eventNumber,
    thread,
    respondsTo,
    sent,
    recipient,
    patient,
    encounter,
    document,
    status = 'completed',
  } = notification;
  const text = EVENT_SUBJECTS[kind];
  const movement = encounter === undefined ? undefined : movementIdentifier(thread);
  const about = [
    ...(movement === undefined ? [] : [{ identifier: movement }]),
    ...(document === undefined ? [] : [{ reference: document }]),
  ];
  return {
    resourceType: 'Communication',
    id,
    meta: { profile: [OWN.eventCommunication] },
    extension: [{ url: OWN.eventNumber, valueInteger: eventNumber }],
    identifier: [communicationIdentifier(id)],
    ...(respondsTo === null ? {} : { inResponseTo: [{ identifier: communicationIdentifier(respondsTo) }] }),
    status,
    category: [
      {
        coding: [{ system: 'http://terminology.hl7.org/CodeSystem/communication-category', code: 'notification' }],
        text: 'Notification d’événement de séjour',
      },
    ],
    subject: { reference: patient },
    topic: { coding: [{ system: OWN.event, code: kind }], text },
    ...(about.length === 0 ? {} : { about }),
    ...(encounter === undefined ? {} : { encounter: { reference: encounter } }),
    sent,
    recipient: [{ reference: recipient }],
    payload: [{ contentString: text }],
  };
}

function communicationIdentifier(id: string): Identifier {
  return { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` };
}

/** ZBE-1, as its thread has it. A movement of a feed without ZBE has no number: its thread names stay, event and time. */
function movementIdentifier(thread: string): Identifier | undefined {
  const [system = '', value = '', ...rest] = thread.split('|');
  if (system === '' || value === '' || rest.length > 0) return undefined;
  return { type: { coding: [{ system: SYSTEMS.identifierType, code: 'MN' }] }, system, value };
}
