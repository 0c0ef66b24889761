type ParameterKind = 'token' | 'reference' | 'date' | 'uri' | 'string';

/** One search parameter: its kind, and where its values stand (paths from the resource, lists walked through). */
export interface SearchParameter {
  kind: ParameterKind;
  paths: readonly string[];
  /** Types that a reference may lead to: those an id alone, as in `patient=123`, is looked for under. */
  targets?: readonly string[];
  /** The parameter that has the same values and is kept in its place. */
  sameAs?: string;
  /** Parameters whose values are this one's too. */
  within?: readonly string[];
  /** R4's SearchParameter, where it is called otherwise than `Type-name`. */
  definition?: string;
}

const IDENTIFIER: SearchParameter = { kind: 'token', paths: ['identifier'] };
const CLINICAL_IDENTIFIER: SearchParameter = { ...IDENTIFIER, definition: 'clinical-identifier' };
const STATUS: SearchParameter = { kind: 'token', paths: ['status'] };
const SUBJECT: SearchParameter = { kind: 'reference', paths: ['subject'], targets: ['Patient', 'Group'] };
const PATIENT: SearchParameter = {
  kind: 'reference',
  paths: ['subject'],
  targets: ['Patient'],
  sameAs: 'subject',
  definition: 'clinical-patient',
};
const MEMBERS = ['PractitionerRole', 'Practitioner', 'RelatedPerson', 'Organization', 'Patient', 'CareTeam'];
const PERIOD: SearchParameter = { kind: 'date', paths: ['period'], definition: 'clinical-date' };
const HUMAN_NAME: SearchParameter = {
  kind: 'string',
  paths: ['name.text', 'name.prefix', 'name.suffix'],
  within: ['family', 'given'],
};
const FAMILY: SearchParameter = { kind: 'string', paths: ['name.family'], definition: 'individual-family' };
const GIVEN: SearchParameter = { kind: 'string', paths: ['name.given'], definition: 'individual-given' };
const NAME: SearchParameter = { kind: 'string', paths: ['name', 'alias'] };

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
const DOCUMENT_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
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

/** The search parameters of every type served, by R4's names and expressions. The CapabilityStatement is made of this table. */
export const SEARCH_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
  Patient: {
    identifier: IDENTIFIER,
    name: HUMAN_NAME,
    family: FAMILY,
    given: GIVEN,
    gender: { kind: 'token', paths: ['gender'], definition: 'individual-gender' },
    birthdate: { kind: 'date', paths: ['birthDate'], definition: 'individual-birthdate' },
    active: { kind: 'token', paths: ['active'] },
    'general-practitioner': {
      kind: 'reference',
      paths: ['generalPractitioner'],
      targets: ['PractitionerRole', 'Practitioner', 'Organization'],
    },
  },
  Encounter: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: PERIOD,
    class: { kind: 'token', paths: ['class'] },
    location: { kind: 'reference', paths: ['location.location'], targets: ['Location'] },
    'service-provider': { kind: 'reference', paths: ['serviceProvider'], targets: ['Organization'] },
  },
  CareTeam: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: PERIOD,
    participant: { kind: 'reference', paths: ['participant.member'], targets: MEMBERS },
    category: { kind: 'token', paths: ['category'] },
  },
  CarePlan: {
    identifier: CLINICAL_IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: PERIOD,
    encounter: { kind: 'reference', paths: ['encounter'], targets: ['Encounter'] },
    'care-team': { kind: 'reference', paths: ['careTeam'], targets: ['CareTeam'] },
    category: { kind: 'token', paths: ['category'] },
  },
  RelatedPerson: {
    identifier: IDENTIFIER,
    name: { ...HUMAN_NAME, paths: [...HUMAN_NAME.paths, 'name.family', 'name.given'], within: [] },
    patient: { kind: 'reference', paths: ['patient'], targets: ['Patient'] },
    relationship: { kind: 'token', paths: ['relationship'] },
    active: { kind: 'token', paths: ['active'] },
  },
  Practitioner: {
    identifier: IDENTIFIER,
    name: HUMAN_NAME,
    family: FAMILY,
    given: GIVEN,
    active: { kind: 'token', paths: ['active'] },
  },
  PractitionerRole: {
    identifier: IDENTIFIER,
    practitioner: { kind: 'reference', paths: ['practitioner'], targets: ['Practitioner'] },
    organization: { kind: 'reference', paths: ['organization'], targets: ['Organization'] },
    role: { kind: 'token', paths: ['code'] },
  },
  Organization: {
    identifier: IDENTIFIER,
    name: NAME,
    type: { kind: 'token', paths: ['type'] },
    partof: { kind: 'reference', paths: ['partOf'], targets: ['Organization'] },
  },
  Location: {
    identifier: IDENTIFIER,
    name: NAME,
    status: STATUS,
    partof: { kind: 'reference', paths: ['partOf'], targets: ['Location'] },
    organization: { kind: 'reference', paths: ['managingOrganization'], targets: ['Organization'] },
  },
  ...DOCUMENT_PARAMETERS,
};

const ABOUT: SearchParameter = { kind: 'reference', paths: ['subject'], targets: ['Patient', 'Group'] };

/** Of a Communication, which is made of its delivery and stored nowhere. */
export const COMMUNICATION_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
  Communication: {
    identifier: IDENTIFIER,
    subject: ABOUT,
    patient: { ...ABOUT, targets: ['Patient'], sameAs: 'subject' },
    sent: { kind: 'date', paths: ['sent'] },
  },
};

const URL: SearchParameter = { kind: 'uri', paths: ['url'], definition: 'conformance-url' };

/** The search parameters of the types that the gateway defines itself with; a NamingSystem has no `url` in R4. */
export const DEFINITION_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
  StructureDefinition: { url: URL },
  CodeSystem: { url: URL },
  ValueSet: { url: URL },
  NamingSystem: {},
  CapabilityStatement: { url: URL },
};
