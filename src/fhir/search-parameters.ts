import { DOCUMENT_PARAMETERS } from './document-parameters.js';
import {
  CLINICAL_IDENTIFIER,
  IDENTIFIER,
  PATIENT,
  STATUS,
  SUBJECT,
  type SearchParameter,
} from './shared-parameters.js';

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
