import { GatewayError } from '../message/failure.js';
import { HL7, PREFIXES } from './namespaces.js';
import type { Path, PathStep, PathTest } from './path.js';

/**
 * Compiles a path of the language that mapping rows use: names of elements separated by `/`, from the element at hand. A name without prefix
 * is of `urn:hl7-org:v3`; `sdtc:`, `lab:`, `pharm:`, `ps3-20:` name the namespaces of its extensions, whatever prefix a document has for
 * them; `*` is any element, `//name` one at any depth, `.` the element at hand, `..` the one that holds it; a path that begins with `/` begins at the
 * root. `[…]` after a name keeps the elements for which the path inside leads
 * somewhere (`[templateId/@root=1.2.3]`, `[@nullFlavor]`, `[not(@nullFlavor)]`, `[@typeCode!='RPLC']`, `[@typeCode=INF|PRF]`); several must all hold. The last step may be `@name` or `text()`.
 * @throws GatewayError `mapping-invalid`: the text is no such path
 */
export function compilePath(text: string): Path {
  const reader = new PathReader(text);
  const path = reader.readPath();
  reader.expectEnd();
  return path;
}

/** Reads the text of a path from left to right. */
class PathReader {
  #at = 0;
  constructor(private readonly text: string) {}

  readPath(): Path {
    const start = this.#at;
    const steps: PathStep[] = [];
    let leaf: string | undefined;
    const here = !this.text.startsWith('..', this.#at) && this.#take('.');
    if (here) this.#skipSeparator();
    let deep = this.#take('//');
    const absolute = !here && !deep && this.#take('/');
    while (leaf === undefined) {
      leaf = this.#leaf();
      if (leaf !== undefined) break;
      const step = this.#step(deep);
      if (step === undefined) break;
      steps.push(step);
      deep = this.#take('//');
      if (!deep && !this.#take('/')) break;
    }
    const text = this.text.slice(start, this.#at);
    if (text === '' || text.endsWith('/')) this.#fail();
    return { text, absolute, steps, ...(leaf === undefined ? {} : { leaf }) };
  }

  expectEnd(): void {
    if (this.#at < this.text.length) this.#fail();
  }

  #skipSeparator(): void {
    if (!this.text.startsWith('//', this.#at)) this.#take('/');
  }

  #leaf(): string | undefined {
    if (this.#take('text()')) return 'text()';
    if (!this.#take('@')) return undefined;
    return this.#match(/(?:xsi:)?[\w.-]+/y) ?? this.#fail();
  }

  #step(deep: boolean): PathStep | undefined {
    if (this.#take('..')) return { name: '..', namespaces: [], deep: false, tests: [] };
    if (this.#take('*')) return { namespaces: [], deep, tests: this.#tests() };
    const qualified = this.#match(/(?:[\w-]+:)?[A-Za-z_][\w.-]*/y);
    if (qualified === undefined) return undefined;
    const [prefix, local] = qualified.includes(':') ? qualified.split(':') : [undefined, qualified];
    const namespaces = prefix === undefined ? [HL7] : PREFIXES[prefix];
    if (namespaces === undefined)
      throw new GatewayError('mapping-invalid', `${this.text}: the prefix ${String(prefix)} names no namespace`);
    return { ...(local === undefined ? {} : { name: local }), namespaces, deep, tests: this.#tests() };
  }

  #tests(): PathTest[] {
    const tests: PathTest[] = [];
    while (this.#take('[')) {
      const negated = this.#take('not(');
      const path = this.readPath();
      const operator = this.#take('!=') ? '!=' : this.#take('=') ? '=' : undefined;
      const values = operator === undefined ? undefined : this.#values();
      if ((negated && !this.#take(')')) || !this.#take(']')) this.#fail();
      tests.push({ path, negated, ...(operator === undefined || values === undefined ? {} : { operator, values }) });
    }
    return tests;
  }

  #values(): string[] {
    const quoted = this.#match(/'[^']*'|"[^"]*"/y);
    if (quoted !== undefined) return [quoted.slice(1, -1)];
    return (this.#match(/[^\]'")]+/y) ?? this.#fail()).split('|');
  }

  #take(token: string): boolean {
    if (!this.text.startsWith(token, this.#at)) return false;
    this.#at += token.length;
    return true;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.text)?.[0];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #fail(): never {
    throw new GatewayError('mapping-invalid', `${this.text}: not a path, from character ${String(this.#at + 1)} on`);
  }
}
