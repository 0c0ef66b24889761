import { setImmediate as breath } from 'node:timers/promises';
import { decodeText } from '../hl7v2/charset.js';
import { parse } from '../hl7v2/parse.js';
import { failureItem, parkedStep, type ApplyContext } from '../apply/apply.js';
import { Batch } from '../apply/batch.js';
import type { Translation } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import type { JournalMessage } from '../message/message.js';
import type { FoldOptions } from '../message/stay.js';
import type { TranslationRequest, PatientWindow, TranslationStep, TranslationTx } from '../message/translation.js';
import type { Mappings } from '../translate/compile.js';
import { translateDocuments } from '../translate/documents.js';
import { carriesDocuments } from '../translate/hl7v2/message-documents.js';
import { openDocuments } from '../translate/open-documents.js';
import { translate, type TranslateSource } from '../translate/translate.js';
import { Gate } from './gate.js';
import { requestOf } from './patient-request.js';

/** What the stage needs of the store, of the configuration and of the logs. */
export interface TranslateDeps extends Pick<ApplyContext, 'directory' | 'rules'> {
  fold: Omit<FoldOptions, 'now'>;
  /** Milliseconds since 1970. */
  now(): number;
  inTranslation<T>(request: TranslationRequest, run: (tx: TranslationTx) => Promise<T>): Promise<T>;
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
const ROUND = 100;
/** Deaths of the process after which a message that was tried alone is parked: one may have had another cause. */
const DEADLY = 2;

/**
 * The translate stage: one transaction for a batch of journal messages, and another as long as more wait. Where the store refuses a batch for
 * good, each of its messages is tried alone, and the one that is refused again is parked; so is the one of which processes die: one bad
 * message stops no other.
 * @returns a handler that takes journal ids
 */
export function translateStage(deps: TranslateDeps): (ids: string[]) => Promise<void> {
  const gate = new Gate();
  return async (ids) => {
    let more = await translateRound({ ids, limit: ROUND }, gate, deps);
    // Whoever waits has been named by a job that ended already: a queue that is empty says nothing of the journal.
    while (more && !deps.stopping()) more = await translateRound({ ids: [], limit: ROUND }, gate, deps);
  };
}

/** @returns whether more may wait */
async function translateRound(request: TranslationRequest, gate: Gate, deps: TranslateDeps): Promise<boolean> {
  const round: Round = { claimed: [], suspects: [], more: false };
  try {
    await gate.together(() => translateBatch(request, round, deps));
  } catch (error) {
    if (!isRefused(error)) throw error;
    for (const id of round.claimed) await gate.together(() => translateAlone({ ids: [id], limit: 0 }, deps));
  }
  // Nothing else is under way then, so that a process that dies of one of them tells of which.
  for (const id of round.suspects) await gate.alone(() => translateAlone({ ids: [id], limit: 0, alone: true }, deps));
  return round.more;
}

/** What was claimed, for when it fails. */
interface Round {
  claimed: string[];
  suspects: string[];
  more: boolean;
}

async function translateBatch(request: TranslationRequest, round: Round, deps: TranslateDeps): Promise<void> {
  const started = performance.now();
  const { endpoints, count } = await deps.inTranslation(request, async (tx) => {
    round.claimed = tx.messages.map(({ id }) => id);
    round.suspects = tx.suspects;
    round.more = tx.more;
    const steps = tx.deaths >= DEADLY ? tx.messages.map((message) => killer(message, deps)) : await stepsOf(tx, deps);
    if (steps.length === 0) return { endpoints: [], count: 0 };
    return { ...(await tx.save(steps)), count: tx.messages.length };
  });
  if (count > 0) deps.observe(count, (performance.now() - started) / 1000);
  if (endpoints.length > 0) deps.due(endpoints);
}

async function translateAlone(request: TranslationRequest, deps: TranslateDeps): Promise<void> {
  try {
    await translateBatch(request, { claimed: [], suspects: [], more: false }, deps);
  } catch (error) {
    if (!isRefused(error)) throw error;
    await deps.inTranslation(request, (tx) =>
      tx.save(
        tx.messages.map(({ id }) => {
          deps.log('error', 'translate.refused', { messageId: id, code: 'store-rejected' });
          return parkedStep(id, failureItem(error));
        }),
      ),
    );
  }
}

function killer({ id }: JournalMessage, { log }: TranslateDeps): TranslationStep {
  log('error', 'translate.killed', { messageId: id, code: 'translation-killed' });
  const text = 'the process that translates died of this message each time that it was tried';
  return parkedStep(id, failureItem(new GatewayError('translation-killed', text)));
}

function isRefused(error: unknown): boolean {
  return error instanceof GatewayError && error.kind === 'permanent';
}

/** Reads one journal message: bytes → what they hold → facts. A failure here parks that message and no other. */
async function readJournalMessage(message: JournalMessage, deps: Pick<TranslateDeps, 'source'>): Promise<Translation> {
  const source = deps.source(message.source);
  const { mappings, zone, charset } = source;
  const context = { messageId: message.id, mappings, zone, source, receivedAt: message.receivedAt.toISOString() };
  if (message.format === 'hl7v2') {
    const decoded = decodeText(message.bytes, charset);
    const hl7 = parse(decoded.text, decoded.charset);
    if (!carriesDocuments(hl7.value('MSH-9.1'))) return translate(hl7, context);
  }
  return translateDocuments(await openDocuments({ ...message, charset, zone }), context);
}

async function stepsOf(tx: TranslationTx, deps: TranslateDeps): Promise<TranslationStep[]> {
  const pause = pauses();
  const readings: Reading[] = [];
  for (const message of tx.messages) {
    readings.push(await read(message, deps));
    await pause();
  }
  const context = contextAt(deps.now(), deps);
  const windows = await windowsOf(readings, tx, context.lateSince);
  const clusters = [...windows.values()].map(({ cluster }) => cluster);
  const batch = new Batch(context, clusters, (window) => tx.loadWhole(window));
  const steps: TranslationStep[] = [];
  // Each is let go as soon as it is applied.
  for (let reading = readings.shift(); reading !== undefined; reading = readings.shift()) {
    steps.push(...(await stepsOfOne(reading, windows.get(reading.message.id), batch, deps)));
    await pause();
  }
  return steps;
}

/** The windows of the messages that could be read, by message. */
async function windowsOf(
  readings: readonly Reading[],
  tx: TranslationTx,
  endedSince: string,
): Promise<Map<string, PatientWindow>> {
  const requests = readings.flatMap((reading) =>
    'translation' in reading ? [requestOf(reading.message.id, reading.translation)] : [],
  );
  const loaded = await tx.load(requests, { endedSince });
  return new Map(
    loaded.flatMap((window, index) => {
      const id = requests[index]?.messageId;
      return id === undefined ? [] : [[id, window]];
    }),
  );
}

/** How long what else happens in the process waits for a batch. */
const PAUSE_MS = 4;

/** Lets the event loop turn where the batch has held it for so long. */
function pauses(): () => Promise<void> {
  let since = performance.now();
  return async () => {
    if (performance.now() - since < PAUSE_MS) return;
    await breath();
    since = performance.now();
  };
}

const DAY = 86_400_000;

/** Events of stays that ended before the circle's window are told to nobody any more. */
function contextAt(now: number, { directory, rules, fold }: TranslateDeps): ApplyContext {
  // A day more than the circle shows, for dates without a time.
  const lateSince = new Date(now - (fold.circleShowsEndedDays + 1) * DAY).toISOString();
  return { directory, rules, lateSince, fold: { ...fold, now: new Date(now).toISOString() } };
}

async function stepsOfOne(
  reading: Reading,
  window: PatientWindow | undefined,
  batch: Batch,
  deps: TranslateDeps,
): Promise<TranslationStep[]> {
  const { id } = reading.message;
  if ('error' in reading || window === undefined)
    return [failed(id, 'error' in reading ? reading.error : undefined, deps)];
  try {
    return await batch.apply(id, reading.translation, window);
  } catch (error) {
    if (batch.failure !== undefined) throw error;
    return [failed(id, error, deps)];
  }
}

function failed(messageId: string, error: unknown, { log }: TranslateDeps): TranslationStep {
  const item = failureItem(error);
  const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
  log('error', 'translate.parked', { messageId, code: item.reason, place });
  return parkedStep(messageId, item);
}

async function read(message: JournalMessage, deps: TranslateDeps): Promise<Reading> {
  try {
    return { message, translation: await readJournalMessage(message, deps) };
  } catch (error) {
    return { message, error };
  }
}
