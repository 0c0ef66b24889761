import { decodeText } from '../hl7v2/charset.js';
import { parse } from '../hl7v2/parse.js';
import { stayOfAccount } from '../message/account-stay.js';
import { failureItem, parkedStep, type ApplyContext } from '../apply/apply.js';
import { Batch } from '../apply/batch.js';
import type { Translation } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import type { JournalMessage } from '../message/message.js';
import type { FoldOptions } from '../message/stay.js';
import type { PatientRequest, PatientWindow, TranslationStep, TranslationTx } from '../message/translation.js';
import type { Mappings } from '../translate/compile.js';
import { translate, type TranslateSource } from '../translate/translate.js';

/** What the stage needs of the store, of the configuration and of the logs. */
export interface TranslateDeps extends Pick<ApplyContext, 'directory' | 'rules'> {
  fold: Omit<FoldOptions, 'now'>;
  /** Milliseconds since 1970. */
  now(): number;
  inTranslation<T>(claim: { ids: string[]; limit: number }, run: (tx: TranslationTx) => Promise<T>): Promise<T>;
  /** How messages of that source are to be read. */
  source(name: string): TranslateSource & { mappings: Mappings; zone: string; charset: string };
  /** Endpoints that now have something due. */
  due(endpoints: string[]): void;
  log(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>): void;
  observe(messages: number, seconds: number): void;
  /** The gateway wants to stop: what still waits is for the next one. */
  stopping(): boolean;
}

type Reading = { message: JournalMessage; translation: Translation } | { message: JournalMessage; error: unknown };

/** Waiting messages that a transaction takes beside those its job names. */
const ROUND = 50;

/**
 * The translate stage: one transaction for a batch of journal messages, and another as long as more wait. Where the store
 * refuses a batch for good, each of its messages is tried alone, and the one that is refused again is parked: one bad message stops no
 * other.
 * @returns a handler that takes journal ids
 */
export function translateStage(deps: TranslateDeps): (ids: string[]) => Promise<void> {
  return async (ids) => {
    let taken = await translateRound({ ids, limit: ROUND }, deps);
    // Whoever waits has been named by a job that ended already: a queue that is empty says nothing of the journal.
    while (taken >= ROUND && !deps.stopping()) taken = await translateRound({ ids: [], limit: ROUND }, deps);
  };
}

/** @returns how many messages were taken */
async function translateRound(claim: { ids: string[]; limit: number }, deps: TranslateDeps): Promise<number> {
  const claimed = new Set<string>();
  try {
    await translateBatch(claim, claimed, deps);
  } catch (error) {
    if (!isRefused(error)) throw error;
    await Promise.all([...claimed].map((id) => translateAlone(id, deps)));
  }
  return claimed.size;
}

async function translateBatch(
  claim: { ids: string[]; limit: number },
  claimed: Set<string>,
  deps: TranslateDeps,
): Promise<void> {
  const started = performance.now();
  const { endpoints, count } = await deps.inTranslation(claim, async (tx) => {
    for (const message of tx.messages) claimed.add(message.id);
    const steps = await stepsOf(tx, deps);
    if (steps.length === 0) return { endpoints: [], count: 0 };
    return { ...(await tx.save(steps)), count: steps.length };
  });
  if (count > 0) deps.observe(count, (performance.now() - started) / 1000);
  if (endpoints.length > 0) deps.due(endpoints);
}

async function translateAlone(id: string, deps: TranslateDeps): Promise<void> {
  try {
    await translateBatch({ ids: [id], limit: 0 }, new Set(), deps);
  } catch (error) {
    if (!isRefused(error)) throw error;
    deps.log('error', 'translate.refused', { messageId: id, code: 'store-rejected' });
    await deps.inTranslation({ ids: [id], limit: 0 }, (tx) =>
      tx.save(tx.messages.map((message) => parkedStep(message.id, failureItem(error)))),
    );
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof GatewayError && error.kind === 'permanent';
}

/** Reads one journal message: bytes → text → facts. A failure here parks that message and no other. */
function readJournalMessage(message: JournalMessage, deps: Pick<TranslateDeps, 'source'>): Translation {
  const source = deps.source(message.source);
  const { mappings, zone, charset: fallback } = source;
  const { text, charset } = decodeText(message.bytes, fallback);
  return translate(parse(text, charset), {
    messageId: message.id,
    mappings,
    zone,
    source,
    receivedAt: message.receivedAt.toISOString(),
  });
}

async function stepsOf(tx: TranslationTx, deps: TranslateDeps): Promise<TranslationStep[]> {
  const readings = tx.messages.map((message) => read(message, deps));
  const readable = readings.flatMap((reading) => ('translation' in reading ? [reading] : []));
  const context = contextAt(deps.now(), deps);
  const loaded = await tx.load(readable.map(requestOf), { endedSince: context.lateSince });
  const windows = new Map(readable.map(({ message }, index) => [message.id, loaded[index]]));
  const batch = new Batch(context, (window) => tx.loadWhole(window));
  const steps: TranslationStep[] = [];
  for (const reading of readings) steps.push(await stepOf(reading, windows.get(reading.message.id), batch, deps));
  return steps;
}

const DAY = 86_400_000;

/** Events of stays that ended before the circle's window are told to nobody any more. */
function contextAt(now: number, { directory, rules, fold }: TranslateDeps): ApplyContext {
  // A day more than the circle shows, for dates without a time.
  const lateSince = new Date(now - (fold.circleShowsEndedDays + 1) * DAY).toISOString();
  return { directory, rules, lateSince, fold: { ...fold, now: new Date(now).toISOString() } };
}

function requestOf({ message, translation }: { message: JournalMessage; translation: Translation }): PatientRequest {
  const { facts, identifiers } = translation;
  const named = new Set(facts.flatMap(({ stay }) => stay ?? []));
  const number = facts.find(({ account }) => account !== undefined)?.account;
  if (number === undefined) return { messageId: message.id, identifiers, stays: [...named] };
  const account = { number, alone: named.has(stayOfAccount(number)) };
  // The account may stand for a stay of its own.
  const stays = [...named.add(stayOfAccount(number)).add(number)];
  return { messageId: message.id, identifiers, stays, account };
}

async function stepOf(
  reading: Reading,
  window: PatientWindow | undefined,
  batch: Batch,
  deps: TranslateDeps,
): Promise<TranslationStep> {
  const { id } = reading.message;
  if ('error' in reading || window === undefined)
    return failed(id, 'error' in reading ? reading.error : undefined, deps);
  try {
    return await batch.apply(id, reading.translation, window);
  } catch (error) {
    if (batch.failure !== undefined) throw error;
    return failed(id, error, deps);
  }
}

function failed(messageId: string, error: unknown, { log }: TranslateDeps): TranslationStep {
  const item = failureItem(error);
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  log('error', 'translate.parked', { messageId, code: item.reason, place });
  return parkedStep(messageId, item);
}

function read(message: JournalMessage, deps: TranslateDeps): Reading {
  try {
    return { message, translation: readJournalMessage(message, deps) };
  } catch (error) {
    return { message, error };
  }
}
