import type { Element, Trace } from '../message/fact.js';

/** Part that rows write → its name in the fact. */
export type PartNames = ReadonlyMap<string, string>;

/** What rows read for one fact, part by part. */
export class Contributions {
  constructor(private readonly elements: readonly Element[]) {}

  /**
   * The value of a part: undefined where no row gave one, null where its field was erased. Of several rows that hold the last one counts.
   * The type is the one that `targets.ts` holds rows to.
   */
  value<T>(path: string): T | null | undefined {
    return this.elements.findLast((element) => element.path === path)?.value as T | null | undefined;
  }

  /** As `value`, where erased is as good as absent. */
  filled<T>(path: string): T | undefined {
    return this.value<T>(path) ?? undefined;
  }

  /** Where the parts come from, under the names that the fact gives them. */
  traces(names: PartNames): Trace[] {
    const traces: Trace[] = [];
    for (const { path, trace } of this.elements) {
      const name = names.get(path);
      if (name !== undefined)
        for (const [to, from, row] of trace) traces.push([name + to.slice(path.length), from, row]);
    }
    return traces;
  }
}
