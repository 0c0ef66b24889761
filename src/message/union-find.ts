/** Which names belong together: joins are remembered, and every group has one name that stands for it. */
export class UnionFind {
  private readonly parents = new Map<string, string>();

  /** The name that stands for the group of this one. */
  of(name: string): string {
    let top = name;
    for (let parent = this.parents.get(top); parent !== undefined; parent = this.parents.get(top)) top = parent;
    return top;
  }

  join(a: string, b: string): void {
    const [first, second] = [this.of(a), this.of(b)];
    if (first !== second) this.parents.set(second, first);
  }
}
