/** Lets work run together, or one piece of it alone: that waits for what runs, and what comes waits for it. */
export class Gate {
  private readonly running = new Set<Promise<unknown>>();
  private single: Promise<unknown> | undefined;

  async together<T>(run: () => Promise<T>): Promise<T> {
    while (this.single !== undefined) await this.single;
    const work = run();
    this.running.add(work);
    try {
      return await work;
    } finally {
      this.running.delete(work);
    }
  }

  async alone<T>(run: () => Promise<T>): Promise<T> {
    while (this.single !== undefined) await this.single;
    const work = Promise.allSettled(this.running)
      .then(run)
      .finally(() => (this.single = undefined));
    this.single = work.catch(() => undefined);
    return work;
  }
}
