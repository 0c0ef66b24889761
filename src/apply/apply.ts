import { canonicalJson } from '../message/canonical-json.js';
import type { Fact, Translation } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import type { NewWorkItem } from '../message/message.js';
import { compareText } from '../message/order.js';
import type { FoldOptions } from '../message/stay.js';
import type { PatientWindow, TranslationStep } from '../message/translation.js';
import { differences, type Differences } from './differences.js';
import { doubtChanges, waitingMessages } from './doubts.js';
import { outdatedFacts } from './in-force.js';
import { needsWhole, reachesBack } from './long-way.js';
import { routeChanges, type Notifications, type RoutingContext } from './notifications.js';
import { withoutMoved } from './moved.js';
import { foldFacts, foldWindow, isLasting, type FoldedWindow } from './window.js';

export interface ApplyContext extends RoutingContext {
  fold: FoldOptions;
}

export interface Applied {
  /** What the message changes, in the order in which it is to be saved; the last step holds what it says. */
  steps: TranslationStep[];
  window: FoldedWindow;
}

/**
 * What one translated message changes: facts → folds → events → receipts → deliveries, as one step to save.
 * @returns the step and the window that follows it; a parked message changes no window. undefined where what was loaded does not show all
 * that the message changes: then every fact of the cluster must be there, see {@link applyToWhole}
 */
export function applyMessage(
  messageId: string,
  translation: Translation,
  before: FoldedWindow,
  context: ApplyContext,
): Applied | undefined {
  if (isBlocked(translation) || before.whole) return applyToWhole(messageId, translation, before, context);
  const reading = readingOf(messageId, translation.facts, before.facts);
  if (reading.supersedes || reachesBack(reading.facts, before)) return undefined;
  const after = windowAfter(messageId, reading, before, context);
  return needsWhole(before, after) ? undefined : appliedOf(messageId, translation, reading, before, after, context);
}

/** The same in a window that shows all that the message changes. */
export function applyToWhole(
  messageId: string,
  translation: Translation,
  before: FoldedWindow,
  context: ApplyContext,
): Applied {
  if (isBlocked(translation))
    return { steps: [{ ...emptyStep(messageId, 'parked'), workItems: workItemsOf(translation) }], window: before };
  const reading = readingOf(messageId, translation.facts, before.facts);
  const after = windowAfter(messageId, reading, before, context);
  return appliedOf(messageId, translation, reading, before, after, context);
}

function isBlocked({ issues }: Translation): boolean {
  return issues.some(({ blocking }) => blocking);
}

function workItemsOf({ issues }: Translation): NewWorkItem[] {
  return issues.map(({ blocking: _blocking, ...item }) => item);
}

function windowAfter(
  messageId: string,
  { facts, supersedes }: Reading,
  before: FoldedWindow,
  { fold }: ApplyContext,
): FoldedWindow {
  const kept = supersedes ? before.facts.filter((fact) => fact.messageId !== messageId) : before.facts;
  return foldFacts({ ...before, facts: [...kept, ...facts] }, fold, before);
}

function appliedOf(
  messageId: string,
  translation: Translation,
  reading: Reading,
  before: FoldedWindow,
  after: FoldedWindow,
  context: ApplyContext,
): Applied {
  const outdated = outdatedFacts(after);
  // A message of a stay of somebody else, or of no stay that can be told, waits behind its work item; what it says is kept.
  const state = waitingMessages(after.doubts).has(messageId) ? 'parked' : 'translated';
  const parts = changesOf(before, after, messageId, context);
  const steps = parts.map((changes): TranslationStep => ({ ...emptyStep(messageId, state), ...changes }));
  const { workItems, otherStates, ...doubts } = doubtChanges(before, after);
  const last = steps.at(-1) ?? emptyStep(messageId, state);
  steps[steps.length - 1] = {
    ...last,
    ...doubts,
    otherStates: otherStates.filter((other) => other.messageId !== messageId),
    ...reading,
    outdated,
    reconsiders: before.whole && (before.outdatedUntil !== undefined || before.superseded.length > 0),
    mentions: translation.mentions,
    workItems: [...workItemsOf(translation), ...workItems, ...last.workItems],
  };
  return { steps, window: withReceipts(withoutOutdated(after, outdated), steps) };
}

type Changes = Pick<TranslationStep, keyof Differences | keyof Notifications>;

/** What is written and who is told, in order: what became another patient's is taken back before it is his. */
export function changesOf(
  before: FoldedWindow,
  after: FoldedWindow,
  messageId: string,
  context: ApplyContext,
): Changes[] {
  const parted = withoutMoved(before, after, context.fold);
  const windows = parted === undefined ? [before, after] : [before, parted, after];
  return windows.slice(1).map((window, index) => changesBetween(windows[index] ?? before, window, messageId, context));
}

function changesBetween(before: FoldedWindow, after: FoldedWindow, messageId: string, context: ApplyContext): Changes {
  return { ...differences(before, after), ...routeChanges(before, after, messageId, context) };
}

/**
 * What the passing of time alone changes: memberships that begin, end, or leave what the CareTeam shows.
 * @param since the instant up to which the stored resources are as they should be
 */
export function applyPassingTime(window: PatientWindow, since: string, fold: FoldOptions): TranslationStep {
  const [before, after] = [since, fold.now].map((now) => foldWindow(window, { ...fold, now })) as [
    FoldedWindow,
    FoldedWindow,
  ];
  const { resources, removed, nextChanges } = differences(before, after);
  return { ...emptyStep(null, 'translated'), resources, removed, nextChanges };
}

type Reading = Pick<TranslationStep, 'facts' | 'supersedes'>;

/** What is new of a message: all of it the first time, nothing when a replay reads the same, else all of it in place of the earlier reading. */
function readingOf(messageId: string, facts: Fact[], stored: readonly Fact[]): Reading {
  const earlier = stored.filter((fact) => fact.messageId === messageId);
  if (earlier.length === 0) return { facts, supersedes: false };
  const content = (list: readonly Fact[]) => canonicalJson([...list].sort((a, b) => compareText(a.id, b.id)));
  return content(earlier) === content(facts) ? { facts: [], supersedes: false } : { facts, supersedes: true };
}

/**
 * On the short way what no longer matters is not carried along. Of a whole window nothing is left out, but what this message outdated may
 * matter again by the next of its transaction, which has to say so.
 */
function withoutOutdated(window: FoldedWindow, outdated: readonly string[]): FoldedWindow {
  if (outdated.length === 0) return window;
  const ids = new Set(outdated);
  const gone = window.facts.filter((fact) => ids.has(fact.id) && isLasting(fact));
  if (gone.length === 0) return window;
  const left = gone.map(({ recordedAt }) => recordedAt);
  const outdatedUntil = [...left, ...(window.outdatedUntil === undefined ? [] : [window.outdatedUntil])].reduce(
    (latest, recordedAt) => (Date.parse(recordedAt) > Date.parse(latest) ? recordedAt : latest),
  );
  if (window.whole) return { ...window, outdatedUntil };
  return { ...window, facts: window.facts.filter((fact) => !gone.includes(fact)), outdatedUntil };
}

/** Who was told by these steps is corrected by a later message of the batch. */
function withReceipts(window: FoldedWindow, steps: readonly TranslationStep[]): FoldedWindow {
  const receipts = steps.flatMap((step) => step.receipts);
  const deliveries = steps.flatMap((step) => step.deliveries);
  const deliveryOf = new Map(deliveries.map((delivery) => [delivery.receiptId, delivery]));
  const more = receipts.flatMap(({ id, event, member, label, role }) => {
    const delivery = deliveryOf.get(id);
    if (delivery === undefined) return [];
    const { patient, thread, about } = event;
    const { id: deliveryId, endpoint } = delivery;
    const reach = 'none' as const;
    return [{ receiptId: id, patient, about: about.key, thread, member, label, role, endpoint, deliveryId, reach }];
  });
  return more.length === 0 ? window : { ...window, receipts: [...window.receipts, ...more] };
}

/** A step that parks a message and changes nothing else. */
export function parkedStep(messageId: string, item: NewWorkItem): TranslationStep {
  return { ...emptyStep(messageId, 'parked'), workItems: [item] };
}

/** The work item of a message that could not be carried through the pure stages. */
export function failureItem(error: unknown): NewWorkItem {
  const failure = error instanceof GatewayError ? error : undefined;
  return {
    reason: failure?.code ?? 'translation-failed',
    text: failure?.message ?? 'the message could not be translated; the gateway log names the place',
    ...(failure?.field === undefined ? {} : { field: failure.field }),
  };
}

/** A step that changes nothing. */
export function emptyStep(messageId: string | null, state: TranslationStep['state']): TranslationStep {
  return {
    messageId,
    state,
    facts: [],
    supersedes: false,
    outdated: [],
    reconsiders: false,
    anchors: [],
    mentions: [],
    resources: [],
    removed: [],
    memberships: [],
    nextChanges: [],
    events: [],
    receipts: [],
    deliveries: [],
    withdrawals: [],
    workItems: [],
    settled: [],
    departures: [],
    otherStates: [],
  };
}
