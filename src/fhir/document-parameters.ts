import {
  CLINICAL_IDENTIFIER,
  IDENTIFIER,
  PATIENT,
  STATUS,
  SUBJECT,
  type SearchParameter,
} from './shared-parameters.js';

const ENCOUNTER: SearchParameter = { kind: 'reference', paths: ['encounter'], targets: ['Encounter'] };
const CODE: SearchParameter = { kind: 'token', paths: ['code'], definition: 'clinical-code' };
const PATIENT_ELEMENT: SearchParameter = {
  kind: 'reference',
  paths: ['patient'],
  targets: ['Patient'],
  definition: 'clinical-patient',
};
const CLINICAL_STATUS: SearchParameter = { kind: 'token', paths: ['clinicalStatus'] };
const VERIFICATION_STATUS: SearchParameter = { kind: 'token', paths: ['verificationStatus'] };
const dated = (...paths: string[]): SearchParameter => ({ kind: 'date', paths, definition: 'clinical-date' });

/** What documents give: themselves, and the resources of their entries. */
export const DOCUMENT_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
  DocumentReference: {
    identifier: { ...CLINICAL_IDENTIFIER, paths: ['masterIdentifier', 'identifier'] },
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: { kind: 'date', paths: ['date'] },
    type: { kind: 'token', paths: ['type'], definition: 'clinical-type' },
    category: { kind: 'token', paths: ['category'] },
    setting: { kind: 'token', paths: ['context.practiceSetting'] },
    facility: { kind: 'token', paths: ['context.facilityType'] },
    format: { kind: 'token', paths: ['content.format'] },
    event: { kind: 'token', paths: ['context.event'] },
    'security-label': { kind: 'token', paths: ['securityLabel'] },
    encounter: { ...ENCOUNTER, paths: ['context.encounter'], definition: 'clinical-encounter' },
    author: {
      kind: 'reference',
      paths: ['author'],
      targets: ['PractitionerRole', 'Practitioner', 'Organization', 'Patient'],
    },
    custodian: { kind: 'reference', paths: ['custodian'], targets: ['Organization'] },
    related: {
      kind: 'reference',
      paths: ['context.related'],
      targets: ['DocumentReference', 'ServiceRequest', 'Appointment', 'CarePlan'],
    },
    relatesto: { kind: 'reference', paths: ['relatesTo.target'], targets: ['DocumentReference'] },
  },
  Appointment: {
    identifier: IDENTIFIER,
    status: STATUS,
    patient: {
      kind: 'reference',
      paths: ['participant.actor'],
      targets: ['Patient'],
      sameAs: 'actor',
    },
    actor: {
      kind: 'reference',
      paths: ['participant.actor'],
      targets: ['Patient', 'PractitionerRole', 'Practitioner', 'Location', 'RelatedPerson'],
    },
    date: { kind: 'date', paths: ['start', 'requestedPeriod'] },
    'service-type': { kind: 'token', paths: ['serviceType'] },
  },
  ServiceRequest: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    intent: { kind: 'token', paths: ['intent'] },
    subject: SUBJECT,
    patient: PATIENT,
    code: CODE,
    authored: { kind: 'date', paths: ['authoredOn'] },
  },
  Procedure: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    code: CODE,
    date: dated('performedDateTime', 'performedPeriod'),
  },
  Goal: {
    identifier: CLINICAL_IDENTIFIER,
    'lifecycle-status': { kind: 'token', paths: ['lifecycleStatus'] },
    subject: SUBJECT,
    patient: PATIENT,
    'start-date': { kind: 'date', paths: ['startDate'] },
  },
  Condition: {
    identifier: CLINICAL_IDENTIFIER,
    'clinical-status': CLINICAL_STATUS,
    'verification-status': VERIFICATION_STATUS,
    category: { kind: 'token', paths: ['category'] },
    subject: SUBJECT,
    patient: PATIENT,
    code: CODE,
    'onset-date': { kind: 'date', paths: ['onsetDateTime', 'onsetPeriod'] },
  },
  AllergyIntolerance: {
    identifier: CLINICAL_IDENTIFIER,
    'clinical-status': CLINICAL_STATUS,
    'verification-status': VERIFICATION_STATUS,
    patient: PATIENT_ELEMENT,
    code: CODE,
    date: dated('recordedDate'),
  },
  MedicationRequest: {
    identifier: CLINICAL_IDENTIFIER,
    status: { ...STATUS, definition: 'medications-status' },
    intent: { kind: 'token', paths: ['intent'] },
    subject: SUBJECT,
    patient: PATIENT,
    code: { kind: 'token', paths: ['medicationCodeableConcept'], definition: 'clinical-code' },
    authoredon: { kind: 'date', paths: ['authoredOn'] },
  },
  MedicationStatement: {
    identifier: CLINICAL_IDENTIFIER,
    status: { ...STATUS, definition: 'medications-status' },
    subject: SUBJECT,
    patient: PATIENT,
    code: { kind: 'token', paths: ['medicationCodeableConcept'], definition: 'clinical-code' },
    effective: { kind: 'date', paths: ['effectiveDateTime', 'effectivePeriod'] },
  },
  Immunization: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    patient: PATIENT_ELEMENT,
    'vaccine-code': { kind: 'token', paths: ['vaccineCode'] },
    date: dated('occurrenceDateTime'),
  },
  Consent: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    patient: PATIENT_ELEMENT,
    category: { kind: 'token', paths: ['category'] },
    scope: { kind: 'token', paths: ['scope'] },
    date: dated('dateTime'),
  },
  Device: {
    identifier: IDENTIFIER,
    status: STATUS,
    type: { kind: 'token', paths: ['type'] },
    patient: { kind: 'reference', paths: ['patient'], targets: ['Patient'] },
  },
};
