import { foldCircle } from '../circle/circle.js';
import { canonicalJson } from '../message/id.js';
import { GatewayError } from '../message/failure.js';
import type { FoldedResource, NewDelivery, NewReceipt, StayEvent } from '../message/delivery.js';
import type { Fact, Translation } from '../message/fact.js';
import type { CircleMember, FoldedPatient, FoldedStay, FoldOptions } from '../message/folded.js';
import type { NewWorkItem } from '../message/message.js';
import { compareText } from '../message/order.js';
import type { ChangedResource, ToldBefore, TranslationStep } from '../message/translation.js';
import { stayEvents } from '../record/events.js';
import { foldPatients } from '../record/patients.js';
import type { Directory } from '../route/directory.js';
import { route, type RoutingRule } from '../route/route.js';

/** All that one set of facts gives: the folds are pure, so two pictures of one patient can be compared. */
interface Picture {
  patients: { patient: FoldedPatient; members: CircleMember[]; team: FoldedResource | undefined }[];
  /** `Type/id` → resource and its canonical JSON. */
  resources: Map<string, { folded: FoldedResource; body: string }>;
}

/** What is known of one cluster of patients while a batch goes by; replaced, never edited, so that a failing message leaves no trace. */
export interface PatientMemory {
  facts: readonly Fact[];
  picture: Picture;
}

export interface ApplyContext {
  directory: Directory;
  rules: readonly RoutingRule[];
  fold: FoldOptions;
}

/** The picture that these facts give. */
export function remember(facts: readonly Fact[], fold: FoldOptions): PatientMemory {
  const patients = foldPatients(facts, fold).map((patient) => {
    const circle = foldCircle(facts, patient, fold);
    return { patient, members: circle?.members ?? [], team: circle?.team };
  });
  const resources = new Map<string, { folded: FoldedResource; body: string }>();
  for (const { patient, team } of patients)
    for (const folded of [
      patient.patient,
      ...patient.related,
      ...patient.stays.flatMap(stayResources),
      ...(team ? [team] : []),
    ])
      resources.set(referenceOf(folded), { folded, body: canonicalJson(folded.resource) });
  return { facts, picture: { patients, resources } };
}

/**
 * Applies one translated message to what is known of its patient: record, circle, events, route.
 * @returns the step to save and the memory that follows; a parked step leaves the memory as it was
 */
export function applyMessage(
  messageId: string,
  translation: Translation,
  before: PatientMemory,
  told: readonly ToldBefore[],
  stayOwner: ReadonlyMap<string, string>,
  context: ApplyContext,
): { step: TranslationStep; memory: PatientMemory; told: ToldBefore[] } {
  const workItems: NewWorkItem[] = translation.issues.map(({ blocking: _blocking, ...item }) => item);
  const stranger = stayOfAnother(translation, before, stayOwner);
  if (stranger !== undefined) workItems.push(stranger);
  if (stranger !== undefined || translation.issues.some((issue) => issue.blocking))
    return { step: { ...emptyStep(messageId, 'parked'), workItems }, memory: before, told: [] };
  const { facts, supersedes } = reading(messageId, translation.facts, before.facts);
  const others = supersedes ? before.facts.filter((fact) => fact.messageId !== messageId) : before.facts;
  const memory = remember([...others, ...facts], context.fold);
  const events = eventsBetween(before.picture, memory.picture, messageId);
  const routed = events.map((found) => routeEvent(found, told, context));
  const receipts = routed.flatMap((one) => one.receipts);
  const deliveries = routed.flatMap((one) => one.deliveries);
  workItems.push(...routed.flatMap((one) => one.workItems), ...pendingItems(memory.picture, before.picture));
  const step: TranslationStep = {
    messageId,
    state: 'translated',
    facts,
    supersedes,
    mentions: translation.mentions,
    resources: changed(before.picture, memory.picture),
    removed: [...before.picture.resources.keys()].filter((key) => !memory.picture.resources.has(key)),
    events: events.map((found) => found.event),
    receipts,
    deliveries,
    workItems,
  };
  return { step, memory, told: newlyTold(receipts, deliveries) };
}

/** What is new of a message: all of it the first time, nothing when a replay reads the same, else all of it in place of the former. */
function reading(messageId: string, facts: Fact[], known: readonly Fact[]): { facts: Fact[]; supersedes: boolean } {
  const former = known.filter((fact) => fact.messageId === messageId);
  if (former.length === 0) return { facts, supersedes: false };
  const said = (list: readonly Fact[]) => canonicalJson([...list].sort((a, b) => compareText(a.id, b.id)));
  return said(former) === said(facts) ? { facts: [], supersedes: false } : { facts, supersedes: true };
}

/** A step that parks a message and changes nothing else. */
export function parkedStep(messageId: string, item: NewWorkItem): TranslationStep {
  return { ...emptyStep(messageId, 'parked'), workItems: [item] };
}

/** The work item of a message that could not be carried through the pure stages. */
export function failureItem(messageId: string, error: unknown): NewWorkItem {
  const failure = error instanceof GatewayError ? error : undefined;
  return {
    reason: failure?.code ?? 'translation-failed',
    text: failure?.message ?? 'the message could not be translated; the gateway log names the place',
    key: `translation-failed|${messageId}`,
    ...(failure?.field === undefined ? {} : { field: failure.field }),
  };
}

function emptyStep(messageId: string, state: TranslationStep['state']): TranslationStep {
  const nothing = { facts: [], mentions: [], resources: [], removed: [], events: [], receipts: [], deliveries: [] };
  return { messageId, state, supersedes: false, ...nothing, workItems: [] };
}

function stayResources(stay: FoldedStay): FoldedResource[] {
  return [stay.encounter, stay.plan];
}

function referenceOf(folded: FoldedResource): string {
  return `${folded.resource.resourceType}/${folded.resource.id}`;
}

/** A stay number that another patient already holds is never moved in silence: only A44 and A40 may (pam-fr §3.1). */
function stayOfAnother(
  translation: Translation,
  before: PatientMemory,
  stayOwner: ReadonlyMap<string, string>,
): NewWorkItem | undefined {
  for (const fact of translation.facts) {
    const owner = fact.stay === undefined ? undefined : stayOwner.get(fact.stay);
    if (owner === undefined || owner === fact.patient || before.facts.some((known) => known.patient === owner))
      continue;
    const text = 'the visit number belongs to another patient; an account move (A44) or a merge (A40) would move it';
    return {
      reason: 'stay-of-another-patient',
      field: 'PV1-19',
      text,
      key: `stay-of-another-patient|${fact.messageId}`,
    };
  }
  return undefined;
}

interface FoundEvent {
  event: StayEvent;
  patient: FoldedPatient;
  stay: FoldedStay;
  members: CircleMember[];
  team: FoldedResource | undefined;
}

function eventsBetween(before: Picture, after: Picture, messageId: string): FoundEvent[] {
  const earlier = new Map(before.patients.flatMap(({ patient }) => patient.stays.map((stay) => [stay.key, stay])));
  return after.patients.flatMap(({ patient, members, team }) =>
    patient.stays.flatMap((stay) =>
      stayEvents(earlier.get(stay.key), stay, patient.anchor, messageId).map((event) => ({
        event,
        patient,
        stay,
        members,
        team,
      })),
    ),
  );
}

function routeEvent(found: FoundEvent, told: readonly ToldBefore[], context: ApplyContext) {
  return route(found.event, {
    circle: found.members,
    directory: context.directory,
    rules: context.rules,
    told: told.filter((one) => one.movement === found.event.movement),
    resources: {
      patient: referenceOf(found.patient.patient),
      encounter: referenceOf(found.stay.encounter),
      plan: referenceOf(found.stay.plan),
      ...(found.team === undefined ? {} : { team: referenceOf(found.team) }),
    },
  });
}

/** Corrections of movements that nobody has inserted: visible once each, and harmless when the insert arrives later. */
function pendingItems(after: Picture, before: Picture): NewWorkItem[] {
  const pendingOf = (picture: Picture) => picture.patients.flatMap(({ patient }) => patient.pending);
  const earlier = new Set(pendingOf(before));
  const text = 'a correction names a movement that no message has inserted; it takes effect when the movement arrives';
  return pendingOf(after)
    .filter((movement) => !earlier.has(movement))
    .map((movement) => ({ reason: 'movement-unknown', field: 'ZBE-1', text, key: `movement-unknown|${movement}` }));
}

function changed(before: Picture, after: Picture): ChangedResource[] {
  return [...after.resources]
    .filter(([key, { body }]) => before.resources.get(key)?.body !== body)
    .map(([, { folded, body }]) => ({ resource: folded.resource, body }));
}

function newlyTold(receipts: readonly NewReceipt[], deliveries: readonly NewDelivery[]): ToldBefore[] {
  return receipts.flatMap((receipt) => {
    const delivery = deliveries.find((one) => one.receiptId === receipt.id);
    if (receipt.decision !== 'told' || delivery === undefined) return [];
    const { member, label, role, event } = receipt;
    return [{ receiptId: receipt.id, movement: event.movement, member, label, role, endpoint: delivery.endpoint }];
  });
}
