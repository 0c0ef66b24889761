type ParameterKind = 'token' | 'reference' | 'date';

/** One search parameter: its kind, and where its values stand (paths from the resource, lists walked through). */
export interface SearchParameter {
  kind: ParameterKind;
  paths: readonly string[];
  /** Type of a reference given without one, e.g. Patient for `patient=123`. */
  target?: string;
}

const IDENTIFIER: SearchParameter = { kind: 'token', paths: ['identifier'] };
const STATUS: SearchParameter = { kind: 'token', paths: ['status'] };
const SUBJECT: SearchParameter = { kind: 'reference', paths: ['subject'] };
const PATIENT: SearchParameter = { kind: 'reference', paths: ['subject'], target: 'Patient' };
const PERIOD: SearchParameter = { kind: 'date', paths: ['period'] };

/** The search parameters of every type served, by R4's names and expressions. The CapabilityStatement is made of this table. */
export const SEARCH_PARAMETERS: Readonly<Record<string, Readonly<Record<string, SearchParameter>>>> = {
  Patient: {
    identifier: IDENTIFIER,
    gender: { kind: 'token', paths: ['gender'] },
    birthdate: { kind: 'date', paths: ['birthDate'] },
    active: { kind: 'token', paths: ['active'] },
    'general-practitioner': { kind: 'reference', paths: ['generalPractitioner'] },
  },
  Encounter: {
    identifier: IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: PERIOD,
    class: { kind: 'token', paths: ['class'] },
    location: { kind: 'reference', paths: ['location.location'], target: 'Location' },
    'service-provider': { kind: 'reference', paths: ['serviceProvider'], target: 'Organization' },
  },
  CareTeam: {
    identifier: IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: PERIOD,
    participant: { kind: 'reference', paths: ['participant.member'] },
    category: { kind: 'token', paths: ['category'] },
  },
  CarePlan: {
    identifier: IDENTIFIER,
    status: STATUS,
    subject: SUBJECT,
    patient: PATIENT,
    date: PERIOD,
    encounter: { kind: 'reference', paths: ['encounter'], target: 'Encounter' },
    'care-team': { kind: 'reference', paths: ['careTeam'], target: 'CareTeam' },
    category: { kind: 'token', paths: ['category'] },
  },
  RelatedPerson: {
    identifier: IDENTIFIER,
    patient: { kind: 'reference', paths: ['patient'], target: 'Patient' },
    relationship: { kind: 'token', paths: ['relationship'] },
    active: { kind: 'token', paths: ['active'] },
  },
  Practitioner: { identifier: IDENTIFIER, active: { kind: 'token', paths: ['active'] } },
  PractitionerRole: {
    identifier: IDENTIFIER,
    practitioner: { kind: 'reference', paths: ['practitioner'], target: 'Practitioner' },
    organization: { kind: 'reference', paths: ['organization'], target: 'Organization' },
    role: { kind: 'token', paths: ['code'] },
  },
  Organization: {
    identifier: IDENTIFIER,
    type: { kind: 'token', paths: ['type'] },
    partof: { kind: 'reference', paths: ['partOf'], target: 'Organization' },
  },
  Location: {
    identifier: IDENTIFIER,
    status: STATUS,
    partof: { kind: 'reference', paths: ['partOf'], target: 'Location' },
    organization: { kind: 'reference', paths: ['managingOrganization'], target: 'Organization' },
  },
};
