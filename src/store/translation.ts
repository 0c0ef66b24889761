import type { Pool } from 'pg';
import type { JournalMessage } from '../message/message.js';
import type { PatientRequest, PatientWindow, TranslationStep, TranslationTx } from '../message/translation.js';
import { saveBirths } from './anchors.js';
import { saveFacts, type Loaded } from './facts.js';
import { saveMemberships } from './memberships.js';
import { inTransaction, plainArray, prepared, type Queryable, type Statement } from './pool.js';
import { ResourceWriter } from './resources.js';
import { saveRouting } from './routing.js';
import { withdraw } from './superseded.js';
import { loadWholeWindow, loadWindows } from './windows.js';
import { saveOtherStates } from './parked.js';
import { saveWorkItems, type StepItems } from './work-items.js';

/**
 * The messages asked for, and of those that wait the oldest that no other transaction has taken, so that a busy stage takes many at once
 * whatever its jobs say.
 */
const CLAIM: Statement = [
  'translation-claim',
  `
  WITH waiting AS MATERIALIZED (
    SELECT id FROM journal WHERE state = 'received' ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED
  )
  SELECT id, source, control_id AS "controlId", sender, type, received_at AS "receivedAt", charset, bytes, state
  FROM journal
  WHERE state = 'received' AND (id = ANY ($1::bigint[]) OR id = ANY (ARRAY (SELECT id FROM waiting)))
  ORDER BY id
  FOR UPDATE SKIP LOCKED`,
];

const STATES: Statement = [
  'translation-states',
  `
  UPDATE journal SET state = input.state
  FROM unnest($1::bigint[], $2::text[]) AS input (id, state)
  WHERE journal.id = input.id`,
];

/**
 * Runs the translate stage in one transaction for the messages named and up to `others` that wait; see `TranslationTx`. A conflict is
 * tried again from the start.
 * @param zone IANA zone of dates without offset, as searches find them
 */
export function inTranslation<T>(
  pool: Pool,
  { ids, limit }: { ids: string[]; limit: number },
  zone: string,
  run: (tx: TranslationTx) => Promise<T>,
): Promise<T> {
  return inTransaction(pool, async (client, again) => {
    const { rows: messages } = await prepared<JournalMessage>(client, CLAIM, [ids, limit]);
    const transaction = new Transaction(client, { messages, again, zone });
    return run({
      messages,
      load: (requests, circle) => transaction.load(requests, circle),
      loadWhole: (window) => loadWholeWindow(client, window),
      save: (steps) => transaction.save(steps),
    });
  });
}

/** What was loaded, and how it is saved. */
export class Transaction implements Pick<TranslationTx, 'load' | 'save'> {
  private readonly clusterOf = new Map<string, string>();
  private readonly keysOf = new Map<string, readonly string[]>();

  private readonly messages: readonly JournalMessage[];
  private readonly again: boolean;
  private readonly zone: string;

  /** @param again true where a try before this one met rows that were there already */
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
    const { windows, keysOf } = await loadWindows(this.client, requests, endedSince);
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
    return { endpoints: [...new Set(steps.flatMap((step) => step.deliveries.map(({ endpoint }) => endpoint)))] };
  }

  private origin({ messageId }: TranslationStep): Pick<StepItems, 'controlId' | 'source'> {
    const { controlId = null, source = null } = this.messages.find(({ id }) => id === messageId) ?? {};
    return { controlId, source };
  }

  private async saveStates(steps: readonly TranslationStep[]): Promise<void> {
    const ended = steps.flatMap(({ messageId, state }) => (messageId === null ? [] : [{ messageId, state }]));
    if (ended.length === 0) return;
    await prepared(this.client, STATES, [
      plainArray(ended.map(({ messageId }) => messageId)),
      plainArray(ended.map(({ state }) => state)),
    ]);
  }
}
