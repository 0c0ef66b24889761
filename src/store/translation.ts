import type { Pool } from 'pg';
import { GatewayError } from '../message/failure.js';
import type { JournalMessage } from '../message/message.js';
import type {
  TranslationRequest,
  PatientRequest,
  PatientWindow,
  TranslationStep,
  TranslationTx,
} from '../message/translation.js';
import { saveBirths } from './anchors.js';
import { saveFacts, type Loaded } from './facts.js';
import { saveMemberships } from './memberships.js';
import { endMessages } from './message-states.js';
import { inTransaction, type Queryable } from './pool.js';
import { ResourceWriter } from './resources.js';
import { saveRouting } from './routing.js';
import { withdraw } from './superseded.js';
import { forgetNote, type TranslationClaims } from './translation-claims.js';
import { loadWholeWindow, loadWindows } from './windows.js';
import { saveOtherStates } from './parked.js';
import { saveWorkItems, type StepItems } from './work-items.js';

/**
 * Runs the translate stage in one transaction for the messages that it claims; see `TranslationTx`. A conflict is tried again from the
 * start.
 * @param zone IANA zone of dates without offset, as searches find them
 */
export function inTranslation<T>(
  pool: Pool,
  claims: TranslationClaims,
  request: TranslationRequest,
  zone: string,
  run: (tx: TranslationTx) => Promise<T>,
): Promise<T> {
  let noted: string | undefined;
  const transaction = inTransaction(pool, async (client, again) => {
    const { note, ...claimed } = await claims.take(client, request);
    noted = note;
    try {
      const transaction = new Transaction(client, { messages: claimed.messages, again, zone });
      const result = await run({
        ...claimed,
        load: (requests, circle) => transaction.load(requests, circle),
        loadWhole: (window) => loadWholeWindow(client, window),
        save: (steps) => transaction.save(steps),
      });
      if (note !== undefined) await forgetNote(client, note);
      return result;
    } catch (error) {
      // While the messages are still locked: whoever claims them next finds no note of them.
      if (note !== undefined) await claims.forget(note).catch(() => undefined);
      throw isWithoutRoom(error) ? tooMuch(error) : error;
    }
  });
  return transaction.catch(async (error: unknown) => {
    // A commit that failed, or whose answer was lost.
    if (noted !== undefined) await claims.forget(noted).catch(() => undefined);
    throw error;
  });
}

/** SQLSTATE 53200: the locks or the memory of one transaction. */
function isWithoutRoom(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '53200';
}

/** Not for another time: the same messages would need as much again, and keep all others waiting. */
function tooMuch(cause: unknown): GatewayError {
  return new GatewayError('store-rejected', 'PostgreSQL has no room for what these messages touch (53200)', { cause });
}

/** What was loaded, and how it is saved. */
export class Transaction implements Pick<TranslationTx, 'load' | 'save'> {
  private readonly clusterOf = new Map<string, string>();
  private readonly keysOf = new Map<string, readonly string[]>();

  private readonly messages: readonly JournalMessage[];
  private readonly again: boolean;
  private readonly zone: string;

  /** @param again true where a try before this one ended in a conflict: it met rows that were there already, or names that were held */
  constructor(
    private readonly client: Queryable,
    { messages, again, zone }: { messages: readonly JournalMessage[]; again: boolean; zone: string },
  ) {
    this.messages = messages;
    this.again = again;
    this.zone = zone;
  }

  async load(requests: PatientRequest[], { endedSince }: { endedSince: string }): Promise<PatientWindow[]> {
    if (requests.length === 0) return [];
    const { windows, keysOf } = await loadWindows(this.client, requests, { endedSince, again: this.again });
    for (const [cluster, keys] of keysOf) this.keysOf.set(cluster, keys);
    for (const [index, { messageId }] of requests.entries())
      this.clusterOf.set(messageId, windows[index]?.cluster ?? '');
    return windows;
  }

  async save(steps: TranslationStep[]): Promise<{ endpoints: string[] }> {
    const writer = new ResourceWriter(this.client, this.zone);
    await writer.open(steps);
    const pinned: string[] = [];
    const items: StepItems[] = [];
    for (const step of steps) {
      items.push({ ...step, ...this.origin(step), workItems: [...step.workItems, ...writer.apply(step)] });
      // Pinned at once: a later message of the batch may change the same resource.
      for (const { resources } of step.deliveries)
        pinned.push(resources.flatMap((reference) => writer.pinned(reference) ?? []).join(' '));
    }
    await writer.flush();
    const loaded: Loaded = { clusterOf: this.clusterOf, keysOf: this.keysOf };
    await saveFacts(this.client, steps, loaded);
    await saveBirths(this.client, steps);
    await saveMemberships(this.client, steps);
    await saveRouting(this.client, steps, pinned, this.again || steps.some(({ supersedes }) => supersedes));
    await withdraw(
      this.client,
      steps.flatMap(({ withdrawals }) => withdrawals),
    );
    await this.saveStates(steps);
    // Late: whoever has the same problem waits for the lock of its item.
    await saveWorkItems(this.client, items);
    await saveOtherStates(this.client, steps);
    await writer.flushMentions();
    return { endpoints: [...new Set(steps.flatMap((step) => step.deliveries.map(({ endpoint }) => endpoint)))] };
  }

  private origin({ messageId }: TranslationStep): Pick<StepItems, 'controlId' | 'source'> {
    const { controlId = null, source = null } = this.messages.find(({ id }) => id === messageId) ?? {};
    return { controlId, source };
  }

  private async saveStates(steps: readonly TranslationStep[]): Promise<void> {
    const idsIn = (wanted: TranslationStep['state']) =>
      steps.flatMap(({ messageId, state }) => (state === wanted ? (messageId ?? []) : []));
    await endMessages(this.client, { translated: idsIn('translated'), parked: idsIn('parked') });
  }
}
