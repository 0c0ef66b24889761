import type { Element, Trace } from '../message/fact.js';

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
  traces(names: Readonly<Record<string, string>>): Trace[] {
    return this.elements.flatMap(({ path, trace }) => {
      const name = names[path];
      return name === undefined ? [] : trace.map(([to, from, row]): Trace => [name + to.slice(path.length), from, row]);
    });
  }
}
