import type { JobOutcome } from '../message/delivery.js';

type Settle = (outcome: JobOutcome) => void;

/** The jobs that wait for the outcome of a delivery, by its id. */
export class WaitingJobs {
  /** Of deliveries that are not yet claimed. */
  private readonly named = new Map<string, Settle>();
  private readonly claimed = new Map<string, Settle>();

  /** A job that names the delivery, in the place of one that named it before. */
  add(id: string): Promise<JobOutcome> {
    return new Promise((resolve) => {
      this.named.get(id)?.({ state: 'ended' });
      this.named.set(id, resolve);
    });
  }

  /** Some deliveries that jobs name, to be claimed now. */
  take(most: number): string[] {
    const taken = [...this.named].slice(0, Math.max(most, 0));
    for (const [id, settle] of taken) {
      this.named.delete(id);
      this.claimed.set(id, settle);
    }
    return taken.map(([id]) => id);
  }

  settle(id: string, outcome: JobOutcome): void {
    this.claimed.get(id)?.(outcome);
    this.claimed.delete(id);
  }

  settleNamed(outcome: JobOutcome): void {
    for (const settle of this.named.values()) settle(outcome);
    this.named.clear();
  }

  settleAll(outcome: JobOutcome): void {
    this.settleNamed(outcome);
    for (const id of [...this.claimed.keys()]) this.settle(id, outcome);
  }
}
