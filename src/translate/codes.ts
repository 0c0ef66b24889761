import { fault, isSite, type Faults, type ParsedFile } from './mapping-file.js';

/** What a code becomes: a code of a standard system, the text that people read, members of the element it stands in; or nothing. */
export interface Coded {
  code?: string;
  display?: string;
  system: string;
  text?: string;
  /** Members that the code gives beside its own meaning, e.g. `use`. */
  set?: Readonly<Record<string, string>>;
  /** For traces, where the row is a site's: `EncounterClass:H@site`. */
  row?: string;
}

/** A code table: what a sender's code becomes, and what happens to an unknown one. */
export interface CodeTable {
  name: string;
  /** System of the target codes. */
  system: string;
  /** System of the sender's codes; '' where they are the sender's own. */
  source: string;
  /** What an unknown code becomes: `park`, `text-only`, or the code that stands for all others. */
  otherwise: string;
  codes: ReadonlyMap<string, Coded>;
}

const HEAD = new Set(['table', 'system', 'source', 'otherwise', 'note']);
const KEYS = new Set(['code', 'to', 'display', 'system', 'text', 'set', 'note', 'because', 'drop']);

const OTHERWISE = new Set(['park', 'text-only']);

/** Compiles a file of `codes/` or `datatypes/`, with the rows of a site in place. */
export function compileTable({ file, head, rows }: ParsedFile, faults: Faults): CodeTable {
  const name = head['table'] ?? '';
  for (const key of Object.keys(head))
    if (!HEAD.has(key))
      fault(faults, file, 1, `${key} is no key of a code table`, 'use table, system, source, otherwise, note, rows');
  if (head['otherwise'] === undefined) {
    const remedy = 'add `otherwise: park`, `text-only` or a code';
    fault(faults, file, 1, 'the table does not say what an unknown code becomes', remedy);
  }
  const codes = new Map<string, Coded>();
  for (const { values, set, file: from, line } of rows) {
    for (const key of Object.keys(values))
      if (!KEYS.has(key)) {
        const remedy = 'use code, to, display, system, text, set, note, because';
        fault(faults, from, line, `${key} is no key of a code row`, remedy);
      }
    const { code, to, display, system, text, note } = values;
    const says = to ?? text ?? note ?? Object.keys(set)[0];
    if (code === undefined || says === undefined) {
      const text = 'a code row needs code, and to, text or set, or a note where the code says nothing here';
      fault(faults, from, line, text, 'write `- { code: F, to: female }`');
      continue;
    }
    codes.set(code, {
      system: system ?? head['system'] ?? '',
      ...(to === undefined ? {} : { code: to }),
      ...(display === undefined ? {} : { display }),
      ...(text === undefined ? {} : { text }),
      ...(Object.keys(set).length === 0 ? {} : { set }),
      ...(isSite(from) ? { row: `${name}:${code}@site` } : {}),
    });
  }
  const { system = '', source = '', otherwise = 'text-only' } = head;
  if (!OTHERWISE.has(otherwise) && ![...codes.values()].some(({ code }) => code === otherwise)) {
    const text = `otherwise: ${otherwise} is no code that a row gives`;
    fault(faults, file, 1, text, 'write park, text-only or a code that stands in a `to`');
  }
  return { name, system, source, otherwise, codes };
}

/** Every code that the table gives, each once. */
export function codesGiven({ codes }: CodeTable): string[] {
  return [...new Set([...codes.values()].flatMap(({ code }) => code ?? []))];
}

/** The code that stands for all others, in the words of a row that gives it. */
export function otherwiseOf({ system, otherwise, codes }: CodeTable): Coded {
  const same = [...codes.values()].find(({ code }) => code === otherwise);
  return { system: same?.system ?? system, code: otherwise, ...(same?.display && { display: same.display }) };
}
