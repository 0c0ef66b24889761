import type { CarePlan, CarePlanActivity, Identifier, Reference } from 'fhir/r4.js';
import { localType } from '../fhir/references.js';
import type { DocumentPlan } from '../message/document.js';
import type { FoldedResource } from '../message/resource.js';
import { originAt } from '../message/sourced.js';
import { resourceId } from '../message/uuid.js';
import { buildFields, layFragment, originsOf, type Contributions } from './contributions.js';
import { ownIdentifier, resolved } from './document-entries.js';
import type { DocumentContext } from './document-reference.js';

interface PlanInput extends DocumentContext {
  documentKey: string;
  messageId: string;
  /** When the version was written: what no entry dates begins then. */
  writtenAt: string;
  /** `DocumentReference/<id>` of the version in force. */
  reference: string;
  /** `Type/id` of the entries by key. */
  references: ReadonlyMap<string, string>;
  /** What the entries are called, by key. */
  labels: ReadonlyMap<string, string>;
}

/** A care plan that the version in force states, part of the plan of its stay. */
export function documentPlan(plan: DocumentPlan, input: PlanInput): FoldedResource {
  const { documentKey, messageId, patientId, references, encounter, stayPlan, teamId } = input;
  const id = resourceId('CarePlan', `${documentKey}|${plan.key}`);
  const contributions: Contributions = new Map();
  layFragment(contributions, plan.resource, messageId);
  const { fields, origins } = buildFields(contributions);
  const mapped = fields as Partial<CarePlan>;
  const activity = plan.activities.flatMap((step) => activityOf(step, input));
  const goal = referencesTo(plan.goals, input);
  const addresses = referencesTo(plan.addresses, input);
  const resource: CarePlan & { id: string } = {
    ...resolved(mapped, references),
    resourceType: 'CarePlan',
    id,
    identifier: [ownIdentifier(id), ...((mapped.identifier as Identifier[] | undefined) ?? [])],
    status: mapped.status ?? 'active',
    intent: mapped.intent ?? 'plan',
    category: mapped.category ?? [
      { coding: [{ system: 'http://snomed.info/sct', code: '734163000', display: 'Care plan' }] },
    ],
    subject: { reference: `Patient/${patientId}` },
    ...(mapped.period === undefined ? { period: { start: input.writtenAt } } : {}),
    ...(encounter === undefined ? {} : { encounter: { reference: encounter } }),
    ...(stayPlan === undefined ? {} : { partOf: [{ reference: stayPlan }] }),
    ...(teamId === undefined ? {} : { careTeam: [{ reference: `CareTeam/${teamId}` }] }),
    supportingInfo: [{ reference: input.reference }, ...(mapped.supportingInfo ?? [])],
    ...(goal.length === 0 ? {} : { goal }),
    ...(addresses.length === 0 ? {} : { addresses }),
    ...(activity.length === 0 ? {} : { activity }),
  };
  const rule = { messageId, from: plan.resource.elements[0]?.field ?? '', row: 'rule:document-plan' };
  return {
    resource,
    origins: () => [...origins(), ...RULED.map((path) => originAt(path, rule)), ...activityOrigins(plan, messageId)],
  };
}

const RULED = [
  'identifier',
  'status',
  'intent',
  'category',
  'subject',
  'period',
  'encounter',
  'partOf',
  'careTeam',
  'supportingInfo',
  'goal',
  'addresses',
  'activity',
];

/** What CarePlan.activity.reference may lead to; what is done already is an outcome (R4 CarePlan). */
const PLANNED: ReadonlySet<string> = new Set(['Appointment', 'MedicationRequest', 'ServiceRequest']);

function activityOf(step: DocumentPlan['activities'][number], input: Entries): CarePlanActivity[] {
  if ('detail' in step) return [{ detail: resolved(step.detail, input.references) }];
  return referencesTo([step.entry], input).map((reference) =>
    PLANNED.has(localType(reference.reference) ?? '') ? { reference } : { outcomeReference: [reference] },
  );
}

type Entries = Pick<PlanInput, 'references' | 'labels'>;

/** A reader of the plan alone is told what each entry is called. */
function referencesTo(keys: readonly string[], { references, labels }: Entries): Reference[] {
  return keys.flatMap((key) => {
    const [reference, display] = [references.get(key), labels.get(key)];
    return reference === undefined ? [] : [{ reference, ...(display === undefined ? {} : { display }) }];
  });
}

function activityOrigins({ activities }: DocumentPlan, messageId: string) {
  return activities.flatMap((step, index) =>
    'detail' in step
      ? originsOf({ trace: step.trace, at: 'detail', messageId }, `activity[${String(index)}].detail`)
      : [],
  );
}

/** `Type/id` of the entries that a plan refers to. */
export function entriesOf({ activities, goals, addresses }: DocumentPlan): string[] {
  return [...activities.flatMap((step) => ('entry' in step ? [step.entry] : [])), ...goals, ...addresses];
}
