import type { Fact, Translation } from '../message/fact.js';
import type { PatientWindow, TranslationStep } from '../message/translation.js';
import { applyMessage, applyToWhole, type Applied, type ApplyContext } from './apply.js';
import { foldWindow, type FoldedWindow } from './window.js';

/** What the messages of one transaction know of each other: each sees what those before it changed. */
export class Batch {
  private readonly windows = new Map<string, FoldedWindow>();
  /** What the batch has added so far to each cluster: the store does not have it yet. */
  private readonly steps = new Map<string, TranslationStep[]>();
  /** Messages of each cluster that are still to come. */
  private readonly left = new Map<string, number>();

  /** Set where a load failed: then the transaction is lost, and not the message alone. */
  failure: unknown;

  /**
   * @param clusters of its messages, of each one: what is known of a cluster is let go with the last of them; of one that is not listed it is kept
   * @param loadWhole the long way: every fact of the cluster that the store has
   */
  constructor(
    private readonly context: ApplyContext,
    clusters: readonly string[],
    private readonly loadWhole: (window: PatientWindow) => Promise<PatientWindow>,
  ) {
    for (const cluster of clusters) this.left.set(cluster, (this.left.get(cluster) ?? 0) + 1);
  }

  /** Applies the next message to its window. A message that fails leaves no trace. @returns its steps, in order */
  async apply(messageId: string, translation: Translation, loaded: PatientWindow): Promise<TranslationStep[]> {
    const { cluster } = loaded;
    const before = this.windows.get(cluster) ?? foldWindow(loaded, this.context.fold);
    const applied =
      applyMessage(messageId, translation, before, this.context) ??
      applyToWhole(messageId, translation, await this.wholeOf(loaded), this.context);
    this.keep(cluster, applied);
    return applied.steps;
  }

  /** For the next message of the cluster. What is kept for nobody the collector would copy again and again. */
  private keep(cluster: string, { window, steps }: Applied): void {
    const left = (this.left.get(cluster) ?? 0) - 1;
    this.left.set(cluster, left);
    if (left === 0) {
      this.windows.delete(cluster);
      this.steps.delete(cluster);
    } else {
      this.windows.set(cluster, window);
      this.steps.set(cluster, [...(this.steps.get(cluster) ?? []), ...steps]);
    }
  }

  private async wholeOf(window: PatientWindow): Promise<FoldedWindow> {
    const whole = await this.loadWhole(window).catch((error: unknown) => {
      this.failure = error;
      throw error;
    });
    return foldWindow(this.withSteps(whole), this.context.fold);
  }

  /** The facts of the store, and those that the batch has added or superseded. */
  private withSteps(window: PatientWindow): PatientWindow {
    const steps = this.steps.get(window.cluster) ?? [];
    const facts = steps.reduce<Fact[]>((before, { supersedes, messageId, facts: added }) => {
      const kept = supersedes ? before.filter((fact) => fact.messageId !== messageId) : before;
      return [...kept, ...added];
    }, window.facts);
    return { ...window, facts, receipts: [...window.receipts, ...(this.windows.get(window.cluster)?.receipts ?? [])] };
  }
}
