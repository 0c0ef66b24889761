import type { Bundle, FhirResource, Identifier } from 'fhir/r4.js';
import { finessOf, three, traitsOf } from './world-people.js';
import { instantAt, type Doctor, type Speaker } from './world-text.js';
import { idOf, patientNumbers, setOf, stayNumberOf, type LetterPlan, type Step } from './world-letters.js';

const RECIPIENT = 'http://hl7.eu/fhir/hdr/StructureDefinition/composition-eu-informationRecipient';
const VERSION = 'http://hl7.org/fhir/5.0/StructureDefinition/extension-Composition.version';
const PATIENT = { reference: 'Patient/p' };

/** One version of a document as a FHIR Bundle: what `letterText` says of it, in R4. */
export function bundleText(index: number, plan: LetterPlan, speaker: Speaker): string {
  const { world } = speaker;
  const resources: FhirResource[] = [
    composition(plan, world),
    patient(plan, speaker),
    ...professional('author', plan.author, world, `Organization/h${plan.hospital}`),
    ...(plan.familyDoctor === undefined ? [] : professional('doctor', plan.familyDoctor, world)),
    ...(plan.recipient === undefined ? [] : professional('recipient', plan.recipient, world)),
    organization(plan.hospital, world),
    ...encounter(plan, speaker),
    ...(plan.visit?.provider === undefined || plan.visit.provider === plan.hospital
      ? []
      : [organization(plan.visit.provider, world)]),
    ...careOf(plan),
  ];
  const bundle: Bundle = {
    resourceType: 'Bundle',
    type: 'document',
    identifier: uri(idOf(index, world)),
    timestamp: instantAt(plan.written).toISOString(),
    entry: resources.map((resource) => ({
      fullUrl: `http://world.example/${resource.resourceType}/${resource.id ?? ''}`,
      resource,
    })),
  };
  return JSON.stringify(bundle);
}

/** An OID by itself, which a CDA writes as a root without extension. */
const uri = (oid: string): Identifier => ({ system: 'urn:ietf:rfc:3986', value: `urn:oid:${oid}` });
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code }] });

function composition(plan: LetterPlan, world: number): FhirResource {
  const { set, version, replaces, recipient, visit } = plan;
  return {
    resourceType: 'Composition',
    id: 'c',
    status: 'final',
    language: 'fr-FR',
    title: 'Lettre de liaison',
    type: loinc('11490-0'),
    subject: PATIENT,
    date: instantAt(plan.written).toISOString(),
    author: [{ reference: 'PractitionerRole/author' }],
    custodian: { reference: `Organization/h${plan.hospital}` },
    confidentiality: plan.restricted ? 'R' : 'N',
    ...(set === undefined ? {} : { identifier: uri(setOf(set, world)) }),
    ...(visit === undefined ? {} : { encounter: { reference: 'Encounter/e' } }),
    ...(replaces === undefined
      ? {}
      : { relatesTo: [{ code: 'replaces', targetIdentifier: uri(idOf(replaces, world)) }] }),
    extension: [
      ...(version === undefined ? [] : [{ url: VERSION, valueString: String(version) }]),
      ...(recipient === undefined
        ? []
        : [{ url: RECIPIENT, valueReference: { reference: 'PractitionerRole/recipient' } }]),
    ],
  };
}

function patient(plan: LetterPlan, speaker: Speaker): FhirResource {
  const { family, given, birth, sex } = traitsOf(speaker.people, plan.person);
  const name = { use: 'official' as const, family: plan.renamed ? `${family}-VRAI` : family, given: [given] };
  return {
    resourceType: 'Patient',
    id: 'p',
    identifier: patientNumbers(plan, speaker).map(({ root, extension }) => ({
      system: `urn:oid:${root}`,
      value: extension,
    })),
    name: [name],
    gender: sex === 'F' ? 'female' : 'male',
    birthDate: birth.replace(/^(....)(..)(..)$/, '$1-$2-$3'),
    ...(plan.familyDoctor === undefined ? {} : { generalPractitioner: [{ reference: 'PractitionerRole/doctor' }] }),
    ...(plan.relative === undefined ? {} : { contact: [contactOf(plan.relative)] }),
  };
}

function contactOf(role: string) {
  const system = 'http://terminology.hl7.org/CodeSystem/v3-RoleClass';
  return { relationship: [{ coding: [{ system, code: role }] }], name: { family: 'PROCHE', given: ['LUCIE'] } };
}

function professional(id: string, doctor: Doctor, world: number, organization?: string): FhirResource[] {
  const family = doctor.renamed ? 'AUTRE' : doctor.number === 1 ? 'BERTHIER' : 'MOREL';
  const number = { system: 'https://rpps.esante.gouv.fr', value: `10${three(world)}00000${doctor.number}` };
  return [
    {
      resourceType: 'Practitioner',
      id,
      name: [{ family, given: ['Claire'] }],
      ...(doctor.kind === 'national' ? { identifier: [number] } : {}),
    },
    {
      resourceType: 'PractitionerRole',
      id,
      practitioner: { reference: `Practitioner/${id}` },
      ...(organization === undefined ? {} : { organization: { reference: organization } }),
    },
  ];
}

function organization(hospital: number, world: number): FhirResource {
  const identifier = [{ system: 'https://finess.esante.gouv.fr', value: finessOf(hospital, world) }];
  return { resourceType: 'Organization', id: `h${hospital}`, name: `CH ${three(world)}${hospital}`, identifier };
}

function encounter(plan: LetterPlan, speaker: Speaker): FhirResource[] {
  const { visit } = plan;
  if (visit === undefined) return [];
  const number = stayNumberOf(plan, speaker);
  const time = (hours: number) =>
    instantAt(hours)
      .toISOString()
      .slice(0, visit.day ? 10 : undefined);
  const period = {
    ...(visit.begin === undefined ? {} : { start: time(visit.begin) }),
    ...(visit.end === undefined ? {} : { end: time(visit.end) }),
  };
  const disposition = { coding: [{ system: 'urn:oid:1.2.250.1.213.2.14', code: '8' }] };
  return [
    {
      resourceType: 'Encounter',
      id: 'e',
      status: 'finished',
      class: { system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'IMP' },
      subject: PATIENT,
      ...(number === undefined ? {} : { identifier: [{ system: `urn:oid:${number.root}`, value: number.value }] }),
      ...(Object.keys(period).length === 0 ? {} : { period }),
      ...(visit.provider === undefined ? {} : { serviceProvider: { reference: `Organization/h${visit.provider}` } }),
      ...(visit.discharged ? { hospitalization: { dischargeDisposition: disposition } } : {}),
    },
  ];
}

/** The plan of care with its steps, and the problem. */
function careOf({ steps, changed, problem }: LetterPlan): FhirResource[] {
  const change = changed ? ' encore' : '';
  const made = steps.map((step) => STEPS[step](change));
  const plan: FhirResource = {
    resourceType: 'CarePlan',
    id: 'plan',
    status: 'active',
    intent: 'plan',
    title: 'Suites à donner',
    subject: PATIENT,
    activity: made.map(({ resourceType, id }) => ({ reference: { reference: `${resourceType}/${id ?? ''}` } })),
  };
  const clinical = 'http://terminology.hl7.org/CodeSystem/condition-clinical';
  const fracture: FhirResource = {
    resourceType: 'Condition',
    id: 'problem',
    clinicalStatus: { coding: [{ system: clinical, code: 'active' }] },
    code: { text: `Fracture${change}` },
    subject: PATIENT,
  };
  return [...made, ...(steps.length === 0 ? [] : [plan]), ...(problem ? [fracture] : [])];
}

const STEPS: Readonly<Record<Step, (change: string) => FhirResource>> = {
  meeting: (change) => ({
    resourceType: 'Appointment',
    id: 'meeting',
    status: 'proposed',
    description: `Consultation${change}`,
    requestedPeriod: [{ start: '2023-04-25', end: '2023-04-25' }],
    participant: [{ actor: PATIENT, status: 'needs-action' }],
  }),
  dressing: (change) => request('dressing', `Pansement${change}`),
  exam: (change) => request('exam', `Radiographie${change}`),
  medicine: (change) => ({
    resourceType: 'MedicationRequest',
    id: 'medicine',
    status: 'active',
    intent: 'plan',
    medicationCodeableConcept: { text: `AMOXIDEMO${change}` },
    subject: PATIENT,
  }),
  goal: (change) => ({
    resourceType: 'Goal',
    id: 'goal',
    lifecycleStatus: 'active',
    description: { text: `Marcher${change}` },
    subject: PATIENT,
  }),
};

function request(id: string, text: string): FhirResource {
  return { resourceType: 'ServiceRequest', id, status: 'active', intent: 'plan', code: { text }, subject: PATIENT };
}
