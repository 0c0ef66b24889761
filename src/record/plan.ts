import type { CarePlan, CarePlanActivity, CodeableConcept, Meta, Reference } from 'fhir/r4.js';
import { period } from '../fhir/period.js';
import { OWN } from '../fhir/systems.js';
import type { FoldedResource, Origin } from '../message/resource.js';
import { compareFields, originAt, type Sourced } from '../message/sourced.js';
import { resourceId } from '../message/uuid.js';
import { contributionsTo, valueOf, type Contributions } from './contributions.js';
import type { StayState, StayStatus } from './stay-state.js';

const STATUS: Readonly<Record<StayStatus, CarePlan['status']>> = {
  planned: 'draft',
  'in-progress': 'active',
  onleave: 'on-hold',
  finished: 'completed',
  cancelled: 'revoked',
};

const DESCRIPTION: Readonly<Record<StayStatus, string>> = {
  planned: 'Séjour hospitalier prévu : préadmission enregistrée.',
  'in-progress': 'Séjour hospitalier en cours.',
  onleave: 'Séjour hospitalier en cours, patient en permission.',
  finished: 'Séjour hospitalier terminé.',
  cancelled: 'Séjour hospitalier annulé.',
};

/** What the plan speaks of besides the stay itself. */
export interface PlanContext {
  key: string;
  patientId: string;
  /** Absent while the patient has no circle. */
  teamId: string | undefined;
  /** What the stay's first movement said. */
  first: Sourced<string>;
}

/** The CarePlan of a stay, shaped to IHE DCP as far as an ADT feed goes (IHE Dynamic Care Planning): the stay, its circle, the way out. */
export function planOf(state: StayState, context: PlanContext): FoldedResource {
  const { key, patientId, teamId, first } = context;
  const status = state.status?.value ?? 'planned';
  const since = state.status?.since ?? first;
  const id = resourceId('CarePlan', key);
  const start = state.start ?? state.expectedAdmission ?? first;
  const unit = state.medicalUnit?.value.label ?? '';
  const activities = activitiesOf(state, status);
  const resource: CarePlan & { id: string } = {
    resourceType: 'CarePlan',
    id,
    meta: { profile: [OWN.stayCarePlan], ...protectionOf(state) },
    identifier: [{ system: 'urn:ietf:rfc:3986', value: `urn:uuid:${id}` }],
    status: STATUS[status],
    intent: 'plan',
    category: [{ coding: [{ system: 'http://snomed.info/sct', code: '734163000', display: 'Care plan' }] }],
    title: unit === '' ? 'Séjour hospitalier' : `Séjour hospitalier – ${unit}`,
    description: DESCRIPTION[status],
    subject: { reference: `Patient/${patientId}` },
    encounter: { reference: `Encounter/${resourceId('Encounter', key)}` },
    period: period(start.value, state.end?.value),
    ...(teamId === undefined ? {} : { careTeam: [{ reference: `CareTeam/${teamId}` }] }),
    ...(activities.length === 0 ? {} : { activity: activities.map((planned) => planned.activity) }),
  };
  return {
    resource,
    origins: () => [...planOrigins(state, since, context, start), ...activityOrigins(activities)],
  };
}

function planOrigins(state: StayState, since: Sourced<string>, context: PlanContext, start: Sourced<string>): Origin[] {
  const rule = { ...context.first, row: 'rule:plan' };
  const fixed = ['identifier', 'intent', 'category', 'subject', 'encounter', 'careTeam'];
  return [
    ...fixed.map((path) => originAt(path, rule)),
    originAt('status', since),
    originAt('description', since),
    originAt('title', state.medicalUnit ?? rule),
    originAt('period.start', start),
    ...(state.end === undefined ? [] : [originAt('period.end', state.end)]),
  ];
}

interface SourcedActivity {
  activity: CarePlanActivity;
  origin: Sourced<unknown>;
}

function activityOrigins(activities: readonly SourcedActivity[]): Origin[] {
  return activities.map(({ origin }, index) => originAt(`activity[${String(index)}]`, origin));
}

function activitiesOf(state: StayState, status: StayStatus): SourcedActivity[] {
  const activities: SourcedActivity[] = [];
  const { expectedDischarge, expectedReturn, end } = state;
  if (expectedDischarge !== undefined)
    activities.push(activity('Sortie prévue', expectedStatus(status), expectedDischarge));
  if (expectedReturn !== undefined && status === 'onleave')
    activities.push(activity('Retour prévu', 'scheduled', expectedReturn));
  if (end !== undefined && status === 'finished')
    activities.push(activity('Sortie', 'completed', end, dispositionOf(state.contributions)?.text));
  const destination = destinationOf(state.contributions);
  if (destination !== undefined && end !== undefined && status === 'finished')
    activities.push(activity('Destination à la sortie', 'completed', end, destination));
  return activities;
}

function expectedStatus(status: StayStatus): 'completed' | 'cancelled' | 'scheduled' {
  return status === 'finished' ? 'completed' : status === 'cancelled' ? 'cancelled' : 'scheduled';
}

function activity(
  text: string,
  status: 'completed' | 'cancelled' | 'scheduled',
  at: Sourced<string>,
  description?: string,
): SourcedActivity {
  const scheduledPeriod = { start: at.value, end: at.value };
  const detail = { code: { text }, status, scheduledPeriod, ...(description === undefined ? {} : { description }) };
  return { activity: { detail }, origin: at };
}

/** A protected visit's plan is protected too. */
function protectionOf(state: StayState): Meta | undefined {
  return valueOf(state.contributions, 'meta') as Meta | undefined;
}

function dispositionOf(contributions: Contributions): CodeableConcept | undefined {
  return valueOf(contributions, 'hospitalization.dischargeDisposition') as CodeableConcept | undefined;
}

/** What HL7's discharge dispositions say of where the patient goes. */
const DESTINATIONS: ReadonlyMap<string, string> = new Map([
  ['home', 'Domicile'],
  ['alt-home', 'Autre domicile'],
  ['other-hcf', 'Autre établissement de santé'],
  ['hosp', 'Soins palliatifs'],
  ['long', 'Soins de longue durée'],
  ['psy', 'Établissement psychiatrique'],
  ['rehab', 'Soins médicaux et de réadaptation'],
  ['snf', 'Établissement médico-social'],
]);

/** PMSI destination: it is one whatever HL7's table has for its code, e.g. hospitalisation at home (PAM.FR §6.17). */
const DESTINATION_FIELD = 'ZFM-4';

/** Where the patient goes, in words: the destination's name, else what the discharge disposition says of it. The last field is the finest. */
function destinationOf(contributions: Contributions): string | undefined {
  const destination = valueOf(contributions, 'hospitalization.destination') as Reference | undefined;
  if (destination?.display !== undefined) return destination.display;
  return contributionsTo(contributions, 'hospitalization.dischargeDisposition')
    .sort((a, b) => compareFields(a.field, b.field))
    .flatMap(({ value, field }) => {
      const concept = value as CodeableConcept;
      return (field === DESTINATION_FIELD ? concept.text : undefined) ?? destinationIn(concept) ?? [];
    })
    .at(-1);
}

function destinationIn({ coding = [], text }: CodeableConcept): string | undefined {
  const places = coding.flatMap(({ code }) => DESTINATIONS.get(code ?? '') ?? []);
  return places.length === 0 ? undefined : (text ?? places.at(-1));
}
