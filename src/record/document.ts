import type { Coding, DocumentReference } from 'fhir/r4.js';
import { localReferences } from '../fhir/references.js';
import { canonicalJson } from '../message/canonical-json.js';
import { documentStay, documentThread, type DocumentBody } from '../message/document.js';
import type { FactOf } from '../message/fact.js';
import { compareText, instant } from '../message/order.js';
import { referenceTo, type FoldedResource } from '../message/resource.js';
import type { DocumentMovement, FoldedDocument } from '../message/stay.js';
import { resourceId } from '../message/uuid.js';
import { entryLabel, entryReferences, entryResource } from './document-entries.js';
import { documentPlan, entriesOf } from './document-plan.js';
import { documentReference, isRestricted, type DocumentContext } from './document-reference.js';
import type { DocumentVersion, ReducedDocument } from './document-versions.js';

/** What the version in force gives, folded. */
interface CurrentVersion {
  version: DocumentVersion;
  reference: FoldedResource;
  plans: { key: string; plan: FoldedResource; entries: readonly string[] }[];
  entries: ReadonlyMap<string, FoldedResource>;
}

/** A document as the other rooms read it: a DocumentReference for each version, and of the version in force all that it says. */
export function foldedDocument(document: ReducedDocument, context: DocumentContext): FoldedDocument {
  const { key, versions, current } = document;
  const references = versions.map((version) => documentReference(version, document, context));
  const inForce = current && currentVersion(document, current, references, context);
  const plans = inForce?.plans.map(({ plan }) => plan) ?? [];
  const resources = [...references, ...plans, ...(inForce?.entries.values() ?? [])];
  const present = new Set(resources.map(({ resource }) => referenceTo(resource)));
  const given = [...new Set(versions.flatMap(({ fact }) => givenBy(key, fact.body)))];
  return {
    key,
    movements: inForce === undefined ? [] : movementsOf(document, inForce),
    resources,
    references: references.map(({ resource }) => referenceTo(resource)).reverse(),
    vanished: given.filter((reference) => !present.has(reference)),
  };
}

function currentVersion(
  { key, versions }: ReducedDocument,
  version: DocumentVersion,
  references: readonly FoldedResource[],
  context: DocumentContext,
): CurrentVersion {
  const { body, messageId } = version.fact;
  const reference = references[versions.indexOf(version)] as FoldedResource;
  const entryIds = entryReferences(key, body.entries);
  const { patientId } = context;
  const entries = new Map(
    body.entries.map((entry) => [entry.key, entryResource(entry, { patientId, messageId, references: entryIds })]),
  );
  const input = {
    ...context,
    documentKey: key,
    messageId,
    writtenAt: body.writtenAt,
    reference: referenceTo(reference.resource),
    references: entryIds,
    labels: new Map(
      [...entries].flatMap(([entryKey, { resource }]): [string, string][] => {
        const label = entryLabel(resource);
        return label === undefined ? [] : [[entryKey, label]];
      }),
    ),
  };
  const plans = body.plans.map((plan) => ({
    key: plan.key,
    plan: documentPlan(plan, input),
    entries: withReferences(entriesOf(plan), entryIds, entries),
  }));
  return { version, reference, plans, entries };
}

/** Keys of entries, and of those that they lead to. */
function withReferences(
  keys: readonly string[],
  ids: ReadonlyMap<string, string>,
  entries: ReadonlyMap<string, FoldedResource>,
): string[] {
  const keyOf = new Map([...ids].map(([key, reference]) => [reference, key]));
  const reached = new Set<string>();
  const queue = [...keys];
  for (let key = queue.shift(); key !== undefined; key = queue.shift()) {
    const entry = entries.get(key);
    if (entry === undefined || reached.has(key)) continue;
    reached.add(key);
    queue.push(...localReferences(entry.resource).flatMap((reference) => keyOf.get(reference) ?? []));
  }
  return [...reached];
}

/** `Type/id` of the plans and entries that a version gives where it is in force. */
function givenBy(key: string, { plans, entries }: DocumentBody): string[] {
  return [
    ...plans.map((plan) => `CarePlan/${resourceId('CarePlan', `${key}|${plan.key}`)}`),
    ...entryReferences(key, entries).values(),
  ];
}

/** What people are told of: the document, its plans, its appointments. A plan and an appointment stand in what tells of the document. */
function movementsOf({ key }: ReducedDocument, current: CurrentVersion): DocumentMovement[] {
  const { version, reference, plans, entries } = current;
  const content = reference.resource as DocumentReference;
  const { body, effectiveAt } = version.fact;
  const withheld = body.masked || isRestricted(body);
  const shared = { effectiveAt, holds: true, attributes: attributesOf(content), withheld };
  const refer = (keys: readonly string[]) => keys.flatMap((of) => entries.get(of) ?? []).map(referenceOf);
  const appointments = [...entries].filter(([, { resource }]) => resource.resourceType === 'Appointment');
  const planned = plans.map(({ key: planKey, plan, entries: steps }): DocumentMovement => ({
    ...shared,
    thread: `care-plan|${key}|${planKey}`,
    happening: 'care-plan',
    content: () =>
      planContent(
        plan,
        steps.flatMap((step) => entries.get(step) ?? []),
      ),
    resources: [referenceOf(plan), ...refer(steps)],
  }));
  const kept = appointments.map(([entryKey, appointment]): DocumentMovement => ({
    ...shared,
    thread: `appointment|${key}|${entryKey}`,
    happening: 'appointment',
    content: () => canonicalJson(appointment.resource),
    resources: [referenceOf(appointment)],
  }));
  const all = [...planned, ...kept].flatMap(({ resources }) => resources);
  return [
    {
      ...shared,
      thread: documentThread(key),
      happening: 'document',
      content: () => documentContent(content),
      resources: [...new Set([referenceTo(content), ...all])],
    },
    ...planned,
    ...kept,
  ];
}

function referenceOf({ resource }: FoldedResource): string {
  return referenceTo(resource);
}

/**
 * All that is shown of the document. Which of its former versions came is nothing that a reader of this one is told, nor which of the messages
 * that brought its bytes is where they are.
 */
function documentContent({ relatesTo: _relatesTo, content, ...rest }: DocumentReference): string {
  const bodies = content.map(({ attachment: { url: _url, ...attachment }, ...body }) => ({ ...body, attachment }));
  return canonicalJson({ ...rest, content: bodies });
}

/** What is planned; not the document that says so, nor the circle. */
function planContent({ resource }: FoldedResource, entries: readonly FoldedResource[]): string {
  const {
    supportingInfo: _document,
    careTeam: _circle,
    partOf: _stay,
    ...plan
  } = resource as unknown as Record<string, unknown>;
  return canonicalJson([plan, ...entries.map((entry) => entry.resource)]);
}

/** What rules may ask of a document: its type (LOINC …) and its class. */
function attributesOf({ type, category }: DocumentReference): Record<string, string> {
  const codeOf = (coding: Coding[] | undefined) => coding?.find(({ code }) => code !== undefined)?.code;
  const [typeCode, classCode] = [codeOf(type?.coding), codeOf(category?.[0]?.coding)];
  return {
    ...(typeCode === undefined ? {} : { type: typeCode }),
    ...(classCode === undefined ? {} : { class: classCode }),
  };
}

/**
 * The version in force says who is of the circle; each since the first version that names him, where the document gives no time.
 * Their statements are of the document as those of a stay are of it.
 */
export function documentMembers({ key, versions, current }: ReducedDocument): FactOf<'member'>[] {
  if (current === undefined) return [];
  const { body, documents: _documents, kind: _kind, ...base } = current.fact;
  return body.members.map((member, index) => {
    const naming = versions.filter(
      ({ deleted, fact }) =>
        !deleted &&
        fact.body.members.some(({ person, role }) => person === member.person && role.code === member.role.code),
    );
    const [first] = naming
      .map(({ fact }) => fact.effectiveAt)
      .sort((a, b) => instant(a) - instant(b) || compareText(a, b));
    return {
      ...base,
      id: `${base.id}.${String(index)}`,
      stay: documentStay(key),
      kind: 'member',
      effectiveAt: first ?? base.effectiveAt,
      body: { ...member, scope: 'stay' },
    };
  });
}
