/**
 * What was worked out lately, by its name. At most twice as many as asked for are held: those of now, and those before, which come back when
 * they are asked for, so that what is used all day is never worked out again because of what is used once.
 */
export class Recent<Value> {
  private now = new Map<string, Value>();
  private before = new Map<string, Value>();

  constructor(private readonly most: number) {}

  get(name: string): Value | undefined {
    const known = this.now.get(name);
    if (known !== undefined) return known;
    const earlier = this.before.get(name);
    if (earlier !== undefined) this.set(name, earlier);
    return earlier;
  }

  set(name: string, value: Value): void {
    if (this.now.size >= this.most) {
      this.before = this.now;
      this.now = new Map();
    }
    this.now.set(name, value);
  }
}
