import { decodeText } from '../hl7v2/charset.js';
import { parse } from '../hl7v2/parse.js';
import type { Fact, Translation } from '../message/fact.js';
import { GatewayError } from '../message/failure.js';
import type { JournalMessage } from '../message/message.js';
import type { ToldBefore, TranslationStep, TranslationTx } from '../message/translation.js';
import type { Mappings } from '../translate/compile.js';
import { translate } from '../translate/translate.js';
import {
  applyMessage,
  failureItem,
  parkedStep,
  remember,
  type ApplyContext,
  type PatientMemory,
} from './apply-message.js';

/** What the stage needs of the store, of the configuration and of the logs. */
export interface TranslateDeps extends ApplyContext {
  inTranslation<T>(claim: { ids: string[]; others: number }, run: (tx: TranslationTx) => Promise<T>): Promise<T>;
  /** How messages of that source are to be read. */
  source(name: string): { mappings: Mappings; zone: string; charset: string; authorities: Record<string, string> };
  /** Endpoints that now have something due. */
  due(endpoints: string[]): void;
  log(level: 'info' | 'warn' | 'error', event: string, fields: Record<string, unknown>): void;
  observe(messages: number, seconds: number): void;
  /** The gateway wants to stop: what still waits is for the next one. */
  stopping(): boolean;
}

type Reading = { message: JournalMessage; translation: Translation } | { message: JournalMessage; error: unknown };

/** Waiting messages that a transaction takes beside those its job names. */
const OTHERS = 50;

/**
 * The translate stage: one transaction for a batch of journal messages (DESIGN §4), and another as long as more wait. Where the store
 * refuses a batch for good, each of its messages is tried alone, and the one that is refused again is parked: one bad message stops no
 * other.
 * @returns a handler that takes journal ids
 */
export function translateStage(deps: TranslateDeps): (ids: string[]) => Promise<void> {
  return async (ids) => {
    let taken = await translateRound({ ids, others: OTHERS }, deps);
    // Whoever waits has been named by a job that ended already: a queue that is empty says nothing of the journal.
    while (taken >= OTHERS && !deps.stopping()) taken = await translateRound({ ids: [], others: OTHERS }, deps);
  };
}

/** @returns how many messages were taken */
async function translateRound(claim: { ids: string[]; others: number }, deps: TranslateDeps): Promise<number> {
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
  claim: { ids: string[]; others: number },
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
    await translateBatch({ ids: [id], others: 0 }, new Set(), deps);
  } catch (error) {
    if (!isRefused(error)) throw error;
    deps.log('error', 'translate.refused', { messageId: id, code: 'store-rejected' });
    await deps.inTranslation({ ids: [id], others: 0 }, (tx) =>
      tx.save(tx.messages.map((message) => parkedStep(message.id, failureItem(message.id, error)))),
    );
  }
}

function isRefused(error: unknown): boolean {
  return error instanceof GatewayError && error.kind === 'permanent';
}

/** Reads one journal message: bytes → text → facts. A failure here parks that message and no other. */
export function readJournalMessage(message: JournalMessage, deps: Pick<TranslateDeps, 'source'>): Translation {
  const { mappings, zone, charset: fallback, authorities } = deps.source(message.source);
  const { text, charset } = decodeText(message.bytes, fallback);
  return translate(parse(text, charset), {
    messageId: message.id,
    mappings,
    zone,
    authorities,
    receivedAt: message.receivedAt.toISOString(),
  });
}

async function stepsOf(tx: TranslationTx, deps: TranslateDeps): Promise<TranslationStep[]> {
  const readings = tx.messages.map((message) => read(message, deps));
  const readable = readings.flatMap((reading) => ('translation' in reading ? [reading.translation] : []));
  const loaded = await tx.load({
    identifiers: readable.map((translation) => translation.identifiers),
    stays: [...new Set(readable.flatMap((translation) => translation.facts.flatMap((fact) => fact.stay ?? [])))],
  });
  const batch = new Batch(loaded.facts, loaded.stayOwner, loaded.told, deps);
  let request = 0;
  return readings.map((reading) =>
    'error' in reading
      ? batch.failed(reading.message.id, reading.error)
      : batch.apply(reading.message.id, reading.translation, loaded.clusters[request++] ?? ''),
  );
}

function read(message: JournalMessage, deps: TranslateDeps): Reading {
  try {
    return { message, translation: readJournalMessage(message, deps) };
  } catch (error) {
    return { message, error };
  }
}

/** What the messages of one transaction know of each other: each sees what those before it changed. */
class Batch {
  private readonly memories = new Map<string, PatientMemory>();
  private readonly stayOwner: Map<string, string>;
  private readonly told: ToldBefore[];

  constructor(
    private readonly facts: Map<string, Fact[]>,
    stayOwner: Map<string, string>,
    told: readonly ToldBefore[],
    private readonly deps: TranslateDeps,
  ) {
    this.stayOwner = new Map(stayOwner);
    this.told = [...told];
  }

  apply(messageId: string, translation: Translation, cluster: string): TranslationStep {
    try {
      const before = this.memories.get(cluster) ?? remember(this.facts.get(cluster) ?? [], this.deps.fold);
      const applied = applyMessage(messageId, translation, before, this.told, this.stayOwner, this.deps);
      this.memories.set(cluster, applied.memory);
      this.told.push(...applied.told);
      if (applied.step.state === 'translated')
        for (const fact of translation.facts)
          if (fact.stay !== undefined && !this.stayOwner.has(fact.stay)) this.stayOwner.set(fact.stay, fact.patient);
      return applied.step;
    } catch (error) {
      return this.failed(messageId, error);
    }
  }

  failed(messageId: string, error: unknown): TranslationStep {
    const item = failureItem(messageId, error);
    const place = error instanceof Error ? (error.stack?.split('\n')[1]?.trim() ?? '') : '';
    this.deps.log('error', 'translate.parked', { messageId, code: item.reason, place });
    return parkedStep(messageId, item);
  }
}
