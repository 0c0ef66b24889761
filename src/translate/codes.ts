import { fault, type Faults, type ParsedFile } from './mapping-file.js';

/** What a code becomes: a code of a standard system, the text that people read, or both. */
export interface Coded {
  code?: string;
  display?: string;
  system: string;
  text?: string;
}

/** A code table: what a sender's code becomes, and what happens to an unknown one. */
export interface CodeTable {
  name: string;
  system: string;
  otherwise: string;
  codes: ReadonlyMap<string, Coded>;
}

const HEAD = new Set(['table', 'system', 'otherwise', 'note']);
const KEYS = new Set(['code', 'to', 'display', 'system', 'text', 'note', 'because']);

/** Compiles `codes/*.yaml`; `otherwise` is `park`, `text-only` or the code that stands for all others. */
export function compileTable({ file, head, rows }: ParsedFile, faults: Faults): CodeTable {
  const name = head['table'] ?? '';
  for (const key of Object.keys(head))
    if (!HEAD.has(key))
      fault(faults, file, 1, `${key} is no key of a code table`, 'use table, system, otherwise, rows');
  if (head['otherwise'] === undefined)
    fault(
      faults,
      file,
      1,
      'the table does not say what an unknown code becomes',
      'add `otherwise: park`, `text-only` or a code',
    );
  const codes = new Map<string, Coded>();
  for (const { values, line } of rows) {
    for (const key of Object.keys(values))
      if (!KEYS.has(key))
        fault(faults, file, line, `${key} is no key of a code row`, 'use code, to, display, system, text, note');
    const { code, to, display, system, text } = values;
    if (code === undefined || (to === undefined && text === undefined))
      fault(faults, file, line, 'a code row needs code, and to or text', 'write `- { code: F, to: female }`');
    else if (codes.has(code)) fault(faults, file, line, `the code ${code} stands twice`, 'keep one row');
    else
      codes.set(code, {
        system: system ?? head['system'] ?? '',
        ...(to === undefined ? {} : { code: to }),
        ...(display === undefined ? {} : { display }),
        ...(text === undefined ? {} : { text }),
      });
  }
  return { name, system: head['system'] ?? '', otherwise: head['otherwise'] ?? 'text-only', codes };
}
